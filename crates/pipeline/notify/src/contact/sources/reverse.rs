//! The reverse name of an address, and the domain that it stands in. Several sources begin with it; it is asked for once a search.
//!
//! Whoever runs the reverse zone can write any name into it. A name counts only if it leads back to the address.

use atalaya_net::{DnsError, Resolver};

use crate::contact::step::{ReverseName, Search, in_full};

/// The name of these steps.
const STEP: &str = "reverse";
/// Names of one address that are tried; hosts of many customers have hundreds.
const MOST_NAMES: usize = 4;

/// Asks about reverse names and zones.
#[derive(Debug)]
pub(super) struct Reverse {
    pub(super) resolver: Resolver,
}

impl Reverse {
    pub(super) const fn new(resolver: Resolver) -> Self {
        Self { resolver }
    }

    /// The first reverse name that leads back to the address of a search; none where none does.
    ///
    /// # Errors
    /// Why that cannot be known now.
    pub(super) async fn name(&self, search: &mut Search) -> Result<Option<ReverseName>, String> {
        if let Some(known) = &search.reverse_name {
            return known.clone();
        }
        search.begin();
        let found = self.find(search).await.map_err(|error| in_full(&error));
        let outcome = match &found {
            Ok(Some(ReverseName { name, domain })) => format!("{name} leads back, in the zone {domain}"),
            Ok(None) => "no name leads back to the address".to_owned(),
            Err(why) => why.clone(),
        };
        search.end(STEP, search.address.to_string(), outcome);
        search.reverse_name = Some(found.clone());
        found
    }

    async fn find(&self, search: &Search) -> Result<Option<ReverseName>, DnsError> {
        for name in self
            .resolver
            .names_of(search.address)
            .await?
            .into_iter()
            .take(MOST_NAMES)
        {
            if !is_host(&name) || !self.resolver.addresses(&name).await?.contains(&search.address) {
                continue;
            }
            let zone = self.resolver.authority(&name).await?.map(|found| found.zone);
            if let Some(domain) = zone.filter(|zone| is_domain(zone)) {
                return Ok(Some(ReverseName { name, domain }));
            }
        }
        Ok(None)
    }
}

/// Whether a name is one of a host, which may be asked about (RFC 1123 section 2.1, with the underscores that some write).
fn is_host(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.bytes().all(fits) && is_domain(name)
}

/// Whether a name is more than one of the registries' own.
pub(super) fn is_domain(name: &str) -> bool {
    name.contains('.') && !name.ends_with(".arpa") && !name.starts_with('.')
}

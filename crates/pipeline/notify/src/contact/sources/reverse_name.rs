//! The usual mailbox of the domain of the reverse name: `abuse@` (RFC 2142 section 4), where that domain takes mail.

use atalaya_formats::Holding;
use atalaya_model::{ContactSource, Prefix};
use atalaya_net::DnsError;

use super::Source;
use super::reverse::{Reverse, is_domain};
use crate::contact::answer::{Answer, Outcome};
use crate::contact::choose::usable;
use crate::contact::confidence;
use crate::contact::step::{ReverseName, Search, in_full};

/// How many zones upwards a domain is looked for that takes mail: the names of dynamic addresses often have a zone of their own.
const MOST_ZONES: usize = 3;

impl Reverse {
    /// Makes the address from the reverse name.
    pub(super) async fn ask_name(&self, search: &mut Search) -> Outcome {
        let ReverseName { name, domain } = match self.name(search).await {
            Ok(Some(found)) => found,
            Ok(None) => return Outcome::Unknown,
            Err(why) => return Outcome::Failed(why),
        };
        search.begin();
        let domain = match self.mail_domain(domain).await {
            Ok(domain) => domain,
            Err(error) => {
                let why = in_full(&error);
                search.end(Source::ReverseName.name(), name, why.clone());
                return Outcome::Failed(why);
            }
        };
        let mailbox = domain.and_then(|domain| format!("abuse@{domain}").parse().ok());
        let addresses = usable(mailbox);
        let Some(address) = addresses.first() else {
            search.end(Source::ReverseName.name(), name, "no domain above it takes mail");
            return Outcome::Unknown;
        };
        let told = format!("{address}, if it is there");
        search.end(Source::ReverseName.name(), name.clone(), told);
        Outcome::Contact(Answer {
            // The neighbour may be somebody else's.
            prefix: Prefix::unit(search.address),
            network: String::new(),
            holding: Holding::Other,
            addresses,
            source: ContactSource::ReverseName { name },
            confidence: confidence::REVERSE_NAME,
            dated: None,
        })
    }

    /// The lowest zone from `domain` upwards that has mail servers.
    async fn mail_domain(&self, domain: String) -> Result<Option<String>, DnsError> {
        let mut zone = domain;
        for _ in 0..MOST_ZONES {
            if !self.resolver.mail_servers(&zone).await?.is_empty() {
                return Ok(Some(zone));
            }
            let Some((_, parent)) = zone.split_once('.') else {
                return Ok(None);
            };
            let above = self.resolver.authority(parent).await?;
            match above.map(|found| found.zone).filter(|zone| is_domain(zone)) {
                Some(above) => zone = above,
                None => return Ok(None),
            }
        }
        Ok(None)
    }
}

//! The ranges of a large domain: whom its SPF record lets send, and its mail servers.
//!
//! In: a domain. Out: its ranges, or why they are not known. A domain that lets everybody send is not believed in that.

use std::collections::BTreeSet;

use atalaya_formats::spf::{Hosts, MOST_LOOKUPS, Record, Term};
use atalaya_model::Prefix;
use atalaya_net::{DnsError, Resolver};

/// Most ranges of one domain: the largest have some hundreds.
const MOST_RANGES: usize = 4_096;
/// Most mail servers of one name that are looked up (RFC 7208 section 4.6.4).
const MOST_SERVERS: usize = 10;
/// The widest range that a domain can have protected: no sender has more.
const WIDEST: (u8, u8) = (10, 24);

/// A domain on its way.
struct Walk<'a> {
    resolver: &'a Resolver,
    ranges: BTreeSet<Prefix>,
    lookups: u32,
    /// Names whose records are still to be followed.
    waiting: Vec<String>,
    followed: BTreeSet<String>,
}

/// Asks what the ranges of a domain are.
pub(super) async fn ranges(resolver: &Resolver, domain: &str) -> Result<Vec<Prefix>, DnsError> {
    let mut walk = Walk {
        resolver,
        ranges: BTreeSet::new(),
        lookups: 0,
        waiting: vec![domain.to_owned()],
        followed: BTreeSet::new(),
    };
    let here = Hosts {
        name: None,
        ipv4_length: 32,
        ipv6_length: 128,
    };
    walk.add_servers(domain, &here).await?;
    while let Some(name) = walk.waiting.pop() {
        if walk.followed.insert(name.clone()) {
            walk.follow(&name).await?;
        }
    }
    Ok(walk.ranges.into_iter().collect())
}

impl Walk<'_> {
    /// Follows the record of one name. A void record, or none, lets nobody send.
    async fn follow(&mut self, name: &str) -> Result<(), DnsError> {
        let texts = self.resolver.texts(name).await?;
        let mut records = texts.iter().filter_map(|text| Record::parse(text).ok());
        let Some(record) = records.next() else {
            return Ok(());
        };
        self.lookups = self.lookups.saturating_add(record.idle_lookups);
        for term in record.terms {
            match term {
                Term::All => {}
                Term::Network(range) => self.add(range),
                Term::A(hosts) if self.may_ask() => {
                    let of = hosts.name.as_deref().unwrap_or(name).to_owned();
                    self.add_hosts(&of, &hosts).await?;
                }
                Term::Mx(hosts) if self.may_ask() => {
                    let of = hosts.name.as_deref().unwrap_or(name).to_owned();
                    self.add_servers(&of, &hosts).await?;
                }
                Term::Include(next) if self.may_ask() => self.waiting.push(next),
                Term::A(_) | Term::Mx(_) | Term::Include(_) => {}
            }
        }
        if let Some(next) = record.redirect
            && self.may_ask()
        {
            self.waiting.push(next);
        }
        Ok(())
    }

    /// Whether another term may ask DNS; it counts as asked.
    fn may_ask(&mut self) -> bool {
        self.lookups = self.lookups.saturating_add(1);
        self.lookups <= MOST_LOOKUPS
    }

    async fn add_servers(&mut self, name: &str, hosts: &Hosts) -> Result<(), DnsError> {
        let servers = self.resolver.mail_servers(name).await?;
        for server in servers.iter().take(MOST_SERVERS) {
            self.add_hosts(server, hosts).await?;
        }
        Ok(())
    }

    async fn add_hosts(&mut self, name: &str, hosts: &Hosts) -> Result<(), DnsError> {
        for address in self.resolver.addresses(name).await? {
            self.add(hosts.around(address));
        }
        Ok(())
    }

    /// Adds a range, unless it is wider than any sender.
    fn add(&mut self, range: Prefix) {
        let widest = if range.is_ipv4() { WIDEST.0 } else { WIDEST.1 };
        if range.length() >= widest && self.ranges.len() < MOST_RANGES {
            self.ranges.insert(range);
        }
    }
}

#[cfg(test)]
mod tests;

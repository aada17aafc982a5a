//! Whoever runs the reverse zone, by the mailbox in its SOA record.

use std::net::IpAddr;

use atalaya_formats::{Holding, dnsbl};
use atalaya_model::{ContactSource, MailAddress, Prefix};
use atalaya_net::{Authority, DnsError};

use super::Source;
use super::reverse::Reverse;
use crate::contact::answer::{Answer, Outcome, neighbourhood};
use crate::contact::choose::usable;
use crate::contact::confidence;
use crate::contact::step::{Search, in_full};

/// The widest zone that belongs to a network, in bits of IPv4 and IPv6. Wider ones are the registries'.
const WIDEST_ZONE: (u8, u8) = (16, 28);

impl Reverse {
    /// Asks for the zone in which the addresses around that of a search are named.
    pub(super) async fn ask_soa(&self, search: &mut Search) -> Outcome {
        let Some(name) = dnsbl::reverse_zone(&neighbourhood(search.address)) else {
            return Outcome::Unknown;
        };
        search.begin();
        let asked = async {
            let Some(found) = self.resolver.authority(&name).await? else {
                return Ok(None);
            };
            let servers = self.resolver.name_servers(&found.zone).await?;
            Ok(Some((found, servers)))
        };
        let found: Result<_, DnsError> = asked.await;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                let why = in_full(&error);
                search.end(Source::Soa.name(), name, why.clone());
                return Outcome::Failed(why);
            }
        };
        match found.map(|(found, servers)| judge(&found, &servers, search.address)) {
            Some(Ok(answer)) => {
                let told = format!("{}: {}", answer.source, answer.addresses[0]);
                search.end(Source::Soa.name(), name, told);
                Outcome::Contact(answer)
            }
            Some(Err(why)) => {
                search.end(Source::Soa.name(), name, why);
                Outcome::Unknown
            }
            None => {
                search.end(Source::Soa.name(), name, "no zone answers for it");
                Outcome::Unknown
            }
        }
    }
}

/// The mailbox of a zone, or why it is none to write to.
fn judge(found: &Authority, servers: &[String], address: IpAddr) -> Result<Answer, String> {
    let zone = &found.zone;
    let widest = if address.is_ipv4() {
        WIDEST_ZONE.0
    } else {
        WIDEST_ZONE.1
    };
    let prefix = prefix_of(zone).filter(|prefix| prefix.contains(address) && prefix.length() >= widest);
    let Some(prefix) = prefix else {
        return Err(format!("the zone {zone} is no network's own"));
    };
    let addresses = usable(found.mailbox.parse().ok());
    let is_own = |mailbox: &MailAddress| is_of(mailbox.domain(), zone, servers);
    if addresses.is_empty() {
        return Err(format!("the zone {zone} names no mailbox that may be written to"));
    }
    if !addresses.iter().all(is_own) {
        return Err(format!(
            "the zone {zone} names a mailbox outside of the domain of its name servers"
        ));
    }
    Ok(Answer {
        prefix,
        network: String::new(),
        holding: Holding::Other,
        addresses,
        source: ContactSource::Soa { zone: zone.clone() },
        confidence: confidence::SOA,
        dated: None,
    })
}

/// Whether a mailbox of this domain is of who runs a zone and its name servers. Anybody can write the mailbox of a stranger, or one at a
/// provider of mail for all, into his zone.
fn is_of(domain: &str, zone: &str, servers: &[String]) -> bool {
    let is_of_server = |server: &String| {
        let around = server.split_once('.').map(|(_, around)| around);
        is_within(server, domain)
            || around.is_some_and(|around| around.contains('.') && is_within(domain, around))
    };
    is_within(domain, zone) || servers.iter().any(is_of_server)
}

/// Whether a name is a domain, or stands in it.
fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The prefix whose names a zone of the reverse tree holds.
fn prefix_of(zone: &str) -> Option<Prefix> {
    if let Some(labels) = zone.strip_suffix(".in-addr.arpa") {
        return dnsbl::read(labels.split('.').map(str::as_bytes)).octets;
    }
    let labels = zone.strip_suffix(".ip6.arpa")?;
    dnsbl::read(labels.split('.').map(str::as_bytes)).nibbles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(zone: &str, mailbox: &str, address: &str) -> Result<String, String> {
        let found = Authority {
            zone: zone.to_owned(),
            mailbox: mailbox.to_owned(),
        };
        let servers = ["ns1.example.net".to_owned()];
        let answer = judge(&found, &servers, address.parse().unwrap())?;
        Ok(format!("{} {}", answer.prefix, answer.addresses[0]))
    }

    #[test]
    fn the_zone_of_a_network_names_its_people() {
        let told = judged("2.0.192.in-addr.arpa", "dns.admin@example.net", "192.0.2.7");
        assert_eq!(told.unwrap(), "192.0.2.0/24 dns.admin@example.net");
        let told = judged("8.b.d.0.1.0.0.2.ip6.arpa", "dns@example.net", "2001:db8::7");
        assert_eq!(told.unwrap(), "2001:db8::/32 dns@example.net");
    }

    #[test]
    fn the_zones_of_registries_and_bad_mailboxes_are_no_answer() {
        for (zone, mailbox, why) in [
            ("192.in-addr.arpa", "dns@example.net", "no network's own"),
            ("in-addr.arpa", "nstld@iana.org", "no network's own"),
            ("3.0.192.in-addr.arpa", "dns@example.net", "no network's own"),
            ("example.net", "dns@example.net", "no network's own"),
            ("2.0.192.in-addr.arpa", "dns-help@ripe.net", "no mailbox"),
            ("2.0.192.in-addr.arpa", "@", "no mailbox"),
            ("2.0.192.in-addr.arpa", "a\r\nBcc: x@example.net", "no mailbox"),
            ("2.0.192.in-addr.arpa", "root@localhost", "no mailbox"),
            ("2.0.192.in-addr.arpa", "victim@freemail.example", "outside of"),
            ("2.0.192.in-addr.arpa", "dns@badexample.net", "outside of"),
            ("2.0.192.in-addr.arpa", "dns@example.example.org", "outside of"),
        ] {
            let told = judged(zone, mailbox, "192.0.2.7").unwrap_err();
            assert!(told.contains(why), "{zone} {mailbox:?}: {told}");
        }
    }

    #[test]
    fn a_mailbox_counts_in_the_domain_of_the_name_servers_and_in_the_zone_alone() {
        let told = judged("2.0.192.in-addr.arpa", "dns@noc.example.net", "192.0.2.7");
        assert_eq!(told.unwrap(), "192.0.2.0/24 dns@noc.example.net");
        let is_of = |domain, server: &str| is_of(domain, "2.0.192.in-addr.arpa", &[server.to_owned()]);
        assert!(is_of("example.net", "a.dns.example.net"));
        assert!(is_of("2.0.192.in-addr.arpa", "ns1.example.net"));
        assert!(!is_of("net", "ns1.example.org") && !is_of("other.net", "example.net"));
    }
}

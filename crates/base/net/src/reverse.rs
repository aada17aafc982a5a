//! Questions about the reverse tree, and about whose zone a name stands in.

use std::net::IpAddr;

use domain::base::name::ToLabelIter;
use domain::base::{ParsedName, Record, Rtype};
use domain::rdata::{Hinfo, Ns, Ptr, Soa};

use crate::resolver::{DnsError, MOST_RECORDS, Resolver, unanswered};

/// Whose zone a name stands in, as its SOA says (RFC 1035 section 3.3.13).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// The name of the zone, in lower case, without the last dot.
    pub zone: String,
    /// The mailbox of whoever runs it, as `local@domain`. Unchecked.
    pub mailbox: String,
}

impl Resolver {
    /// The names that an address has in the reverse tree, in lower case.
    ///
    /// # Errors
    /// No resolver answers.
    pub async fn names_of(&self, address: IpAddr) -> Result<Vec<String>, DnsError> {
        let name = arpa(address);
        let answer = self.ask(&name, Rtype::PTR).await?;
        let records = answer.answer().map_err(|_cut| unanswered(&name))?;
        let names = records.limit_to::<Ptr<_>>().take(MOST_RECORDS).flatten();
        Ok(names
            .map(|record| record.data().ptrdname().to_string().to_ascii_lowercase())
            .collect())
    }

    /// The names of the name servers of a zone, in lower case.
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn name_servers(&self, zone: &str) -> Result<Vec<String>, DnsError> {
        let answer = self.ask(zone, Rtype::NS).await?;
        let records = answer.answer().map_err(|_cut| unanswered(zone))?;
        let servers = records.limit_to::<Ns<_>>().take(MOST_RECORDS).flatten();
        Ok(servers
            .map(|record| record.data().nsdname().to_string().to_ascii_lowercase())
            .collect())
    }

    /// The zone that a name stands in; none where the answer does not say, or names a zone elsewhere.
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn authority(&self, name: &str) -> Result<Option<Authority>, DnsError> {
        let answer = self.ask(name, Rtype::SOA).await?;
        let cut = |_cut| unanswered(name);
        // The zone itself has the record in the answer; any name inside has it beside the answer (RFC 2308 section 3).
        let inside = answer
            .answer()
            .map_err(cut)?
            .limit_to::<Soa<_>>()
            .flatten()
            .next();
        let beside = || -> Result<_, DnsError> {
            Ok(answer
                .authority()
                .map_err(cut)?
                .limit_to::<Soa<_>>()
                .flatten()
                .next())
        };
        let found: Option<FoundSoa<'_>> = match inside {
            Some(record) => Some(record),
            None => beside()?,
        };
        Ok(found
            .as_ref()
            .map(authority)
            .filter(|found| is_within(name, &found.zone)))
    }

    /// The first of the two texts of a HINFO record, in lower case.
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn host_kind(&self, name: &str) -> Result<Option<String>, DnsError> {
        let answer = self.ask(name, Rtype::HINFO).await?;
        let records = answer.answer().map_err(|_cut| unanswered(name))?;
        let first = records.limit_to::<Hinfo<_>>().flatten().next();
        Ok(first.map(|record| {
            let text: &[u8] = record.data().cpu().as_ref();
            String::from_utf8_lossy(text).to_ascii_lowercase()
        }))
    }
}

/// A SOA record of an answer.
type FoundSoa<'a> = Record<ParsedName<&'a [u8]>, Soa<ParsedName<&'a [u8]>>>;

fn authority(record: &FoundSoa<'_>) -> Authority {
    let mut labels = record.data().rname().iter_labels();
    // A dot in the first label belongs to the local part (RFC 1035 section 8).
    let local = labels
        .next()
        .map(|label| String::from_utf8_lossy(label.as_slice()).into_owned());
    let domain: Vec<_> = labels
        .filter(|label| !label.is_root())
        .map(|label| String::from_utf8_lossy(label.as_slice()).to_ascii_lowercase())
        .collect();
    Authority {
        zone: record.owner().to_string().to_ascii_lowercase(),
        mailbox: format!("{}@{}", local.unwrap_or_default(), domain.join(".")),
    }
}

/// Whether a name is a zone, or stands in it.
fn is_within(name: &str, zone: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name.strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The name of an address in the reverse tree (RFC 1035 section 3.5, RFC 3596 section 2.5).
fn arpa(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(address) => {
            let octets = address.octets();
            let nibbles = octets.iter().rev().flat_map(|octet| [octet & 15, octet >> 4]);
            let labels: String = nibbles.map(|nibble| format!("{nibble:x}.")).collect();
            format!("{labels}ip6.arpa")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_backwards() {
        let of = |text: &str| arpa(text.parse().unwrap());
        assert_eq!(of("192.0.2.7"), "7.2.0.192.in-addr.arpa");
        assert_eq!(of("::ffff:192.0.2.7"), "7.2.0.192.in-addr.arpa");
        assert_eq!(
            of("2001:db8::1"),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
        );
    }

    #[test]
    fn a_zone_elsewhere_is_not_the_zone_of_a_name() {
        assert!(is_within("a.Example.net.", "example.net") && is_within("example.net", "example.net"));
        assert!(!is_within("a.badexample.net", "example.net") && !is_within("net", "example.net"));
    }
}

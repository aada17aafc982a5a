//! Forwarders that the operator knows: what they bring was sent by others, so that it never lists them alone.
//!
//! In: the entries of `decide.forwarders`. Out: whether an observation is of one of them. A range is told by the address; a domain by the
//! name in HELO and the reverse path, which anybody can claim: it takes away the right to list alone, and no more.

use atalaya_model::{Observation, Prefix};

/// Most entries: each observation is compared with all of them.
const MOST_ENTRIES: usize = 500;
/// The longest name of a domain (RFC 1035 section 2.3.4).
const LONGEST_NAME: usize = 253;

/// Forwarders, by range and by domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forwarders {
    ranges: Vec<Prefix>,
    /// In lower case.
    domains: Vec<String>,
}

impl Forwarders {
    /// Reads the entries of the configuration.
    ///
    /// # Errors
    /// A sentence that names the key and the entry that is neither.
    pub fn parse(entries: &[String]) -> Result<Self, String> {
        if entries.len() > MOST_ENTRIES {
            return Err(format!(
                "decide.forwarders must have at most {MOST_ENTRIES} entries"
            ));
        }
        let mut all = Self::default();
        for entry in entries {
            match entry.parse::<Prefix>() {
                Ok(range) if range.length() > 0 => all.ranges.push(range),
                Err(_) if is_domain(entry) => all.domains.push(entry.to_ascii_lowercase()),
                _ => {
                    return Err(format!(
                        "decide.forwarders: `{entry}` is neither a domain nor a range such as 192.0.2.0/24"
                    ));
                }
            }
        }
        Ok(all)
    }

    /// Whether one of them brought what was seen.
    #[must_use]
    pub fn brought(&self, seen: &Observation) -> bool {
        if self.ranges.iter().any(|range| range.contains(seen.address)) {
            return true;
        }
        let (_, sender) = seen.envelope.mail_from.rsplit_once('@').unwrap_or_default();
        [seen.envelope.helo.as_str(), sender]
            .into_iter()
            .any(|name| self.domains.iter().any(|domain| is_within(name, domain)))
    }
}

/// Whether a name is a domain or stands below it.
fn is_within(name: &str, domain: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let before = name.strip_suffix(domain);
    before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// Whether a text is the name of a domain: with a dot, and a last label that is no number.
fn is_domain(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    let is_named = |(before, last): (&str, &str)| {
        !before.is_empty() && !before.starts_with('.') && last.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    text.len() <= LONGEST_NAME && text.bytes().all(fits) && text.rsplit_once('.').is_some_and(is_named)
}

#[cfg(test)]
mod tests {
    use atalaya_model::{ObservationId, Sensor, Timestamp};

    use super::*;

    fn seen(address: &str, helo: &str, mail_from: &str) -> Observation {
        let id = ObservationId(uuid::Uuid::nil());
        let mut seen = Observation::new(id, address.parse().unwrap(), Timestamp::EPOCH, Sensor::Trap);
        seen.envelope.helo = helo.to_owned();
        seen.envelope.mail_from = mail_from.to_owned();
        seen
    }

    fn parse(entries: &[&str]) -> Result<Forwarders, String> {
        let entries: Vec<String> = entries.iter().map(|entry| (*entry).to_owned()).collect();
        Forwarders::parse(&entries)
    }

    #[test]
    fn a_forwarder_is_known_by_range_and_by_the_names_that_it_gives() {
        let known = parse(&["198.51.100.0/24", "2001:db8:1::/48", "Forwarder.example"]).unwrap();
        for (address, helo, sender, expected) in [
            ("198.51.100.7", "x", "a@b.example", true),
            ("2001:db8:1::9", "", "", true),
            ("192.0.2.1", "mx1.FORWARDER.example", "a@b.example", true),
            ("192.0.2.1", "x", "bounce@forwarder.example", true),
            (
                "192.0.2.1",
                "notforwarder.example",
                "forwarder.example@b.example",
                false,
            ),
            ("192.0.2.1", "", "", false),
        ] {
            assert_eq!(
                known.brought(&seen(address, helo, sender)),
                expected,
                "{address} {helo} {sender}"
            );
        }
        assert!(!Forwarders::default().brought(&seen("198.51.100.7", "x", "")));
    }

    #[test]
    fn what_is_neither_domain_nor_range_is_named() {
        for wrong in [
            "",
            "forwarder",
            "192.0.2",
            "0.0.0.0/0",
            ".example",
            "a b.example",
            "1.2.3.4.5",
        ] {
            let told = parse(&["a.example", wrong]).unwrap_err();
            assert!(told.contains(&format!("`{wrong}`")), "{told}");
        }
        assert!(parse(&["a.example"; 501]).unwrap_err().contains("at most 500"));
    }
}

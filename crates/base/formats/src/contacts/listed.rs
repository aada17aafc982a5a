//! The operator's own file: a network a line, and whom to tell about it.
//!
//! ```text
//! # network, mailboxes
//! 192.0.2.0/24, abuse@customer.example
//! 198.51.100.0/24, one@customer.example, two@customer.example
//! 2001:db8:7::/48, nobody
//! ```

use std::collections::BTreeMap;
use std::net::IpAddr;

use atalaya_model::{MailAddress, Prefix};

/// Most networks of one file.
const MAX_NETWORKS: usize = 1_000_000;
/// Most mailboxes of one network.
const MAX_MAILBOXES: usize = 8;
/// The word that stands where nobody is to be told.
const NOBODY: &str = "nobody";

/// A line that cannot be used. The file is refused as a whole, because whoever is meant by the line would not be told, or another would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadContactLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

/// Whom to tell about which network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedContacts {
    networks: BTreeMap<Prefix, Vec<MailAddress>>,
}

impl ListedContacts {
    /// Reads a file.
    ///
    /// # Errors
    /// The first line that cannot be used.
    pub fn read(text: &str) -> Result<Self, BadContactLine> {
        let mut networks = BTreeMap::new();
        for (line, text) in (1_usize..).zip(text.trim_start_matches('\u{feff}').lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let bad = |why: String| BadContactLine { line, why };
            let (prefix, mailboxes) = entry(text).map_err(bad)?;
            if networks.insert(prefix, mailboxes).is_some() {
                return Err(bad(format!("{prefix} stands in the file twice")));
            }
            if networks.len() > MAX_NETWORKS {
                return Err(bad(format!("the file names more than {MAX_NETWORKS} networks")));
            }
        }
        Ok(Self { networks })
    }

    /// The narrowest network around an address, and whom to tell; empty where that is nobody.
    #[must_use]
    pub fn around(&self, address: IpAddr) -> Option<(Prefix, &[MailAddress])> {
        Prefix::single(address).with_parents().find_map(|prefix| {
            let mailboxes = self.networks.get(&prefix)?;
            Some((prefix, mailboxes.as_slice()))
        })
    }

    /// How many networks it names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.networks.len()
    }

    /// Whether it names none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }
}

fn entry(text: &str) -> Result<(Prefix, Vec<MailAddress>), String> {
    let mut fields = text.split(',').map(|field| field.trim().trim_matches('"'));
    let prefix = fields.next().unwrap_or_default();
    let prefix: Prefix = prefix
        .parse()
        .map_err(|_bad| format!("`{prefix}` is no network"))?;
    let fields: Vec<&str> = fields.filter(|field| !field.is_empty()).collect();
    if fields == [NOBODY] {
        return Ok((prefix, Vec::new()));
    }
    let mailboxes: Result<Vec<MailAddress>, _> = fields.iter().map(|field| field.parse()).collect();
    match mailboxes.map_err(|bad: atalaya_model::BadMailAddress| bad.to_string())? {
        none if none.is_empty() => Err(format!("{prefix} names neither a mailbox nor `{NOBODY}`")),
        many if many.len() > MAX_MAILBOXES => {
            Err(format!("{prefix} names more than {MAX_MAILBOXES} mailboxes"))
        }
        mailboxes => Ok((prefix, mailboxes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# network, mailboxes\n\n192.0.2.0/24, abuse@example.net\n192.0.2.128/25,a@example.net,\"b@example.net\"\r\n\
                        2001:db8::/32, nobody\n203.0.113.9, own@example.net\n";

    #[test]
    fn the_narrowest_network_wins() {
        let listed = ListedContacts::read(FILE).unwrap();
        let around = |address: &str| {
            let (prefix, mailboxes) = listed.around(address.parse().unwrap())?;
            let mailboxes: Vec<_> = mailboxes.iter().map(MailAddress::as_str).collect();
            Some(format!("{prefix} {}", mailboxes.join(" ")))
        };
        assert_eq!(around("192.0.2.1").unwrap(), "192.0.2.0/24 abuse@example.net");
        assert_eq!(
            around("192.0.2.200").unwrap(),
            "192.0.2.128/25 a@example.net b@example.net"
        );
        assert_eq!(
            around("2001:db8::1").unwrap(),
            "2001:db8::/32 ",
            "nobody is an answer"
        );
        assert_eq!(around("198.51.100.1"), None);
        assert_eq!((listed.len(), listed.is_empty()), (4, false));
    }

    #[test]
    fn the_first_wrong_line_is_named() {
        for (text, why) in [
            ("\n192.0.2.0/24", "line 2: 192.0.2.0/24 names neither a mailbox"),
            ("x, a@example.net", "line 1: `x` is no network"),
            ("192.0.2.0/24, abuse", "line 1: `abuse` is not a mail address"),
            ("192.0.2.0/24, nobody, a@example.net", "line 1: `nobody` is not"),
            (
                "192.0.2.0/24,a@example.net\n192.0.2.0/24,nobody",
                "line 2: 192.0.2.0/24 stands",
            ),
        ] {
            let error = ListedContacts::read(text).unwrap_err().to_string();
            assert!(error.starts_with(why), "{error}");
        }
    }
}

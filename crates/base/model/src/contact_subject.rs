//! For what a person says whom to tell: the addresses of a prefix, or the machines and names of a domain.

use std::fmt;
use std::str::FromStr;

use crate::Prefix;

/// The widest prefixes that anybody answers for; nobody holds more.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 19;
/// The longest name, in bytes (RFC 1035 section 2.3.4).
const MAX_NAME: usize = 253;
/// The longest label of one.
const MAX_LABEL: usize = 63;

/// For what a contact is set by hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactSubject {
    /// Every address in a prefix.
    Prefix(Prefix),
    /// A domain and all names below it, in small letters.
    Domain(String),
}

impl ContactSubject {
    /// Whether it is a domain.
    #[must_use]
    pub const fn is_domain(&self) -> bool {
        matches!(self, Self::Domain(_))
    }
}

impl fmt::Display for ContactSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => f.pad(&prefix.to_string()),
            Self::Domain(domain) => f.pad(domain),
        }
    }
}

/// The text is nothing for which a contact can be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadContactSubject {
    /// Neither a prefix nor a domain.
    #[error(
        "`{0}` is no address, no prefix and no domain: write 192.0.2.7, 192.0.2.0/24, 2001:db8::/32 or example.net"
    )]
    Malformed(String),
    /// Wider than anybody's network.
    #[error("{0} is wider than /{WIDEST_V4} (IPv4) or /{WIDEST_V6} (IPv6)")]
    TooWide(Prefix),
}

impl FromStr for ContactSubject {
    type Err = BadContactSubject;

    fn from_str(text: &str) -> Result<Self, BadContactSubject> {
        let text = text.trim();
        if let Ok(prefix) = text.parse::<Prefix>() {
            let widest = if prefix.is_ipv4() { WIDEST_V4 } else { WIDEST_V6 };
            return match prefix.length() < widest {
                true => Err(BadContactSubject::TooWide(prefix)),
                false => Ok(Self::Prefix(prefix)),
            };
        }
        let domain = domain(text.trim_end_matches('.'));
        domain.ok_or_else(|| BadContactSubject::Malformed(text.chars().take(80).collect()))
    }
}

/// A domain of at least two labels. What ends in a number is an address with a mistake in it.
fn domain(name: &str) -> Option<ContactSubject> {
    let is_label = |label: &str| {
        let is_text = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (1..=MAX_LABEL).contains(&label.len()) && is_text
    };
    let is_number = |label: &str| label.bytes().all(|byte| byte.is_ascii_digit());
    let ends_in_letters = name.rsplit('.').next().is_some_and(|last| !is_number(last));
    let is_domain =
        name.len() <= MAX_NAME && name.contains('.') && name.split('.').all(is_label) && ends_in_letters;
    is_domain.then(|| ContactSubject::Domain(name.to_ascii_lowercase()))
}

crate::as_text!(ContactSubject);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_set_for_a_prefix_or_a_domain() {
        for text in [
            "192.0.2.7",
            "192.0.2.0/24",
            "2001:db8::/32",
            "example.net",
            "a_b.example",
        ] {
            assert_eq!(text.parse::<ContactSubject>().unwrap().to_string(), text);
        }
        let domain = ContactSubject::Domain("isp.example".to_owned());
        assert_eq!(" ISP.Example. ".parse(), Ok(domain));
    }

    #[test]
    fn what_is_neither_is_refused() {
        for wrong in [
            "",
            "example",
            "192.0.2.300",
            "192.0.2.7/24",
            "a..b",
            "a b.example",
            "x@isp.example",
            "http://isp.example/",
            "0.0.0.0/0",
            "2000::/3",
        ] {
            assert!(wrong.parse::<ContactSubject>().is_err(), "{wrong}");
        }
    }
}

//! For what a person says whom to tell: the addresses of a prefix, or the machines and names of a domain.

use std::fmt;
use std::str::FromStr;

use crate::prefix::{WIDEST_V4, WIDEST_V6};
use crate::{Prefix, domain_name};

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
            return match prefix.is_too_wide() {
                true => Err(BadContactSubject::TooWide(prefix)),
                false => Ok(Self::Prefix(prefix)),
            };
        }
        let domain = domain_name(text).map(Self::Domain);
        domain.ok_or_else(|| BadContactSubject::Malformed(text.chars().take(80).collect()))
    }
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

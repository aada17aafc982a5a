//! The feedback loop: what somebody is told about without asking each time, and how he has proven that it is his.

use std::fmt;
use std::str::FromStr;

use crate::prefix::{WIDEST_V4, WIDEST_V6};
use crate::{Prefix, network_number};

/// What an enrolment covers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedbackScope {
    /// Every address in a prefix.
    Prefix(Prefix),
    /// Every address that the routes of the Internet show in the network of that number (ASN), at the moment at which it is seen.
    Network(u32),
    /// Every message that this domain, or one below it, signed (DKIM). In small letters.
    Domain(String),
}

/// What stands before a domain in text.
const DOMAIN: &str = "dkim:";

impl fmt::Display for FeedbackScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prefix(prefix) => f.pad(&prefix.to_string()),
            Self::Network(asn) => f.pad(&format!("AS{asn}")),
            Self::Domain(domain) => f.pad(&format!("{DOMAIN}{domain}")),
        }
    }
}

/// The text names nothing that anybody can be told about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFeedbackScope {
    /// Neither a prefix nor the number of a network nor a domain.
    #[error(
        "`{0}` is no prefix, no network and no domain: write 192.0.2.0/24, 2001:db8::/32, AS64500 or dkim:example.org, without bits set behind the length"
    )]
    Malformed(String),
    /// Wider than anybody's network.
    #[error("{0} is wider than /{WIDEST_V4} (IPv4) or /{WIDEST_V6} (IPv6)")]
    TooWide(Prefix),
}

impl FromStr for FeedbackScope {
    type Err = BadFeedbackScope;

    fn from_str(text: &str) -> Result<Self, BadFeedbackScope> {
        let text = text.trim();
        let malformed = || BadFeedbackScope::Malformed(text.chars().take(80).collect());
        let is_network = text.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("AS"));
        if is_network {
            return network_number(text).map(Self::Network).ok_or_else(malformed);
        }
        if let Some((DOMAIN, name)) = text.split_at_checked(DOMAIN.len()) {
            return domain(name).map(Self::Domain).ok_or_else(malformed);
        }
        let prefix: Prefix = text.parse().map_err(|_bad| malformed())?;
        if prefix.is_too_wide() {
            return Err(BadFeedbackScope::TooWide(prefix));
        }
        Ok(Self::Prefix(prefix))
    }
}

/// A domain in small letters, of at least two labels: nobody holds more.
fn domain(name: &str) -> Option<String> {
    let is_label = |label: &str| {
        let is_text = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=63).contains(&label.len()) && is_text && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_domain = name.len() <= 253 && name.contains('.') && name.split('.').all(is_label);
    is_domain.then(|| name.to_ascii_lowercase())
}

crate::as_text!(FeedbackScope);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_a_prefix_the_number_of_a_network_or_a_domain() {
        for text in [
            "192.0.2.0/24",
            "192.0.2.1",
            "2001:db8::/32",
            "AS64500",
            "dkim:news.example.org",
        ] {
            assert_eq!(text.parse::<FeedbackScope>().unwrap().to_string(), text);
        }
        assert_eq!("as64500".parse(), Ok(FeedbackScope::Network(64_500)));
        let domain = FeedbackScope::Domain("example.org".to_owned());
        assert_eq!("dkim:Example.ORG".parse(), Ok(domain));
    }

    #[test]
    fn nobody_is_told_of_the_whole_internet() {
        for wide in ["0.0.0.0/0", "::/0", "10.0.0.0/7", "2000::/3"] {
            assert!(wide.parse::<FeedbackScope>().is_err(), "{wide}");
        }
        assert!("12.0.0.0/8".parse::<FeedbackScope>().is_ok());
        for nonsense in [
            "",
            "AS",
            "AS0",
            "AS-1",
            "AS+1",
            "AS99999999999",
            "192.0.2.1/24",
            "é",
            "example.org",
            "dkim:",
            "dkim:org",
            "dkim:a..org",
            "dkim:-a.org",
            "dkim:a.org.",
            "dkim:a.org\r\nx",
            "x\r\ny",
        ] {
            assert!(nonsense.parse::<FeedbackScope>().is_err(), "{nonsense:?}");
        }
    }
}

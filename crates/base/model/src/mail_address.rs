//! A mail address that is safe to write to: checked once, at the border.

use std::fmt;
use std::str::FromStr;

/// Longest address, RFC 5321 section 4.5.3.1.3 less the angle brackets.
const MAX_LENGTH: usize = 254;
/// Longest local part, RFC 5321 section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;

/// A mail address of the plain form `local@domain.example`; the domain is in lower case.
///
/// Quoted local parts and address literals are refused: registries do not use them, and they are a way to smuggle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailAddress(String);

impl MailAddress {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no mail address of the plain form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a mail address of the form name@domain.example")]
pub struct BadMailAddress(String);

impl FromStr for MailAddress {
    type Err = BadMailAddress;

    fn from_str(text: &str) -> Result<Self, BadMailAddress> {
        let refused = || BadMailAddress(text.chars().take(80).collect());
        let (local, domain) = text.rsplit_once('@').ok_or_else(refused)?;
        let local_ok = !local.is_empty()
            && local.len() <= MAX_LOCAL
            && local
                .split('.')
                .all(|atom| !atom.is_empty() && atom.bytes().all(is_atom_text));
        let domain_ok = domain.contains('.') && domain.split('.').all(is_label);
        if local_ok && domain_ok && text.len() <= MAX_LENGTH {
            Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
        } else {
            Err(refused())
        }
    }
}

/// RFC 5322 section 3.2.3 `atext`.
fn is_atom_text(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// RFC 1123 section 2.1 host name label.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

crate::as_text!(MailAddress);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_taken_with_the_domain_in_lower_case() {
        let address: MailAddress = "Abuse+x@Example.NET".parse().unwrap();
        assert_eq!(address.as_str(), "Abuse+x@example.net");
        assert_eq!(address.domain(), "example.net");
    }

    #[test]
    fn what_could_smuggle_is_refused() {
        for text in [
            "",
            "abuse",
            "@example.net",
            "a@b",
            "a b@example.net",
            "a@example.net\r\nBcc: x@y.zz",
            "\"a\"@example.net",
            "a@[192.0.2.1]",
            "a@-x.example",
            "a..b@example.net",
            "a@example..net",
            "<a@example.net>",
        ] {
            assert!(text.parse::<MailAddress>().is_err(), "{text:?}");
        }
        assert!(
            format!("{}@example.net", "a".repeat(65))
                .parse::<MailAddress>()
                .is_err()
        );
    }
}

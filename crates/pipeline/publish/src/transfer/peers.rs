//! Secondaries as configured: who may copy the zone, by which key, and who is told of changes.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use atalaya_model::{Prefix, Secret};
use serde::{Deserialize, Serialize};

/// The port of DNS.
const DNS_PORT: u16 = 53;

/// A key that we share with a secondary (TSIG, RFC 8945).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TsigKey {
    /// Its name, the same on both sides.
    pub name: String,
    /// `hmac-sha256`, `hmac-sha384` or `hmac-sha512`.
    pub algorithm: String,
    /// The key itself in base64.
    pub secret: Secret,
}

/// Who may copy the zone: by its address, by a key, or by both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secondary {
    /// Where it asks from; anywhere if absent.
    pub(super) prefix: Option<Prefix>,
    /// The key that it signs with; none is asked for if absent.
    pub(super) key: Option<String>,
}

/// Who is told that the zone has changed (NOTIFY, RFC 1996).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifyTarget {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The key to sign with.
    pub(super) key: Option<String>,
}

/// The text names no secondary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPeer {
    /// Not of the form that who may copy the zone is written in.
    #[error("`{0}` is no secondary: write a prefix, the name of a key, or both with a space between")]
    Secondary(String),
    /// Not of the form that who is told is written in.
    #[error(
        "`{0}` is nobody to tell: write ADDRESS or ADDRESS:PORT, and the name of a key behind it if there is one"
    )]
    NotifyTarget(String),
}

impl FromStr for Secondary {
    type Err = BadPeer;

    fn from_str(text: &str) -> Result<Self, BadPeer> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let key = |word: &str| Some(word.to_owned());
        let (prefix, key) = match words.as_slice() {
            [word] => word
                .parse()
                .map_or((None, key(word)), |prefix| (Some(prefix), None)),
            [prefix, word] => (prefix.parse().ok(), key(word)),
            _ => (None, None),
        };
        // `192.0.2.0/33` is no key, and neither is `192.0.2.1/24`.
        let is_key = |key: &String| !key.contains(['/', ':']) && key.parse::<IpAddr>().is_err();
        if words.len() > 2 || (words.len() == 2 && prefix.is_none()) || !key.as_ref().is_none_or(is_key) {
            return Err(BadPeer::Secondary(text.to_owned()));
        }
        if prefix.is_none() && key.is_none() {
            return Err(BadPeer::Secondary(text.to_owned()));
        }
        Ok(Self { prefix, key })
    }
}

impl FromStr for NotifyTarget {
    type Err = BadPeer;

    fn from_str(text: &str) -> Result<Self, BadPeer> {
        let refused = || BadPeer::NotifyTarget(text.to_owned());
        let mut words = text.split_ascii_whitespace();
        let address = words.next().ok_or_else(refused)?;
        let alone = || address.parse().map(|ip: IpAddr| SocketAddr::new(ip, DNS_PORT));
        let target = Self {
            address: address
                .parse()
                .or_else(|_no_port| alone())
                .map_err(|_bad| refused())?,
            key: words.next().map(str::to_owned),
        };
        if words.next().is_some() {
            Err(refused())
        } else {
            Ok(target)
        }
    }
}

impl fmt::Display for Secondary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.prefix, &self.key) {
            (Some(prefix), Some(key)) => write!(f, "{prefix} {key}"),
            (Some(prefix), None) => prefix.fmt(f),
            (None, key) => f.write_str(key.as_deref().unwrap_or_default()),
        }
    }
}

impl fmt::Display for NotifyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, " {key}"))
    }
}

atalaya_model::as_text!(Secondary);
atalaya_model::as_text!(NotifyTarget);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secondaries_are_written_as_they_are_read() {
        for text in ["192.0.2.7", "192.0.2.0/24", "2001:db8::/64", "k1", "192.0.2.7 k1"] {
            assert_eq!(text.parse::<Secondary>().unwrap().to_string(), text);
        }
        for text in [
            "",
            "192.0.2.0/33",
            "192.0.2.1/24",
            "k1 192.0.2.7",
            "a b c",
            "192.0.2.7 192.0.2.8",
        ] {
            assert!(text.parse::<Secondary>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn who_is_told_is_written_with_its_port() {
        for (text, written) in [
            ("192.0.2.7", "192.0.2.7:53"),
            ("192.0.2.7:5353 k1", "192.0.2.7:5353 k1"),
            ("2001:db8::7", "[2001:db8::7]:53"),
            ("[2001:db8::7]:5353", "[2001:db8::7]:5353"),
        ] {
            assert_eq!(text.parse::<NotifyTarget>().unwrap().to_string(), written);
        }
        for text in ["", "ns1.example.org", "192.0.2.7 k1 k2"] {
            assert!(text.parse::<NotifyTarget>().is_err(), "{text:?}");
        }
    }
}

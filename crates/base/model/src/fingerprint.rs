//! The fingerprint of a TCP connection: what is kept of the packet that opened it.
//!
//! It is the text of that packet (`formats::syn` writes and reads it), or the word that there was none to be had: under a flood the
//! kernel keeps no packet, and a connection that did not reach us over TCP has none. A fingerprint that no signature knows is another
//! matter: it is available, and unknown.

use std::fmt;
use std::str::FromStr;

/// The word for a connection whose first packet was not kept.
const NO_SYN: &str = "unavailable";
/// The longest text, in bytes. The longest that a packet can have is shorter: a property of the tests of `formats`.
const MOST_BYTES: usize = 400;

/// The fingerprint of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint(Option<Box<str>>);

impl Fingerprint {
    /// The first packet was not kept.
    pub const UNAVAILABLE: Self = Self(None);

    /// The text of the first packet; none where it was not kept.
    #[must_use]
    pub fn syn(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.syn().unwrap_or(NO_SYN))
    }
}

/// The text is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the fingerprint of a connection")]
pub struct BadFingerprint;

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let is_of_a_packet = |byte: u8| byte.is_ascii_alphanumeric() || b":,+-?=".contains(&byte);
        match text {
            NO_SYN => Ok(Self::UNAVAILABLE),
            _ if !text.contains(':') || text.len() > MOST_BYTES => Err(BadFingerprint),
            _ if text.bytes().all(is_of_a_packet) => Ok(Self(Some(text.into()))),
            _ => Err(BadFingerprint),
        }
    }
}

crate::as_text!(Fingerprint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_back_and_unavailable_is_no_packet() {
        let text = "4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+";
        let known: Fingerprint = text.parse().unwrap();
        assert_eq!(known.to_string(), text);
        assert_eq!(known.syn(), Some(text));
        let none: Fingerprint = "unavailable".parse().unwrap();
        assert_eq!(none, Fingerprint::UNAVAILABLE);
        assert_eq!((none.to_string().as_str(), none.syn()), ("unavailable", None));
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("4:{}", "1".repeat(MOST_BYTES));
        for wrong in ["", "unknown", "4:64 0", "4:64\n", "<b>:", "4:\u{e9}", &long] {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(BadFingerprint), "{wrong:?}");
        }
    }
}

//! How the operating system behind a connection began it, as it is kept with an observation.

use std::fmt;
use std::str::FromStr;

/// Longest text of a fingerprint, in bytes: what `formats` writes is far shorter.
const LONGEST: usize = 200;

/// The TCP fingerprint of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fingerprint {
    /// The kernel kept no SYN of this connection. It is not the same as a SYN that nobody knows.
    Unavailable,
    /// The SYN, in the notation of p0f version 3.
    Syn(String),
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str("unavailable"),
            Self::Syn(text) => f.write_str(text),
        }
    }
}

/// The text is too long or empty, or has characters that no fingerprint has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a TCP fingerprint")]
pub struct BadFingerprint;

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, BadFingerprint> {
        let is_fit = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        match text {
            "unavailable" => Ok(Self::Unavailable),
            _ if is_fit => Ok(Self::Syn(text.to_owned())),
            _ => Err(BadFingerprint),
        }
    }
}

crate::text::serde_by_text!(Fingerprint);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_read_back() {
        for text in ["unavailable", "4:64:0:1460:mss*20,7:mss,sok,ts,nop,ws:df,id+:0"] {
            assert_eq!(text.parse::<Fingerprint>().unwrap().to_string(), text);
        }
        assert_eq!("unavailable".parse(), Ok(Fingerprint::Unavailable));
        for bad in ["", "a b", &"x".repeat(LONGEST + 1)] {
            assert_eq!(bad.parse::<Fingerprint>(), Err(BadFingerprint), "{bad}");
        }
    }
}

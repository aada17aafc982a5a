//! What is kept of a TLS session: version, cipher suite and the server name that was asked for.

use std::fmt;
use std::str::FromStr;

/// Longest of the three words, in bytes. A server name has at most 253 (RFC 1035 section 2.3.4).
const LONGEST: usize = 255;

/// A TLS session, as far as it is kept. Written as `TLSv1.3 TLS13_AES_256_GCM_SHA384 mx.example.net`, with `-` for no name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tls {
    /// The version, such as `TLSv1.3`.
    pub version: String,
    /// The cipher suite, by its registered name.
    pub cipher: String,
    /// The server name that the client asked for (RFC 6066 section 3).
    pub server_name: Option<String>,
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.server_name.as_deref().unwrap_or("-");
        write!(f, "{} {} {name}", self.version, self.cipher)
    }
}

/// The text is not three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a TLS session: version, cipher suite and server name")]
pub struct BadTls;

impl FromStr for Tls {
    type Err = BadTls;

    fn from_str(text: &str) -> Result<Self, BadTls> {
        let words: Vec<&str> = text.split(' ').collect();
        let [version, cipher, name] = words.as_slice() else {
            return Err(BadTls);
        };
        let is_fit = |word: &&str| {
            (1..=LONGEST).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !words.iter().all(is_fit) {
            return Err(BadTls);
        }
        Ok(Self {
            version: (*version).to_owned(),
            cipher: (*cipher).to_owned(),
            server_name: Some((*name).to_owned()).filter(|name| name != "-"),
        })
    }
}

crate::text::serde_by_text!(Tls);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read_back() {
        for text in ["TLSv1.3 TLS13_AES_256_GCM_SHA384 mx.example.net", "TLSv1.2 X -"] {
            assert_eq!(text.parse::<Tls>().unwrap().to_string(), text);
        }
        assert_eq!("TLSv1.2 X -".parse::<Tls>().unwrap().server_name, None);
        for bad in ["", "TLSv1.3", "TLSv1.3  x", "a b c d", "a b é"] {
            assert_eq!(bad.parse::<Tls>(), Err(BadTls), "{bad}");
        }
    }
}

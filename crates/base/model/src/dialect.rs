//! The name of an SMTP dialect: how a client spells, orders and times what it says, apart from what it says.

use std::fmt;
use std::str::FromStr;

/// The short name of a dialect: the first eight bytes of the SHA-256 of its canonical text, written as 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DialectId(pub [u8; 8]);

impl fmt::Display for DialectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The text is not 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a dialect: 16 hexadecimal digits")]
pub struct BadDialectId;

impl FromStr for DialectId {
    type Err = BadDialectId;

    fn from_str(text: &str) -> Result<Self, BadDialectId> {
        let is_fit = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = is_fit.then(|| u64::from_str_radix(text, 16).ok()).flatten();
        value.map(|value| Self(value.to_be_bytes())).ok_or(BadDialectId)
    }
}

crate::text::serde_by_text!(DialectId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back() {
        let id = DialectId([0, 0xa5, 1, 2, 3, 4, 5, 0xff]);
        assert_eq!(id.to_string(), "00a50102030405ff");
        assert_eq!(id.to_string().parse(), Ok(id));
        for bad in ["", "00a50102030405f", "+0a50102030405ff", "éééééééé"] {
            assert_eq!(bad.parse::<DialectId>(), Err(BadDialectId), "{bad}");
        }
    }
}

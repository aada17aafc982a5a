//! The names of what a program does by habit: how it speaks SMTP ([`DialectId`]), and how it writes the head of a message ([`ShapeId`]).

use std::fmt;
use std::hash::Hash;
use std::str::FromStr;

/// The text is not 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a dialect or shape: 16 hexadecimal digits")]
pub struct BadHabitId;

/// The short name of a habit, of whatever kind.
pub trait Habit: Copy + Eq + Hash + Send + fmt::Display + FromStr<Err = BadHabitId> {}

/// Makes the short name of a habit: a type of its own for each, so that one cannot stand for another.
macro_rules! habit {
    ($(#[doc = $line:literal])+ $type:ident) => {
        $(#[doc = $line])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $type(pub [u8; 8]);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl FromStr for $type {
            type Err = BadHabitId;

            fn from_str(text: &str) -> Result<Self, BadHabitId> {
                read(text).map(Self)
            }
        }

        crate::as_text!($type);
        impl Habit for $type {}
    };
}

habit! {
    /// The short name of a dialect: the first eight bytes of the SHA-256 of its canonical text, written as 16 hexadecimal digits.
    DialectId
}

habit! {
    /// The short name of the shape of a message's head: the first eight bytes of the SHA-256 of its canonical text, written as 16
    /// hexadecimal digits.
    ShapeId
}

fn read(text: &str) -> Result<[u8; 8], BadHabitId> {
    let is_fit = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let value = is_fit.then(|| u64::from_str_radix(text, 16).ok()).flatten();
    value.map(u64::to_be_bytes).ok_or(BadHabitId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back() {
        let bytes = [0, 0xa5, 1, 2, 3, 4, 5, 0xff];
        let text = "00a50102030405ff";
        assert_eq!(
            (DialectId(bytes).to_string(), ShapeId(bytes).to_string()),
            (text.into(), text.into())
        );
        assert_eq!(text.parse(), Ok(DialectId(bytes)));
        assert_eq!(text.parse(), Ok(ShapeId(bytes)));
        for bad in ["", "00a50102030405f", "+0a50102030405ff", "éééééééé"] {
            assert_eq!(bad.parse::<DialectId>(), Err(BadHabitId), "{bad}");
        }
    }
}

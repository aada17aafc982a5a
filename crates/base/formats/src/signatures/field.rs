//! Reading the numbers of a signature.

use std::str::FromStr;

/// Reads a number that is written in digits only.
pub(super) fn number<N: FromStr>(text: &str) -> Option<N> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// Whether a value is asked for: one number, or multiples of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// This one.
    Exactly(u16),
    /// Any that this one divides; 1 for every value.
    Multiple(u16),
}

impl Wanted {
    /// Reads `n`, `*` or `%n`.
    pub(super) fn read(text: &str) -> Option<Self> {
        match text.strip_prefix('%') {
            None if text == "*" => Some(Self::Multiple(1)),
            None => Some(Self::Exactly(number(text)?)),
            Some(divisor) => Some(Self::Multiple(number(divisor).filter(|divisor| *divisor > 0)?)),
        }
    }

    /// Whether some value is asked for by both. Of two divisors that is zero.
    pub(super) const fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Exactly(value), asked) | (asked, Self::Exactly(value)) => asked.takes(value),
            (Self::Multiple(_), Self::Multiple(_)) => true,
        }
    }

    pub(super) const fn takes(self, value: u16) -> bool {
        match self {
            Self::Exactly(wanted) => value == wanted,
            Self::Multiple(divisor) => value.is_multiple_of(divisor),
        }
    }
}

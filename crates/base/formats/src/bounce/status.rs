//! The enhanced status code of RFC 3463, and the reply code of RFC 5321 beside which it stands.

use std::fmt;

/// A status: `5.1.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status {
    /// Success (2), a trouble that may pass (4), or one that stays (5).
    pub class: u8,
    /// What it is about: addressing (1), mailbox (2), mail system (3), network (4), protocol (5), content (6), security and policy (7).
    pub subject: u16,
    /// What about it.
    pub detail: u16,
}

impl Status {
    /// The first status in a text. Numbers with more dots are none: they are addresses and versions.
    #[must_use]
    pub fn first_in(text: &str) -> Option<Self> {
        text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '.'))
            .find_map(Self::exactly)
    }

    /// Whether it says no more than what it is about.
    pub(super) const fn is_vague(self) -> bool {
        self.detail == 0
    }

    fn exactly(word: &str) -> Option<Self> {
        let mut numbers = word.trim_end_matches('.').split('.');
        let mut next = || {
            let digits = numbers.next()?;
            let is_number =
                (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            digits.parse::<u16>().ok().filter(|_| is_number)
        };
        let (class, subject, detail) = (next()?, next()?, next()?);
        let is_end = next().is_none() && word.trim_end_matches('.').split('.').count() == 3;
        let class = u8::try_from(class)
            .ok()
            .filter(|class| matches!(class, 2 | 4 | 5))?;
        is_end.then_some(Self {
            class,
            subject,
            detail,
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

/// The class of the first reply code in a text: 2, 4 or 5.
pub(super) fn reply_class(text: &str) -> Option<u8> {
    let mut words =
        text.split(|character: char| !(character.is_ascii_alphanumeric() || ".:[]".contains(character)));
    words.find_map(|word| match word.trim_end_matches([':', '.']).as_bytes() {
        [class @ (b'2' | b'4' | b'5'), b'0'..=b'7', b'0'..=b'9'] => Some(class.wrapping_sub(b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_status_is_found_among_addresses_and_versions() {
        let first = |text| Status::first_in(text).map(|status| status.to_string());
        for (text, status) in [
            ("550-5.7.26 Unauthenticated", Some("5.7.26")),
            ("no mailbox here (#5.1.1 - chkusr)", Some("5.1.1")),
            ("5.1.351.", Some("5.1.351")),
            ("host mx[5.1.2.3] said: 550 5.2.1 <a@b>", Some("5.2.1")),
            ("Service (5.5.1960.3) v5.5.0 3.1.1 5.1 5..1 5.1.1234", None),
            ("", None),
        ] {
            assert_eq!(first(text).as_deref(), status, "{text}");
        }
    }

    #[test]
    fn the_first_reply_code_is_found() {
        for (text, class) in [
            ("smtp; 550 : User unknown", Some(5)),
            ("host x[192.0.2.222]: 452-4.2.2 full", Some(4)),
            ("550: 5.2.2 <a@b.example>", Some(5)),
            ("250 2.1.5 Ok", Some(2)),
            ("[203.0.113.250] 5500 580 x550", None),
        ] {
            assert_eq!(reply_class(text), class, "{text}");
        }
    }
}

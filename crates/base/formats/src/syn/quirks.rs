//! The oddities of one SYN, each with the word that p0f v3 has for it, and four that only its version 2 notices.

use std::fmt;

/// A set of oddities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Quirks(u32);

impl Quirks {
    /// Nothing odd.
    pub const NONE: Self = Self(0);
    /// IPv4 "don't fragment" is set.
    pub const DF: Self = Self(1);
    /// "Don't fragment" is set, and the IPv4 identification is not zero.
    pub const ID_WITH_DF: Self = Self(1 << 1);
    /// "Don't fragment" is not set, and the IPv4 identification is zero.
    pub const NO_ID: Self = Self(1 << 2);
    /// Explicit congestion notification is offered (RFC 3168), or its bits of the IP header are set.
    pub const ECN: Self = Self(1 << 3);
    /// The reserved bit of the IPv4 flags is set.
    pub const IP_RESERVED: Self = Self(1 << 4);
    /// The IPv6 flow label is not zero.
    pub const FLOW: Self = Self(1 << 5);
    /// The sequence number is zero.
    pub const NO_SEQ: Self = Self(1 << 6);
    /// The acknowledgement number is not zero, though it acknowledges nothing.
    pub const ACK: Self = Self(1 << 7);
    /// The acknowledgement number is zero, though the flag says that it counts. Never on a SYN; signature files may name it.
    pub const NO_ACK: Self = Self(1 << 8);
    /// The urgent pointer is not zero, though the flag does not say that it counts.
    pub const URGENT_POINTER: Self = Self(1 << 9);
    /// The urgent flag is set.
    pub const URGENT: Self = Self(1 << 10);
    /// The push flag is set.
    pub const PUSH: Self = Self(1 << 11);
    /// The sender's timestamp is zero.
    pub const NO_STAMP: Self = Self(1 << 12);
    /// The timestamp echoed is not zero, though there is nothing to echo.
    pub const ECHO: Self = Self(1 << 13);
    /// Something stands behind the end of the options.
    pub const TRAILER: Self = Self(1 << 14);
    /// A window scale above 14 (RFC 7323 section 2.3).
    pub const WIDE_SCALE: Self = Self(1 << 15);
    /// The options are malformed.
    pub const BAD_OPTIONS: Self = Self(1 << 16);
    /// A reserved bit of the TCP header is set. Version 2 only.
    pub const TCP_RESERVED: Self = Self(1 << 17);
    /// The urgent flag is set and the urgent pointer is not zero. Version 2 only.
    pub const URGENT_VALUE: Self = Self(1 << 18);
    /// Sequence and acknowledgement number are the same, and not zero. Version 2 only.
    pub const SEQ_IS_ACK: Self = Self(1 << 19);
    /// The last option runs past the header, or has no sound length. Version 2 only.
    pub const CUT_OPTIONS: Self = Self(1 << 20);

    /// All of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are not of the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those of these that version 3 notices.
    #[must_use]
    pub const fn of_v3(self) -> Self {
        Self(self.0 & (Self::TCP_RESERVED.0 - 1))
    }

    /// Whether all of the other are here.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is odd.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Those that hold.
    #[must_use]
    pub(super) fn holding(all: &[(Self, bool)]) -> Self {
        let holding = all.iter().filter(|(_, holds)| *holds);
        holding.fold(Self::NONE, |set, (quirk, _)| set.with(*quirk))
    }

    /// The quirk of this word, of all of ours.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let found = WORDS.iter().find(|(_, known)| *known == word);
        found.map(|(quirk, _)| *quirk)
    }
}

/// Every quirk with its word, in the order of p0f; the last four words are ours.
const WORDS: [(Quirks, &str); 21] = [
    (Quirks::DF, "df"),
    (Quirks::ID_WITH_DF, "id+"),
    (Quirks::NO_ID, "id-"),
    (Quirks::ECN, "ecn"),
    (Quirks::IP_RESERVED, "0+"),
    (Quirks::FLOW, "flow"),
    (Quirks::NO_SEQ, "seq-"),
    (Quirks::ACK, "ack+"),
    (Quirks::NO_ACK, "ack-"),
    (Quirks::URGENT_POINTER, "uptr+"),
    (Quirks::URGENT, "urgf+"),
    (Quirks::PUSH, "pushf+"),
    (Quirks::NO_STAMP, "ts1-"),
    (Quirks::ECHO, "ts2+"),
    (Quirks::TRAILER, "opt+"),
    (Quirks::WIDE_SCALE, "exws"),
    (Quirks::BAD_OPTIONS, "bad"),
    (Quirks::TCP_RESERVED, "res+"),
    (Quirks::URGENT_VALUE, "urgv+"),
    (Quirks::SEQ_IS_ACK, "seq="),
    (Quirks::CUT_OPTIONS, "cut"),
];

/// The words with commas between them; nothing where nothing is odd.
impl fmt::Display for Quirks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = WORDS.iter().filter(|(quirk, _)| self.has(*quirk));
        super::commas(f, words.map(|(_, word)| word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quirk_is_found_by_its_word() {
        let mut all = Quirks::NONE;
        for (quirk, word) in WORDS {
            assert_eq!(Quirks::named(word), Some(quirk));
            assert!(!all.has(quirk), "{word} shares its bit");
            all = all.with(quirk);
        }
        assert_eq!(Quirks::named("df,"), None);
        assert_eq!(all.without(all.of_v3()).to_string(), "res+,urgv+,seq=,cut");
        assert!(Quirks::NONE.to_string().is_empty());
    }
}

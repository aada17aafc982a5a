//! Odd things at the top of a mail: what mail programs do not write.

/// One odd thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Oddity {
    /// There is no field at all.
    NoHeaders,
    /// There are more fields than are read.
    ManyHeaders,
    /// The fields are longer than is read, all together.
    LongHeaders,
    /// A line among the fields is neither a field nor the continuation of one (RFC 5322 section 2.2).
    BadHeader,
    /// A zero byte stands in the fields.
    NulInHeaders,
    /// `From` is missing (RFC 5322 section 3.6 demands one).
    NoFrom,
    /// There is more than one `From`.
    ManyFrom,
    /// `Date` is missing (RFC 5322 section 3.6 demands one).
    NoDate,
    /// `Date` cannot be read.
    BadDate,
    /// The subject is in no character set that is known, or is not what it says.
    BadCharset,
}

impl Oddity {
    /// All of them, in the order in which their words are told.
    pub const ALL: &'static [Self] = &[
        Self::NoHeaders,
        Self::ManyHeaders,
        Self::LongHeaders,
        Self::BadHeader,
        Self::NulInHeaders,
        Self::NoFrom,
        Self::ManyFrom,
        Self::NoDate,
        Self::BadDate,
        Self::BadCharset,
    ];

    /// The word that is kept with an observation.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoHeaders => "no-headers",
            Self::ManyHeaders => "many-headers",
            Self::LongHeaders => "long-headers",
            Self::BadHeader => "bad-header",
            Self::NulInHeaders => "nul-in-headers",
            Self::NoFrom => "no-from",
            Self::ManyFrom => "many-from",
            Self::NoDate => "no-date",
            Self::BadDate => "bad-date",
            Self::BadCharset => "bad-charset",
        }
    }
}

/// A set of odd things; one integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oddities(u16);

impl Oddities {
    /// Adds one.
    pub const fn add(&mut self, oddity: Oddity) {
        self.0 |= Self::bit(oddity);
    }

    /// Whether this one is in the set.
    #[must_use]
    pub const fn has(self, oddity: Oddity) -> bool {
        self.0 & Self::bit(oddity) != 0
    }

    /// The words, in the order of [`Oddity::ALL`].
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Oddity::ALL
            .iter()
            .filter(move |oddity| self.has(**oddity))
            .map(|oddity| oddity.word())
    }

    /// The bit of one oddity; the enum has fewer than 16.
    const fn bit(oddity: Oddity) -> u16 {
        1_u16.wrapping_shl(oddity as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_oddity_has_a_bit_and_a_word_of_its_own() {
        assert!(Oddity::ALL.len() <= 16);
        let mut all = Oddities::default();
        for oddity in Oddity::ALL {
            assert!(!all.has(*oddity), "{oddity:?}");
            all.add(*oddity);
        }
        let mut words: Vec<_> = all.words().collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Oddity::ALL.len());
    }
}

//! Odd things of an SMTP conversation: what a well-behaved client never does.
//!
//! Each has one short word that is kept with the observation. A set of them is one integer, so that collecting costs nothing.

use std::fmt;

/// Makes the enum with its words and the list of all of them.
macro_rules! oddities {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:literal),+ $(,)?) => {
        /// One odd thing.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Oddity {
            $($(#[doc = $doc])* $variant),+
        }

        impl Oddity {
            /// All of them, in the order in which words are told.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that is kept.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

oddities! {
    /// It spoke before the banner (RFC 5321 section 4.3.1).
    EarlyTalker = "early-talker",
    /// It sent further commands before the answer to EHLO offered PIPELINING (RFC 2920 section 3.1).
    PipelinedEarly = "pipelined-early",
    /// It sent the message before DATA was answered with 354.
    EarlyData = "early-data",
    /// A command that no SMTP document knows.
    UnknownCommand = "unknown-command",
    /// A command whose argument could not be read.
    BadSyntax = "bad-syntax",
    /// A command out of order.
    WrongOrder = "wrong-order",
    /// A command line longer than is read.
    LongLine = "long-line",
    /// Spaces or tabs where none belong, or none where one belongs.
    OddSpacing = "odd-spacing",
    /// `MAIL FROM` or `RCPT TO` without its colon.
    NoColon = "no-colon",
    /// A path without angle brackets.
    NoBrackets = "no-brackets",
    /// A path that was opened with `<` and never closed.
    Unclosed = "unclosed",
    /// More angle brackets than one pair.
    OddBrackets = "odd-brackets",
    /// A path with a route, `<@a,@b:c@d>` (RFC 5321 appendix C).
    SourceRoute = "source-route",
    /// A path without a domain.
    NoDomain = "no-domain",
    /// Text behind a command that takes none.
    ExtraArgument = "extra-argument",
    /// A parameter that was not offered (RFC 5321 section 4.1.1.11).
    UnknownParameter = "unknown-parameter",
    /// Bytes in a command that are no UTF-8.
    BadUtf8 = "bad-utf8",
    /// A path beyond ASCII without the SMTPUTF8 parameter (RFC 6531 section 3.4).
    UnannouncedUtf8 = "unannounced-utf8",
    /// A line feed without a carriage return before it (RFC 5321 section 2.3.8).
    BareLf = "bare-lf",
    /// A carriage return without a line feed behind it.
    BareCr = "bare-cr",
    /// A zero byte.
    Nul = "nul",
    /// A lone dot between line ends of which one is not CRLF: a careless server takes it for the end of the message.
    FalseEnd = "false-end",
    /// Words behind STARTTLS that were not protected; they were dropped (CVE-2011-0411).
    BehindStartTls = "behind-starttls",
    /// TLS was asked for and did not come about.
    NoTls = "no-tls",
}

/// A set of odd things.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Oddities(u32);

impl Oddities {
    /// No odd things.
    pub const NONE: Self = Self(0);

    /// Adds one.
    pub const fn add(&mut self, oddity: Oddity) {
        self.0 |= Self::bit(oddity);
    }

    /// The two sets together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
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

    /// The bit of one oddity; the enum has fewer than 32.
    const fn bit(oddity: Oddity) -> u32 {
        1_u32.wrapping_shl(oddity as u32)
    }
}

impl From<Oddity> for Oddities {
    fn from(oddity: Oddity) -> Self {
        Self(Self::bit(oddity))
    }
}

impl fmt::Debug for Oddities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.words()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_oddity_has_a_bit_and_a_word_of_its_own() {
        assert!(Oddity::ALL.len() <= 32);
        let mut all = Oddities::NONE;
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

//! The TCP options of one SYN: which, in which order, and the few values that tell stacks apart.
//!
//! In go the bytes between the fixed TCP header and its end. Malformed options are read as far as p0f reads them, and noted.

use super::Quirks;

/// The end of the options.
pub(crate) const END: u8 = 0;
/// Padding.
pub(crate) const NOP: u8 = 1;
/// Maximum segment size.
pub(crate) const MSS: u8 = 2;
/// Window scale.
pub(crate) const SCALE: u8 = 3;
/// Selective acknowledgement permitted.
pub(crate) const SACK_PERMITTED: u8 = 4;
/// A selective acknowledgement, which no SYN should carry.
pub(crate) const SACK: u8 = 5;
/// Timestamps.
pub(crate) const STAMPS: u8 = 8;

/// The most options that are looked at, as in p0f v3.
pub(crate) const MOST_OPTIONS: usize = 24;
/// The longest sound option; the whole space is 40 bytes.
const LONGEST: u8 = 40;

/// What the options say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Options {
    /// Their kinds in order, also the one that could not be read to its end.
    pub(super) kinds: Vec<u8>,
    /// Bytes behind the end of the options.
    pub(super) padding: u8,
    /// The maximum segment size; 0 without one.
    pub(super) mss: u16,
    /// The window scale; 0 without one.
    pub(super) scale: u8,
    /// What is odd.
    pub(super) quirks: Quirks,
}

impl Options {
    /// Reads the options.
    pub(super) fn read(mut bytes: &[u8]) -> Self {
        let mut options = Self::default();
        while let Some((kind, rest)) = bytes.split_first()
            && options.kinds.len() < MOST_OPTIONS
        {
            options.kinds.push(*kind);
            let Some(behind) = options.take(*kind, rest) else {
                options.note(Quirks::BAD_OPTIONS.with(Quirks::CUT_OPTIONS));
                return options;
            };
            bytes = behind;
        }
        if !bytes.is_empty() {
            options.note(Quirks::BAD_OPTIONS);
        }
        options
    }

    /// Takes the option of this kind off what follows it. None where it runs past the end or has no sound length.
    fn take<'a>(&mut self, kind: u8, rest: &'a [u8]) -> Option<&'a [u8]> {
        match kind {
            END => {
                self.padding = u8::try_from(rest.len()).unwrap_or(u8::MAX);
                if rest.iter().any(|byte| *byte != 0) {
                    self.note(Quirks::TRAILER);
                }
                Some(&[])
            }
            NOP => Some(rest),
            MSS => {
                let (value, rest) = self.fixed::<2>(rest)?;
                self.mss = u16::from_be_bytes(value);
                Some(rest)
            }
            SCALE => {
                let ([scale], rest) = self.fixed::<1>(rest)?;
                self.scale = scale;
                if scale > 14 {
                    self.note(Quirks::WIDE_SCALE);
                }
                Some(rest)
            }
            SACK_PERMITTED => Some(self.fixed::<0>(rest)?.1),
            STAMPS => {
                let ([a, b, c, d, echo @ ..], rest) = self.fixed::<8>(rest)?;
                if [a, b, c, d] == [0; 4] {
                    self.note(Quirks::NO_STAMP);
                }
                if echo != [0; 4] {
                    self.note(Quirks::ECHO);
                }
                Some(rest)
            }
            SACK => sized(rest, 10..=34),
            _ => sized(rest, 2..=LONGEST),
        }
    }

    /// Takes the length and the value of an option whose length is known. A wrong length is noted, and not believed.
    fn fixed<'a, const N: usize>(&mut self, rest: &'a [u8]) -> Option<([u8; N], &'a [u8])> {
        let (length, rest) = rest.split_first()?;
        let (value, rest) = rest.split_first_chunk()?;
        if usize::from(*length) != N.saturating_add(2) {
            self.note(Quirks::BAD_OPTIONS);
        }
        Some((*value, rest))
    }

    fn note(&mut self, quirks: Quirks) {
        self.quirks = self.quirks.with(quirks);
    }
}

/// What follows an option that says its own length, which counts the two bytes of kind and length.
fn sized(rest: &[u8], sound: std::ops::RangeInclusive<u8>) -> Option<&[u8]> {
    let length = rest.first().filter(|length| sound.contains(*length))?;
    rest.get(usize::from(length.saturating_sub(1))..)
}

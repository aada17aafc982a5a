//! The puzzle of a removal: some work for the reader's machine in place of pictures to read, so that emptying the list costs whoever tries it.
//!
//! In: what may leave, the moment, how hard it is to be, a number used once, and a key that only we hold. Out: a word that is checked later
//! without having been kept. It holds for one unit alone, and whoever has it cannot make it easier.
//!
//! ```text
//! base64url( version (1) | issued, microseconds (8, big-endian) | bits (1) | number used once (16) | seal (16) )
//! ```
//!
//! It is solved by a number N for which SHA-256 of `WORD.N` begins with so many zero bits: the search takes 2^bits tries, and its check one.

use atalaya_model::{Prefix, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use crate::redact::keyed_hash;
use crate::ticket::{SEAL, is_same};

/// The hardest that is made: about half a minute for a script in a browser.
pub const MOST_BITS: u8 = 22;

/// Letters of a word.
const LETTERS: usize = 56;
/// The version that is written; no other one is read.
const VERSION: u8 = 1;
/// Bytes of the moment.
const ISSUED: usize = 8;
/// Bytes of the number used once.
const ONCE: usize = 16;
/// Keeps this use of the key apart from every other one.
const USE: &[u8] = b"removal puzzle\0";
/// The longest number that is looked at: the digits of 2^64.
const MAX_DIGITS: usize = 20;

/// What whoever wants to leave works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Puzzle {
    /// What may leave by it.
    pub unit: Prefix,
    /// When it was made.
    pub issued: Timestamp,
    /// How many zero bits are asked for.
    pub bits: u8,
    /// Tells it from every other one.
    pub once: [u8; ONCE],
}

/// The word is no puzzle of ours for this unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the puzzle is not one of ours for this address")]
pub struct BadPuzzle;

impl Puzzle {
    /// The puzzle as a word of letters, digits, `-` and `_`.
    #[must_use]
    pub fn seal(&self, key: &[u8]) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.issued.micros().to_be_bytes());
        bytes.push(self.bits);
        bytes.extend_from_slice(&self.once);
        let seal = seal(key, &bytes, &self.unit);
        bytes.extend_from_slice(&seal);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Reads a word back.
    ///
    /// # Errors
    /// It was not sealed with `key` for this unit. How old it may be is for the caller to say.
    pub fn open(word: &str, key: &[u8], unit: &Prefix) -> Result<Self, BadPuzzle> {
        if word.len() != LETTERS {
            return Err(BadPuzzle);
        }
        let bytes = BASE64URL_NOPAD
            .decode(word.as_bytes())
            .map_err(|_strange| BadPuzzle)?;
        let (said, shown) = bytes.split_last_chunk::<SEAL>().ok_or(BadPuzzle)?;
        if !is_same(shown, &seal(key, said, unit)) {
            return Err(BadPuzzle);
        }
        let (version, rest) = said.split_first().ok_or(BadPuzzle)?;
        let (issued, rest) = rest.split_first_chunk::<ISSUED>().ok_or(BadPuzzle)?;
        let (bits, once) = rest.split_first().ok_or(BadPuzzle)?;
        let once = <[u8; ONCE]>::try_from(once).map_err(|_cut| BadPuzzle)?;
        if *version != VERSION {
            return Err(BadPuzzle);
        }
        Ok(Self {
            unit: *unit,
            issued: Timestamp::from_micros(i64::from_be_bytes(*issued)),
            bits: *bits,
            once,
        })
    }

    /// Whether a text is a number that solves the puzzle of this word.
    #[must_use]
    pub fn is_solved(&self, word: &str, number: &str) -> bool {
        let is_number = number.len() <= MAX_DIGITS && !number.is_empty() && is_digits(number);
        is_number && zeros(word, number) >= u32::from(self.bits)
    }
}

/// Finds the number that solves the puzzle of a word, as the script of our pages does: for programs of our own, and for tests.
#[must_use]
pub fn solve(word: &str, bits: u8) -> String {
    let numbers = (0_u64..).map(|number| number.to_string());
    let mut solving = numbers.filter(|number| zeros(word, number) >= u32::from(bits.min(MOST_BITS)));
    solving.next().unwrap_or_default()
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The zero bits that the digest of a word and a number begins with.
fn zeros(word: &str, number: &str) -> u32 {
    let digest = Sha256::new()
        .chain_update(word)
        .chain_update(b".")
        .chain_update(number)
        .finalize();
    let mut zeros = 0_u32;
    for byte in digest {
        zeros = zeros.saturating_add(byte.leading_zeros());
        if byte != 0 {
            break;
        }
    }
    zeros
}

/// What only a holder of the key can write under these bytes.
fn seal(key: &[u8], bytes: &[u8], unit: &Prefix) -> [u8; SEAL] {
    let code = keyed_hash(key, &[USE, bytes, unit.to_string().as_bytes()]);
    let mut front = [0; SEAL];
    for (slot, byte) in front.iter_mut().zip(code) {
        *slot = byte;
    }
    front
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &[u8] = b"a key of ours";

    fn unit() -> Prefix {
        "192.0.2.7".parse().unwrap()
    }

    fn puzzle(bits: u8) -> Puzzle {
        Puzzle {
            unit: unit(),
            issued: Timestamp::from_seconds(1_800_000_000),
            bits,
            once: [7; ONCE],
        }
    }

    #[test]
    fn a_puzzle_is_opened_to_the_same_for_its_unit_alone() {
        let word = puzzle(16).seal(KEY);
        assert_eq!(word.len(), LETTERS);
        assert_eq!(Puzzle::open(&word, KEY, &unit()), Ok(puzzle(16)));
        assert_eq!(Puzzle::open(&word, b"another", &unit()), Err(BadPuzzle));
        for other in ["192.0.2.8", "2001:db8::/64"] {
            assert_eq!(Puzzle::open(&word, KEY, &other.parse().unwrap()), Err(BadPuzzle));
        }
    }

    #[test]
    fn what_is_found_solves_it_and_what_is_not_does_not() {
        let word = puzzle(8).seal(KEY);
        let number = solve(&word, 8);
        assert!(puzzle(8).is_solved(&word, &number));
        let less = number.parse::<u64>().unwrap().checked_sub(1);
        for wrong in ["", "-1", "0x1", " 1", "1 ", "99999999999999999999999"] {
            assert!(!puzzle(0).is_solved(&word, wrong), "{wrong:?}");
        }
        if let Some(less) = less {
            assert!(!puzzle(8).is_solved(&word, &less.to_string()));
        }
    }

    #[test]
    fn bits_are_counted_across_bytes() {
        let first = (0..100_000_u32)
            .map(|n| n.to_string())
            .find(|n| zeros("w", n) >= 11)
            .unwrap();
        assert!(zeros("w", &first) >= 11);
        let digest = Sha256::digest(format!("w.{first}"));
        assert_eq!(digest[0], 0);
        assert!(digest[1] < 32);
    }

    proptest! {
        #[test]
        fn no_change_of_a_letter_opens(at in 0_usize..LETTERS, letter in "[A-Za-z0-9_-]") {
            let word = puzzle(16).seal(KEY);
            let mut changed = word.clone();
            changed.replace_range(at..=at, &letter);
            prop_assume!(changed != word);
            prop_assert_eq!(Puzzle::open(&changed, KEY, &unit()), Err(BadPuzzle));
        }
    }
}

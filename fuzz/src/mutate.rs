//! Mutations: small damages to an input, the same for the same number on every machine.
//!
//! In: the inputs of a target and the number of a mutation. Out: a damaged input. No clock and no system randomness goes in, so that
//! a failure can be repeated by its number alone.

/// Longest input that comes out; splices would double it without end.
const LONGEST: usize = 64 * 1024;

/// Most damages that one mutation does.
const MOST_DAMAGES: u64 = 6;

/// Bytes that mean something in one of the formats: a random byte rarely does.
const TELLING: &[u8] = b"\0\r\n\t \"'<>()[]{}@:;,.=?-_#/\\+%&*|~0129afz\x7f\x80\xc0\xc3\xff";

/// A sequence of numbers that looks random and depends on its start only (`SplitMix64`, by Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    /// The sequence of this start.
    #[must_use]
    pub const fn new(start: u64) -> Self {
        Self(start)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number below `limit`; 0 if nothing is.
    pub fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(self.next() % limit).unwrap_or(0)
    }

    /// One of the bytes that mean something.
    fn telling(&mut self) -> u8 {
        let at = self.below(TELLING.len());
        TELLING.get(at).copied().unwrap_or_default()
    }
}

/// The mutation of this number of an input; `others` are inputs to splice with.
#[must_use]
pub fn mutate(input: &[u8], others: &[Vec<u8>], number: u64) -> Vec<u8> {
    let mut numbers = Numbers::new(number);
    let mut bytes = input.to_vec();
    for _damage in 0..=numbers.next() % MOST_DAMAGES {
        damage(&mut bytes, others, &mut numbers);
        bytes.truncate(LONGEST);
    }
    bytes
}

/// Does one damage.
fn damage(bytes: &mut Vec<u8>, others: &[Vec<u8>], numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let (from, to) = span(bytes.len(), numbers);
    match numbers.below(9) {
        0 => flip(bytes, at, numbers),
        1 => put(bytes, at, numbers),
        2 => bytes.insert(at, numbers.telling()),
        3 => drop(bytes.drain(from..to)),
        4 => bytes.truncate(at),
        5 => repeat(bytes, from, to, numbers),
        6 => replace_number(bytes, at, numbers),
        7 => swap_case(bytes, from, to),
        _ => splice(bytes, at, others, numbers),
    }
}

/// A piece of an input, seldom more than 64 bytes long.
fn span(length: usize, numbers: &mut Numbers) -> (usize, usize) {
    let from = numbers.below(length.saturating_add(1));
    let longest = if numbers.below(8) == 0 { length } else { 64 };
    let to = from
        .saturating_add(numbers.below(longest.saturating_add(1)))
        .min(length);
    (from, to)
}

/// Turns one bit over.
fn flip(bytes: &mut [u8], at: usize, numbers: &mut Numbers) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << numbers.below(8);
    }
}

/// Puts a byte that means something in the place of another.
fn put(bytes: &mut [u8], at: usize, numbers: &mut Numbers) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte = numbers.telling();
    }
}

/// Repeats a piece, up to sixteen times.
fn repeat(bytes: &mut Vec<u8>, from: usize, to: usize, numbers: &mut Numbers) {
    let piece = bytes.get(from..to).unwrap_or_default().repeat(numbers.below(16));
    bytes.splice(to..to, piece);
}

/// Writes an extreme number over the decimal digits behind a place, or over raw bytes where there are none.
fn replace_number(bytes: &mut Vec<u8>, at: usize, numbers: &mut Numbers) {
    const EXTREMES: [&str; 8] = [
        "0",
        "1",
        "-1",
        "127",
        "256",
        "65536",
        "4294967296",
        "18446744073709551616",
    ];
    let behind = bytes.get(at..).unwrap_or_default();
    let first = behind.iter().position(u8::is_ascii_digit);
    let Some(first) = first.map(|first| at.saturating_add(first)) else {
        return put(bytes, at, numbers);
    };
    let digits = bytes
        .get(first..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let extreme = EXTREMES
        .get(numbers.below(EXTREMES.len()))
        .copied()
        .unwrap_or_default();
    bytes.splice(first..first.saturating_add(digits), extreme.bytes());
}

/// Writes letters of a piece in the other case.
fn swap_case(bytes: &mut [u8], from: usize, to: usize) {
    for byte in bytes
        .get_mut(from..to)
        .into_iter()
        .flatten()
        .filter(|byte| byte.is_ascii_alphabetic())
    {
        *byte ^= 0x20;
    }
}

/// Puts a piece of another input in.
fn splice(bytes: &mut Vec<u8>, at: usize, others: &[Vec<u8>], numbers: &mut Numbers) {
    let Some(other) = others.get(numbers.below(others.len())) else {
        return;
    };
    let (from, to) = span(other.len(), numbers);
    let piece = other.get(from..to).unwrap_or_default().to_vec();
    let place = if numbers.below(2) == 0 {
        at..at
    } else {
        at..bytes.len()
    };
    bytes.splice(place, piece);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutation_is_known_by_its_number() {
        let others = [b"another input".to_vec(), Vec::new()];
        for number in 0..500 {
            assert_eq!(
                mutate(b"one input", &others, number),
                mutate(b"one input", &others, number)
            );
        }
    }

    #[test]
    fn mutations_differ_and_stay_bounded() {
        let big = vec![b'7'; LONGEST];
        let others = [big.clone()];
        let made: std::collections::BTreeSet<_> = (0..200)
            .map(|number| mutate(b"a 1 b 2", &others, number))
            .collect();
        assert!(made.len() > 150, "{}", made.len());
        assert!((0..200).all(|number| mutate(&big, &others, number).len() <= LONGEST));
    }

    #[test]
    fn nothing_can_be_damaged_too() {
        for number in 0..500 {
            assert!(mutate(b"", &[], number).len() <= LONGEST);
        }
    }
}

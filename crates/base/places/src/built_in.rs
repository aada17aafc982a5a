//! The countries that come with the program: a table of ranges, packed.
//!
//! ```text
//! zstd( magic | day, 10 bytes | number of codes, codes of 2 bytes | IPv4 table | IPv6 table )
//! table = number of ranges | how often each length is doubled, a byte each | lengths before that | place of the code of each
//! ```
//!
//! Numbers have seven bits a byte, the lowest first. A column stands together, because alike bytes pack best; the first range begins
//! at the first address, the last one ends with the last.

use atalaya_model::Timestamp;

use crate::country::Country;
use crate::ranges::{Key, Ranges, Runs};

/// The table as `cargo xtask places` wrote it.
const PACKED: &[u8] = include_bytes!("../data/countries.zst");
/// What it begins with.
const MAGIC: &[u8] = b"places 1\n";
/// Its largest size, unpacked.
const MOST_BYTES: usize = 16 << 20;
/// The length of a day, `2026-06-17`.
const DAY: usize = 10;
/// How well it is packed: it is done once and carried by everybody.
const LEVEL: i32 = 22;

/// The countries of addresses.
#[derive(Debug, Default)]
pub(crate) struct Countries {
    pub(crate) v4: Ranges<u32, u16>,
    pub(crate) v6: Ranges<u64, u16>,
}

/// The countries that come with the program, and the day that they are of; none if they are spoiled.
pub(crate) fn built_in() -> Option<(Countries, Timestamp)> {
    unpack(PACKED)
}

/// Packs countries of a day.
pub(crate) fn pack(countries: &Countries, day: Timestamp) -> std::io::Result<Vec<u8>> {
    let mut codes: Vec<u16> = countries.v4.iter().map(|(_, code)| code).collect();
    codes.extend(countries.v6.iter().map(|(_, code)| code));
    codes.sort_unstable();
    codes.dedup();
    let mut bytes = [MAGIC, day.date().as_bytes()].concat();
    write_number(&mut bytes, codes.len() as u64);
    bytes.extend(codes.iter().flat_map(|code| code.to_be_bytes()));
    write_table(&mut bytes, &countries.v4, &codes);
    write_table(&mut bytes, &countries.v6, &codes);
    zstd::bulk::compress(&bytes, LEVEL)
}

fn write_table<K: Key + Into<u64>>(bytes: &mut Vec<u8>, ranges: &Ranges<K, u16>, codes: &[u16]) {
    let starts: Vec<u64> = ranges.iter().map(|(start, _)| start.into()).collect();
    let lengths: Vec<u64> = starts
        .iter()
        .zip(starts.iter().skip(1))
        .map(|(start, next)| next.saturating_sub(*start))
        .collect();
    write_number(bytes, starts.len() as u64);
    bytes.extend(lengths.iter().map(|length| doubled(*length)));
    for length in &lengths {
        write_number(bytes, length >> doubled(*length));
    }
    for (_, code) in ranges.iter() {
        let at = codes.binary_search(&code).unwrap_or_default();
        write_number(bytes, at as u64);
    }
}

/// How often a length can be halved.
fn doubled(length: u64) -> u8 {
    u8::try_from(length.trailing_zeros()).unwrap_or_default()
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// Reads what was packed.
fn unpack(packed: &[u8]) -> Option<(Countries, Timestamp)> {
    let bytes = zstd::bulk::decompress(packed, MOST_BYTES).ok()?;
    let (day, rest) = bytes.strip_prefix(MAGIC)?.split_at_checked(DAY)?;
    let day = std::str::from_utf8(day).ok()?.parse().ok()?;
    let mut rest = Reader(rest);
    let count = rest.count()?;
    let (codes, tables) = rest.0.split_at_checked(count.checked_mul(2)?)?;
    let (codes, _) = codes.as_chunks::<2>();
    let codes: Vec<u16> = codes.iter().map(|code| u16::from_be_bytes(*code)).collect();
    let is_code = |code: &u16| *code == 0 || Country::from_bits(*code).is_some();
    if !codes.iter().all(is_code) {
        return None;
    }
    rest = Reader(tables);
    let v4 = rest.table(&codes)?;
    let v6 = rest.table(&codes)?;
    rest.0.is_empty().then_some((Countries { v4, v6 }, day))
}

/// What is not yet read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A number of things that are at least a byte each.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.0.len()).then_some(count)
    }

    fn table<K: Key + TryFrom<u64>>(&mut self, codes: &[u16]) -> Option<Ranges<K, u16>> {
        let count = self.count()?;
        let (doubled, rest) = self.0.split_at_checked(count.saturating_sub(1))?;
        self.0 = rest;
        let mut starts = Vec::with_capacity(count);
        let mut start = 0_u64;
        starts.push(K::FIRST);
        for doubled in doubled {
            let length = self.number()?.checked_shl(u32::from(*doubled))?;
            start = start.checked_add(length).filter(|_| length > 0)?;
            starts.push(K::try_from(start).ok()?);
        }
        let mut runs = Runs::default();
        for start in starts {
            let code = usize::try_from(self.number()?).ok()?;
            runs.push(start, *codes.get(code)?);
        }
        Some(runs.finish())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ranges::{Claim, Layer};

    #[test]
    fn what_comes_with_the_program_can_be_read() {
        let (countries, day) = built_in().unwrap();
        assert!(countries.v4.len() > 100_000 && countries.v6.len() > 50_000);
        assert!(day.seconds() > 0);
        assert!(PACKED.len() < 1_500_000, "{}", PACKED.len());
    }

    #[test]
    fn spoiled_bytes_are_no_table_and_harm_nothing() {
        for cut in [0, 1, 100, PACKED.len() / 2, PACKED.len() - 1] {
            assert!(unpack(&PACKED[..cut]).is_none());
        }
        let plain = [MAGIC, b"2026-06-17", &[0xff; 40]].concat();
        assert!(unpack(&zstd::bulk::compress(&plain, 1).unwrap()).is_none());
    }

    fn claims<K: Key>(rows: Vec<(K, K, u8)>) -> Vec<Claim<K, u16>> {
        let code = |value: u8| {
            if value == 0 {
                0
            } else {
                u16::from_be_bytes([b'A' + value % 26, b'B'])
            }
        };
        rows.into_iter()
            .map(|(one, other, value)| Claim {
                first: one.min(other),
                last: one.max(other),
                layer: Layer::Files,
                value: code(value),
            })
            .collect()
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked_the_same(
            v4 in prop::collection::vec(any::<(u32, u32, u8)>(), 0..40),
            v6 in prop::collection::vec(any::<(u64, u64, u8)>(), 0..40),
        ) {
            let countries = Countries {
                v4: Ranges::of_claims(claims(v4)),
                v6: Ranges::of_claims(claims(v6)),
            };
            let day = "2026-06-17".parse().unwrap();
            let (again, read) = unpack(&pack(&countries, day).unwrap()).unwrap();
            prop_assert_eq!(read, day);
            prop_assert!(again.v4.iter().eq(countries.v4.iter()));
            prop_assert!(again.v6.iter().eq(countries.v6.iter()));
        }
    }
}

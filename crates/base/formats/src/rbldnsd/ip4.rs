//! IPv4 addresses, networks and ranges as the lines of a dataset begin with them.

use super::wrong::Reason;
use super::{HostBits, Kind};

/// Octets of an address.
const OCTETS: u8 = 4;
/// Bits of an address.
const BITS: u8 = 32;

/// The first octets of an address, the others being zero, and how many were written.
#[derive(Clone, Copy)]
struct Octets {
    bits: u32,
    count: u8,
}

impl Octets {
    /// The last address that begins so.
    fn last(self) -> u32 {
        self.bits | !mask(self.count.saturating_mul(8))
    }
}

/// Reads what a dataset of this kind takes: the first address, the last, and what follows.
pub(super) fn read(text: &[u8], kind: Kind, host_bits: HostBits) -> Result<(u32, u32, &[u8]), Reason> {
    let (octets, rest) = read_octets(text).ok_or(Reason::Address)?;
    let (first, last, rest) = match rest.split_first() {
        Some((b'/', rest)) if kind != Kind::Ip4TSet => {
            let (length, rest) = read_number(rest, BITS).ok_or(Reason::Address)?;
            let network = octets.bits & mask(length);
            if network != octets.bits && host_bits == HostBits::Refused {
                return Err(Reason::HostBits);
            }
            (network, network | !mask(length), rest)
        }
        Some((b'-', rest)) if kind == Kind::Ip4Set => read_end(octets, rest).ok_or(Reason::Address)?,
        _ if kind == Kind::Ip4TSet && octets.count != OCTETS => return Err(Reason::Address),
        _ => (octets.bits, octets.last(), rest),
    };
    match rest.first() {
        Some(byte) if !byte.is_ascii_whitespace() && !b"#;:".contains(byte) => Err(Reason::Address),
        _ => Ok((first, last, rest)),
    }
}

/// An address of which leading zeros may be left out in the middle, as `inet_aton` reads it: `5` is 0.0.0.5, `1.2` is 1.0.0.2.
pub(super) fn read_short(text: &[u8]) -> Option<u32> {
    let (octets, rest) = read_octets(text)?;
    if !rest.is_empty() {
        return None;
    }
    let shift = u32::from(BITS.saturating_sub(octets.count.saturating_mul(8)));
    let own = octets.bits.checked_shr(shift).unwrap_or_default() & 0xff;
    let before = octets.bits & mask(octets.count.saturating_sub(1).saturating_mul(8));
    Some(before | own)
}

/// One to four octets with dots between them.
fn read_octets(text: &[u8]) -> Option<(Octets, &[u8])> {
    let (first, mut rest) = read_number(text, 255)?;
    let mut places = [first, 0, 0, 0];
    let mut count = 1_u8;
    for place in places.iter_mut().skip(1) {
        let Some(behind) = rest.strip_prefix(b".") else {
            break;
        };
        (*place, rest) = read_number(behind, 255)?;
        count = count.saturating_add(1);
    }
    let bits = u32::from_be_bytes(places);
    Some((Octets { bits, count }, rest))
}

/// Behind `-`: the end, of which one octet alone is the last octet of the beginning.
fn read_end(octets: Octets, text: &[u8]) -> Option<(u32, u32, &[u8])> {
    let (end, rest) = read_octets(text)?;
    let last = if end.count == 1 {
        let own = octets.count.saturating_mul(8);
        let before = octets.bits & mask(own.saturating_sub(8));
        let shift = u32::from(own.saturating_sub(8));
        before | end.bits.checked_shr(shift)? | !mask(own)
    } else if end.count >= octets.count {
        end.last()
    } else {
        return None;
    };
    (octets.bits <= last).then_some((octets.bits, last, rest))
}

/// A decimal number up to `most`, and what follows it.
pub(super) fn read_number(text: &[u8], most: u8) -> Option<(u8, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    if digits.is_empty() {
        return None;
    }
    let number = digits.iter().try_fold(0_u8, |number, digit| {
        number
            .checked_mul(10)?
            .checked_add(digit.saturating_sub(b'0'))
            .filter(|number| *number <= most)
    })?;
    Some((number, rest))
}

/// The bits of a network of this length.
fn mask(length: u8) -> u32 {
    u32::MAX
        .checked_shl(u32::from(BITS.saturating_sub(length)))
        .unwrap_or_default()
}

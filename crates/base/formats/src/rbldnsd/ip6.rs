//! IPv6 addresses and networks as the lines of a dataset begin with them.

use super::ip4::read_number;
use super::wrong::Reason;
use super::{HostBits, Kind, Sign};

/// Words of an address.
const WORDS: usize = 8;
/// Bits of a word.
const WORD_BITS: u8 = 16;
/// Bits of an address.
const BITS: u8 = 128;
/// Bits of the networks of a trivial set.
const HALF_BITS: u8 = 64;

/// An address as it was written.
struct Written {
    bits: u128,
    /// The bits that were written; all, where `::` fills the rest.
    length: u8,
    has_gap: bool,
}

/// Reads what a dataset of this kind takes: the network, its length, and what follows.
pub(super) fn read(
    text: &[u8],
    kind: Kind,
    sign: Sign,
    host_bits: HostBits,
) -> Result<(u128, u8, &[u8]), Reason> {
    let (written, rest) = read_words(text).ok_or(Reason::Address)?;
    let (length, rest) = match rest.strip_prefix(b"/") {
        Some(length) if kind != Kind::Ip6TSet => read_number(length, BITS).ok_or(Reason::Address)?,
        _ => (written.length, rest),
    };
    if rest
        .first()
        .is_some_and(|byte| !byte.is_ascii_whitespace() && !b"#;".contains(byte))
    {
        return Err(Reason::Address);
    }
    let is_half = length == HALF_BITS && !written.has_gap;
    if kind == Kind::Ip6TSet && is_half != (sign == Sign::Listed) {
        return Err(Reason::Address);
    }
    let network = written.bits & mask(length);
    if network != written.bits && host_bits == HostBits::Refused {
        return Err(Reason::HostBits);
    }
    Ok((network, length, rest))
}

/// Words with colons between them, of which those at the end may be left out, and a row of zeros written as `::`.
fn read_words(text: &[u8]) -> Option<(Written, &[u8])> {
    let mut words = [0_u16; WORDS];
    let (mut count, mut gap, mut rest) = (0_usize, None, text);
    if let Some(behind) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), behind);
    }
    while let Some((word, behind)) = read_word(rest) {
        *words.get_mut(count)? = word;
        count = count.saturating_add(1);
        rest = behind;
        if let Some(behind) = rest.strip_prefix(b"::") {
            if gap.replace(count).is_some() {
                return None;
            }
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix(b":") {
            // A colon leads to another word.
            read_word(behind)?;
            rest = behind;
        } else {
            break;
        }
    }
    if let Some(gap) = gap {
        if count >= WORDS {
            return None;
        }
        words.get_mut(gap..)?.rotate_right(WORDS.saturating_sub(count));
    } else if count == 0 {
        return None;
    }
    let bits = words
        .iter()
        .fold(0_u128, |bits, word| (bits << WORD_BITS) | u128::from(*word));
    let length = match gap {
        Some(_) => BITS,
        None => u8::try_from(count).ok()?.saturating_mul(WORD_BITS),
    };
    let has_gap = gap.is_some();
    Some((
        Written {
            bits,
            length,
            has_gap,
        },
        rest,
    ))
}

/// One to four hexadecimal digits.
fn read_word(text: &[u8]) -> Option<(u16, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    if digits.len() > 4 {
        return None;
    }
    let word = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some((word, rest))
}

/// The bits of a network of this length.
fn mask(length: u8) -> u128 {
    u128::MAX
        .checked_shl(u32::from(BITS.saturating_sub(length)))
        .unwrap_or_default()
}

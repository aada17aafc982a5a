//! What a name in a zone means: the name itself, and the addresses that its labels may stand for.

/// Labels of an IPv4 address.
const OCTETS: usize = 4;
/// Labels of an IPv6 address.
const NIBBLES: usize = 32;

/// A name relative to where datasets answer.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// Its key.
    pub(super) key: &'a [u8],
    /// As octets: the network, and its length in bits.
    pub(super) ip4: Option<(u32, u8)>,
    /// As nibbles.
    pub(super) ip6: Option<(u128, u8)>,
}

impl<'a> Place<'a> {
    /// Reads the part of a key behind that of a zone; labels stand the last one first, as the digits of an address do.
    pub(super) fn new(key: &'a [u8]) -> Self {
        Self {
            key,
            ip4: read_ip4(key),
            ip6: read_ip6(key),
        }
    }

    /// The whole IPv4 address.
    pub(super) fn ip4_address(&self) -> Option<u32> {
        self.ip4
            .filter(|(_, length)| *length == 32)
            .map(|(address, _)| address)
    }

    /// The whole IPv6 address.
    pub(super) fn ip6_address(&self) -> Option<u128> {
        self.ip6
            .filter(|(_, length)| *length == 128)
            .map(|(address, _)| address)
    }

    /// A key as a name with dots.
    pub(super) fn text(key: &[u8]) -> String {
        let mut labels: Vec<&[u8]> = labels(key).collect();
        labels.reverse();
        String::from_utf8_lossy(&labels.join(&b'.')).into_owned()
    }
}

/// The labels of a key.
fn labels(key: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = key;
    std::iter::from_fn(move || {
        let (length, behind) = rest.split_first()?;
        let (label, behind) = behind.split_at_checked(usize::from(*length))?;
        rest = behind;
        Some(label)
    })
}

fn read_ip4(key: &[u8]) -> Option<(u32, u8)> {
    let (mut octets, mut count) = ([0_u8; OCTETS], 0_usize);
    for label in labels(key) {
        // `01` is another name than `1`, and only one of them can be listed.
        let is_number =
            label.iter().all(u8::is_ascii_digit) && (label.len() == 1 || !label.starts_with(b"0"));
        let octet = std::str::from_utf8(label).ok().filter(|_label| is_number)?;
        *octets.get_mut(count)? = octet.parse().ok()?;
        count = count.saturating_add(1);
    }
    let length = u8::try_from(count).ok()?.saturating_mul(8);
    (length > 0).then_some((u32::from_be_bytes(octets), length))
}

fn read_ip6(key: &[u8]) -> Option<(u128, u8)> {
    let (mut bits, mut count) = (0_u128, 0_usize);
    for label in labels(key) {
        let [digit] = label else { return None };
        let nibble = char::from(*digit).to_digit(16)?;
        bits = (bits << 4) | u128::from(nibble);
        count = count.saturating_add(1);
        if count > NIBBLES {
            return None;
        }
    }
    let length = u8::try_from(count.saturating_mul(4)).ok()?;
    let behind = 128_u32.saturating_sub(u32::from(length));
    (length > 0).then_some((bits.checked_shl(behind).unwrap_or_default(), length))
}

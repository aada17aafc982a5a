//! The labels of a usual question, read as an address straight from the wire.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Labels of an IPv4 address.
const OCTETS: usize = 4;
/// Bytes of the labels of an IPv6 address.
const NIBBLE_BYTES: usize = 64;

/// The address in front of the zone name, and how many bytes it takes.
pub(super) fn read_address(name: &[u8]) -> Option<(IpAddr, usize)> {
    match *name {
        [1, _, 1, _, 1, _, 1, _, 1, ..] => read_nibbles(name),
        _ => read_octets(name),
    }
}

fn read_octets(name: &[u8]) -> Option<(IpAddr, usize)> {
    let (mut octets, mut at, mut digits) = ([0; OCTETS], 0, 0);
    for octet in octets.iter_mut().rev() {
        let length = usize::from(*name.get(at)?);
        at = at.checked_add(1)?;
        let end = at.checked_add(length)?;
        *octet = match *name.get(at..end)? {
            [one] => digit(one)?,
            [tens @ b'1'..=b'9', ones] => digit(tens)?.checked_mul(10)?.checked_add(digit(ones)?)?,
            [hundreds @ b'1'..=b'2', tens, ones] => {
                let high = digit(hundreds)?.checked_mul(100)?;
                high.checked_add(digit(tens)?.checked_mul(10)?)?
                    .checked_add(digit(ones)?)?
            }
            _ => return None,
        };
        digits = length.saturating_add(digits);
        at = end;
    }
    // Four single digits are nibbles as well, and 127.0.0.0/8 holds the test entries: both are for the other path.
    let address = Ipv4Addr::from(octets);
    (digits > OCTETS && !address.is_loopback()).then_some((address.into(), at))
}

fn read_nibbles(name: &[u8]) -> Option<(IpAddr, usize)> {
    let mut bits = 0_u128;
    let labels = name.get(..NIBBLE_BYTES)?;
    for label in labels.chunks_exact(2).rev() {
        let &[1, nibble] = label else { return None };
        bits = (bits << 4) | u128::from(char::from(nibble).to_digit(16)?);
    }
    let address = Ipv6Addr::from_bits(bits);
    // What carries an IPv4 address is for the other path.
    address
        .to_ipv4_mapped()
        .is_none()
        .then_some((address.into(), NIBBLE_BYTES))
}

fn digit(letter: u8) -> Option<u8> {
    letter.is_ascii_digit().then_some(letter & 0x0f)
}

//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first, the top bit set while more follow (LEB128).

/// Bytes of the longest number.
const MOST_BYTES: usize = 10;

/// Appends a number.
pub(super) fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}

/// Takes a number from the front; none where there is none, or one that is longer than any.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for (index, byte) in bytes.iter().take(MOST_BYTES).enumerate() {
        let bits = u64::from(byte & 0x7f);
        let shift = u32::try_from(index.checked_mul(7)?).ok()?;
        // The tenth byte has room for one bit.
        if shift == 63 && bits > 1 {
            return None;
        }
        number |= bits << shift;
        if byte & 0x80 == 0 {
            *bytes = bytes.get(index.checked_add(1)?..)?;
            return Some(number);
        }
    }
    None
}

/// Takes so many bytes from the front.
pub(super) fn take_some<'a>(bytes: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
    *bytes = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_is_read_back(number: u64) {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            bytes.push(7);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(take(&mut rest), Some(number));
            prop_assert_eq!(rest, [7]);
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for wrong in [&[][..], &[0x80], &[0xff; 10], &[0x80; 12]] {
            assert_eq!(take(&mut &*wrong), None, "{wrong:?}");
        }
    }
}

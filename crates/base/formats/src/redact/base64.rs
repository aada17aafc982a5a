//! Base64 as it is found in the wild: both alphabets (RFC 4648 sections 4 and 5), padding or not, strangers in between.

use data_encoding::BASE64;

/// Letters in a line of a MIME part (RFC 2045 section 6.8).
const LINE: usize = 76;
/// Bits that a letter stands for.
const LETTER_BITS: u32 = 6;

/// Whether the byte belongs to either alphabet.
pub(super) fn is_letter(byte: u8) -> bool {
    value(byte).is_some()
}

/// Decodes what can be decoded: strangers are skipped, padding ends a group, odd bits at the end are dropped.
pub(super) fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text {
        if *byte == b'=' {
            count = 0;
            continue;
        }
        let Some(value) = value(*byte) else { continue };
        bits = (bits << LETTER_BITS) | u32::from(value);
        count = count.saturating_add(LETTER_BITS);
        if let Some(rest) = count.checked_sub(u8::BITS) {
            let [.., whole] = (bits >> rest).to_be_bytes();
            out.push(whole);
            count = rest;
        }
    }
    out
}

/// Encodes in lines, as a MIME part wants it.
pub(super) fn lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in BASE64.encode(bytes).as_bytes().chunks(LINE) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// What a letter stands for.
fn value(byte: u8) -> Option<u8> {
    let (first, base) = match byte {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' | b'-' => (byte, 62),
        b'/' | b'_' => (byte, 63),
        _ => return None,
    };
    Some(byte.wrapping_sub(first).wrapping_add(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_forms_decode() {
        assert_eq!(decode(b"dHJhcEB0cmFwLmV4YW1wbGU="), b"trap@trap.example");
        assert_eq!(decode(b"dHJhcEB0cmFw\r\nLmV4YW1wbGU"), b"trap@trap.example");
        assert_eq!(decode(b"-_8="), [0xfb, 0xff]);
        assert_eq!(decode(b"QUI=QUI="), b"ABAB");
        assert_eq!(decode(b""), b"");
        assert_eq!(decode(b"Q"), b"");
    }

    #[test]
    fn what_is_encoded_is_decoded_to_the_same() {
        proptest::proptest!(|(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300))| {
            proptest::prop_assert_eq!(decode(&lines(&bytes)), bytes);
        });
    }
}

//! Pseudonyms: the names that stand in for what is hidden.
//!
//! In: a key that only we hold, and an address or a domain. Out: the same short name each time, so that whoever reads several notices
//! can see that the same recipient was hit again (RFC 6590 section 3), while nobody without the key can test a guess.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Bytes of the keyed hash that a pseudonym shows: 40 bits keep thousands of recipients apart.
const SHOWN_BYTES: usize = 5;
/// What every pseudonym begins with.
pub(super) const PREFIX: &[u8] = b"hidden-";
/// What the pseudonym of a domain ends with. It never resolves (RFC 2606 section 2).
const DOMAIN: &str = ".invalid";
/// Block size of SHA-256 (RFC 2104 section 2).
const BLOCK: usize = 64;

/// What stands in for a hidden local part.
pub(super) fn of_address(key: &[u8], address: &str) -> String {
    short(key, "address", address)
}

/// What stands in for a hidden domain or host name.
pub(super) fn of_domain(key: &[u8], domain: &str) -> String {
    format!("{}{DOMAIN}", short(key, "domain", domain))
}

/// The length of the pseudonym at the beginning of a text, 0 where there is none.
pub(super) fn length(text: &[u8]) -> usize {
    let digits = SHOWN_BYTES.saturating_mul(2);
    let Some((code, behind)) = text
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_at_checked(digits))
    else {
        return 0;
    };
    if !code.iter().all(u8::is_ascii_hexdigit) {
        return 0;
    }
    let end = if behind.starts_with(DOMAIN.as_bytes()) {
        DOMAIN.len()
    } else {
        0
    };
    PREFIX.len().saturating_add(digits).saturating_add(end)
}

fn short(key: &[u8], label: &str, text: &str) -> String {
    let code = keyed_hash(key, &[label.as_bytes(), &[0], text.as_bytes()]);
    let shown = code.get(..SHOWN_BYTES).unwrap_or(&code);
    format!("hidden-{}", HEXLOWER.encode(shown))
}

/// HMAC-SHA-256 (RFC 2104) of the pieces, one after the other.
#[must_use]
pub fn keyed_hash(key: &[u8], pieces: &[&[u8]]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        fill(&mut block, &Sha256::digest(key));
    } else {
        fill(&mut block, key);
    }
    let mut inner = Sha256::new_with_prefix(block.map(|byte| byte ^ 0x36));
    for piece in pieces {
        inner.update(piece);
    }
    Sha256::new_with_prefix(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner.finalize())
        .finalize()
        .into()
}

fn fill(block: &mut [u8; BLOCK], bytes: &[u8]) {
    for (slot, byte) in block.iter_mut().zip(bytes) {
        *slot = *byte;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keyed_hash_is_that_of_rfc_4231() {
        // Test cases 2 and 6 of RFC 4231: a short key, and one longer than a block.
        assert_eq!(
            HEXLOWER.encode(&keyed_hash(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            HEXLOWER.encode(&keyed_hash(
                &[0xaa; 131],
                &[b"Test Using Larger Than Block-Size Key - Hash Key First"]
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn a_pseudonym_is_stable_and_depends_on_the_key() {
        let one = of_address(b"key", "a@trap.example");
        assert_eq!(one, of_address(b"key", "a@trap.example"));
        assert_ne!(one, of_address(b"other", "a@trap.example"));
        assert_ne!(one, of_address(b"key", "b@trap.example"));
        assert!(of_domain(b"key", "trap.example").ends_with(".invalid"));
    }
}

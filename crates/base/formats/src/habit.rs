//! The short name of a habit: that of a dialect or a shape, by its canonical text.

use sha2::{Digest as _, Sha256};

/// Bytes of the digest in a name.
const NAME: usize = 8;

/// The first bytes of the SHA-256 of the text.
pub(crate) fn name(text: &str) -> [u8; NAME] {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let mut name = [0; NAME];
    for (place, byte) in name.iter_mut().zip(digest) {
        *place = byte;
    }
    name
}

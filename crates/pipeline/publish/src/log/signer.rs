//! The key of the log: signs its heads, and checks those of others.

use std::fmt;

use atalaya_formats::tlog::{LogKey, Note, write_note};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use super::LogError;

/// The private key with the name of the log.
pub(super) struct Signer {
    pair: Ed25519KeyPair,
    key: LogKey,
}

impl Signer {
    /// The key that a seed makes, for a log of that name.
    pub(super) fn new(origin: &str, seed: &[u8; 32]) -> Result<Self, LogError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_bad| LogError::Key)?;
        let public = pair
            .public_key()
            .as_ref()
            .try_into()
            .map_err(|_length| LogError::Key)?;
        let key = LogKey::new(origin, public)?;
        Ok(Self { pair, key })
    }

    /// The public key.
    pub(super) const fn key(&self) -> &LogKey {
        &self.key
    }

    /// The text as a note with a signature. The same text has the same signature always.
    pub(super) fn sign(&self, text: &str) -> String {
        write_note(text, &self.key, self.pair.sign(text.as_bytes()).as_ref())
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.key)
    }
}

/// Whether this key has signed a note. A signature that claims to be of the key and is not makes the whole note worthless.
pub(super) fn is_signed(note: &Note, key: &LogKey) -> bool {
    let public = UnparsedPublicKey::new(&ED25519, key.public());
    let mut signatures = note.signatures_of(key).peekable();
    signatures.peek().is_some()
        && signatures.all(|signature| public.verify(note.text.as_bytes(), signature).is_ok())
}

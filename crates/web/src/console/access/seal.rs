//! The seal over the secrets of second factors: what the database has of them opens nothing without a key that lies in the data folder, outside of it.
//!
//! In: the key, the name of an account, the secret of its factor. Out: sealed bytes for the store, and back. The seal is bound to the name, so that
//! nobody who writes in the database gives one account the factor of another. It never writes a file, and no log repeats a secret.
//!
//! ```text
//! version (1) | nonce (12) | secret, encrypted | tag (16)          ChaCha20-Poly1305 (RFC 8439), the name of the account beside it
//! ```

use std::fmt;
use std::sync::Arc;

use atalaya_model::AccountName;
use atalaya_store::{Store, StoreError};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::totp;

/// Bytes of the key.
const KEY_BYTES: usize = 32;
/// The version that is written; no other one is read.
const VERSION: u8 = 1;
/// Keeps this use of the key apart from every other one.
const USE: &str = "atalaya factor\0";
/// Accounts that are looked at together.
const AT_ONCE: u32 = 100;

/// The key of all second factors.
#[derive(Clone)]
pub struct FactorKey(Arc<LessSafeKey>);

impl FactorKey {
    /// Takes the bytes that were kept; none where they are not 32.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, bytes).ok()?;
        Some(Self(Arc::new(LessSafeKey::new(key))))
    }

    /// New bytes for a key, from the random numbers of the system.
    #[must_use]
    pub fn random_bytes() -> [u8; KEY_BYTES] {
        random()
    }

    /// Seals the secret of an account.
    pub(crate) fn seal(&self, name: &AccountName, secret: &[u8]) -> Option<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = random().first_chunk().copied()?;
        let mut sealed = secret.to_vec();
        let tag = self.0.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(beside(name)),
            &mut sealed,
        );
        let tag = tag.ok()?;
        Some([&[VERSION], nonce.as_slice(), &sealed, tag.as_ref()].concat())
    }

    /// Opens what was sealed for an account; none where another key or name sealed it, or nobody.
    pub(crate) fn open(&self, name: &AccountName, sealed: &[u8]) -> Option<Vec<u8>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        if *version != VERSION {
            return None;
        }
        let mut opened = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let secret = self.0.open_in_place(nonce, Aad::from(beside(name)), &mut opened);
        secret.ok().map(|secret| secret.to_vec())
    }
}

impl fmt::Debug for FactorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactorKey(***)")
    }
}

/// What became of the factors that were kept before there was a seal, and of those that this key does not open.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sealing {
    /// So many were sealed.
    pub sealed: u64,
    /// Whose factor is sealed with another key.
    pub locked: Vec<AccountName>,
}

/// Seals the factors that an older program kept as they are, and finds those that this key does not open. A second run finds nothing to do.
///
/// # Errors
/// The store failed.
pub async fn seal_factors(store: &Store, key: &FactorKey) -> Result<Sealing, StoreError> {
    let mut done = Sealing::default();
    let mut last = None;
    loop {
        let accounts = store.accounts_with_factor(last.as_ref(), AT_ONCE).await?;
        let Some(end) = accounts.last() else {
            return Ok(done);
        };
        last = Some(end.name.clone());
        for account in accounts {
            let kept = account.factor.map(|factor| factor.secret).unwrap_or_default();
            // As long as a secret itself: what is sealed is longer.
            let plain = (kept.len() == totp::SECRET_BYTES).then(|| key.seal(&account.name, &kept));
            if let Some(sealed) = plain.flatten() {
                done.sealed += u64::from(store.reseal_factor(account.id, &kept, &sealed).await?);
            } else if key.open(&account.name, &kept).is_none() {
                done.locked.push(account.name);
            }
        }
    }
}

/// Random bytes: hashed, because some bits of what they come from are always the same.
fn random() -> [u8; KEY_BYTES] {
    let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
    Sha256::digest(random).into()
}

/// What the seal is bound to, beside the secret.
fn beside(name: &AccountName) -> String {
    format!("{USE}{}", name.folded())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> AccountName {
        text.parse().unwrap()
    }

    #[test]
    fn a_secret_opens_with_its_key_for_its_account_alone() {
        let (key, other) = (
            FactorKey::new(&[7; 32]).unwrap(),
            FactorKey::new(&[8; 32]).unwrap(),
        );
        let secret = totp::random_secret();
        let sealed = key.seal(&name("marta"), &secret).unwrap();
        assert_eq!(key.open(&name("MARTA"), &sealed), Some(secret.clone()));
        assert_eq!(key.open(&name("olga"), &sealed), None);
        assert_eq!(other.open(&name("marta"), &sealed), None);
        assert!(
            !sealed
                .windows(4)
                .any(|four| secret.windows(4).any(|other| four == other))
        );
        assert_ne!(key.seal(&name("marta"), &secret), Some(sealed.clone()));
        for at in 0..sealed.len() {
            let mut spoilt = sealed.clone();
            spoilt[at] ^= 1;
            assert_eq!(key.open(&name("marta"), &spoilt), None, "{at}");
            assert_eq!(key.open(&name("marta"), &sealed[..at]), None, "{at}");
        }
        // What lies there as it is opens nothing.
        assert_eq!(key.open(&name("marta"), &secret), None);
    }

    #[test]
    fn a_key_has_32_bytes_and_is_not_printed() {
        let bytes = FactorKey::random_bytes();
        let key = FactorKey::new(&bytes).unwrap();
        assert_eq!(format!("{key:?}"), "FactorKey(***)");
        assert_ne!(bytes, FactorKey::random_bytes());
        assert!(FactorKey::new(&[0; 31]).is_none() && FactorKey::new(&[]).is_none());
    }
}

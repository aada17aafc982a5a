//! Passwords: Argon2id with the parameters that OWASP names first (19 MiB, two passes), on few threads at once, so that a flood of sign-ins takes
//! neither the memory nor the processors of the list.

use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use atalaya_model::Secret;
use data_encoding::BASE64_NOPAD;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::secret::is_same;
use crate::failure::Failure;

/// Memory of one hash, in KiB.
const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over it.
const PASSES: u32 = 2;
/// Bytes of a hash.
const HASH_BYTES: usize = 32;
/// Hashes made at the same time: 38 MiB at most.
const AT_ONCE: usize = 2;
/// How long somebody waits for his turn. Behind a flood he is told to come back.
const TURN: Duration = Duration::from_secs(5);
/// The shortest and the longest password, in characters and bytes (NIST SP 800-63B section 3.1.1).
const SHORTEST: usize = 12;
const LONGEST: usize = 256;
/// How a hash begins, with its parameters (the PHC string format).
const HEAD: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Makes and checks hashes.
#[derive(Clone)]
pub(crate) struct Hasher {
    places: Arc<Semaphore>,
}

impl Hasher {
    /// One with all its places free.
    pub(crate) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The hash of a new password.
    pub(crate) async fn hash(&self, password: String) -> Result<Secret, Failure> {
        self.work(move || {
            let salt = Uuid::new_v4().into_bytes();
            let hash = derive(password.as_bytes(), &salt)?;
            let (salt, hash) = (BASE64_NOPAD.encode(&salt), BASE64_NOPAD.encode(&hash));
            Some(Secret::new(format!("{HEAD}{salt}${hash}")))
        })
        .await?
        .ok_or(Failure::Internal)
    }

    /// Whether a password is that of a hash. Without a hash it takes as long, and is not.
    pub(crate) async fn is_right(&self, password: String, kept: Option<Secret>) -> Result<bool, Failure> {
        self.work(move || {
            let parts = kept.as_ref().and_then(|kept| read(kept.expose()));
            let (salt, expected) = match parts {
                Some(parts) => parts,
                None => (vec![0; 16], Vec::new()),
            };
            let password = if password.len() > LONGEST {
                String::new()
            } else {
                password
            };
            derive(password.as_bytes(), &salt).is_some_and(|hash| is_same(&hash, &expected))
        })
        .await
    }

    /// Works on a thread of its own, when there is a place.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let place = Arc::clone(&self.places).acquire_owned();
        let Ok(Ok(place)) = tokio::time::timeout(TURN, place).await else {
            return Err(Failure::TooOften);
        };
        let worked = tokio::task::spawn_blocking(move || {
            let done = work();
            // Held until the work is done, also where nobody waits for it any more.
            drop(place);
            done
        });
        worked.await.map_err(|_broken| Failure::Internal)
    }
}

/// Whether a text can be a password.
pub(crate) fn is_fit(password: &str) -> bool {
    password.chars().count() >= SHORTEST && password.len() <= LONGEST
}

fn derive(password: &[u8], salt: &[u8]) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(password, salt, &mut hash).ok()?;
    Some(hash)
}

/// Salt and hash of a kept text.
fn read(kept: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let (salt, hash) = kept.strip_prefix(HEAD)?.split_once('$')?;
    let salt = BASE64_NOPAD.decode(salt.as_bytes()).ok()?;
    Some((salt, BASE64_NOPAD.decode(hash.as_bytes()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_alone() {
        let hasher = Hasher::new();
        let kept = hasher.hash("correct horse battery".to_owned()).await.unwrap();
        assert!(kept.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let ask = |password: &str, kept| hasher.is_right(password.to_owned(), kept);
        assert!(ask("correct horse battery", Some(kept.clone())).await.unwrap());
        assert!(!ask("correct horse batterz", Some(kept.clone())).await.unwrap());
        assert!(!ask("", None).await.unwrap());
        assert!(!ask(&"x".repeat(LONGEST + 1), Some(kept)).await.unwrap());
        assert!(!ask("x", Some(Secret::new("$argon2id$broken"))).await.unwrap());
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert!(is_fit("doce letras!") && !is_fit("once letras"));
        assert!(!is_fit(&"x".repeat(LONGEST + 1)));
    }
}

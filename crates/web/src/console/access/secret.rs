//! Random tokens: those of sessions, of invitations, of programs. The holder has the token, the store its digest.

use atalaya_model::Digest;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Bytes of a token: 256 bits, of which 244 are random.
const BYTES: usize = 32;
/// What is hashed before a token to make the mark of its forms.
const FORM: &[u8] = b"atalaya form\0";

/// A random token. It has no `Debug`: nothing is to print it by accident.
#[derive(Clone)]
pub(crate) struct Token([u8; BYTES]);

impl Token {
    /// A new one, from the random numbers of the system.
    pub(crate) fn random() -> Self {
        let mut bytes = [0; BYTES];
        for half in bytes.chunks_mut(16) {
            half.copy_from_slice(Uuid::new_v4().as_bytes());
        }
        Self(bytes)
    }

    /// Reads one as it stands in a cookie, a link or a header.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text that opens something.
    pub(crate) fn expose(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// The digest by which it is found.
    pub(crate) fn digest(&self) -> Digest {
        Digest(Sha256::digest(self.0).into())
    }

    /// What the forms of this session carry. From it nobody gets to the token, nor to its digest.
    pub(crate) fn form_mark(&self) -> String {
        let mark = Sha256::new().chain_update(FORM).chain_update(self.0).finalize();
        BASE64URL_NOPAD.encode(&mark)
    }
}

/// Whether two secrets are the same. Their digests are compared, so that the time it takes tells nothing of either.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_its_mark_tells_nothing_of_it() {
        let token = Token::random();
        let again = Token::read(&token.expose()).unwrap();
        assert_eq!(again.digest(), token.digest());
        assert_ne!(token.form_mark(), token.expose());
        assert_ne!(Token::random().digest(), token.digest());
        assert!(Token::read("").is_none() && Token::read(&"A".repeat(44)).is_none());
    }

    #[test]
    fn secrets_are_the_same_or_not() {
        assert!(is_same(b"one", b"one") && !is_same(b"one", b"two"));
    }
}

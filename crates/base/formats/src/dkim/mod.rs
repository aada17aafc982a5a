//! DKIM signatures as text (RFC 6376, RFC 8301, RFC 8463): written, and read again.
//!
//! In: mails, the records of keys, and the moment that they are judged at. Out: the bytes that are signed, and what a signature claims. Keys that
//! sign, cryptography and DNS are not here. What both sides need to agree on stands in `canonical`.

mod canonical;
mod claim;
mod key;
mod sign;
mod signature;
mod tags;

#[cfg(test)]
mod tests;

pub(crate) use claim::has_odd_line_ends;
pub use claim::{Claim, MOST_SIGNATURES, claims, is_signed};
pub use key::{Key, PublicKey};
pub use sign::{Signer, Unsigned, record};
pub use signature::Signature;

/// Why a signature does not count. Bad input is counted, not shouted about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Flaw {
    /// The field, or the record of the key, cannot be read.
    #[error("it cannot be read")]
    Malformed,
    /// Another algorithm than those of [`Algorithm`]: `rsa-sha1` proves nothing any more (RFC 8301 section 3.1).
    #[error("it is of a kind that proves nothing")]
    Algorithm,
    /// It does not cover `From`, so that it says nothing of who wrote.
    #[error("it does not cover From")]
    WithoutFrom,
    /// The identity (`i`) is not of the domain that signs.
    #[error("its identity is not of its domain")]
    Identity,
    /// It covers only a part of the body (`l`): anybody could have added the rest.
    #[error("it covers a part of the body only")]
    Partial,
    /// It had ended (`x`).
    #[error("it had expired")]
    Expired,
    /// It comes from the future (`t`).
    #[error("it is from the future")]
    Future,
    /// The body is another one than was signed.
    #[error("the body was changed")]
    Body,
    /// There is no such key.
    #[error("there is no such key")]
    NoKey,
    /// The key was taken back (`p` is empty).
    #[error("the key was revoked")]
    Revoked,
    /// Whoever signs is only trying (`y`), and asks to be treated as if he did not (RFC 6376 section 3.6.1).
    #[error("the key is only tried")]
    Testing,
    /// The key is not for this: other services, other hashes, another kind, or no subdomains.
    #[error("the key is not for this")]
    Unfit,
    /// The key has fewer than 1,024 or more than 4,096 bits.
    #[error("the key is too short or too long")]
    Size,
    /// The signature does not fit to key and mail.
    #[error("it does not verify")]
    Wrong,
}

/// How a mail is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-sha256`, which everybody verifies.
    RsaSha256,
    /// `ed25519-sha256` (RFC 8463): a short key, which not everybody verifies yet.
    Ed25519Sha256,
}

impl Algorithm {
    /// The value of the tag `a`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// The value of the tag `k` in the record of the key.
    pub(super) const fn key_kind(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa",
            Self::Ed25519Sha256 => "ed25519",
        }
    }
}

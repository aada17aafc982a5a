//! Signing what leaves: the keys of the configuration, and their signatures before a mail (RFC 6376, RFC 8463).
//!
//! In: files with private keys, as `atalaya dkim new` and openssl write them. Out: a mail with one field `DKIM-Signature` for each key.
//! Signatures are made when a mail is sent, not when it is written: so a new key holds for what waits, and no signature is old.

use std::fmt;
use std::path::{Path, PathBuf};

use atalaya_formats::dkim::{self, Algorithm, Unsigned};
use atalaya_model::Timestamp;
use data_encoding::BASE64;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair as RsaKeyPair;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use super::config::DkimKey;

/// What a public RSA key is wrapped in, so that others read it as `SubjectPublicKeyInfo`: the sequence of `rsaEncryption` and nothing.
const RSA_KIND: &[u8] = &[
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// Letters of a line of a PEM file (RFC 7468 section 2).
const PEM_LINE: usize = 64;

/// A key that cannot be used. Give up: the operator must act.
#[derive(Debug, thiserror::Error)]
pub enum DkimError {
    /// The file cannot be read, or is no PEM file of a private key.
    #[error("{path} is no PEM file of a private key that can be read: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The file holds a key of another kind, or one that is broken, too short or too long.
    #[error("{path} is no key for DKIM ({why}); it must be Ed25519, or RSA of 2048 to 4096 bits")]
    Unfit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No signature could be made.
    #[error("the mail cannot be signed with the key {0}")]
    Unsigned(String),
}

/// A private key that signs.
pub struct DkimSigner {
    selector: String,
    domain: String,
    key: Key,
}

enum Key {
    Rsa(Box<RsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl DkimSigner {
    /// Reads a key of the configuration.
    ///
    /// # Errors
    /// The file cannot be read, or is no key for DKIM.
    pub fn load(wanted: &DkimKey) -> Result<Self, DkimError> {
        let path = &wanted.key;
        let read = std::fs::read(path).map_err(|error| unreadable(path, &error))?;
        let key = PrivateKeyDer::from_pem_slice(&read).map_err(|error| unreadable(path, &error))?;
        Ok(Self {
            selector: wanted.selector.clone(),
            domain: wanted.domain.to_ascii_lowercase(),
            key: Key::new(&key).map_err(|why| DkimError::Unfit {
                path: path.clone(),
                why,
            })?,
        })
    }

    /// The record of the key as a line of a zone file.
    #[must_use]
    pub fn record(&self) -> String {
        dkim::record(self.signer(), &self.key.public())
    }

    /// Puts a signature before a mail. `mail` is what is signed, without signatures of others of ours.
    fn sign(&self, mail: &[u8], at: Timestamp) -> Result<String, DkimError> {
        let unsigned = Unsigned::new(mail, self.signer(), at);
        let signature = self.key.sign(unsigned.signed());
        let signature = signature.ok_or_else(|| DkimError::Unsigned(self.selector.clone()))?;
        Ok(unsigned.with(&signature))
    }

    fn signer(&self) -> dkim::Signer<'_> {
        dkim::Signer {
            algorithm: self.key.algorithm(),
            selector: &self.selector,
            domain: &self.domain,
        }
    }
}

/// Shows whose it is, not the key.
impl fmt::Debug for DkimSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DkimSigner({} of {})", self.selector, self.domain)
    }
}

impl Key {
    fn new(key: &PrivateKeyDer<'_>) -> Result<Self, String> {
        match key {
            PrivateKeyDer::Pkcs8(key) => {
                let key = key.secret_pkcs8_der();
                // OpenSSL writes Ed25519 keys without the public half, which ring calls unchecked.
                match Ed25519KeyPair::from_pkcs8_maybe_unchecked(key) {
                    Ok(pair) => Ok(Self::Ed25519(Box::new(pair))),
                    Err(_other_kind) => RsaKeyPair::from_pkcs8(key)
                        .map(|pair| Self::Rsa(Box::new(pair)))
                        .map_err(|rejected| rejected.to_string()),
                }
            }
            PrivateKeyDer::Pkcs1(key) => RsaKeyPair::from_der(key.secret_pkcs1_der())
                .map(|pair| Self::Rsa(Box::new(pair)))
                .map_err(|rejected| rejected.to_string()),
            _ => Err("a key of another kind".to_owned()),
        }
    }

    const fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::RsaSha256,
            Self::Ed25519(_) => Algorithm::Ed25519Sha256,
        }
    }

    fn public(&self) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => public_key_info(pair.public().as_ref()),
            Self::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature)
                    .ok()?;
                Some(signature)
            }
            // RFC 8463 section 3: the digest is what is signed.
            Self::Ed25519(pair) => Some(pair.sign(digest(&SHA256, bytes).as_ref()).as_ref().to_vec()),
        }
    }
}

/// Puts the signatures of all keys before a mail; none of them signs another.
pub(super) fn sign(signers: &[DkimSigner], mail: &[u8], at: Timestamp) -> Result<Vec<u8>, DkimError> {
    let mut out = Vec::with_capacity(mail.len() + signers.len() * 1_024);
    for signer in signers {
        out.extend_from_slice(signer.sign(mail, at)?.as_bytes());
    }
    out.extend_from_slice(mail);
    Ok(out)
}

/// Makes a new Ed25519 key, as the text of a PEM file. RSA keys are made by openssl: ring makes none.
///
/// # Errors
/// The system gives no randomness.
pub fn new_ed25519_key() -> Result<String, DkimError> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let key = key.map_err(|_no_randomness| DkimError::Unsigned("new".to_owned()))?;
    let text = BASE64.encode(key.as_ref());
    let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in text.as_bytes().chunks(PEM_LINE) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem)
}

/// A public RSA key as `SubjectPublicKeyInfo` (RFC 5280 section 4.1): what everybody expects in the record, whatever RFC 6376 says.
fn public_key_info(key: &[u8]) -> Vec<u8> {
    let bits = [&[0], key].concat();
    let inside = [RSA_KIND, &tagged(0x03, &bits)].concat();
    tagged(0x30, &inside)
}

/// A value of DER with its tag and length.
fn tagged(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut out = vec![tag];
    match length.as_slice() {
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(value);
    out
}

fn unreadable(path: &Path, error: &dyn fmt::Display) -> DkimError {
    DkimError::Unreadable {
        path: path.to_owned(),
        why: error.to_string(),
    }
}

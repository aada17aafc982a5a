//! The record of a key (RFC 6376 section 3.6.1, RFC 8463): TXT below `_domainkey`.

use super::tags::{Tags, decoded};
use super::{Algorithm, Flaw, Signature};

/// The longest record that is read.
const MAX_RECORD: usize = 4_096;
/// Records that are looked at where there are several; there should be one.
const MOST_RECORDS: usize = 5;
/// What RSA keys may have (RFC 8301 section 3.2). Longer ones only cost time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1_024..=4_096;
/// The object identifier `rsaEncryption` with its parameters, as DER.
const RSA_KIND: &[u8] = &[
    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// Tags of DER.
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;

/// A public key in the form in which cryptography takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// DER of `RSAPublicKey` (RFC 8017 appendix A.1.1), of 1,024 to 4,096 bits.
    Rsa(Vec<u8>),
    /// The 32 bytes.
    Ed25519(Vec<u8>),
}

/// A key, as its record says it is to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    public: PublicKey,
    /// Whether identities must be of the very domain.
    is_strict: bool,
}

impl Key {
    /// Reads what DNS has at the name of a key, each record with its strings joined. The first that is a key counts.
    ///
    /// # Errors
    /// Why none is: of the last one that was looked at.
    pub fn read(records: &[String]) -> Result<Self, Flaw> {
        let mut flaw = Flaw::NoKey;
        for record in records.iter().take(MOST_RECORDS) {
            match Self::read_one(record) {
                Ok(key) => return Ok(key),
                Err(why) => flaw = why,
            }
        }
        Err(flaw)
    }

    fn read_one(record: &str) -> Result<Self, Flaw> {
        let tags = Some(record)
            .filter(|text| text.len() <= MAX_RECORD)
            .and_then(Tags::read);
        let tags = tags.ok_or(Flaw::Malformed)?;
        if let Some(version) = tags.get("v")
            && (version != "DKIM1" || tags.first() != Some("v"))
        {
            return Err(Flaw::Malformed);
        }
        let public = tags.get("p").ok_or(Flaw::Malformed)?;
        if public.is_empty() {
            return Err(Flaw::Revoked);
        }
        let has = |name, wanted: &[&str]| {
            tags.list(name)
                .is_none_or(|mut list| list.any(|word| wanted.contains(&word)))
        };
        if !has("h", &["sha256"]) || !has("s", &["*", "email"]) {
            return Err(Flaw::Unfit);
        }
        let flagged = |flag| {
            tags.list("t")
                .is_some_and(|mut flags| flags.any(|own| own == flag))
        };
        if flagged("y") {
            return Err(Flaw::Testing);
        }
        let public = decoded(public).ok_or(Flaw::Malformed)?;
        Ok(Self {
            public: match tags.get("k").unwrap_or("rsa") {
                "rsa" => rsa(&public)?,
                "ed25519" if public.len() == 32 => PublicKey::Ed25519(public),
                "ed25519" => return Err(Flaw::Size),
                _ => return Err(Flaw::Unfit),
            },
            is_strict: flagged("s"),
        })
    }

    /// The key itself, where a signature may be checked with it.
    ///
    /// # Errors
    /// It is of another kind, or not for subdomains.
    pub const fn of(&self, signature: &Signature) -> Result<&PublicKey, Flaw> {
        let is_kind = matches!(
            (&self.public, signature.algorithm),
            (PublicKey::Rsa(_), Algorithm::RsaSha256) | (PublicKey::Ed25519(_), Algorithm::Ed25519Sha256)
        );
        if !is_kind || (self.is_strict && signature.is_below) {
            return Err(Flaw::Unfit);
        }
        Ok(&self.public)
    }
}

/// An RSA key: `SubjectPublicKeyInfo`, as everybody writes it, or the bare `RSAPublicKey`, as RFC 6376 says.
fn rsa(der: &[u8]) -> Result<PublicKey, Flaw> {
    let bare = bare(der).unwrap_or(der);
    let bits = modulus_bits(bare).ok_or(Flaw::Malformed)?;
    match RSA_BITS.contains(&bits) {
        true => Ok(PublicKey::Rsa(bare.to_vec())),
        false => Err(Flaw::Size),
    }
}

/// What is wrapped in a `SubjectPublicKeyInfo`.
fn bare(der: &[u8]) -> Option<&[u8]> {
    let (inside, _) = value(der, SEQUENCE)?;
    let (kind, rest) = value(inside, SEQUENCE)?;
    let (bits, _) = value(rest, BIT_STRING)?;
    // The first byte says how many bits at the end are none.
    bits.strip_prefix(&[0]).filter(|_| kind == RSA_KIND)
}

fn modulus_bits(der: &[u8]) -> Option<usize> {
    let (inside, _) = value(der, SEQUENCE)?;
    let (modulus, _) = value(inside, INTEGER)?;
    let skipped = modulus.iter().take_while(|byte| **byte == 0).count();
    let first = modulus.get(skipped)?;
    let bits = modulus.len().saturating_sub(skipped).saturating_mul(8);
    bits.checked_sub(usize::try_from(first.leading_zeros()).ok()?)
}

/// The value of the first element of DER, which must have that tag, and what stands behind it.
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => {
            let (bytes, rest) = rest.split_first_chunk::<2>()?;
            (usize::from(u16::from_be_bytes(*bytes)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length).filter(|_| *first == tag)
}

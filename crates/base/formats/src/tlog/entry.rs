//! What stands in the log for a decision: what everybody may know in the open, what concerns somebody behind a seal.

use atalaya_model::{Class, Decided, Digest, Prefix, Rule, Serial, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::TlogError;
use super::tile::TILE;

/// Bytes of a salt: as many as nobody tries out.
pub const SALT: usize = 16;

/// An entry in the open. Its bytes are what is hashed: a new field needs a new kind of entry, and old ones stay as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// The serial of the decision; its place in the log is one less.
    pub serial: Serial,
    /// When it was made.
    pub at: Timestamp,
    /// `list`, `extend`, `withdraw`, `allow` or `disallow`.
    pub verdict: String,
    /// The class of the list; none for the allow list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The end that was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The rule that was followed, with its version.
    pub rule: Rule,
    /// The seal over the rest.
    pub sealed: Digest,
}

impl LogEntry {
    /// The entry of a decision, with the seal over what it says of somebody.
    #[must_use]
    pub fn new(decided: &Decided, sealed: Digest) -> Self {
        let verdict = &decided.decision.verdict;
        Self {
            serial: decided.serial,
            at: decided.at,
            verdict: verdict.name().to_owned(),
            class: verdict.class(),
            until: verdict.until(),
            rule: decided.decision.rule.clone(),
            sealed,
        }
    }

    /// The bytes in the log: JSON in one line.
    ///
    /// # Errors
    /// They would be more than an entry may have, 65,535.
    pub fn bytes(&self) -> Result<Vec<u8>, TlogError> {
        let bytes = serde_json::to_vec(self).map_err(|_bad| TlogError::Malformed("entry of the log"))?;
        match u16::try_from(bytes.len()) {
            Ok(_fits) => Ok(bytes),
            Err(_long) => Err(TlogError::TooLarge("entry of the log")),
        }
    }

    /// Reads the bytes of an entry.
    ///
    /// # Errors
    /// They are none of ours.
    pub fn read(bytes: &[u8]) -> Result<Self, TlogError> {
        serde_json::from_slice(bytes).map_err(|_bad| TlogError::Malformed("entry of the log"))
    }
}

/// What a seal covers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    /// The prefix that was decided about.
    pub prefix: Prefix,
    /// The score at that time.
    pub score: f64,
    /// Why, as the listed party was told.
    pub reason: String,
}

impl Opening {
    /// The text that the seal of a decision covers, byte for byte.
    #[must_use]
    pub fn text(decided: &Decided) -> String {
        let decision = &decided.decision;
        let opening = Self {
            prefix: decision.prefix,
            score: decision.score,
            reason: decision.reason.clone(),
        };
        // Three plain fields: there is nothing that JSON could not take.
        serde_json::to_string(&opening).unwrap_or_default()
    }
}

/// The seal over a text: SHA-256 of the salt, then the text.
#[must_use]
pub fn seal(salt: &[u8], text: &str) -> Digest {
    Digest(
        Sha256::new()
            .chain_update(salt)
            .chain_update(text)
            .finalize()
            .into(),
    )
}

/// What is shown with a proof: the entry, and what opens its seal where it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The bytes of the entry, which are text.
    pub entry: String,
    /// The salt, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The text behind the seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<String>,
}

/// What is wrong with what is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The entry cannot be read.
    #[error("the entry cannot be read")]
    Entry,
    /// What is shown is not what was sealed.
    #[error("what is shown is not what was sealed")]
    Other,
}

impl Shown {
    /// Opens the seal: the entry, and what stood behind it; none where it is not shown.
    ///
    /// # Errors
    /// The entry cannot be read, or something else was sealed.
    pub fn open(&self) -> Result<(LogEntry, Option<Opening>), SealError> {
        let entry = LogEntry::read(self.entry.as_bytes()).map_err(|_bad| SealError::Entry)?;
        let (Some(salt), Some(text)) = (&self.salt, &self.opening) else {
            return Ok((entry, None));
        };
        let salt = data_encoding::HEXLOWER.decode(salt.as_bytes());
        let salt = salt
            .ok()
            .filter(|salt| salt.len() == SALT)
            .ok_or(SealError::Other)?;
        if seal(&salt, text) != entry.sealed {
            return Err(SealError::Other);
        }
        let opening = serde_json::from_str(text).map_err(|_bad| SealError::Other)?;
        Ok((entry, Some(opening)))
    }
}

/// Entries as they are served together: each behind its length in two bytes.
///
/// # Errors
/// One is longer than an entry may be.
pub fn write_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, TlogError> {
    let mut bundle = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).map_err(|_long| TlogError::TooLarge("entry of the log"))?;
        bundle.extend(length.to_be_bytes());
        bundle.extend(entry);
    }
    Ok(bundle)
}

/// Takes such a bundle apart.
///
/// # Errors
/// It is cut off, or holds more than a tile has.
pub fn read_bundle(bundle: &[u8]) -> Result<Vec<&[u8]>, TlogError> {
    let mut entries = Vec::new();
    let mut rest = bundle;
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let cut = behind.split_at_checked(length);
        let (entry, behind) = cut.ok_or(TlogError::Malformed("bundle of entries"))?;
        if entries.len() >= usize::from(TILE) {
            return Err(TlogError::TooLarge("bundle of entries"));
        }
        entries.push(entry);
        rest = behind;
    }
    match rest {
        [] => Ok(entries),
        _ => Err(TlogError::Malformed("bundle of entries")),
    }
}

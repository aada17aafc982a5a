//! The file of the keys: one line for each, with the name of its holder, the SHA-256 of the key, how many questions a day it has, and since when and
//! until when it is good.
//!
//! ```text
//! mx.example.org 0f1e2d… 100000 2026-11-27T13:07:42Z 2027-11-27T00:00:00Z
//! partner 3c4b5a… - 2026-11-27T13:07:42Z -
//! older 6d7e8f… -
//! ```
//!
//! The key itself stands nowhere. A file is read whole or not at all, and written beside the old one and put in its place, so that a
//! reader sees either. Empty lines and lines that begin with `#` say nothing.

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use atalaya_model::{Digest, Timestamp};
use atalaya_store::small_file;
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Keys of one server. Bounds what a file that somebody else wrote can make of our memory.
const MOST_KEYS: usize = 10_000;
/// The longest file that is read, in bytes: so many keys with the longest names, and as much again for comments.
const MOST_BYTES: u64 = 4 << 20;
/// The longest name of a holder.
const MOST_NAME: usize = 64;
/// The longest label of a domain name (RFC 1035 section 2.3.4).
const MOST_LABEL: usize = 63;
/// What the first line of a file says.
const HEADER: &str = "# Keys of atalaya, one a line: name, SHA-256 of the key, questions a day, since, until (- for no limit).\n";

/// A key, as its holder writes it into the name of a question: 128 random bits in the letters a to z and 2 to 7.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// The key of so many random bits.
    #[must_use]
    pub fn from_random(bits: [u8; 16]) -> Self {
        Self(BASE32_NOPAD.encode(&bits).to_ascii_lowercase())
    }

    /// A new key.
    #[must_use]
    pub fn random() -> Self {
        Self::from_random(rand::random())
    }
}

/// The key itself, to be shown once.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The hash of a label, whatever the case of its letters (RFC 4343).
pub(super) fn hash_label(label: &[u8]) -> Digest {
    let mut lower = [0; MOST_LABEL];
    for (place, letter) in lower.iter_mut().zip(label) {
        *place = letter.to_ascii_lowercase();
    }
    let length = label.len().min(MOST_LABEL);
    Digest(Sha256::digest(lower.get(..length).unwrap_or_default()).into())
}

/// The name of the holder of a key: letters, digits, dots, hyphens and underscores.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyName(String);

impl KeyName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyFileError;

    fn from_str(text: &str) -> Result<Self, KeyFileError> {
        let is_plain = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        if text.is_empty() || text.len() > MOST_NAME || !is_plain {
            return Err(KeyFileError::Name(text.chars().take(MOST_NAME).collect()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

atalaya_model::as_text!(KeyName);

/// Why keys cannot be read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The text is no name for a holder.
    #[error("`{0}` is no name for a key: use 1 to 64 letters, digits, dots, hyphens and underscores")]
    Name(String),
    /// There is a key of that name.
    #[error("there is a key named {0}; remove it first, renew it, or take another name")]
    Known(String),
    /// There is no key of that name.
    #[error("there is no key named {0}")]
    Unknown(String),
    /// There are as many as a server can have.
    #[error("there are {MOST_KEYS} keys, which is the most")]
    Full,
    /// It would be over already.
    #[error("the end of the key has passed: give it a later one")]
    Past,
    /// A line is wrong. Correct it, or take it out.
    #[error(
        "line {0} of the keys is wrong: write NAME, SHA-256 in hexadecimal, questions a day or -, since when and until when or -"
    )]
    Line(usize),
    /// The file is longer than any that we write.
    #[error("the file of the keys is larger than {MOST_BYTES} bytes")]
    TooLong,
    /// The file cannot be read or written.
    #[error("the file of the keys cannot be used")]
    Io(#[from] io::Error),
}

/// How much and how long a key is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyTerms {
    /// Questions on one day; none for any number.
    pub per_day: Option<u64>,
    /// When it was made; none where the line is older than that was kept.
    pub since: Option<Timestamp>,
    /// When it ends; none for never.
    pub until: Option<Timestamp>,
}

impl KeyTerms {
    /// Whether the key is good no more.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKey {
    /// Who holds it.
    pub name: KeyName,
    /// The SHA-256 of the key, from which nobody finds it.
    pub digest: Digest,
    /// What it is good for.
    #[serde(flatten)]
    pub terms: KeyTerms,
}

/// The keys, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFile {
    keys: Vec<KeptKey>,
}

impl KeyFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// A line is wrong, a name stands twice, or there are too many.
    pub fn parse(text: &str) -> Result<Self, KeyFileError> {
        let mut file = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let key = read_line(line).ok_or(KeyFileError::Line(number))?;
                file.put_back(key)?;
            }
        }
        Ok(file)
    }

    /// Reads a file; none if there is none.
    ///
    /// # Errors
    /// It cannot be read, or its text is wrong.
    pub fn read(path: &Path) -> Result<Option<Self>, KeyFileError> {
        let Some(text) = small_file::read(path, MOST_BYTES)? else {
            return Ok(None);
        };
        if text.len() as u64 > MOST_BYTES {
            return Err(KeyFileError::TooLong);
        }
        Self::parse(&text).map(Some)
    }

    /// Puts the keys in the place of the file, for its owner only. Whoever does so at the same time must be kept away by the caller.
    ///
    /// # Errors
    /// It cannot be written; the old one is still there then.
    pub fn write(&self, path: &Path) -> Result<(), KeyFileError> {
        Ok(small_file::put_in_place(path, &self.to_string())?)
    }

    /// Adds a key.
    ///
    /// # Errors
    /// The name is taken, it would be over already, or there are too many.
    pub fn add(&mut self, name: KeyName, key: &Key, terms: KeyTerms) -> Result<(), KeyFileError> {
        if terms.since.is_some_and(|since| terms.is_over(since)) {
            return Err(KeyFileError::Past);
        }
        let digest = hash_label(key.0.as_bytes());
        self.put_back(KeptKey { name, digest, terms })
    }

    /// Puts a key in the place of another: the old one ends. Its questions a day stay, and its end too unless there is another.
    ///
    /// # Errors
    /// There is none of that name, or its end has passed.
    pub fn renew(
        &mut self,
        name: &KeyName,
        key: &Key,
        (now, until): (Timestamp, Option<Timestamp>),
    ) -> Result<(), KeyFileError> {
        let found = self.keys.iter_mut().find(|kept| kept.name == *name);
        let kept = found.ok_or_else(|| KeyFileError::Unknown(name.0.clone()))?;
        let terms = KeyTerms {
            since: Some(now),
            until: until.or(kept.terms.until),
            ..kept.terms
        };
        if terms.is_over(now) {
            return Err(KeyFileError::Past);
        }
        (kept.digest, kept.terms) = (hash_label(key.0.as_bytes()), terms);
        Ok(())
    }

    /// Puts the key before a renewal in the place of the present one, which ends.
    ///
    /// # Errors
    /// There is none of that name, or the end of the former one has passed.
    pub fn go_back(&mut self, former: KeptKey, now: Timestamp) -> Result<(), KeyFileError> {
        let found = self.keys.iter_mut().find(|kept| kept.name == former.name);
        let kept = found.ok_or_else(|| KeyFileError::Unknown(former.name.0.clone()))?;
        if former.terms.is_over(now) {
            return Err(KeyFileError::Past);
        }
        *kept = former;
        Ok(())
    }

    /// Takes a key out.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove(&mut self, name: &KeyName) -> Result<(), KeyFileError> {
        let before = self.keys.len();
        self.keys.retain(|kept| kept.name != *name);
        if self.keys.len() == before {
            return Err(KeyFileError::Unknown(name.0.clone()));
        }
        Ok(())
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[KeptKey] {
        &self.keys
    }

    /// Adds a key that was kept: one that was taken away is good again.
    ///
    /// # Errors
    /// The name is taken, or there are too many.
    pub fn put_back(&mut self, key: KeptKey) -> Result<(), KeyFileError> {
        if self.keys.len() >= MOST_KEYS {
            return Err(KeyFileError::Full);
        }
        if self.keys.iter().any(|known| known.name == key.name) {
            return Err(KeyFileError::Known(key.name.0));
        }
        self.keys.push(key);
        Ok(())
    }
}

/// The text of the file.
impl fmt::Display for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for KeptKey { name, digest, terms } in &self.keys {
            write!(f, "{name} {digest} {}", word(terms.per_day))?;
            match (terms.since, terms.until) {
                (None, None) => writeln!(f)?,
                (since, until) => writeln!(f, " {} {}", word(since), word(until))?,
            }
        }
        Ok(())
    }
}

/// A value as a word of a line; `-` for none.
fn word(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The value of a word, of which `-` is none; nothing where it is neither.
fn value_of<T: FromStr>(word: &str) -> Option<Option<T>> {
    match word {
        "-" => Some(None),
        word => word.parse().ok().map(Some),
    }
}

/// Reads one line. Those of older versions end behind the questions a day.
fn read_line(line: &str) -> Option<KeptKey> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (name, digest, per_day, since, until) = match *words.as_slice() {
        [name, digest, per_day] => (name, digest, per_day, "-", "-"),
        [name, digest, per_day, since, until] => (name, digest, per_day, since, until),
        _ => return None,
    };
    Some(KeptKey {
        name: name.parse().ok()?,
        digest: digest.parse().ok()?,
        terms: KeyTerms {
            per_day: value_of(per_day)?,
            since: value_of(since)?,
            until: value_of(until)?,
        },
    })
}

#[cfg(test)]
mod tests;

//! The file of the keys: one line for each, with the name of its holder, the SHA-256 of the key, and how many questions a day it has.
//!
//! ```text
//! mx.example.org 0f1e2d… 100000
//! partner 3c4b5a… -
//! ```
//!
//! The key itself stands nowhere. A file is read whole or not at all, and written beside the old one and put in its place, so that a
//! reader sees either. Empty lines and lines that begin with `#` say nothing.

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use atalaya_store::small_file;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};

/// The SHA-256 of a key.
pub(super) type KeyHash = [u8; 32];

/// Keys of one server. Bounds what a file that somebody else wrote can make of our memory.
const MOST_KEYS: usize = 10_000;
/// The longest file that is read, in bytes: so many keys with the longest names, and as much again for comments.
const MOST_BYTES: u64 = 4 << 20;
/// The longest name of a holder.
const MOST_NAME: usize = 64;
/// The longest label of a domain name (RFC 1035 section 2.3.4).
const MOST_LABEL: usize = 63;
/// What the first line of a file says.
const HEADER: &str =
    "# Keys of atalaya, one a line: name, SHA-256 of the key, questions a day (- for no limit).\n";

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
pub(super) fn hash_label(label: &[u8]) -> KeyHash {
    let mut lower = [0; MOST_LABEL];
    for (place, letter) in lower.iter_mut().zip(label) {
        *place = letter.to_ascii_lowercase();
    }
    let length = label.len().min(MOST_LABEL);
    Sha256::digest(lower.get(..length).unwrap_or_default()).into()
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

/// Why keys cannot be read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The text is no name for a holder.
    #[error("`{0}` is no name for a key: use 1 to 64 letters, digits, dots, hyphens and underscores")]
    Name(String),
    /// There is a key of that name.
    #[error("there is a key named {0}; remove it first, or take another name")]
    Known(String),
    /// There is no key of that name.
    #[error("there is no key named {0}")]
    Unknown(String),
    /// There are as many as a server can have.
    #[error("there are {MOST_KEYS} keys, which is the most")]
    Full,
    /// A line is wrong. Correct it, or take it out.
    #[error("line {0} of the keys is wrong: write NAME, SHA-256 in hexadecimal, and questions a day or -")]
    Line(usize),
    /// The file is longer than any that we write.
    #[error("the file of the keys is larger than {MOST_BYTES} bytes")]
    TooLong,
    /// The file cannot be read or written.
    #[error("the file of the keys cannot be used")]
    Io(#[from] io::Error),
}

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    name: KeyName,
    hash: KeyHash,
    per_day: Option<u64>,
}

/// The keys, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyFile {
    entries: Vec<Entry>,
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
                let entry = read_line(line).ok_or(KeyFileError::Line(number))?;
                file.push(entry)?;
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
    /// The name is taken, or there are too many.
    pub fn add(&mut self, name: KeyName, key: &Key, per_day: Option<u64>) -> Result<(), KeyFileError> {
        let hash = hash_label(key.0.as_bytes());
        self.push(Entry { name, hash, per_day })
    }

    /// Takes a key out.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove(&mut self, name: &KeyName) -> Result<(), KeyFileError> {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.name != *name);
        if self.entries.len() == before {
            return Err(KeyFileError::Unknown(name.0.clone()));
        }
        Ok(())
    }

    /// The names of the holders, with their questions a day.
    pub fn names(&self) -> impl Iterator<Item = (&str, Option<u64>)> {
        self.entries().map(|(name, _hash, per_day)| (name, per_day))
    }

    /// Name, hash and questions a day of each.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, &KeyHash, Option<u64>)> {
        let entries = self.entries.iter();
        entries.map(|entry| (entry.name.as_str(), &entry.hash, entry.per_day))
    }

    fn push(&mut self, entry: Entry) -> Result<(), KeyFileError> {
        if self.entries.len() >= MOST_KEYS {
            return Err(KeyFileError::Full);
        }
        if self.entries.iter().any(|known| known.name == entry.name) {
            return Err(KeyFileError::Known(entry.name.0));
        }
        self.entries.push(entry);
        Ok(())
    }
}

/// The text of the file.
impl fmt::Display for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (name, hash, per_day) in self.entries() {
            let hash = HEXLOWER.encode(hash);
            match per_day {
                Some(per_day) => writeln!(f, "{name} {hash} {per_day}")?,
                None => writeln!(f, "{name} {hash} -")?,
            }
        }
        Ok(())
    }
}

/// Reads one line.
fn read_line(line: &str) -> Option<Entry> {
    let mut words = line.split_ascii_whitespace();
    let name = words.next()?.parse().ok()?;
    let hash = HEXLOWER.decode(words.next()?.as_bytes()).ok()?;
    let per_day = match words.next()? {
        "-" => None,
        number => Some(number.parse().ok()?),
    };
    words.next().is_none().then_some(())?;
    Some(Entry {
        name,
        hash: hash.try_into().ok()?,
        per_day,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> KeyFile {
        let mut file = KeyFile::default();
        let key = Key::from_random([1; 16]);
        file.add("mx.example.org".parse().unwrap(), &key, Some(100_000))
            .unwrap();
        file.add("partner".parse().unwrap(), &Key::from_random([2; 16]), None)
            .unwrap();
        file
    }

    #[test]
    fn keys_are_written_as_they_are_read_and_never_themselves() {
        let text = two().to_string();
        assert_eq!(KeyFile::parse(&text).unwrap(), two());
        let key = Key::from_random([1; 16]);
        assert_eq!(key.to_string(), "aeaqcaibaeaqcaibaeaqcaibae");
        assert!(!text.contains(&key.to_string()));
        assert_eq!(format!("{key:?}"), "***");
        assert_ne!(Key::random(), Key::random());
        assert_eq!(Key::random().to_string().len(), 26);
    }

    #[test]
    fn a_wrong_line_is_named_and_nothing_of_the_file_is_taken() {
        let hash = "0".repeat(64);
        for (line, text) in [
            (1, "mx".to_owned()),
            (3, format!("\n# a comment\nmx {hash}")),
            (1, format!("mx {hash} many")),
            (1, format!("mx {hash} -1")),
            (1, format!("mx {hash} 1 2")),
            (1, format!("mx {} -", "0".repeat(62))),
            (2, format!("mx {hash} -\nm\u{fc}x {hash} -")),
        ] {
            let error = KeyFile::parse(&text).unwrap_err();
            assert!(
                matches!(error, KeyFileError::Line(found) if found == line),
                "{text}: {error}"
            );
        }
        let twice = format!("mx {hash} -\nmx {hash} -");
        assert!(matches!(KeyFile::parse(&twice), Err(KeyFileError::Known(_))));
        assert_eq!(KeyFile::parse("").unwrap(), KeyFile::default());
    }

    #[test]
    fn names_are_taken_once_and_found_again() {
        let mut file = two();
        let name: KeyName = "partner".parse().unwrap();
        let error = file.add(name.clone(), &Key::random(), None).unwrap_err();
        assert!(matches!(error, KeyFileError::Known(_)), "{error}");
        file.remove(&name).unwrap();
        assert!(matches!(file.remove(&name), Err(KeyFileError::Unknown(_))));
        assert!(file.names().eq([("mx.example.org", Some(100_000))]));
        assert!("two words".parse::<KeyName>().is_err());
    }

    #[test]
    fn a_file_is_put_in_place_whole_and_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        assert!(KeyFile::read(&path).unwrap().is_none());
        two().write(&path).unwrap();
        two().write(&path).unwrap();
        assert_eq!(KeyFile::read(&path).unwrap().unwrap(), two());
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(KeyFile::read(&path), Err(KeyFileError::Io(_))));
    }
}

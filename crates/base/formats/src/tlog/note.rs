//! The head of a log: its checkpoint, a text of three lines, signed as a note (c2sp.org/tlog-checkpoint, c2sp.org/signed-note).

use std::fmt;
use std::str::FromStr;

use atalaya_model::Digest;
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};

use super::TlogError;

/// The largest note that is read: sixteen signatures, even of kinds that need much room.
const MAX_NOTE: usize = 96 * 1024;
/// Signatures of a note that are looked at.
const MOST_SIGNATURES: usize = 32;
/// The longest text of a key.
const MAX_KEY: usize = 512;
/// The byte that says Ed25519.
const ED25519: u8 = 0x01;
/// What a line with a signature begins with.
const DASH: &str = "— ";

/// The head of a log at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            BASE64.encode(&self.root.0)
        )
    }

    /// Reads the text of a note. Lines behind the third are passed over.
    ///
    /// # Errors
    /// It is no checkpoint.
    pub fn read(text: &str) -> Result<Self, TlogError> {
        let malformed = TlogError::Malformed("checkpoint");
        let mut lines = text.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty());
        let (Some(origin), Some(size), Some(root)) = (next(), next(), next()) else {
            return Err(malformed);
        };
        let read: u64 = size.parse().map_err(|_bad| malformed.clone())?;
        let root = digest(root).ok_or_else(|| malformed.clone())?;
        // Neither leading zeros nor a sign.
        if read.to_string() != size {
            return Err(malformed);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: read,
            root,
        })
    }
}

/// A hash in base64.
pub(super) fn digest(text: &str) -> Option<Digest> {
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    bytes.try_into().ok().map(Digest)
}

/// The public key of a log, with its name: `example.org/log+2f8a9c01+AbCd…`, as verifiers take it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKey {
    name: String,
    public: [u8; 32],
}

impl LogKey {
    /// The Ed25519 key of a log.
    ///
    /// # Errors
    /// A name must not be empty, nor hold spaces, control characters or `+`.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, TlogError> {
        let is_bad = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '+';
        if name.is_empty() || name.len() > MAX_KEY || name.contains(is_bad) {
            return Err(TlogError::Malformed("name of a log"));
        }
        Ok(Self {
            name: name.to_owned(),
            public,
        })
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the key.
    #[must_use]
    pub const fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// The four bytes that tell signatures of this key from those of others.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.public);
        let [first, second, third, fourth, ..] = <[u8; 32]>::from(hash.finalize());
        [first, second, third, fourth]
    }
}

impl fmt::Display for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ED25519], self.public.as_slice()].concat();
        let id = HEXLOWER.encode(&self.id());
        write!(f, "{}+{id}+{}", self.name, BASE64.encode(&key))
    }
}

impl FromStr for LogKey {
    type Err = TlogError;

    fn from_str(text: &str) -> Result<Self, TlogError> {
        let malformed = || TlogError::Malformed("key of a log: NAME+ID+KEY");
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(malformed());
        };
        let bytes = BASE64.decode(key.as_bytes()).map_err(|_bad| malformed())?;
        let public = bytes.strip_prefix(&[ED25519]).ok_or_else(malformed)?;
        let public = public.try_into().map_err(|_bad| malformed())?;
        let key = Self::new(name, public)?;
        // A slip of the pen shows in the four bytes.
        if HEXLOWER.encode(&key.id()) != id {
            return Err(malformed());
        }
        Ok(key)
    }
}

/// A signature of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key.
    pub name: String,
    /// Its four bytes.
    pub id: [u8; 4],
    /// What the key made of the text.
    pub signature: Vec<u8>,
}

/// A text with signatures under it. Nothing in it is true before one of them was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text that was signed, with its last line feed.
    pub text: String,
    /// The signatures.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note.
    ///
    /// # Errors
    /// It is none, or too large.
    pub fn read(note: &str) -> Result<Self, TlogError> {
        if note.len() > MAX_NOTE {
            return Err(TlogError::TooLarge("note"));
        }
        Self::split(note).ok_or(TlogError::Malformed("signed note"))
    }

    fn split(note: &str) -> Option<Self> {
        if note.contains(|letter: char| letter < ' ' && letter != '\n') {
            return None;
        }
        let at = note.rfind("\n\n")?;
        let (text, below) = note.split_at_checked(at.checked_add(1)?)?;
        let lines = below.strip_prefix('\n')?.strip_suffix('\n')?;
        let signatures: Vec<NoteSignature> = lines
            .split('\n')
            .take(MOST_SIGNATURES)
            .map(signature)
            .collect::<Option<_>>()?;
        Some(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The signatures that this key claims to have made.
    pub fn signatures_of<'a>(&'a self, key: &'a LogKey) -> impl Iterator<Item = &'a [u8]> {
        let id = key.id();
        let own = self
            .signatures
            .iter()
            .filter(move |one| one.id == id && one.name == key.name);
        own.map(|one| one.signature.as_slice())
    }
}

fn signature(line: &str) -> Option<NoteSignature> {
    let (name, value) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = BASE64.decode(value.as_bytes()).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    (!name.is_empty() && !signature.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        id: *id,
        signature: signature.to_vec(),
    })
}

/// A text with the signature of a key under it.
#[must_use]
pub fn write_note(text: &str, key: &LogKey, signature: &[u8]) -> String {
    let value = BASE64.encode(&[key.id().as_slice(), signature].concat());
    format!("{text}\n{DASH}{} {value}\n", key.name)
}

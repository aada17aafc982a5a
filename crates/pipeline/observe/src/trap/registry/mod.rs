//! The registry of traps: a file in the data folder with one line for each, which commands change and a running trap follows.
//!
//! ```text
//! @old-customer.example recycled 2025-11-01 left in 2023
//! info@example.org typo:0.5 - a shop has almost this name
//! web@example.net pristine - on the contact page, white on white
//! ```
//!
//! Address or domain, kind (with what it weighs behind a colon, where that is not all), the date since which it counts (`-` for ever), and a note for the operator. A file is read whole or not at all, and
//! written beside the old one and put in its place, so that a reader sees either. Empty lines and lines that begin with `#` say nothing.

mod follow;

use std::fmt;
use std::io;
use std::path::Path;

use atalaya_model::{Timestamp, Trap, TrapWeight};
use atalaya_store::small_file;

pub use self::follow::TrapFollower;
use crate::TrapAddress;

/// Traps of one server. Bounds what a file that somebody else wrote can make of our memory, and what hiding their names costs.
const MOST_TRAPS: usize = 10_000;
/// The longest file that is read, in bytes.
const MOST_BYTES: u64 = 8 << 20;
/// The longest address (RFC 5321 section 4.5.3.1.3).
const MOST_ADDRESS: usize = 254;
/// The longest note, in bytes.
const MOST_NOTE: usize = 200;
/// What the first line of a file says.
const HEADER: &str =
    "# Traps of atalaya, one a line: name@domain or @domain, kind, since when (- for ever), note.\n";

/// Why traps cannot be read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum TrapFileError {
    /// The text is no address.
    #[error("`{0}` is no trap: write name@domain or @domain")]
    Address(String),
    /// The note has characters or a length that it must not have.
    #[error("a note is one line of at most {MOST_NOTE} bytes")]
    Note,
    /// It is a trap already.
    #[error("{0} is a trap already; remove it first")]
    Known(String),
    /// It is none.
    #[error("{0} is no trap that was added")]
    Unknown(String),
    /// There are as many as a server can have.
    #[error("there are {MOST_TRAPS} traps, which is the most")]
    Full,
    /// A line is wrong. Correct it, or take it out.
    #[error("line {0} of the traps is wrong: write ADDRESS, KIND, DATE or -, and a note")]
    Line(usize),
    /// The file is longer than any that we write.
    #[error("the file of the traps is larger than {MOST_BYTES} bytes")]
    TooLong,
    /// The file cannot be read or written.
    #[error("the file of the traps cannot be used")]
    Io(#[from] io::Error),
}

/// A trap with its note.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    trap: TrapAddress,
    note: String,
}

/// The traps that were added, in the order in which that was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrapFile {
    entries: Vec<Entry>,
}

impl TrapFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// A line is wrong, an address stands twice, or there are too many.
    pub fn parse(text: &str) -> Result<Self, TrapFileError> {
        let mut file = Self::default();
        let mut known = std::collections::HashSet::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let entry = read_line(line).ok_or(TrapFileError::Line(number))?;
            if !known.insert(entry.trap.address.clone()) {
                return Err(TrapFileError::Known(entry.trap.address));
            }
            file.push(entry)?;
        }
        Ok(file)
    }

    /// Reads a file; none if there is none.
    ///
    /// # Errors
    /// It cannot be read, or its text is wrong.
    pub fn read(path: &Path) -> Result<Option<Self>, TrapFileError> {
        let Some(text) = small_file::read(path, MOST_BYTES)? else {
            return Ok(None);
        };
        if text.len() as u64 > MOST_BYTES {
            return Err(TrapFileError::TooLong);
        }
        Self::parse(&text).map(Some)
    }

    /// Puts the traps in the place of the file, for its owner only. Whoever does so at the same time must be kept away by the caller.
    ///
    /// # Errors
    /// It cannot be written; the old one is still there then.
    pub fn write(&self, path: &Path) -> Result<(), TrapFileError> {
        Ok(small_file::put_in_place(path, &self.to_string())?)
    }

    /// Adds a trap.
    ///
    /// # Errors
    /// Address or note cannot be taken, it is a trap already, or there are too many.
    pub fn add(&mut self, trap: TrapAddress, note: &str) -> Result<(), TrapFileError> {
        let address = spelled(&trap.address);
        if !is_address(&address) {
            return Err(TrapFileError::Address(trap.address));
        }
        let note = note.trim();
        if note.len() > MOST_NOTE || note.chars().any(char::is_control) {
            return Err(TrapFileError::Note);
        }
        if self.entries.iter().any(|entry| entry.trap.address == address) {
            return Err(TrapFileError::Known(address));
        }
        self.push(Entry {
            trap: TrapAddress { address, ..trap },
            note: note.to_owned(),
        })
    }

    /// Takes a trap out.
    ///
    /// # Errors
    /// It is none.
    pub fn remove(&mut self, address: &str) -> Result<(), TrapFileError> {
        let address = spelled(address);
        let before = self.entries.len();
        self.entries.retain(|entry| entry.trap.address != address);
        if self.entries.len() == before {
            return Err(TrapFileError::Unknown(address));
        }
        Ok(())
    }

    /// The traps with their notes.
    pub fn traps(&self) -> impl Iterator<Item = (&TrapAddress, &str)> {
        self.entries
            .iter()
            .map(|entry| (&entry.trap, entry.note.as_str()))
    }

    /// The traps alone.
    #[must_use]
    pub fn addresses(&self) -> Vec<TrapAddress> {
        self.entries.iter().map(|entry| entry.trap.clone()).collect()
    }

    fn push(&mut self, entry: Entry) -> Result<(), TrapFileError> {
        if self.entries.len() >= MOST_TRAPS {
            return Err(TrapFileError::Full);
        }
        self.entries.push(entry);
        Ok(())
    }
}

/// The text of the file.
impl fmt::Display for TrapFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (trap, note) in self.traps() {
            let TrapAddress { address, kind, .. } = trap;
            let since = trap
                .since
                .map_or_else(|| "-".to_owned(), |since| since.to_string());
            let weight = if trap.weight.is_full() {
                String::new()
            } else {
                format!(":{}", trap.weight)
            };
            let line = format!("{address} {kind}{weight} {since} {note}");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The one spelling of an address or a domain: small letters, and no dot of the root at the end.
pub(super) fn spelled(address: &str) -> String {
    let mut spelled = address.to_lowercase();
    if spelled.ends_with('.') {
        spelled.pop();
    }
    spelled
}

/// Whether a text names an address or a domain: an at sign with a domain behind it, and nothing that would break a line or a list.
fn is_address(text: &str) -> bool {
    let domain = text.rsplit_once('@').map_or("", |(_, domain)| domain);
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
    !domain.is_empty() && text.len() <= MOST_ADDRESS && text.chars().all(is_plain) && !text.starts_with('#')
}

fn read_line(line: &str) -> Option<Entry> {
    let mut words = line.splitn(4, ' ');
    let address = spelled(words.next()?);
    let kind = words.next()?;
    let (kind, weight) = match kind.split_once(':') {
        Some((kind, weight)) => (kind, weight.parse().ok()?),
        None => (kind, TrapWeight::FULL),
    };
    let kind: Trap = kind.parse().ok()?;
    let since = match words.next()? {
        "-" => None,
        date => Some(date.parse::<Timestamp>().ok()?),
    };
    let note = words.next().unwrap_or_default().trim().to_owned();
    let is_fit = is_address(&address) && note.len() <= MOST_NOTE && !note.chars().any(char::is_control);
    let trap = TrapAddress {
        address,
        kind,
        since,
        weight,
    };
    is_fit.then_some(Entry { trap, note })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "# Traps of atalaya, one a line: name@domain or @domain, kind, since when (- for ever), note.\n\
                        @old.example recycled:0.25 2025-11-01T00:00:00Z left in 2023\nweb@b.example pristine -\n";

    #[test]
    fn traps_come_and_go_and_are_read_back() {
        let mut file = TrapFile::default();
        let old = TrapAddress {
            since: Some("2025-11-01".parse().unwrap()),
            weight: "0.25".parse().unwrap(),
            ..TrapAddress::new("@Old.example", Trap::Recycled)
        };
        file.add(old, " left in 2023").unwrap();
        file.add(TrapAddress::new("web@b.example", Trap::Pristine), "")
            .unwrap();
        assert_eq!(file.to_string(), TEXT);
        assert_eq!(TrapFile::parse(TEXT).unwrap(), file);
        let again = TrapAddress::new("WEB@b.example", Trap::Typo);
        assert!(matches!(file.add(again, ""), Err(TrapFileError::Known(_))));
        let dotted = TrapAddress::new("web@B.example.", Trap::Typo);
        assert!(matches!(file.add(dotted, ""), Err(TrapFileError::Known(_))));
        file.remove("@OLD.example.").unwrap();
        assert!(matches!(
            file.remove("@old.example"),
            Err(TrapFileError::Unknown(_))
        ));
        assert_eq!(
            file.addresses(),
            [TrapAddress::new("web@b.example", Trap::Pristine)]
        );
    }

    #[test]
    fn what_breaks_a_line_is_refused() {
        let mut file = TrapFile::default();
        for address in [
            "",
            "a",
            "a@",
            "a b@c",
            "a\n@c",
            "#@c",
            &format!("@{}", "x".repeat(254)),
        ] {
            let added = file.add(TrapAddress::new(address, Trap::Typo), "");
            assert!(matches!(added, Err(TrapFileError::Address(_))), "{address:?}");
        }
        let trap = || TrapAddress::new("@c.example", Trap::Typo);
        for note in ["a\nb", &"x".repeat(201)] {
            assert!(
                matches!(file.add(trap(), note), Err(TrapFileError::Note)),
                "{note:?}"
            );
        }
        for line in [
            "a",
            "a@b",
            "a@b typo",
            "a@b other -",
            "a@b typo x",
            "a typo -",
            "a@b typo:2 -",
        ] {
            assert!(
                matches!(TrapFile::parse(line), Err(TrapFileError::Line(1))),
                "{line}"
            );
        }
        assert!(matches!(
            TrapFile::parse("a@b typo -\nA@b typo -"),
            Err(TrapFileError::Known(_))
        ));
    }

    #[test]
    fn a_file_is_kept_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("traps");
        assert_eq!(TrapFile::read(&path).unwrap(), None);
        let file = TrapFile::parse(TEXT).unwrap();
        file.write(&path).unwrap();
        assert_eq!(TrapFile::read(&path).unwrap(), Some(file));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_and_read_again(text in "([ -~é\n]|@|typo|role| - ){0,200}") {
            if let Ok(file) = TrapFile::parse(&text) {
                prop_assert_eq!(TrapFile::parse(&file.to_string()).unwrap(), file);
            }
        }
    }
}

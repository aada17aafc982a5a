//! The file of the reporters: one line for each, with its name, the SHA-256 of its key, calls a day, and what it may do.
//!
//! ```text
//! mx.example.org 0f1e2d… 1000 report,read
//! ```
//!
//! The key itself stands nowhere. A file is read whole or not at all. Empty lines and lines that begin with `#` say nothing.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use atalaya_publish::{Key, KeyFileError, KeyName};
use atalaya_store::small_file;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// Reporters of one server.
const MOST: usize = 10_000;
/// The longest file that is read, in bytes.
const MOST_BYTES: u64 = 4 << 20;
/// The longest key that is looked at: those of other services have 80 letters.
const MOST_KEY: usize = 128;
/// What the first line of a file says.
const HEADER: &str =
    "# Reporters of atalaya, one a line: name, SHA-256 of the key, calls a day (- for no limit), scopes.\n";

/// The digest of a key.
pub(super) fn digest(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key.get(..MOST_KEY.min(key.len())).unwrap_or_default()).into()
}

/// Calls of a day; none for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Quota(pub Option<u64>);

impl FromStr for Quota {
    type Err = BadReporters;

    /// Takes `1000`, `1000/day`, and `-` for no limit.
    fn from_str(text: &str) -> Result<Self, BadReporters> {
        let number = text.strip_suffix("/day").unwrap_or(text);
        if number == "-" {
            return Ok(Self(None));
        }
        let number = number.parse().ok().filter(|number| *number > 0_u64);
        number.map(|number| Self(Some(number))).ok_or(BadReporters::Quota)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(most) => most.fmt(f),
            None => f.write_str("-"),
        }
    }
}

/// Something that a key may be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// To report addresses and to take back its own reports.
    Report,
    /// To ask about addresses, and for the list.
    Read,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Report => "report",
            Self::Read => "read",
        })
    }
}

/// What a key is good for: all, unless one is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(Option<Scope>);

impl Scopes {
    /// Whether it is good for this.
    #[must_use]
    pub fn has(self, scope: Scope) -> bool {
        self.0.is_none_or(|only| only == scope)
    }
}

impl FromStr for Scopes {
    type Err = BadReporters;

    fn from_str(text: &str) -> Result<Self, BadReporters> {
        match text {
            "report" => Ok(Self(Some(Scope::Report))),
            "read" => Ok(Self(Some(Scope::Read))),
            "report,read" | "read,report" => Ok(Self(None)),
            _ => Err(BadReporters::Scopes),
        }
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(only) => only.fmt(f),
            None => f.write_str("report,read"),
        }
    }
}

/// Why reporters cannot be read, changed or written.
#[derive(Debug, thiserror::Error)]
pub enum BadReporters {
    /// The text is no name.
    #[error("a reporter has a name of 1 to 64 letters, digits, dots, hyphens and underscores")]
    Name(#[source] KeyFileError),
    /// The text is no number of calls.
    #[error("a quota is like 1000/day, or - for no limit")]
    Quota,
    /// The text names no scopes.
    #[error("the scopes of a key are report, read, or report,read")]
    Scopes,
    /// There is a reporter of that name.
    #[error("there is a reporter named {0}; remove it first, or rotate its key")]
    Known(String),
    /// There is no reporter of that name.
    #[error("there is no reporter named {0}")]
    Unknown(String),
    /// There are as many as a server can have.
    #[error("there are {MOST} reporters, which is the most")]
    Full,
    /// A line is wrong. Correct it, or take it out.
    #[error(
        "line {0} of the reporters is wrong: write NAME, SHA-256 in hexadecimal, calls a day or -, scopes"
    )]
    Line(usize),
    /// The file is longer than any that we write.
    #[error("the file of the reporters is larger than {MOST_BYTES} bytes")]
    TooLong,
    /// The file cannot be read or written.
    #[error("the file of the reporters cannot be used")]
    Io(#[from] io::Error),
}

/// A reporter to be added.
#[derive(Debug, Clone)]
pub struct NewReporter {
    /// Its name.
    pub name: KeyName,
    /// Its calls a day.
    pub quota: Quota,
    /// What its key is good for.
    pub scopes: Scopes,
}

/// A reporter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    /// Its name: the source of its observations.
    pub name: String,
    /// Its calls a day.
    pub quota: Quota,
    /// What its key is good for.
    pub scopes: Scopes,
}

/// The reporters, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReporterFile {
    entries: Vec<([u8; 32], Reporter)>,
}

impl ReporterFile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// A line is wrong, a name stands twice, or there are too many.
    pub fn parse(text: &str) -> Result<Self, BadReporters> {
        let mut file = Self::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let (digest, reporter) = read_line(line).ok_or(BadReporters::Line(number))?;
                file.push(digest, reporter)?;
            }
        }
        Ok(file)
    }

    /// Reads a file; none if there is none.
    ///
    /// # Errors
    /// It cannot be read, or its text is wrong.
    pub fn read(path: &Path) -> Result<Option<Self>, BadReporters> {
        match small_file::read(path, MOST_BYTES)? {
            Some(text) if text.len() as u64 > MOST_BYTES => Err(BadReporters::TooLong),
            Some(text) => Self::parse(&text).map(Some),
            None => Ok(None),
        }
    }

    /// Puts the reporters in the place of the file. Whoever does so at the same time must be kept away by the caller.
    ///
    /// # Errors
    /// It cannot be written; the old one is still there then.
    pub fn write(&self, path: &Path) -> Result<(), BadReporters> {
        Ok(small_file::put_in_place(path, &self.to_string())?)
    }

    /// Adds a reporter.
    ///
    /// # Errors
    /// The name is taken, or there are too many.
    pub fn add(&mut self, new: NewReporter, key: &Key) -> Result<(), BadReporters> {
        let NewReporter { name, quota, scopes } = new;
        let reporter = Reporter {
            name: name.as_str().to_owned(),
            quota,
            scopes,
        };
        self.push(digest(key.to_string().as_bytes()), reporter)
    }

    /// Takes a reporter out. What it reported stays.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove(&mut self, name: &KeyName) -> Result<(), BadReporters> {
        let before = self.entries.len();
        self.entries
            .retain(|(_, reporter)| reporter.name != name.as_str());
        if self.entries.len() == before {
            return Err(BadReporters::Unknown(name.as_str().to_owned()));
        }
        Ok(())
    }

    /// Gives a reporter another key; the old one is worth nothing from then on.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn rotate(&mut self, name: &KeyName, key: &Key) -> Result<(), BadReporters> {
        let mut entries = self.entries.iter_mut();
        let entry = entries.find(|(_, reporter)| reporter.name == name.as_str());
        let (known, _) = entry.ok_or_else(|| BadReporters::Unknown(name.as_str().to_owned()))?;
        *known = digest(key.to_string().as_bytes());
        Ok(())
    }

    /// The reporters.
    pub fn reporters(&self) -> impl Iterator<Item = &Reporter> {
        self.entries.iter().map(|(_, reporter)| reporter)
    }

    /// The reporters by the digest of their keys.
    pub(super) fn into_table(self) -> HashMap<[u8; 32], Reporter> {
        self.entries.into_iter().collect()
    }

    fn push(&mut self, digest: [u8; 32], reporter: Reporter) -> Result<(), BadReporters> {
        if self.entries.len() >= MOST {
            return Err(BadReporters::Full);
        }
        if self.reporters().any(|known| known.name == reporter.name) {
            return Err(BadReporters::Known(reporter.name));
        }
        self.entries.push((digest, reporter));
        Ok(())
    }
}

/// The text of the file.
impl fmt::Display for ReporterFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        self.entries.iter().try_for_each(|(digest, reporter)| {
            let Reporter { name, quota, scopes } = reporter;
            writeln!(f, "{name} {} {quota} {scopes}", HEXLOWER.encode(digest))
        })
    }
}

/// Reads a line that says something.
fn read_line(line: &str) -> Option<([u8; 32], Reporter)> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let [name, digest, quota, scopes] = words.try_into().ok()?;
    let digest = HEXLOWER.decode(digest.as_bytes()).ok()?.try_into().ok()?;
    let reporter = Reporter {
        name: name.parse::<KeyName>().ok()?.as_str().to_owned(),
        quota: quota.parse().ok()?,
        scopes: scopes.parse().ok()?,
    };
    Some((digest, reporter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(name: &str, scopes: &str) -> NewReporter {
        NewReporter {
            name: name.parse().unwrap(),
            quota: "1000/day".parse().unwrap(),
            scopes: scopes.parse().unwrap(),
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_keys_are_not_in_it() {
        let [one, other] = [1, 2].map(|byte| Key::from_random([byte; 16]));
        let mut file = ReporterFile::default();
        file.add(new("mx", "report,read"), &one).unwrap();
        file.add(new("csf", "report"), &other).unwrap();
        assert!(matches!(
            file.add(new("mx", "read"), &other),
            Err(BadReporters::Known(_))
        ));
        let text = file.to_string();
        assert!(
            text.contains(" 1000 report,read\n") && !text.contains(&one.to_string()),
            "{text}"
        );
        assert_eq!(ReporterFile::parse(&text).unwrap(), file);
        file.rotate(&"mx".parse().unwrap(), &other).unwrap();
        assert!(
            file.clone()
                .into_table()
                .contains_key(&digest(other.to_string().as_bytes()))
        );
        file.remove(&"mx".parse().unwrap()).unwrap();
        assert!(matches!(
            file.remove(&"mx".parse().unwrap()),
            Err(BadReporters::Unknown(_))
        ));
    }

    #[test]
    fn a_wrong_line_is_named() {
        let good = format!("mx {} - read", "0".repeat(64));
        assert!(ReporterFile::parse(&good).is_ok());
        for wrong in [
            good.replace(" - ", " - 1 "),
            good.replace(" - ", " many "),
            good.replace("read", "all"),
            good.replace('-', "0"),
            good.replacen('0', "", 1),
            good.clone() + " more",
        ] {
            let text = format!("# first\n{wrong}\n");
            assert!(
                matches!(ReporterFile::parse(&text), Err(BadReporters::Line(2))),
                "{wrong}"
            );
        }
    }
}

//! Names for network stacks: the signature files of p0f, versions 2 and 3, and what in them fits a SYN.
//!
//! In go the bytes of a file and, later, a [`Syn`]; out comes a [`Match`]: the label of the signature that fits best, how well it fits, and
//! how far away the sender is. A file with a wrong line is refused, and every wrong line is told. [`Matcher`] asks several files, and a
//! small set of our own; [`Pattern`] is one signature by itself.
//!
//! The matching is p0f's. In version 3: the first signature that fits exactly and is specific; else the first generic one; else the first
//! that fits but for "don't fragment", its identification, ECN or the time to live. In version 2: the first that fits; else the first that
//! fits but for "don't fragment", cleared by a firewall, or for the time to live. A label that marks itself as unconfirmed says so in
//! its match, and nobody should be judged by it. Where p0f 3.09b differs from its own manual, this follows the manual; the tests beside p0f
//! (`tests/p0f`) show the three places.

mod field;
mod label;
mod matcher;
mod pattern;
mod v2;
mod v3;
mod wrong;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use self::label::{Family, Label};
pub use self::matcher::{Distance, Fit, Match, Matcher, Named};
pub use self::pattern::{BadPattern, Pattern};
pub use self::wrong::{WrongLine, WrongLines};
use crate::syn::Syn;

/// The most signatures of a file. The largest public one has a few hundred.
pub const MOST_SIGNATURES: usize = 20_000;
/// The longest line, in bytes.
const MOST_LINE_BYTES: usize = 4096;
/// The largest file, for those who read one.
pub const MOST_FILE_BYTES: u64 = 8 << 20;

/// The version of p0f that a file is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notation {
    /// Colons, one signature a line with its name.
    V2,
    /// Sections, with signatures below labels.
    #[default]
    V3,
}

/// The signatures of one file, in its order.
#[derive(Debug, Clone, Default)]
pub struct Signatures {
    notation: Notation,
    labels: Vec<Label>,
    records: Vec<Record>,
    /// The places of the records by the options that they ask for: nothing is fuzzy about these.
    by_options: HashMap<Vec<u8>, Vec<usize>>,
}

/// One signature.
#[derive(Debug, Clone)]
struct Record {
    line: usize,
    label: usize,
    standing: Standing,
    form: Form,
}

/// Whether a signature was seen on the stack that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Confirmed,
    Unconfirmed,
}

#[derive(Debug, Clone)]
enum Form {
    V2(v2::Signature),
    V3(v3::Signature),
}

impl Signatures {
    /// Reads a file of either version.
    ///
    /// # Errors
    /// The lines that are wrong.
    pub fn read(file: &[u8]) -> Result<Self, WrongLines> {
        let lines = || file.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let mut notation = Notation::V3;
        if let Some(first) =
            lines().find(|line| !line.is_empty() && !line.starts_with(b"#") && !line.starts_with(b";"))
        {
            let has_name = first
                .split(|byte| *byte == b':')
                .next()
                .is_some_and(|start| start.contains(&b'='));
            if !has_name && !first.starts_with(b"[") {
                notation = Notation::V2;
            }
        }
        let mut reading = Reading::new(notation);
        for (number, line) in (1..).zip(lines()) {
            reading.line(number, line);
        }
        reading.finish()
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The version that the file was written for.
    #[must_use]
    pub const fn notation(&self) -> Notation {
        self.notation
    }

    /// The records that fit a SYN, in the order of the file, each with how well.
    fn fitting(&self, syn: &Syn) -> impl Iterator<Item = (&Record, Fit)> {
        let options = match self.notation {
            Notation::V2 => syn.kinds_of_v2(),
            Notation::V3 => &syn.kinds,
        };
        let places = self.by_options.get(options).map_or(&[][..], Vec::as_slice);
        let records = places.iter().filter_map(|place| self.records.get(*place));
        records.filter_map(|record| {
            let fit = match &record.form {
                Form::V2(signature) => signature.fit(syn),
                Form::V3(signature) => signature.fit(syn),
            };
            Some((record, fit?))
        })
    }

    fn add(&mut self, record: Record) -> Result<(), &'static str> {
        if self.records.len() == MOST_SIGNATURES {
            return Err("more signatures than are taken");
        }
        let options = match &record.form {
            Form::V2(signature) => &signature.kinds,
            Form::V3(signature) => &signature.kinds,
        };
        let places = self.by_options.entry(options.clone()).or_default();
        places.push(self.records.len());
        self.records.push(record);
        Ok(())
    }
}

/// A file that is being read.
struct Reading {
    signatures: Signatures,
    wrong: WrongLines,
    v3: v3::Place,
    /// What the comment directly above says.
    standing: Standing,
}

impl Reading {
    fn new(notation: Notation) -> Self {
        Self {
            signatures: Signatures {
                notation,
                ..Signatures::default()
            },
            wrong: WrongLines::default(),
            v3: v3::Place::default(),
            standing: Standing::Confirmed,
        }
    }

    fn line(&mut self, number: usize, line: &[u8]) {
        let comment: &[u8] = match self.signatures.notation {
            Notation::V2 => b"#",
            Notation::V3 => b";",
        };
        let mut standing = Standing::Confirmed;
        if let Some(remark) = line.strip_prefix(comment) {
            if remark.trim_ascii_start().starts_with(b"unconfirmed") {
                standing = Standing::Unconfirmed;
            }
        } else if !line.is_empty()
            && let Err(why) = self.statement(number, line)
        {
            self.wrong.add(number, why);
        }
        self.standing = standing;
    }

    fn statement(&mut self, number: usize, line: &[u8]) -> Result<(), &'static str> {
        if line.len() > MOST_LINE_BYTES {
            return Err("longer than any signature");
        }
        let line = String::from_utf8_lossy(line);
        if line.chars().any(char::is_control) {
            return Err("control characters");
        }
        let (label, form) = match self.signatures.notation {
            Notation::V2 => {
                let (label, signature) = v2::read(&line)?;
                self.signatures.labels.push(label);
                (
                    self.signatures.labels.len().saturating_sub(1),
                    Form::V2(signature),
                )
            }
            Notation::V3 => match self.v3.line(&line, &mut self.signatures.labels)? {
                Some((label, signature)) => (label, Form::V3(signature)),
                None => return Ok(()),
            },
        };
        self.signatures.add(Record {
            line: number,
            label,
            standing: self.standing,
            form,
        })
    }

    fn finish(self) -> Result<Signatures, WrongLines> {
        if self.wrong.is_empty() {
            Ok(self.signatures)
        } else {
            Err(self.wrong)
        }
    }
}

//! One file that is being read, plain or packed with gzip, from where it was left; and how it is known again.
//!
//! A log is known by its beginning, not by its name or number: rotation renames it, copies it, packs it, and gives its number to another one.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use atalaya_model::Digest;
use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};

use super::lines::Lines;

/// By so many of its first bytes a log is known: a line or two, of which the first has a time.
const HEAD: usize = 256;
/// Bytes read at once.
const PIECE: usize = 64 << 10;
/// How a file begins that is packed with gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// What tells a file from every other, whatever its name: its device and its number there.
pub(super) type Number = (u64, u64);

/// The number of a file.
pub(super) fn number(metadata: &Metadata) -> Number {
    (metadata.dev(), metadata.ino())
}

/// How far a log was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// Bytes that are done with, unpacked.
    pub(super) offset: u64,
    /// The digest of the first of them, at most [`HEAD`].
    pub(super) head: Digest,
}

impl Position {
    /// The beginning of whatever file.
    pub(super) fn start() -> Self {
        Self {
            offset: 0,
            head: digest(&[]),
        }
    }

    /// Whether a file is the one that was read so far, under whatever name.
    pub(super) fn is_in(&self, path: &Path) -> io::Result<bool> {
        let (mut body, metadata) = Body::open(path)?;
        if matches!(body, Body::Plain(_)) && metadata.len() < self.offset {
            return Ok(false);
        }
        Ok(digest(&beginning(&mut body, self.offset)?) == self.head)
    }
}

/// The digest of the beginning of a file.
fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

/// The first bytes of a file that are among the first so many.
fn beginning(body: &mut Body, offset: u64) -> io::Result<Vec<u8>> {
    let mut beginning = Vec::with_capacity(HEAD);
    body.take(offset.min(HEAD as u64)).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// What a file holds.
#[derive(Debug)]
enum Body {
    Plain(File),
    Packed(Box<MultiGzDecoder<File>>),
}

impl Body {
    /// Opens a regular file; whatever else might keep us waiting for ever.
    fn open(path: &Path) -> io::Result<(Self, Metadata)> {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let mut magic = [0; 2];
        let is_packed = file.read_exact_at(&mut magic, 0).is_ok() && magic == GZIP;
        let body = if is_packed {
            Self::Packed(Box::new(MultiGzDecoder::new(file)))
        } else {
            Self::Plain(file)
        };
        Ok((body, metadata))
    }
}

impl Read for Body {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.read(bytes),
            Self::Packed(packed) => packed.read(bytes),
        }
    }
}

/// A file that is being read.
#[derive(Debug)]
pub(super) struct Opened {
    body: Body,
    number: Number,
    /// Bytes that were read.
    at: u64,
    /// The first of them, at most [`HEAD`].
    beginning: Vec<u8>,
    lines: Lines,
    piece: Vec<u8>,
}

impl Opened {
    /// Opens a file at an offset.
    pub(super) fn open(path: &Path, offset: u64) -> io::Result<Self> {
        let (mut body, metadata) = Body::open(path)?;
        let beginning = beginning(&mut body, offset)?;
        let last = match offset.checked_sub(HEAD as u64 + 1) {
            None => beginning.last().copied(),
            Some(between) => {
                match &mut body {
                    Body::Plain(file) => {
                        file.seek(SeekFrom::Start(offset.saturating_sub(1)))?;
                    }
                    Body::Packed(packed) => {
                        io::copy(&mut packed.take(between), &mut io::sink())?;
                    }
                }
                let mut last = [0];
                let is_there = body.read(&mut last)? == 1;
                is_there.then_some(last[0])
            }
        };
        let is_inside = offset > 0 && last != Some(b'\n');
        Ok(Self {
            body,
            number: number(&metadata),
            at: offset,
            beginning,
            lines: if is_inside {
                Lines::inside_at(offset)
            } else {
                Lines::starting_at(offset)
            },
            piece: vec![0; PIECE],
        })
    }

    /// Reads a piece, gives its lines, and says how many bytes it had; none at the end.
    pub(super) fn read(&mut self, each: impl FnMut(&[u8])) -> io::Result<usize> {
        let length = self.body.read(&mut self.piece)?;
        let piece = self.piece.get(..length).unwrap_or_default();
        let missing = HEAD.saturating_sub(self.beginning.len());
        self.beginning.extend(piece.iter().take(missing));
        self.at = self.at.saturating_add(length as u64);
        self.lines.take(piece, each);
        Ok(length)
    }

    /// How far its lines are done with.
    pub(super) fn position(&self) -> Position {
        let offset = self.lines.offset();
        let length = usize::try_from(offset).unwrap_or(HEAD).min(HEAD);
        Position {
            offset,
            head: digest(self.beginning.get(..length).unwrap_or(&self.beginning)),
        }
    }

    /// Whether it is the one of that number.
    pub(super) fn is(&self, number: Number) -> bool {
        self.number == number
    }

    /// Whether the file still begins as it did. One that was emptied and has grown again does not.
    pub(super) fn is_unchanged(&self) -> bool {
        let Body::Plain(file) = &self.body else {
            return true;
        };
        let mut now = vec![0; self.beginning.len()];
        file.read_exact_at(&mut now, 0).is_ok() && now == self.beginning
    }

    /// Whether this is another file with something in it, or the same one with less than was read. A packed one is always shorter than that.
    pub(super) fn is_replaced_by(&self, found: &Metadata) -> bool {
        if self.is(number(found)) {
            matches!(self.body, Body::Plain(_)) && found.len() < self.at
        } else {
            found.len() > 0
        }
    }
}

/// Gives each line of a file, also of one that is packed with gzip.
///
/// # Errors
/// It cannot be read.
pub fn lines_of_file(path: &Path, each: impl FnMut(&[u8])) -> io::Result<()> {
    lines_of(Body::open(path)?.0, each)
}

/// Gives each line of what is read; the last one needs no end.
///
/// # Errors
/// It cannot be read.
pub fn lines_of(mut from: impl Read, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut lines = Lines::starting_at(0);
    let mut piece = vec![0; PIECE];
    let mut at = 0_u64;
    loop {
        let length = from.read(&mut piece)?;
        at = at.saturating_add(length as u64);
        if length == 0 {
            if lines.offset() < at {
                lines.take(b"\n", &mut each);
            }
            return Ok(());
        }
        lines.take(piece.get(..length).unwrap_or_default(), &mut each);
    }
}

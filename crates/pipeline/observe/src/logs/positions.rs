//! How far each log was read: a file in the data folder with one line for each.
//!
//! ```text
//! mx1 1048576 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//! ```
//!
//! Name, offset, and the digest of the beginning of the file. It may be lost, old or broken: then a part of the logs is read again, which makes no
//! observation twice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use atalaya_store::small_file;

use super::file::Position;

/// The longest file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 20;
/// What the first line of a file says.
const HEADER: &str = "# How far the logs were read: name, offset, digest of the beginning.\n";

/// The positions, and the file that keeps them.
#[derive(Debug)]
pub(super) struct Positions {
    path: PathBuf,
    known: BTreeMap<String, Position>,
    is_written: bool,
}

impl Positions {
    /// Reads a file. One that cannot be used is told, and means that nothing was read.
    pub(super) fn open(path: &Path) -> Self {
        let known = match small_file::read(path, MOST_BYTES) {
            Ok(text) => parse(&text.unwrap_or_default()),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the positions in the logs cannot be read; the logs are read from their beginning"
                );
                BTreeMap::new()
            }
        };
        Self {
            path: path.to_owned(),
            known,
            is_written: true,
        }
    }

    /// The position in the log of this name.
    pub(super) fn of(&self, name: &str) -> Position {
        self.known.get(name).copied().unwrap_or_else(Position::start)
    }

    /// Forgets all logs but these.
    pub(super) fn keep_only(&mut self, is_followed: impl Fn(&str) -> bool) {
        self.known.retain(|name, _position| is_followed(name));
    }

    /// Sets the position in a log.
    pub(super) fn set(&mut self, name: &str, position: Position) {
        if self.known.insert(name.to_owned(), position) != Some(position) {
            self.is_written = false;
        }
    }

    /// Writes what has changed.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if self.is_written {
            return Ok(());
        }
        let mut text = HEADER.to_owned();
        for (name, Position { offset, head }) in &self.known {
            // Writing to a String cannot fail.
            _ = writeln!(text, "{name} {offset} {head}");
        }
        small_file::put_in_place(&self.path, &text)?;
        self.is_written = true;
        Ok(())
    }
}

/// Reads the lines that can be read.
fn parse(text: &str) -> BTreeMap<String, Position> {
    let read = |line: &str| {
        let mut words = line.split(' ');
        let (name, offset, head) = (words.next()?, words.next()?, words.next()?);
        let position = Position {
            offset: offset.parse().ok()?,
            head: head.parse().ok()?,
        };
        Some((name.to_owned(), position))
    };
    text.lines().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_kept_and_broken_lines_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs");
        let mut positions = Positions::open(&path);
        assert_eq!(positions.of("mx1"), Position::start());
        let there = Position {
            offset: 9,
            ..Position::start()
        };
        positions.set("mx1", there);
        positions.set("gone", there);
        positions.keep_only(|name| name == "mx1");
        positions.write().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("x\nmx2 -1 {}\n{text}", there.head)).unwrap();
        let positions = Positions::open(&path);
        assert_eq!(positions.of("mx1"), there);
        assert_eq!(
            (positions.of("mx2"), positions.of("gone")),
            (Position::start(), Position::start())
        );
        std::fs::write(&path, [0xff]).unwrap();
        assert_eq!(Positions::open(&path).of("mx1"), Position::start());
    }
}

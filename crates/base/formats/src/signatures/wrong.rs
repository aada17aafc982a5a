//! The wrong lines of a signature file.

use std::fmt;

/// The most wrong lines that are told; the others are counted.
const MOST_TOLD: usize = 50;

/// A wrong line, and why it is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongLine {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// All wrong lines of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WrongLines {
    told: Vec<WrongLine>,
    count: usize,
}

impl WrongLines {
    pub(super) fn add(&mut self, line: usize, why: &'static str) {
        self.count = self.count.saturating_add(1);
        if self.told.len() < MOST_TOLD {
            self.told.push(WrongLine { line, why });
        }
    }

    /// The first of them, at most 50.
    #[must_use]
    pub fn told(&self) -> &[WrongLine] {
        &self.told
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl std::error::Error for WrongLines {}

impl fmt::Display for WrongLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for WrongLine { line, why } in &self.told {
            write!(f, "{separator}line {line}: {why}")?;
            separator = "; ";
        }
        match self.count.saturating_sub(self.told.len()) {
            0 => Ok(()),
            more => write!(f, "; and {more} more wrong lines"),
        }
    }
}

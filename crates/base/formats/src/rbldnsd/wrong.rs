//! The lines that could not be used: how many, and the first ones with the reason.

/// Wrong lines that are kept; the others are only counted.
const MOST_KEPT: usize = 20;

/// Why a line is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// It does not begin with an address, network or range of the kind that the dataset takes.
    #[error("no address or network of this kind of dataset")]
    Address,
    /// The network has bits behind its length.
    #[error("bits are set behind the length of the network")]
    HostBits,
    /// It lists every address.
    #[error("it lists every address there is, which is refused unless asked for")]
    Everything,
    /// It is wider than `$MAXRANGE4`.
    #[error("wider than $MAXRANGE4 allows")]
    TooWide,
    /// The code is no address from 127.0.0.1 on.
    #[error("the code between the colons is no address")]
    Code,
    /// It is no domain name.
    #[error("no domain name")]
    Name,
    /// It is no record of a known type.
    #[error("no record of type A, AAAA, TXT or MX")]
    Record,
    /// The special is not known, or not allowed here.
    #[error("no special that is known here")]
    Special,
    /// What follows the special cannot be read.
    #[error("what follows the special cannot be read")]
    Argument,
    /// An entry before the first `$DATASET`.
    #[error("an entry before the first $DATASET")]
    NoDataset,
    /// It is too long.
    #[error("longer than any line should be")]
    TooLong,
    /// The dataset has too many different values.
    #[error("too many different values")]
    TooMany,
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongLine {
    /// Which of the files, counted from 0.
    pub file: usize,
    /// Its number, counted from 1.
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

/// All that were left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wrong {
    /// How many.
    pub count: u64,
    /// The first of them.
    pub first: Vec<WrongLine>,
}

impl Wrong {
    /// Counts one.
    pub(super) fn add(&mut self, file: usize, line: u64, reason: Reason) {
        self.count = self.count.saturating_add(1);
        if self.first.len() < MOST_KEPT {
            self.first.push(WrongLine { file, line, reason });
        }
    }
}

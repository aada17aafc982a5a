//! What can go wrong with a file of places.

use std::io;
use std::path::PathBuf;

use atalaya_formats::places::WrongRow;

/// Why a file is not used. Mend or fetch it; what was used before, or what the program brings with it, holds until then.
#[derive(Debug, thiserror::Error)]
pub enum PlacesError {
    /// It cannot be read.
    #[error("cannot read {0}")]
    Unreadable(PathBuf, #[source] io::Error),
    /// Too many of its rows are wrong.
    #[error("{path} is not used: {wrong} of its {rows} rows are wrong, the first in line {line}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// How many.
        wrong: u64,
        /// Of how many.
        rows: u64,
        /// The number of the first wrong line.
        line: u64,
        /// What is wrong with that.
        #[source]
        source: WrongRow,
    },
    /// Nothing in it says where anything is.
    #[error("{0} is not used: it has no rows")]
    Empty(PathBuf),
    /// It ends before it should.
    #[error("{path} is not used: it has {rows} of the {promised} records that its first line promises")]
    Cut {
        /// The file.
        path: PathBuf,
        /// How many there are.
        rows: u64,
        /// How many there should be.
        promised: u64,
    },
    /// Its rows have no such column.
    #[error("{0} is not used: its rows name no {1}")]
    OtherPart(PathBuf, crate::Part),
    /// It is longer than any such file.
    #[error("{0} is not used: it has more rows, or longer names, than any such file")]
    TooLong(PathBuf),
    /// The data that the program brings with it is spoiled: the program is.
    #[error("the countries that come with the program cannot be read")]
    BuiltIn,
}

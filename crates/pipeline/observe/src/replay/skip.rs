//! Why a file or a mail was not taken, in texts that stay the same, so that they can be counted.

use std::fmt;
use std::io;
use std::path::PathBuf;

use atalaya_formats::received::Unsourced;

/// Why something was passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// It does not begin with the fields of a mail.
    NotAMail,
    /// It is longer than `replay.max_message_size`.
    TooLong,
    /// The system refused to read it, for this reason.
    Unreadable(String),
    /// It is a symbolic link inside a folder. Those are not followed: they can lead in circles, or out of the folder.
    SymbolicLink,
    /// It is no file: a pipe, a socket, a device.
    Special,
    /// It is a folder deeper than is followed.
    TooDeep,
    /// It is a mail, and no server that is trusted says when it came.
    Undated,
    /// It is a mail, and who sent it cannot be told.
    Unsourced(Unsourced),
}

impl From<io::Error> for Skip {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

/// The stable text. What differs from case to case is not in it.
impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAMail => f.write_str("not a mail"),
            Self::TooLong => f.write_str("longer than replay.max_message_size"),
            Self::Unreadable(_) => f.write_str("cannot be read"),
            Self::SymbolicLink => f.write_str("a symbolic link, not followed"),
            Self::Special => f.write_str("not a regular file"),
            Self::TooDeep => f.write_str("a folder too deep"),
            Self::Undated => f.write_str("no trusted server wrote when it came"),
            Self::Unsourced(why) => why.fmt(f),
        }
    }
}

/// A path that was asked for is not there, or may not be read. The caller can name another one.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}", path = path.display())]
pub struct NoSuchPath {
    /// The path.
    pub path: PathBuf,
    /// What the system says.
    pub source: io::Error,
}

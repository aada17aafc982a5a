//! The milter protocol: what a mail server tells a mail filter, and what the filter answers (Sendmail's `libmilter/mfdef.h`, Postfix's `MILTER_README`).
//!
//! In: bytes of a connection, in pieces of any size. Out: a [`Command`] for each packet, and the bytes of a [`Reply`]. A packet is a length of four
//! bytes, a letter, and data. Whether a command is in its place is not asked here: servers differ, and the one who answers knows.

mod command;
mod options;
mod reader;
mod reply;
#[cfg(test)]
mod tests;

pub use self::command::{Client, Command, Header, Macros, Stage};
pub use self::options::{Options, actions, steps};
pub use self::reader::{MAX_PACKET, NoCommand, Reader};
pub use self::reply::{MAX_TEXT, Reply};

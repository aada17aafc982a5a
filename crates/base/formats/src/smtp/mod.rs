//! SMTP as a server hears it: command lines, the text behind DATA, the chunks behind BDAT.
//!
//! In: bytes in pieces of any size. Out: [`Command`]s and messages, with the odd things noted that tell a spam program from a mail
//! server. Lenient where a sloppy client is understood all the same, strict where leniency would let one message look like two.
//! Nothing here does I/O, and nothing here panics, whatever the bytes.

mod body;
mod command;
mod data;
mod dialect;
mod oddity;
pub(crate) mod path;
mod reader;
mod walk;

pub use body::Body;
pub use command::{Command, MailCommand, Parsed, Refusal};
pub use data::oddities_of_chunks;
pub use dialect::{Dialect, Ending, Parties, hello_class, programs};
pub use oddity::{Oddities, Oddity};
pub use path::Address;
pub use reader::{Event, Reader, Step};
pub use walk::{Heard, walk};

//! A world of bots whose truth is known: how many there are, how each looks and speaks, when it sends, and what a trap sees of it.
//!
//! Nothing here is a botnet that existed. The numbers of bots and messages have the shape of a table of 2008; looks, dialects and names are made up, and
//! stacks are such as Linux can be made to show, so that the same bots can be written down as observations or really connect
//! ([`Namespace`]). All of it follows from a seed.

mod chance;
mod kinds;
mod look;
mod namespace;
mod words;
mod world;

pub use self::kinds::{COVERAGE, KINDS};
pub use self::look::{Hello, Kind, Named, Place, Rate, Speech, Stack};
pub use self::namespace::Namespace;
pub use self::words::{SIGNATURES, catalogue, networks};
pub use self::world::{Day, Sent, Truth, World};

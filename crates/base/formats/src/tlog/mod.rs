//! The public log of decisions, as bytes: a Merkle tree that only grows, in the forms that logs of certificates and of Go's modules use.
//!
//! The tree is that of RFC 6962 with SHA-256; its hashes are served in tiles of 256 (c2sp.org/tlog-tiles), its head as a signed note
//! (c2sp.org/tlog-checkpoint, c2sp.org/signed-note), and a proof of one entry as a file (c2sp.org/tlog-proof). Nothing here signs or verifies a
//! signature: what is to be signed, and with which key, is told.
//!
//! What an entry says of an address stands behind a seal ([`seal`]): the digest of a random salt and of the text. Whoever has both can
//! show that the log holds them; once the salt is deleted, nobody can tell any more whom the entry was about.

mod entry;
mod hash;
mod note;
mod proof;
mod tile;

pub use entry::{LogEntry, Opening, SALT, SealError, Shown, read_bundle, seal, write_bundle};
pub use hash::{Edge, Made, fold, join, leaf, node};
pub use note::{Checkpoint, LogKey, Note, NoteSignature, write_note};
pub use proof::{Proof, Range, Subtree, path, root_of};
pub use tile::{TILE, Tile, TileKind, width};

/// Why a form of the log cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogError {
    /// It is not what its kind should look like.
    #[error("not a {0}")]
    Malformed(&'static str),
    /// It is larger than anything that is right.
    #[error("the {0} is too large")]
    TooLarge(&'static str),
}

#[cfg(test)]
mod tests;

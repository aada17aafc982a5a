//! Checking a log from outside, as anybody may: its signature, that it goes on from what was seen before, and every entry since.

use atalaya_formats::tlog::{
    Checkpoint, Edge, LogEntry, LogKey, Note, Opening, Proof, Shown, TILE, Tile, TileKind, TlogError, leaf,
    read_bundle, root_of,
};
use atalaya_model::Digest;

use super::signer::is_signed;

/// What is wrong with a log, or with a proof.
#[derive(Debug, thiserror::Error)]
pub enum AuditError<E> {
    /// It could not be fetched: nothing is known.
    #[error("{path} could not be fetched")]
    Fetch {
        /// What.
        path: String,
        /// Why.
        #[source]
        error: E,
    },
    /// It is not what it should be.
    #[error("{path}: {error}")]
    Form {
        /// What.
        path: String,
        /// Why.
        error: TlogError,
    },
    /// Its head is not signed with the key.
    #[error("the head of the log is not signed with the key {0}")]
    Signature(LogKey),
    /// Its head is that of another log.
    #[error("the head is that of the log `{0}`, and signed with the key of another")]
    Origin(String),
    /// It has lost entries.
    #[error("the log has {now} entries, and had {before}: it was cut")]
    Shrunk {
        /// How many it had.
        before: u64,
        /// How many it has.
        now: u64,
    },
    /// What was seen before is not in it any more.
    #[error(
        "the log of {now} entries does not hold the {before} that were seen before: its history was changed"
    )]
    Forked {
        /// How many were seen.
        before: u64,
        /// How many it has.
        now: u64,
    },
    /// What it serves does not lead to its head.
    #[error("the {0} entries of the log do not lead to its signed root")]
    Root(u64),
    /// An entry does not say the serial of its place.
    #[error("the entry at {0} is of another place")]
    Place(u64),
    /// A proof does not lead to the head.
    #[error("the proof does not lead to the signed root")]
    Proof,
    /// What a proof shows is not what was sealed.
    #[error("what the proof shows is not what stands in the log: {0}")]
    Seal(#[from] atalaya_formats::tlog::SealError),
}

/// What was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// The head.
    pub checkpoint: Checkpoint,
    /// Entries that were read and lead to it.
    pub read: u64,
}

/// The head of a note, if the key has signed it.
fn head_of<E>(note: &str, key: &LogKey) -> Result<Checkpoint, AuditError<E>> {
    let form = |error| AuditError::Form {
        path: "checkpoint".to_owned(),
        error,
    };
    let note = Note::read(note).map_err(form)?;
    if !is_signed(&note, key) {
        return Err(AuditError::Signature(key.clone()));
    }
    let checkpoint = Checkpoint::read(&note.text).map_err(form)?;
    if checkpoint.origin != key.name() {
        return Err(AuditError::Origin(checkpoint.origin));
    }
    Ok(checkpoint)
}

/// Checks a log whose checkpoint is `note`.
///
/// `key` must have signed it, it must hold what was `known` before, and all entries since must lead to its root. `fetch` gives what stands at a path below the log's address; `tell` hears how many entries are read.
///
/// # Errors
/// What is wrong, or what could not be fetched.
pub async fn audit<E>(
    note: &str,
    key: &LogKey,
    known: Option<&Checkpoint>,
    fetch: impl AsyncFn(&str) -> Result<Vec<u8>, E>,
    mut tell: impl FnMut(u64),
) -> Result<Audited, AuditError<E>> {
    let checkpoint = head_of(note, key)?;
    let mut edge = match known {
        Some(known) => edge_at(known, &checkpoint, &fetch).await?,
        None => Edge::default(),
    };
    let before = edge.size();
    for tile in Tile::entries(before, checkpoint.size) {
        let path = format!("tile/{tile}");
        let bundle = fetched(&fetch, &path).await?;
        let form = |error| AuditError::Form {
            path: path.clone(),
            error,
        };
        let entries = read_bundle(&bundle).map_err(form)?;
        if entries.len() != usize::from(tile.width) {
            return Err(form(TlogError::Malformed("bundle of so many entries")));
        }
        for (index, bytes) in (tile.first()..).zip(entries) {
            if index < edge.size() {
                continue;
            }
            let entry = LogEntry::read(bytes).map_err(form)?;
            if entry.serial.0.checked_sub(1) != Some(index) {
                return Err(AuditError::Place(index));
            }
            edge.push(leaf(bytes));
        }
        tell(edge.size().saturating_sub(before));
    }
    if edge.root() != checkpoint.root {
        return Err(AuditError::Root(checkpoint.size));
    }
    Ok(Audited {
        read: edge.size().saturating_sub(before),
        checkpoint,
    })
}

/// The right edge of the tree that was known, out of the tiles of the tree that is now; they must lead to the known root.
async fn edge_at<E>(
    known: &Checkpoint,
    now: &Checkpoint,
    fetch: &impl AsyncFn(&str) -> Result<Vec<u8>, E>,
) -> Result<Edge, AuditError<E>> {
    let (before, size) = (known.size, now.size);
    if size < before {
        return Err(AuditError::Shrunk { before, now: size });
    }
    let forked = || AuditError::Forked { before, now: size };
    if known.origin != now.origin || (size == before && known.root != now.root) {
        return Err(forked());
    }
    let mut levels = Vec::new();
    for ((level, first, width), (_, last, rest)) in Edge::shape(before).zip(Edge::shape(size)) {
        let mut hashes = Vec::new();
        if width > 0 {
            let tile = Tile {
                kind: TileKind::Hashes(level),
                number: first >> 8,
                // By now the tile may be full.
                width: if last == first { rest } else { TILE },
            };
            let path = format!("tile/{tile}");
            let bytes = fetched(fetch, &path).await?;
            let parts = bytes.as_chunks::<32>().0.iter().take(width.into());
            hashes.extend(parts.map(|hash| Digest(*hash)));
        }
        levels.push(hashes);
    }
    let edge = Edge::of(before, levels).ok_or_else(forked)?;
    match edge.root() == known.root {
        true => Ok(edge),
        false => Err(forked()),
    }
}

async fn fetched<E>(
    fetch: &impl AsyncFn(&str) -> Result<Vec<u8>, E>,
    path: &str,
) -> Result<Vec<u8>, AuditError<E>> {
    fetch(path).await.map_err(|error| AuditError::Fetch {
        path: path.to_owned(),
        error,
    })
}

/// Checks a proof without asking anybody: the key has signed its head, the entry leads to it, and what is shown is what was sealed.
///
/// # Errors
/// What is wrong.
pub fn check_proof(
    proof: &Proof,
    key: &LogKey,
) -> Result<(Checkpoint, LogEntry, Option<Opening>), AuditError<std::convert::Infallible>> {
    let checkpoint = head_of(&proof.checkpoint, key)?;
    let shown = proof
        .extra
        .as_deref()
        .and_then(|extra| serde_json::from_slice(extra).ok());
    let shown: Shown = shown.ok_or(atalaya_formats::tlog::SealError::Entry)?;
    let place = (proof.index, checkpoint.size);
    if root_of(leaf(shown.entry.as_bytes()), place, &proof.hashes) != Some(checkpoint.root) {
        return Err(AuditError::Proof);
    }
    let (entry, opening) = shown.open()?;
    if entry.serial.0.checked_sub(1) != Some(proof.index) {
        return Err(AuditError::Place(proof.index));
    }
    Ok((checkpoint, entry, opening))
}

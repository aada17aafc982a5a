//! What others fetch of the log: tiles, entries, proofs.

use std::sync::Arc;

use atalaya_formats::tlog::{
    LogEntry, Opening, Proof, Range, Shown, Subtree, Tile, TileKind, fold, join, leaf, path, root_of, seal,
    write_bundle,
};
use atalaya_model::{Digest, Serial};
use atalaya_store::{LogHead, LoggedDecision, Opens};
use data_encoding::HEXLOWER;

use super::shelf::KeptTile;
use super::{LogError, PublicLog};

impl PublicLog {
    /// The bytes of a tile; none where the log that is shown does not have it.
    ///
    /// # Errors
    /// The store failed, or what it holds is damaged.
    pub async fn tile(&self, tile: Tile) -> Result<Option<Vec<u8>>, LogError> {
        if !self.head().is_some_and(|head| tile.is_of(head.size)) {
            return Ok(None);
        }
        let (first, width) = (tile.first(), usize::from(tile.width));
        let bytes = match tile.kind {
            TileKind::Hashes(level) => {
                let hashes = self.store.log_hashes(level, first, tile.width.into()).await?;
                (hashes.len() == width).then(|| hashes.iter().flat_map(|hash| hash.0).collect())
            }
            TileKind::Entries => {
                let logged = self.store.logged(Serial(first), tile.width.into()).await?;
                let entries: Vec<Vec<u8>> = logged.iter().map(entry_of).collect::<Result<_, _>>()?;
                let bundle = write_bundle(entries.iter().map(Vec::as_slice))?;
                (entries.len() == width).then_some(bundle)
            }
        };
        let bytes = bytes.ok_or_else(|| LogError::Damaged(format!("the tile {tile} is not whole")))?;
        Ok(Some(bytes))
    }

    /// The proof that a decision stands in the log, with what opens its seal: only for those who know already whom it is about. None where the log
    /// that is shown does not have it.
    ///
    /// # Errors
    /// The store failed, or what it holds is damaged.
    pub async fn prove(&self, serial: Serial) -> Result<Option<Proof>, LogError> {
        let Some((head, index)) = self.place_of(serial) else {
            return Ok(None);
        };
        let logged = self.store.logged(Serial(index), 1).await?;
        let logged = logged.first().ok_or_else(|| missing(serial))?;
        let hashes = self.path_of(index, &head, logged.leaf).await?;
        let entry = String::from_utf8(entry_of(logged)?).map_err(|_bytes| missing(serial))?;
        let (salt, opening) = match logged.opens {
            Opens::Salt(salt) => (Some(HEXLOWER.encode(&salt)), Some(Opening::text(&logged.decided))),
            Opens::Forgotten(_) => (None, None),
        };
        let shown = Shown { entry, salt, opening };
        Ok(Some(Proof {
            extra: serde_json::to_vec(&shown).ok(),
            index,
            hashes,
            checkpoint: head.note.clone(),
        }))
    }

    /// Where a decision stands in the log that is shown, from 0.
    #[must_use]
    pub fn place(&self, serial: Serial) -> Option<u64> {
        self.place_of(serial).map(|(_, index)| index)
    }

    fn place_of(&self, serial: Serial) -> Option<(Arc<LogHead>, u64)> {
        let index = serial.0.checked_sub(1)?;
        let head = self.head()?;
        (index < head.size).then_some((head, index))
    }

    /// The hashes that lead from an entry to the root of the head. What is kept in memory is not believed: where it does not lead there, the log is
    /// another one by now, and everything is read anew.
    async fn path_of(&self, index: u64, head: &LogHead, leaf: Digest) -> Result<Vec<Digest>, LogError> {
        for _again in 0..2 {
            let mut hashes = Vec::new();
            for range in path(index, head.size).unwrap_or_default() {
                hashes.push(self.kept_hash_of(range, head.size).await?);
            }
            if root_of(leaf, (index, head.size), &hashes) == Some(head.root) {
                return Ok(hashes);
            }
            self.shelf.empty();
        }
        let size = head.size;
        Err(LogError::Damaged(format!(
            "the entry {index} does not lead to the root at {size}"
        )))
    }

    /// The hash of a range of entries of a tree of that size, out of tiles in memory as far as they are there.
    async fn kept_hash_of(&self, range: Range, size: u64) -> Result<Digest, LogError> {
        let mut above = Vec::new();
        for subtree in range.subtrees() {
            let kept = self
                .shelf
                .tile_of(subtree)
                .and_then(|tile| tile.hash_above(subtree));
            above.push(match kept {
                Some(hash) => hash,
                None => self.read_tile_of(subtree, size).await?,
            });
        }
        Ok(join(above))
    }

    /// Reads the tile that a subtree stands in, as wide as it is in a tree of that size, and keeps it; gives the hash above the subtree.
    async fn read_tile_of(&self, subtree: Subtree, size: u64) -> Result<Digest, LogError> {
        let (tile, level) = (subtree.tile(size), subtree.level);
        let hashes = self
            .store
            .log_hashes(level, tile.first(), tile.width.into())
            .await?;
        let tile = Arc::new(KeptTile::new(hashes));
        let hash = tile
            .hash_above(subtree)
            .ok_or_else(|| hashes_missing(level, subtree.first))?;
        self.shelf.keep(subtree, &tile);
        Ok(hash)
    }

    /// The hash of a range of entries, as the store has it.
    pub(super) async fn hash_of(&self, range: Range) -> Result<Digest, LogError> {
        let mut above = Vec::new();
        for subtree in range.subtrees() {
            let count = usize::from(subtree.count);
            let hashes = self
                .store
                .log_hashes(subtree.level, subtree.first, subtree.count.into())
                .await?;
            if hashes.len() != count {
                return Err(hashes_missing(subtree.level, subtree.first));
            }
            above.push(fold(&hashes));
        }
        Ok(join(above))
    }
}

/// The bytes of an entry, made again from its decision; they must be those that were hashed.
fn entry_of(logged: &LoggedDecision) -> Result<Vec<u8>, LogError> {
    let sealed = match logged.opens {
        Opens::Salt(salt) => seal(&salt, &Opening::text(&logged.decided)),
        Opens::Forgotten(sealed) => sealed,
    };
    let bytes = LogEntry::new(&logged.decided, sealed).bytes()?;
    if leaf(&bytes) != logged.leaf {
        let serial = logged.decided.serial;
        return Err(LogError::Damaged(format!(
            "the decision {serial} is not the one that was logged"
        )));
    }
    Ok(bytes)
}

fn hashes_missing(level: u8, first: u64) -> LogError {
    LogError::Damaged(format!("hashes of level {level} are missing from {first} on"))
}

fn missing(serial: Serial) -> LogError {
    LogError::Damaged(format!("the entry of the decision {serial} is missing"))
}

//! The hashes of the tree that proofs have needed, whole tiles in memory, so that a proof asks the store for little.
//!
//! In: the hashes of a tile. Out: the hash above full neighbours in it. A tile only grows: what stands in it never changes while the log is the same.
//! Whether it is the same is not known here; whoever makes a proof holds it against the signed root, and empties the shelf where it does not lead there.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atalaya_formats::tlog::{Subtree, node};
use atalaya_model::Digest;

/// Tiles that are kept: 16 kB each. Above the leaves a log of five million entries has 78; the rest is for the leaves that were asked for last.
const MOST_TILES: usize = 512;

/// A tile's level and number.
type Place = (u8, u64);

/// The tiles that were used last.
#[derive(Default)]
pub(super) struct Shelf {
    tiles: Mutex<Tiles>,
}

#[derive(Default)]
struct Tiles {
    kept: HashMap<Place, Kept>,
    /// Uses so far.
    uses: u64,
}

struct Kept {
    tile: Arc<KeptTile>,
    /// The use that was its last.
    used: u64,
}

/// The hashes of a tile, and those above its full subtrees: row `n` holds those above 2^n neighbours.
#[derive(Debug)]
pub(super) struct KeptTile {
    rows: Vec<Vec<Digest>>,
}

impl KeptTile {
    /// Makes all that can be known from the hashes of a tile.
    pub(super) fn new(hashes: Vec<Digest>) -> Self {
        let mut rows = Vec::new();
        let mut row = hashes;
        while !row.is_empty() {
            let pairs = row.as_chunks::<2>().0.iter();
            let above = pairs.map(|[left, right]| node(left, right)).collect();
            rows.push(std::mem::replace(&mut row, above));
        }
        Self { rows }
    }

    /// The hash above full neighbours of this tile; none where it was not as wide yet.
    pub(super) fn hash_above(&self, subtree: Subtree) -> Option<Digest> {
        let height = subtree.count.checked_ilog2()?;
        let row = self.rows.get(usize::try_from(height).ok()?)?;
        let first = subtree.first & 0xff;
        row.get(usize::try_from(first >> height).ok()?).copied()
    }
}

impl Shelf {
    /// The tile that a subtree stands in, if it is kept.
    pub(super) fn tile_of(&self, subtree: Subtree) -> Option<Arc<KeptTile>> {
        let mut tiles = self.lock();
        tiles.uses = tiles.uses.saturating_add(1);
        let used = tiles.uses;
        let kept = tiles.kept.get_mut(&place_of(subtree))?;
        kept.used = used;
        Some(Arc::clone(&kept.tile))
    }

    /// Keeps a tile, in the place of the one that was not used for longest where there are too many.
    pub(super) fn keep(&self, subtree: Subtree, tile: &Arc<KeptTile>) {
        let mut tiles = self.lock();
        tiles.uses = tiles.uses.saturating_add(1);
        let kept = Kept {
            tile: Arc::clone(tile),
            used: tiles.uses,
        };
        tiles.kept.insert(place_of(subtree), kept);
        if tiles.kept.len() > MOST_TILES {
            let oldest = tiles.kept.iter().min_by_key(|(_, kept)| kept.used);
            if let Some(place) = oldest.map(|(place, _)| *place) {
                tiles.kept.remove(&place);
            }
        }
    }

    /// Forgets everything.
    pub(super) fn empty(&self) {
        self.lock().kept.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Tiles> {
        // Whoever panicked left whole tiles behind.
        self.tiles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shelf({} tiles)", self.lock().kept.len())
    }
}

/// Where the tile of a subtree stands.
const fn place_of(subtree: Subtree) -> Place {
    (subtree.level, subtree.first >> 8)
}

#[cfg(test)]
mod tests {
    use atalaya_formats::tlog::{fold, leaf};

    use super::*;

    fn hashes(count: u8) -> Vec<Digest> {
        (0..count).map(|number| leaf(&[number])).collect()
    }

    const fn subtree(level: u8, first: u64, count: u16) -> Subtree {
        Subtree { level, first, count }
    }

    #[test]
    fn a_kept_tile_knows_what_stands_above_each_of_its_full_subtrees_and_no_more() {
        let hashes = hashes(200);
        let tile = KeptTile::new(hashes.clone());
        for (first, count) in [(0, 1), (199, 1), (0, 128), (128, 64), (196, 4), (6, 2)] {
            let part = &hashes[first..first + usize::from(count)];
            let found = tile.hash_above(subtree(0, 512 + first as u64, count));
            assert_eq!(found, Some(fold(part)), "{first} {count}");
        }
        for (first, count) in [(200, 1), (128, 128), (192, 16), (0, 256)] {
            assert_eq!(tile.hash_above(subtree(0, first, count)), None, "{first} {count}");
        }
        assert_eq!(KeptTile::new(Vec::new()).hash_above(subtree(0, 0, 1)), None);
    }

    #[test]
    fn the_shelf_keeps_what_was_used_last_and_never_more_than_its_limit() {
        let shelf = Shelf::default();
        let tile = Arc::new(KeptTile::new(hashes(1)));
        let first = subtree(2, 0, 1);
        shelf.keep(first, &tile);
        for number in 0..2 * MOST_TILES as u64 {
            shelf.keep(subtree(0, number * 256, 1), &tile);
            assert!(shelf.tile_of(first).is_some());
        }
        assert_eq!(shelf.lock().kept.len(), MOST_TILES);
        assert!(shelf.tile_of(subtree(0, 7, 1)).is_none());
        shelf.empty();
        assert!(shelf.tile_of(first).is_none());
    }
}

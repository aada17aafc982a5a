//! The Merkle tree of RFC 6962: hashes of entries, of pairs, and of a tree that grows at its right edge.

use atalaya_model::Digest;
use sha2::{Digest as _, Sha256};

use super::tile::{TILE, hashes, width};

/// Levels of tiles that a tree can have: 2^64 entries stand below eight.
const MOST_LEVELS: u8 = 8;

/// The hash of an entry.
#[must_use]
pub fn leaf(entry: &[u8]) -> Digest {
    let hash = Sha256::new().chain_update([0x00]).chain_update(entry);
    Digest(hash.finalize().into())
}

/// The hash above two.
#[must_use]
pub fn node(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new().chain_update([0x01]);
    Digest(hash.chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The hash above neighbours of one height, in their order. Of as many as a power of two it is that of their full subtree; of others that of a tree
/// which ends with them; of none that of the empty tree.
#[must_use]
pub fn fold(hashes: &[Digest]) -> Digest {
    join(peaks(hashes))
}

/// The hashes of the full subtrees that such neighbours make, the largest first.
fn peaks(hashes: &[Digest]) -> Vec<Digest> {
    let mut peaks = Vec::new();
    let mut rest = hashes;
    while let Some(height) = rest.len().checked_ilog2() {
        let (full, behind) = rest.split_at(1 << height);
        peaks.extend(full_root(full));
        rest = behind;
    }
    peaks
}

/// The hash above as many neighbours as a power of two.
fn full_root(hashes: &[Digest]) -> Option<Digest> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        let pairs = row.chunks_exact(2);
        row = pairs
            .filter_map(|pair| Some(node(pair.first()?, pair.last()?)))
            .collect();
    }
    row.first().copied()
}

/// The hash above full subtrees whose sizes fall from left to right; above none that of the empty tree.
#[must_use]
pub fn join(subtrees: Vec<Digest>) -> Digest {
    let above = subtrees
        .into_iter()
        .rev()
        .reduce(|right, left| node(&left, &right));
    above.unwrap_or_else(|| Digest(Sha256::digest([]).into()))
}

/// A hash above a full tile, which was made when the tile became full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The level of tiles that it stands in.
    pub level: u8,
    /// Its place in that level.
    pub number: u64,
    /// The hash.
    pub hash: Digest,
}

/// The right edge of a tree: the hashes of the tiles that are not full yet. It is all that growing needs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// The hashes of the last tile of each level, from the leaves up.
    levels: Vec<Vec<Digest>>,
}

impl Edge {
    /// How many hashes the edge of a tree of that size has in each level, from the leaves up, and the place of the first.
    pub fn shape(size: u64) -> impl Iterator<Item = (u8, u64, u16)> {
        (0..MOST_LEVELS).map_while(move |level| {
            let (all, width) = (hashes(size, level), width(size, level));
            (all > 0).then(|| (level, all.saturating_sub(u64::from(width)), width))
        })
    }

    /// Puts an edge together from hashes that were read; none where they are not as many as [`Self::shape`] says.
    #[must_use]
    pub fn of(size: u64, levels: Vec<Vec<Digest>>) -> Option<Self> {
        let widths: Vec<usize> = Self::shape(size)
            .map(|(_, _, width)| usize::from(width))
            .collect();
        let are_right = levels.iter().map(Vec::len).eq(widths);
        are_right.then_some(Self { size, levels })
    }

    /// How many entries the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds an entry by its hash; gives the hashes above the tiles that became full, from the lowest up.
    pub fn push(&mut self, leaf: Digest) -> Vec<Made> {
        self.size = self.size.saturating_add(1);
        let mut made = Vec::new();
        let mut rising = leaf;
        for level in 0..MOST_LEVELS {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::new());
            }
            let Some(tile) = self.levels.get_mut(usize::from(level)) else {
                break;
            };
            tile.push(rising);
            if tile.len() < usize::from(TILE) {
                break;
            }
            rising = fold(tile);
            tile.clear();
            let above = level.saturating_add(1);
            let full = hashes(self.size, above);
            made.push(Made {
                level: above,
                number: full.saturating_sub(1),
                hash: rising,
            });
        }
        made
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Digest {
        let peaks = self.levels.iter().rev().flat_map(|tile| peaks(tile));
        join(peaks.collect())
    }
}

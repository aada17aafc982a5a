//! The proof that an entry stands in a log (RFC 6962 section 2.1.1), and its file (c2sp.org/tlog-proof).

use std::fmt;
use std::str::FromStr;

use atalaya_model::Digest;
use data_encoding::BASE64;

use super::TlogError;
use super::hash::node;
use super::note::digest;
use super::tile::{TILE, Tile, TileKind, hashes};

/// Hashes of a proof: a tree of 2^64 entries needs no more.
const MOST_HASHES: usize = 64;
/// The largest file that is read.
const MAX_FILE: usize = 256 * 1024;
/// Its first line.
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Entries from `start` to before `end`, whose hash a proof needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub start: u64,
    /// The one behind the last.
    pub end: u64,
}

/// Neighbours of one level of tiles that a full subtree stands on: `count` is a power of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    /// The level of tiles.
    pub level: u8,
    /// The place of the first in that level.
    pub first: u64,
    /// How many.
    pub count: u16,
}

impl Range {
    /// The full subtrees of the range, the largest first; the hash of the range is that above all of them.
    #[must_use]
    pub fn subtrees(self) -> Vec<Subtree> {
        let mut subtrees = Vec::new();
        let mut start = self.start;
        while let Some(height) = self.end.saturating_sub(start).checked_ilog2() {
            // Heights are below 64.
            let level = u8::try_from(height >> 3).unwrap_or_default();
            subtrees.push(Subtree {
                level,
                first: hashes(start, level),
                count: 1 << (height & 7),
            });
            start = start.saturating_add(1 << height);
        }
        subtrees
    }
}

impl Subtree {
    /// The tile that it stands in, as wide as a tree of that size has it.
    #[must_use]
    pub fn tile(self, size: u64) -> Tile {
        let number = self.first >> 8;
        let wide = hashes(size, self.level).saturating_sub(number.saturating_mul(TILE.into()));
        Tile {
            kind: TileKind::Hashes(self.level),
            number,
            width: u16::try_from(wide).unwrap_or(TILE).min(TILE),
        }
    }
}

/// The ranges whose hashes lead from an entry to the root, from the entry up; none where the tree does not have it.
#[must_use]
pub fn path(index: u64, size: u64) -> Option<Vec<Range>> {
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, size);
    if index >= size {
        return None;
    }
    while let Some(height) = end.saturating_sub(start).saturating_sub(1).checked_ilog2() {
        // The largest power of two that is smaller than the range.
        let middle = start.saturating_add(1 << height);
        if index < middle {
            ranges.push(Range { start: middle, end });
            end = middle;
        } else {
            ranges.push(Range { start, end: middle });
            start = middle;
        }
    }
    ranges.reverse();
    Some(ranges)
}

/// The root that a proof leads to from the hash of an entry; none where the proof has not the length that such a tree needs.
#[must_use]
pub fn root_of(leaf: Digest, (index, size): (u64, u64), hashes: &[Digest]) -> Option<Digest> {
    let ranges = path(index, size)?;
    if ranges.len() != hashes.len() {
        return None;
    }
    let pairs = ranges.iter().zip(hashes);
    Some(
        pairs.fold(leaf, |below, (range, hash)| match range.start > index {
            true => node(&below, hash),
            false => node(hash, &below),
        }),
    )
}

/// A proof as a file that can be checked without asking anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What belongs to it and is proven by nothing in here: for us, [`super::Shown`] as JSON.
    pub extra: Option<Vec<u8>>,
    /// The place of the entry in the log.
    pub index: u64,
    /// The hashes, from the entry up.
    pub hashes: Vec<Digest>,
    /// The signed checkpoint, as it came.
    pub checkpoint: String,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", BASE64.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", BASE64.encode(&hash.0))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for Proof {
    type Err = TlogError;

    fn from_str(text: &str) -> Result<Self, TlogError> {
        if text.len() > MAX_FILE {
            return Err(TlogError::TooLarge("proof"));
        }
        read(text).ok_or(TlogError::Malformed("proof of a log (c2sp.org/tlog-proof@v1)"))
    }
}

fn read(text: &str) -> Option<Proof> {
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.split('\n').peekable();
    lines.next().filter(|line| *line == FIRST_LINE)?;
    let extra = match lines.next_if(|line| line.starts_with("extra ")) {
        Some(line) => Some(BASE64.decode(line.strip_prefix("extra ")?.as_bytes()).ok()?),
        None => None,
    };
    let number = lines.next()?.strip_prefix("index ")?;
    let index: u64 = number.parse().ok()?;
    let hashes: Vec<Digest> = lines
        .take(MOST_HASHES.saturating_add(1))
        .map(digest)
        .collect::<Option<_>>()?;
    let is_right = index.to_string() == number && hashes.len() <= MOST_HASHES;
    is_right.then(|| Proof {
        extra,
        index,
        hashes,
        checkpoint: checkpoint.to_owned(),
    })
}

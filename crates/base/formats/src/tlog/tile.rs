//! Where the hashes and entries of a log are served: tiles of 256, named by level, number and width (c2sp.org/tlog-tiles).

use std::fmt;
use std::str::FromStr;

use super::TlogError;

/// Hashes in a full tile.
pub const TILE: u16 = 256;
/// The highest level: a tree of 2^64 entries has no more.
const LAST_LEVEL: u8 = 7;
/// The longest path: seven elements of digits hold every number.
const MAX_PATH: usize = 64;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TileKind {
    /// Hashes of that level; those of entries are level 0.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// A tile by its place: `0/x001/234` behind `tile/`, with `.p/5` at the end where it is not full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its place among those of its kind.
    pub number: u64,
    /// How many it holds, 1 to 256.
    pub width: u16,
}

/// How many hashes the last tile of a level has that is not full, in a tree of that size.
#[must_use]
pub const fn width(size: u64, level: u8) -> u16 {
    let [.., lowest] = hashes(size, level).to_be_bytes();
    lowest as u16
}

/// How many hashes a level has in a tree of that size.
pub(super) const fn hashes(size: u64, level: u8) -> u64 {
    match size.checked_shr((level as u32).saturating_mul(8)) {
        Some(hashes) => hashes,
        None => 0,
    }
}

impl Tile {
    /// The level of what it holds; entries stand where their hashes do.
    #[must_use]
    pub const fn level(&self) -> u8 {
        match self.kind {
            TileKind::Hashes(level) => level,
            TileKind::Entries => 0,
        }
    }

    /// The place of its first hash in its level.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.number.saturating_mul(TILE as u64)
    }

    /// Whether a tree of that size has it: full, or with so many hashes.
    #[must_use]
    pub const fn is_of(&self, size: u64) -> bool {
        hashes(size, self.level()).saturating_sub(self.first()) >= self.width as u64
    }

    /// The tiles that hold the entries of a tree from `first` on, in their order.
    pub fn entries(first: u64, size: u64) -> impl Iterator<Item = Self> {
        let begin = first >> 8;
        (begin..).map_while(move |number| {
            let left = size.saturating_sub(number.saturating_mul(u64::from(TILE)));
            let width = u16::try_from(left).unwrap_or(TILE).min(TILE);
            (width > 0).then_some(Self {
                kind: TileKind::Entries,
                number,
                width,
            })
        })
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TileKind::Hashes(level) => write!(f, "{level}/")?,
            TileKind::Entries => f.write_str("entries/")?,
        }
        let digits = self.number.to_string();
        let short = digits.len() % 3;
        let padding = if short == 0 {
            ""
        } else {
            "00".get(short.saturating_sub(1)..).unwrap_or_default()
        };
        let padded = format!("{padding}{digits}");
        let (above, last) = padded.split_at(padded.len().saturating_sub(3));
        for group in above.as_bytes().chunks(3) {
            write!(f, "x{}/", String::from_utf8_lossy(group))?;
        }
        f.write_str(last)?;
        match self.width {
            TILE => Ok(()),
            width => write!(f, ".p/{width}"),
        }
    }
}

impl FromStr for Tile {
    type Err = TlogError;

    fn from_str(path: &str) -> Result<Self, TlogError> {
        // Read as it comes, and then held against the one way to write it.
        let read = (path.len() <= MAX_PATH).then(|| read(path)).flatten();
        read.filter(|tile| tile.to_string() == path)
            .ok_or(TlogError::Malformed("path of a tile"))
    }
}

fn read(path: &str) -> Option<Tile> {
    let (kind, rest) = path.split_once('/')?;
    let kind = match kind {
        "entries" => TileKind::Entries,
        level => TileKind::Hashes(level.parse().ok().filter(|level| *level <= LAST_LEVEL)?),
    };
    let (places, width) = match rest.split_once(".p/") {
        Some((places, width)) => (
            places,
            width.parse().ok().filter(|width| (1..TILE).contains(width))?,
        ),
        None => (rest, TILE),
    };
    let mut number = 0_u64;
    for place in places.split('/') {
        let digits: u64 = place.strip_prefix('x').unwrap_or(place).parse().ok()?;
        number = number.checked_mul(1_000)?.checked_add(digits)?;
    }
    Some(Tile { kind, number, width })
}

//! A segment as it is kept and handed on.
//!
//! ```text
//! "ATALAYA DAY 1\n"  then, packed with zstd:
//! length and JSON of the profiles | number of cells
//! one column after the other:  kind and distance of the sender | profile | hour | first | last - first | the four counts
//! ```
//!
//! All numbers are LEB128. Senders are sorted, so that the distance from the one before is small; columns hold like beside like, which
//! packs to about seven bytes a cell.

use super::bytes::put;
use super::{Cell, MOST_CELLS, MOST_PROFILES, Segment};
use crate::counts::Counts;
use crate::sender::Sender;

/// What every segment begins with.
pub(super) const MAGIC: &[u8] = b"ATALAYA DAY 1\n";
/// How hard it is packed: the next levels take twice as long for a few percent.
const LEVEL: i32 = 3;
/// Bytes of a cell before packing, about.
const CELL_BYTES: usize = 16;

impl Segment {
    /// Packs it.
    ///
    /// # Errors
    /// It has more cells or profiles than one may have, and could not be read again; or zstd had no memory.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        if self.cells.len() > MOST_CELLS || self.profiles.len() > MOST_PROFILES {
            return Err(std::io::Error::other(
                "more cells or profiles than a segment may have",
            ));
        }
        let bytes = self.to_bytes()?;
        let mut packed = MAGIC.to_vec();
        put(&mut packed, bytes.len() as u64);
        packed.extend(zstd::bulk::compress(&bytes, LEVEL)?);
        Ok(packed)
    }

    /// The bytes that are packed.
    ///
    /// # Errors
    /// The profiles cannot be written, which none does.
    pub fn to_bytes(&self) -> std::io::Result<Vec<u8>> {
        let profiles = serde_json::to_vec(&self.profiles)?;
        let mut bytes = Vec::with_capacity(profiles.len() + self.cells.len() * CELL_BYTES);
        put(&mut bytes, profiles.len() as u64);
        bytes.extend(profiles);
        put(&mut bytes, self.cells.len() as u64);
        self.put_senders(&mut bytes);
        let columns: [fn(&Cell) -> u64; 8] = [
            |cell| cell.profile.into(),
            |cell| cell.hour.into(),
            |cell| cell.first.into(),
            |cell| cell.last.saturating_sub(cell.first).into(),
            |cell| cell.counts.connections,
            |cell| cell.counts.envelopes,
            |cell| cell.counts.recipients,
            |cell| cell.counts.bytes,
        ];
        for column in columns {
            for cell in &self.cells {
                put(&mut bytes, column(cell));
            }
        }
        Ok(bytes)
    }

    fn put_senders(&self, bytes: &mut Vec<u8>) {
        let number = |sender| match sender {
            Sender::V4(bits) => (0, u64::from(bits)),
            Sender::V6(bits) => (1, bits),
        };
        let mut before = (0, 0);
        for cell in &self.cells {
            let (kind, bits) = number(cell.sender);
            let base = if kind == before.0 { before.1 } else { 0 };
            put(bytes, kind);
            put(bytes, bits.wrapping_sub(base));
            before = (kind, bits);
        }
    }
}

/// The counts of a cell from their columns.
pub(super) const fn counts([connections, envelopes, recipients, bytes]: [u64; 4]) -> Counts {
    Counts {
        connections,
        envelopes,
        recipients,
        bytes,
    }
}

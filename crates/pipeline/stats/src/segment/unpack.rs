//! Reads a segment that was kept, or that another machine handed on. Every byte is checked before it is believed.

use super::bytes::{take, take_some};
use super::pack::{MAGIC, counts};
use super::{Cell, MOST_CELLS, MOST_PROFILES, Segment};
use crate::day::Day;
use crate::profile::Profile;
use crate::sender::Sender;

/// Largest segment before packing, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// Longest JSON of profiles.
const MOST_PROFILE_BYTES: u64 = 64 << 20;
/// The last second of a day.
const LAST_SECOND: u64 = 86_399;

/// The bytes are no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the statistics of a day: {0}")]
pub struct BadSegment(&'static str);

impl Segment {
    /// Reads what [`Self::pack`] wrote.
    ///
    /// # Errors
    /// The bytes are something else, damaged, or larger than any segment.
    pub fn unpack(packed: &[u8]) -> Result<Self, BadSegment> {
        let mut rest = packed
            .strip_prefix(MAGIC)
            .ok_or(BadSegment("it begins otherwise"))?;
        let size = take(&mut rest)
            .filter(|size| *size <= MOST_BYTES)
            .ok_or(BadSegment("its size is wrong"))?;
        let size = usize::try_from(size).map_err(|_too_large| BadSegment("its size is wrong"))?;
        let bytes = zstd::bulk::decompress(rest, size)
            .map_err(|_damaged| BadSegment("it is damaged, or larger than it says"))?;
        Self::from_bytes(&bytes)
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// The bytes are something else, or damaged.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, BadSegment> {
        let profiles = profiles(&mut bytes)?;
        let cells = cells(&mut bytes, profiles.len()).ok_or(BadSegment("its cells are damaged"))?;
        if !bytes.is_empty() {
            return Err(BadSegment("something stands behind its end"));
        }
        Ok(Self::new(profiles, cells))
    }
}

fn profiles(bytes: &mut &[u8]) -> Result<Vec<Profile>, BadSegment> {
    let json = take(bytes)
        .filter(|length| *length <= MOST_PROFILE_BYTES)
        .and_then(|length| take_some(bytes, length))
        .ok_or(BadSegment("its profiles are cut off"))?;
    let profiles: Vec<Profile> =
        serde_json::from_slice(json).map_err(|_wrong| BadSegment("its profiles are damaged"))?;
    if profiles.len() > MOST_PROFILES {
        return Err(BadSegment("it has too many profiles"));
    }
    if !profiles.iter().all(Profile::can_be) {
        return Err(BadSegment("it has a profile that no sensor can have seen"));
    }
    Ok(profiles)
}

fn cells(bytes: &mut &[u8], profiles: usize) -> Option<Vec<Cell>> {
    let number = usize::try_from(take(bytes)?)
        .ok()
        .filter(|number| *number <= MOST_CELLS)?;
    let senders = senders(bytes, number)?;
    let profile = column(bytes, number, (profiles as u64).saturating_sub(1))?;
    let hour = column(bytes, number, 23)?;
    let first = column(bytes, number, LAST_SECOND)?;
    let length = column(bytes, number, LAST_SECOND)?;
    let counted = [(); 4].map(|()| column(bytes, number, u64::MAX));
    let [connections, envelopes, recipients, sizes] = counted;
    let counted = [connections?, envelopes?, recipients?, sizes?];
    let mut cells = Vec::with_capacity(number);
    for (place, sender) in senders.into_iter().enumerate() {
        let first = u32::try_from(*first.get(place)?).ok()?;
        let mut four = [0; 4];
        for (count, column) in four.iter_mut().zip(&counted) {
            *count = *column.get(place)?;
        }
        let hour = u8::try_from(*hour.get(place)?).ok()?;
        let last = first.checked_add(u32::try_from(*length.get(place)?).ok()?)?;
        if Day::hour_of(first) != hour || Day::hour_of(last) != hour || u64::from(last) > LAST_SECOND {
            return None;
        }
        cells.push(Cell {
            sender,
            profile: u32::try_from(*profile.get(place)?).ok()?,
            hour,
            first,
            last,
            counts: counts(four),
        });
    }
    Some(cells)
}

/// One column of numbers, none above `most`.
fn column(bytes: &mut &[u8], number: usize, most: u64) -> Option<Vec<u64>> {
    // A number takes a byte at least: what promises more than there is gets no memory.
    if number > bytes.len() {
        return None;
    }
    (0..number)
        .map(|_place| take(bytes).filter(|number| *number <= most))
        .collect()
}

fn senders(bytes: &mut &[u8], number: usize) -> Option<Vec<Sender>> {
    if number > bytes.len() {
        return None;
    }
    let mut before = (0, 0_u64);
    let mut senders = Vec::with_capacity(number);
    for _place in 0..number {
        let kind = take(bytes)?;
        let base = if kind == before.0 { before.1 } else { 0 };
        let bits = base.checked_add(take(bytes)?)?;
        senders.push(match kind {
            0 => Sender::V4(u32::try_from(bits).ok()?),
            1 => Sender::V6(bits),
            _ => return None,
        });
        before = (kind, bits);
    }
    Some(senders)
}

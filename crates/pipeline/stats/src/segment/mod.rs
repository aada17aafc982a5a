//! What was counted of one day, or of a piece of it: cells of sender, profile and hour.
//!
//! Segments add up. Two of the same day make one that is the same, byte for byte, as if all had been counted at once: it does not matter
//! into how many pieces a day was cut, on how many machines it was counted, or in which order they are put together.

mod bytes;
mod pack;
mod unpack;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::counts::Counts;
use crate::profile::Profile;
use crate::sender::Sender;

pub use self::unpack::BadSegment;

/// Most profiles of a segment. A day of real traffic has some thousands; whoever makes up a new one for each connection fills segments, no
/// memory.
pub(crate) const MOST_PROFILES: usize = 1 << 17;
/// Most cells of a segment: some ten megabytes packed.
pub(crate) const MOST_CELLS: usize = 1 << 20;

/// One sender in one hour, looking one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Who.
    pub sender: Sender,
    /// The place of the profile in [`Segment::profiles`].
    pub profile: u32,
    /// The hour, from 0 to 23.
    pub hour: u8,
    /// The second of the day when it was first seen.
    pub first: u32,
    /// The second of the day when it was last seen.
    pub last: u32,
    /// What was counted.
    pub counts: Counts,
}

impl Cell {
    /// What makes it this cell.
    pub(crate) const fn key(&self) -> (Sender, u32, u8) {
        (self.sender, self.profile, self.hour)
    }

    /// Takes in another of the same key.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.counts.add(&other.counts);
    }
}

/// Cells with the profiles that they name. In order, each key once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segment {
    profiles: Vec<Profile>,
    cells: Vec<Cell>,
}

impl Segment {
    /// Puts cells in order, with those of one key as one. A cell that names no profile is left out.
    #[must_use]
    pub fn new(profiles: Vec<Profile>, cells: Vec<Cell>) -> Self {
        let mut order: Vec<(Profile, u32)> = profiles.into_iter().zip(0..).collect();
        order.sort();
        let mut places = vec![None; order.len()];
        let mut sorted: Vec<Profile> = Vec::with_capacity(order.len());
        for (profile, before) in order {
            if sorted.last() != Some(&profile) {
                sorted.push(profile);
            }
            if let Some(place) = places.get_mut(before as usize) {
                *place = u32::try_from(sorted.len().saturating_sub(1)).ok();
            }
        }
        let mut cells: Vec<Cell> = cells
            .into_iter()
            .filter_map(|cell| {
                let profile = (*places.get(cell.profile as usize)?)?;
                Some(Cell { profile, ..cell })
            })
            .collect();
        cells.sort_unstable_by_key(Cell::key);
        Self {
            profiles: sorted,
            cells: once(cells),
        }
        .without_idle_profiles()
    }

    /// All of them as one.
    #[must_use]
    pub fn merged(segments: Vec<Self>) -> Self {
        let mut places: HashMap<Profile, u32> = HashMap::new();
        let mut cells = Vec::with_capacity(segments.iter().map(|segment| segment.cells.len()).sum());
        for segment in segments {
            let mut here: Vec<u32> = Vec::with_capacity(segment.profiles.len());
            for profile in segment.profiles {
                let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
                here.push(*places.entry(profile).or_insert(next));
            }
            cells.extend(segment.cells.into_iter().filter_map(|cell| {
                let profile = *here.get(cell.profile as usize)?;
                Some(Cell { profile, ..cell })
            }));
        }
        let mut profiles: Vec<(Profile, u32)> = places.into_iter().collect();
        profiles.sort_unstable_by_key(|(_, place)| *place);
        Self::new(profiles.into_iter().map(|(profile, _)| profile).collect(), cells)
    }

    /// The profiles, in order.
    #[must_use]
    pub fn profiles(&self) -> &[Profile] {
        &self.profiles
    }

    /// The cells, in order: by sender, then by profile, then by hour.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Drops the profiles that no cell names, so that what is the same is the same byte for byte.
    fn without_idle_profiles(mut self) -> Self {
        let mut places: Vec<Option<u32>> = vec![None; self.profiles.len()];
        for cell in &self.cells {
            if let Some(place) = places.get_mut(cell.profile as usize) {
                *place = Some(0);
            }
        }
        let mut next = 0_u32;
        for place in places.iter_mut().flatten() {
            *place = next;
            next = next.saturating_add(1);
        }
        let mut kept = places.iter().map(Option::is_some);
        self.profiles.retain(|_profile| kept.next().unwrap_or(false));
        for cell in &mut self.cells {
            cell.profile = places.get(cell.profile as usize).copied().flatten().unwrap_or(0);
        }
        self
    }
}

/// Sorted cells with those of one key as one.
fn once(cells: Vec<Cell>) -> Vec<Cell> {
    let mut kept: Vec<Cell> = Vec::with_capacity(cells.len());
    for cell in cells {
        match kept.last_mut() {
            Some(last) if last.key() == cell.key() => last.merge(&cell),
            _ => kept.push(cell),
        }
    }
    kept
}

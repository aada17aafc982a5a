//! Groups by what they have in common, found by their place, so that a cell costs no search.

use std::collections::HashMap;
use std::hash::Hash;

use super::group::Group;
use crate::day::Day;
use crate::segment::Cell;
use atalaya_model::Timestamp;

/// Groups by key.
#[derive(Debug, Clone)]
pub(crate) struct Table<K> {
    places: HashMap<K, usize>,
    groups: Vec<Group>,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            groups: Vec::new(),
        }
    }
}

impl<K: Eq + Hash> Table<K> {
    /// The place of the group with that key, which is made if there is none.
    pub(crate) fn place(&mut self, key: K) -> usize {
        let groups = &mut self.groups;
        *self.places.entry(key).or_insert_with(|| {
            groups.push(Group::default());
            groups.len().saturating_sub(1)
        })
    }

    /// Adds a cell to the group at a place.
    pub(crate) fn add(&mut self, place: usize, cell: &Cell, seen: (Timestamp, Timestamp)) {
        if let Some(group) = self.groups.get_mut(place) {
            group.crowd.insert(cell.sender);
            group.sum.add(&cell.counts, seen.0, seen.1);
        }
    }

    /// The group at a place.
    pub(crate) fn group(&self, place: usize) -> Option<&Group> {
        self.groups.get(place)
    }

    /// The keys with their places.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (&K, usize)> {
        self.places.iter().map(|(key, place)| (key, *place))
    }

    /// The keys with their groups.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &Group)> {
        self.places
            .iter()
            .filter_map(|(key, place)| Some((key, self.groups.get(*place)?)))
    }
}

/// From when to when a cell was seen.
pub(crate) fn seen(day: Day, cell: &Cell) -> (Timestamp, Timestamp) {
    let at = |second: u32| Timestamp::from_seconds(day.start().seconds().saturating_add(second.into()));
    (at(cell.first), at(cell.last))
}

//! Who comes most often, counted in bounded memory: the Space-Saving sketch of Metwally, Agrawal and El Abbadi, "Efficient Computation of
//! Frequent and Top-k Elements in Data Streams" (ICDT 2005).
//!
//! A sketch has a fixed number of places. Whoever has a place is counted there; whoever has none takes the place with the least count
//! and goes on from that count, which is then also the most by which his own may be too high. So no count is too low, none is
//! too high by more than its error, and whoever came more often than all counts together divided by the places has one. The places are
//! a heap with the least count at its root, so that a question costs one look into a map and a few exchanges.

use std::collections::HashMap;
use std::hash::Hash;

/// A place of a sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted<K> {
    /// Who is counted.
    pub(super) key: K,
    /// How often he came; never too low.
    pub(super) count: u64,
    /// By how much that may be too high.
    pub(super) error: u64,
}

/// The sketch.
#[derive(Debug)]
pub(super) struct SpaceSaving<K> {
    most: usize,
    /// A heap: no count is greater than those of the two places below it.
    heap: Vec<Counted<K>>,
    /// Where everybody stands in the heap.
    places: HashMap<K, usize>,
}

impl<K: Copy + Eq + Hash> SpaceSaving<K> {
    /// A sketch with so many places.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            heap: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Counts one who came so many times.
    pub(super) fn count(&mut self, key: K, times: u64) {
        if let Some(place) = self.places.get(&key).copied() {
            if let Some(counted) = self.heap.get_mut(place) {
                counted.count = counted.count.saturating_add(times);
            }
            self.sink(place);
        } else if self.heap.len() < self.most {
            let place = self.heap.len();
            let counted = Counted {
                key,
                count: times,
                error: 0,
            };
            self.heap.push(counted);
            self.places.insert(key, place);
            self.rise(place);
        } else if let Some(least) = self.heap.first_mut() {
            self.places.remove(&least.key);
            *least = Counted {
                key,
                count: least.count.saturating_add(times),
                error: least.count,
            };
            self.places.insert(key, 0);
            self.sink(0);
        }
    }

    /// Forgets everybody.
    pub(super) fn clear(&mut self) {
        self.heap.clear();
        self.places.clear();
    }

    /// Everybody who has a place, in no order.
    pub(super) fn counted(&self) -> impl Iterator<Item = &Counted<K>> {
        self.heap.iter()
    }

    /// How often at most somebody came who has no place.
    pub(super) fn most_missed(&self) -> u64 {
        let full = self.heap.len() >= self.most;
        self.heap
            .first()
            .filter(|_least| full)
            .map_or(0, |least| least.count)
    }

    /// Moves the entry at a place down to where no smaller one stands below it.
    fn sink(&mut self, mut place: usize) {
        loop {
            let below = place.saturating_mul(2).saturating_add(1);
            let children = [below, below.saturating_add(1)];
            let counts = children
                .into_iter()
                .filter_map(|at| Some((self.count_at(at)?, at)));
            let Some((count, least)) = counts.min() else {
                return;
            };
            if self.count_at(place).is_none_or(|own| own <= count) {
                return;
            }
            self.exchange(place, least);
            place = least;
        }
    }

    /// Moves the entry at a place up to where no greater one stands above it.
    fn rise(&mut self, mut place: usize) {
        while let Some(above) = place.checked_sub(1).map(|place| place / 2) {
            if self.count_at(above) <= self.count_at(place) {
                return;
            }
            self.exchange(place, above);
            place = above;
        }
    }

    fn count_at(&self, place: usize) -> Option<u64> {
        self.heap.get(place).map(|counted| counted.count)
    }

    fn exchange(&mut self, one: usize, other: usize) {
        self.heap.swap(one, other);
        for place in [one, other] {
            if let Some(counted) = self.heap.get(place) {
                self.places.insert(counted.key, place);
            }
        }
    }
}

/// The greatest of several sketches taken together, at most `most`, the greatest first.
///
/// Who has no place in one of them may have come there as often as its least count: so much is added, and to the error too.
pub(super) fn greatest<K: Copy + Eq + Hash>(sketches: &[&SpaceSaving<K>], most: usize) -> Vec<Counted<K>> {
    let missed = |sketches: &[&SpaceSaving<K>]| {
        let each = sketches.iter().map(|sketch| sketch.most_missed());
        each.fold(0, u64::saturating_add)
    };
    let all_missed = missed(sketches);
    let mut together: HashMap<K, Counted<K>> = HashMap::new();
    for sketch in sketches {
        let here = missed(&[sketch]);
        for counted in sketch.counted() {
            let sum = together.entry(counted.key).or_insert(Counted {
                key: counted.key,
                count: all_missed,
                error: all_missed,
            });
            // What was taken for this sketch gives way to what it says.
            sum.count = sum.count.saturating_sub(here).saturating_add(counted.count);
            sum.error = sum.error.saturating_sub(here).saturating_add(counted.error);
        }
    }
    let mut greatest: Vec<_> = together.into_values().collect();
    greatest.sort_by_key(|counted| (std::cmp::Reverse(counted.count), counted.error));
    greatest.truncate(most);
    greatest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn with_room_for_all_every_count_is_right() {
        let mut sketch = SpaceSaving::new(4);
        for key in [1, 2, 3, 2, 3, 3] {
            sketch.count(key, 1);
        }
        let greatest = greatest(&[&sketch], 2);
        let counts: Vec<_> = greatest
            .iter()
            .map(|one| (one.key, one.count, one.error))
            .collect();
        assert_eq!(counts, [(3, 3, 0), (2, 2, 0)]);
        sketch.clear();
        assert_eq!((sketch.counted().count(), sketch.most_missed()), (0, 0));
    }

    /// Some come unevenly often, as clients do.
    fn keys() -> impl Strategy<Value = u8> {
        prop_oneof![2 => 0_u8..3, 1 => 0_u8..40]
    }

    proptest! {
        #[test]
        fn no_count_is_too_low_nor_too_high_by_more_than_its_error(
            streams in prop::collection::vec(prop::collection::vec(keys(), 0..400), 1..4),
            most in 1_usize..24,
        ) {
            let mut sketches = Vec::new();
            let mut right: HashMap<u8, u64> = HashMap::new();
            for stream in &streams {
                let mut sketch = SpaceSaving::new(most);
                for key in stream {
                    sketch.count(*key, 1);
                    *right.entry(*key).or_default() += 1;
                }
                for (place, counted) in sketch.heap.iter().enumerate() {
                    prop_assert_eq!(sketch.places.get(&counted.key), Some(&place));
                    prop_assert!(place == 0 || sketch.heap[(place - 1) / 2].count <= counted.count);
                }
                prop_assert_eq!(sketch.places.len(), sketch.heap.len());
                let total: u64 = sketch.counted().map(|counted| counted.count).sum();
                prop_assert_eq!(total, stream.len() as u64);
                sketches.push(sketch);
            }
            let sketches: Vec<_> = sketches.iter().collect();
            let found = greatest(&sketches, usize::MAX);
            for Counted { key, count, error } in &found {
                let right = right[key];
                prop_assert!(right <= *count && *count - error <= right, "{} is {}, told {} less {}", key, right, count, error);
            }
            for (key, right) in right {
                let share = streams.iter().map(|stream| stream.len() as u64 / most as u64).sum::<u64>();
                prop_assert!(right <= share || found.iter().any(|one| one.key == key));
            }
        }
    }
}

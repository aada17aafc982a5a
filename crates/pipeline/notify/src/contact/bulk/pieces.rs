//! Ranges that may lie in one another, cut into pieces that do not: the narrowest range is heard.

/// What stands where nothing is known.
const NOTHING: u32 = u32::MAX;

/// An address as a number.
pub(super) trait Key: Copy + Ord {
    /// The largest.
    const LAST: Self;

    /// The one after it.
    fn next(self) -> Option<Self>;

    /// The one before it.
    fn previous(self) -> Self;
}

impl Key for u32 {
    const LAST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Self {
        self.saturating_sub(1)
    }
}

impl Key for u128 {
    const LAST: Self = Self::MAX;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Self {
        self.saturating_sub(1)
    }
}

/// A range and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<K> {
    pub(super) first: K,
    pub(super) last: K,
    pub(super) value: u32,
}

/// The pieces, each from its start to the next one's.
#[derive(Debug)]
pub(super) struct Pieces<K> {
    starts: Vec<K>,
    values: Vec<u32>,
}

impl<K> Default for Pieces<K> {
    fn default() -> Self {
        Self {
            starts: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<K: Key> Pieces<K> {
    /// Cuts ranges. Of two that overlap without one lying in the other, which registries do not have, the second loses what is outside.
    pub(super) fn of(mut claims: Vec<Claim<K>>) -> Self {
        claims.sort_by(|a, b| a.first.cmp(&b.first).then(b.last.cmp(&a.last)));
        let mut pieces = Self::default();
        // The ranges around the place, the narrowest last.
        let mut open: Vec<(K, u32)> = Vec::new();
        for claim in claims {
            pieces.close_before(claim.first, &mut open);
            let last = open.last().map_or(claim.last, |(last, _)| claim.last.min(*last));
            pieces.begin(claim.first, claim.value);
            open.push((last, claim.value));
        }
        while let Some((last, _)) = open.pop() {
            pieces.go_on_after(last, &open);
        }
        pieces.starts.shrink_to_fit();
        pieces.values.shrink_to_fit();
        pieces
    }

    /// Ends the ranges that end before a place.
    fn close_before(&mut self, place: K, open: &mut Vec<(K, u32)>) {
        while let Some((last, _)) = open.pop_if(|(last, _)| *last < place) {
            self.go_on_after(last, open);
        }
    }

    /// Behind the end of a range the one around it goes on.
    fn go_on_after(&mut self, last: K, open: &[(K, u32)]) {
        if let Some(next) = last.next() {
            self.begin(next, open.last().map_or(NOTHING, |(_, value)| *value));
        }
    }

    fn begin(&mut self, start: K, value: u32) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.values.pop();
        }
        if self.values.last() != Some(&value) {
            self.starts.push(start);
            self.values.push(value);
        }
    }

    /// The first and the last address of the piece around a key, and what is known of it.
    pub(super) fn around(&self, key: K) -> Option<(K, K, u32)> {
        let after = self.starts.partition_point(|start| *start <= key);
        let at = after.checked_sub(1)?;
        let value = *self.values.get(at).filter(|value| **value != NOTHING)?;
        let last = self.starts.get(after).map_or(K::LAST, |next| next.previous());
        Some((*self.starts.get(at)?, last, value))
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(claims: &[(u32, u32, u32)]) -> Pieces<u32> {
        Pieces::of(
            claims
                .iter()
                .map(|(first, last, value)| Claim {
                    first: *first,
                    last: *last,
                    value: *value,
                })
                .collect(),
        )
    }

    #[test]
    fn the_narrowest_range_is_heard_and_the_one_around_goes_on() {
        let found = pieces(&[
            (20, 29, 2),
            (10, 99, 1),
            (20, 24, 3),
            (50, 99, 4),
            (200, u32::MAX, 5),
        ]);
        for (key, expected) in [
            (9, None),
            (10, Some((10, 19, 1))),
            (24, Some((20, 24, 3))),
            (25, Some((25, 29, 2))),
            (30, Some((30, 49, 1))),
            (99, Some((50, 99, 4))),
            (100, None),
            (u32::MAX, Some((200, u32::MAX, 5))),
        ] {
            assert_eq!(found.around(key), expected, "{key}");
        }
        assert_eq!(pieces(&[]).around(7), None);
    }

    #[test]
    fn a_lookup_agrees_with_a_walk_over_all_ranges() {
        // Ranges that lie in one another: aligned blocks of falling size.
        let mut seed = 7_u32;
        let mut next = |most: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % most
        };
        for _round in 0..200 {
            let claims: Vec<_> = (0..next(20))
                .map(|value| {
                    let size = 1 << next(8);
                    let first = next(256) / size * size;
                    (first, first + size - 1, value)
                })
                .collect();
            let found = pieces(&claims);
            for key in 0..260 {
                let around = claims
                    .iter()
                    .filter(|(first, last, _)| *first <= key && key <= *last);
                // Of equal ranges the last one is heard.
                let expected = around.rev().min_by_key(|(first, last, _)| last - first);
                let told = found.around(key).map(|(_, _, value)| value);
                assert_eq!(told, expected.map(|(_, _, value)| *value), "{key} in {claims:?}");
            }
        }
    }
}

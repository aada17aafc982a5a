//! What was counted of those who have something in common: a botnet, a system, a country.

use atalaya_model::Timestamp;

use super::crowd::Crowd;
use super::picture::Figures;
use crate::counts::Counts;

/// Counts, and from when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sum {
    pub(crate) counts: Counts,
    pub(crate) seen: Option<(Timestamp, Timestamp)>,
}

impl Sum {
    pub(crate) fn add(&mut self, counts: &Counts, first: Timestamp, last: Timestamp) {
        self.counts.add(counts);
        self.seen = Some(
            self.seen
                .map_or((first, last), |(begin, end)| (begin.min(first), end.max(last))),
        );
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if let Some((first, last)) = other.seen {
            self.add(&other.counts, first, last);
        }
    }

    /// With the number of addresses, which only a set of them knows.
    pub(crate) fn figures(&self, addresses: u64) -> Figures {
        Figures {
            addresses,
            counts: self.counts,
            first_seen: self.seen.map(|(first, _)| first),
            last_seen: self.seen.map(|(_, last)| last),
        }
    }
}

/// Counts with the set of those of whom they are.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Group {
    pub(crate) crowd: Crowd,
    pub(crate) sum: Sum,
}

impl Group {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.crowd.add(&other.crowd);
        self.sum.merge(&other.sum);
    }

    pub(crate) fn figures(&self) -> Figures {
        self.sum.figures(self.crowd.len())
    }
}

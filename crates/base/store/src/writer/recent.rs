//! What was written last, in memory: the judge asks for it moments later, and to read it back would cost him more than to weigh it.
//!
//! In: what this process has committed, with its positions. Out: the same, once, to whoever follows them. Where others write too, their
//! positions lie between, and the database has to be asked for those. Nothing depends on what is here: it may be dropped at any time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use atalaya_model::Observation;

use crate::observations::Seen;

/// Most observations kept: some batches of the judge. One who is further behind reads from the database.
const MOST: usize = 32_768;
/// Most bytes of their texts.
const MOST_BYTES: usize = 32 << 20;

/// The last observations, the oldest first.
#[derive(Default)]
pub(super) struct Recent(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    seen: VecDeque<Seen>,
    bytes: usize,
}

impl Recent {
    /// Keeps these, which were just committed; the oldest give way.
    pub(super) fn add(&self, fresh: Vec<Seen>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for seen in fresh {
            kept.bytes = kept.bytes.saturating_add(bytes(&seen.observation));
            kept.seen.push_back(seen);
            while kept.seen.len() > MOST || kept.bytes > MOST_BYTES {
                kept.take();
            }
        }
    }

    /// Takes those right after `position` that follow one another without a gap, and forgets all before.
    pub(super) fn take_after(&self, position: u64, limit: usize) -> Vec<Seen> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while kept.first().is_some_and(|first| first <= position) {
            kept.take();
        }
        let mut taken = Vec::new();
        let mut next = position.saturating_add(1);
        while taken.len() < limit && kept.first() == Some(next) {
            taken.extend(kept.take());
            next = next.saturating_add(1);
        }
        taken
    }
}

impl Kept {
    /// The position of the oldest.
    fn first(&self) -> Option<u64> {
        self.seen.front().map(|seen| seen.position)
    }

    /// Takes the oldest.
    fn take(&mut self) -> Option<Seen> {
        let seen = self.seen.pop_front()?;
        self.bytes = self.bytes.saturating_sub(bytes(&seen.observation));
        Some(seen)
    }
}

/// About the memory that an observation takes beyond its own size.
fn bytes(observation: &Observation) -> usize {
    let envelope = &observation.envelope;
    let lists = envelope.recipients.iter().chain(&observation.oddities);
    let texts = [
        &envelope.helo,
        &envelope.mail_from,
        &observation.subject,
        &observation.source,
    ];
    let texts = lists.chain(texts);
    texts.fold(0, |sum, text| {
        sum.saturating_add(text.len()).saturating_add(size_of::<String>())
    })
}

#[cfg(test)]
mod tests {
    use atalaya_model::{ObservationId, Sensor, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn seen(position: u64) -> Seen {
        let address = [192, 0, 2, 1].into();
        let observation = Observation::new(
            ObservationId(Uuid::nil()),
            address,
            Timestamp::EPOCH,
            Sensor::Trap,
        );
        Seen {
            position,
            observation,
        }
    }

    fn taken(recent: &Recent, position: u64, limit: usize) -> Vec<u64> {
        let taken = recent.take_after(position, limit);
        taken.into_iter().map(|seen| seen.position).collect()
    }

    #[test]
    fn each_is_handed_out_once_and_only_without_a_gap_before_it() {
        let recent = Recent::default();
        recent.add(vec![seen(3), seen(4), seen(5)]);
        recent.add(vec![seen(9)]);
        assert_eq!(taken(&recent, 1, 10), [] as [u64; 0], "2 is not here");
        assert_eq!(taken(&recent, 2, 2), [3, 4]);
        assert_eq!(taken(&recent, 2, 10), [] as [u64; 0], "they were handed out");
        assert_eq!(taken(&recent, 4, 10), [5], "others wrote what follows");
        assert_eq!(taken(&recent, 8, 10), [9]);
    }

    #[test]
    fn the_oldest_give_way_by_number_and_by_size() {
        let recent = Recent::default();
        recent.add((1..=MOST as u64 + 1).map(seen).collect());
        assert_eq!(taken(&recent, 0, 1), [] as [u64; 0]);
        assert_eq!(taken(&recent, 1, MOST).len(), MOST);
        let mut large = seen(1);
        large.observation.subject = "x".repeat(MOST_BYTES);
        recent.add(vec![large, seen(2)]);
        assert_eq!(taken(&recent, 1, 10), [2]);
        assert_eq!(recent.0.lock().unwrap().bytes, 0);
    }
}

//! Folds observations into cells, until somebody makes them durable.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use atalaya_model::{Kind, Observation, Sensor, Timestamp};

use crate::counts::Counts;
use crate::day::Day;
use crate::profile::Profile;
use crate::segment::{Cell, MOST_PROFILES, Segment};
use crate::sender::Sender;

/// Most cells that wait: some ten megabytes.
const MOST_WAITING: usize = 1 << 16;
/// Days that a clock may be ahead of ours before we believe our own.
const MOST_AHEAD: i32 = 1;

/// What was counted and is not yet durable, by day.
#[derive(Debug, Default)]
pub struct Fold {
    days: BTreeMap<Day, Piece>,
    cells: usize,
}

/// What was counted of one day.
#[derive(Debug, Default)]
struct Piece {
    profiles: HashMap<Profile, u32>,
    cells: HashMap<(Sender, u32, u8), Cell>,
}

impl Fold {
    /// Counts an observation. `now` is our own clock, `names` those behind HELO that are kept as they are.
    ///
    /// It counts on the day on which it was seen, however late it is told. One from the day after tomorrow was seen by a clock that is
    /// wrong, and counts now. Only what heard mail itself counts: what others tell of addresses is no mail.
    pub fn count(&mut self, observation: &Observation, now: Timestamp, names: &[String]) {
        if !observation.sensor.hears_mail() {
            return;
        }
        let mut seen_at = observation.seen_at;
        if Day::of(seen_at) > Day::of(now).plus(MOST_AHEAD) {
            seen_at = now;
        }
        let day = Day::of(seen_at);
        let second = day.second_of(seen_at);
        let piece = self.days.entry(day).or_default();
        let next = u32::try_from(piece.profiles.len()).unwrap_or(u32::MAX);
        let profile = *piece
            .profiles
            .entry(Profile::of(observation, names))
            .or_insert(next);
        let cell = Cell {
            sender: Sender::of(observation.address),
            profile,
            hour: Day::hour_of(second),
            first: second,
            last: second,
            counts: counts(observation),
        };
        match piece.cells.entry(cell.key()) {
            Entry::Occupied(mut there) => there.get_mut().merge(&cell),
            Entry::Vacant(free) => {
                free.insert(cell);
                self.cells = self.cells.saturating_add(1);
            }
        }
    }

    /// Whether so much waits that it must be made durable now.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.cells >= MOST_WAITING
            || self
                .days
                .values()
                .any(|piece| piece.profiles.len() >= MOST_PROFILES / 2)
    }

    /// What waits, a segment a day.
    pub fn take(&mut self) -> Vec<(Day, Segment)> {
        self.cells = 0;
        let days = std::mem::take(&mut self.days);
        days.into_iter()
            .map(|(day, piece)| (day, piece.segment()))
            .collect()
    }
}

impl Piece {
    fn segment(self) -> Segment {
        let mut profiles: Vec<(Profile, u32)> = self.profiles.into_iter().collect();
        profiles.sort_unstable_by_key(|(_, place)| *place);
        let profiles = profiles.into_iter().map(|(profile, _)| profile).collect();
        Segment::new(profiles, self.cells.into_values().collect())
    }
}

/// What one observation counts. The first of a connection counts the connection, where the sensor knows which that is: a policy service and a
/// log tell of recipients and lines. A message counts with its envelope.
fn counts(observation: &Observation) -> Counts {
    let is_message = matches!(observation.kind, Kind::Spam | Kind::Backscatter);
    let has_connections = matches!(observation.sensor, Sensor::Trap | Sensor::Milter | Sensor::Replay);
    Counts {
        connections: u64::from(has_connections && observation.nth <= 1),
        envelopes: u64::from(is_message),
        recipients: if is_message {
            observation.envelope.recipients.len() as u64
        } else {
            0
        },
        bytes: if is_message { observation.message_size } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use atalaya_model::ObservationId;
    use uuid::Uuid;

    use super::*;

    const NOON: Timestamp = Timestamp::from_seconds(1_795_694_400);

    fn message(seen_at: Timestamp, nth: u32) -> Observation {
        let address = [192, 0, 2, 7].into();
        let mut seen = Observation::new(ObservationId(Uuid::nil()), address, seen_at, Sensor::Trap);
        (seen.kind, seen.nth, seen.message_size) = (Kind::Spam, nth, 100);
        seen.envelope.recipients = vec!["a@d.example".to_owned(), "b@d.example".to_owned()];
        seen
    }

    #[test]
    fn messages_of_one_connection_count_it_once() {
        let mut fold = Fold::default();
        for nth in [1, 2, 3] {
            fold.count(&message(NOON, nth), NOON, &[]);
        }
        let [(day, segment)] = &fold.take()[..] else {
            panic!()
        };
        assert_eq!(
            (day.to_string().as_str(), segment.cells().len()),
            ("2026-11-26", 1)
        );
        let counts = segment.cells()[0].counts;
        assert_eq!(
            (
                counts.connections,
                counts.envelopes,
                counts.recipients,
                counts.bytes
            ),
            (1, 3, 6, 300)
        );
        assert!(fold.take().is_empty());
    }

    #[test]
    fn what_is_told_late_counts_on_its_day_and_a_wrong_clock_counts_now() {
        let mut fold = Fold::default();
        let days = |back: i64| Timestamp::from_seconds(NOON.seconds() - back * 86_400);
        for back in [40, 1, -1, -2] {
            fold.count(&message(days(back), 1), NOON, &[]);
        }
        let days: Vec<String> = fold.take().into_iter().map(|(day, _)| day.to_string()).collect();
        assert_eq!(days, ["2026-10-17", "2026-11-25", "2026-11-26", "2026-11-27"]);
    }

    #[test]
    fn what_others_tell_is_no_mail_and_a_line_no_connection() {
        let mut seen = message(NOON, 1);
        (seen.sensor, seen.kind) = (Sensor::Report, Kind::LoginAttack);
        let mut fold = Fold::default();
        fold.count(&seen, NOON, &[]);
        assert!(fold.take().is_empty());
        (seen.sensor, seen.kind) = (Sensor::Log, Kind::UnknownRecipient);
        assert_eq!(counts(&seen), Counts::default());
    }
}

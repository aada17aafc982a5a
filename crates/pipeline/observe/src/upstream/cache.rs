//! Answers that still hold, so that the same is not asked twice.

use std::collections::HashMap;
use std::time::Duration;

use atalaya_model::{Prefix, Timestamp};

use super::answer::Said;

/// Most answers that are kept, at about 100 bytes each.
const MOST: usize = 100_000;
/// How long it holds that an address is not listed: long enough for one who sends all day, short enough to see it listed later.
const CLEAN: Duration = Duration::from_secs(3_600);
/// The shortest and the longest time that a listing holds, whatever the list says.
const LISTED: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(86_400));
/// How long a question waits for its answer without being asked again.
const ASKED: Duration = Duration::from_secs(60);

/// The answers, by list and unit.
#[derive(Debug, Default)]
pub(super) struct Cache {
    answers: HashMap<(usize, Prefix), (Said, Timestamp)>,
}

impl Cache {
    /// What a list said of an address, where that still holds.
    pub(super) fn get(&self, list: usize, unit: Prefix, now: Timestamp) -> Option<Said> {
        let (said, until) = self.answers.get(&(list, unit))?;
        (now < *until).then_some(*said)
    }

    /// The same. Where it does not hold, the caller asks, and nobody else does meanwhile.
    pub(super) fn get_or_ask(&mut self, list: usize, unit: Prefix, now: Timestamp) -> Option<Said> {
        let known = self.get(list, unit, now);
        if known.is_none() {
            self.insert((list, unit), Said::Nothing, now.plus(ASKED), now);
        }
        known
    }

    /// Keeps an answer of a list about a unit; `ttl` is how long the list says that it holds.
    pub(super) fn put(&mut self, key: (usize, Prefix), said: Said, ttl: Duration, now: Timestamp) {
        let holds = match said {
            Said::Nothing => CLEAN,
            Said::Listed(..) => ttl.clamp(LISTED.0, LISTED.1),
        };
        self.insert(key, said, now.plus(holds), now);
    }

    /// Forgets all that a list said.
    pub(super) fn forget(&mut self, list: usize) {
        self.answers.retain(|(of, _), _| *of != list);
    }

    fn insert(&mut self, key: (usize, Prefix), said: Said, until: Timestamp, now: Timestamp) {
        if self.answers.len() >= MOST {
            self.answers.retain(|_, (_, until)| now < *until);
        }
        if self.answers.len() >= MOST {
            self.answers.clear();
        }
        self.answers.insert(key, (said, until));
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use atalaya_model::Kind;

    use super::*;

    fn unit(number: u32) -> Prefix {
        Ipv4Addr::from_bits(number).into()
    }

    #[test]
    fn an_answer_holds_as_long_as_it_says_within_bounds() {
        let mut cache = Cache::default();
        let now = Timestamp::from_seconds(1_000_000);
        let after = |seconds| now.plus(Duration::from_secs(seconds));
        let listed = Said::Listed(Kind::Spam, Ipv4Addr::new(127, 0, 0, 2));
        assert_eq!(cache.get_or_ask(0, unit(1), now), None);
        assert_eq!(
            cache.get_or_ask(0, unit(1), now),
            Some(Said::Nothing),
            "it is being asked"
        );
        assert_eq!(cache.get_or_ask(1, unit(1), now), None, "another list");
        cache.put((0, unit(1)), listed, Duration::ZERO, now);
        assert_eq!(cache.get_or_ask(0, unit(1), after(59)), Some(listed));
        assert_eq!(cache.get_or_ask(0, unit(1), after(60)), None);
        cache.put((0, unit(1)), listed, Duration::MAX, now);
        assert_eq!(cache.get_or_ask(0, unit(1), after(86_399)), Some(listed));
        assert_eq!(cache.get_or_ask(0, unit(1), after(86_400)), None);
        cache.put((0, unit(2)), Said::Nothing, Duration::MAX, now);
        assert_eq!(cache.get_or_ask(0, unit(2), after(3_600)), None);
        cache.put((0, unit(1)), listed, Duration::MAX, now);
        cache.forget(0);
        assert_eq!(cache.get_or_ask(0, unit(1), now), None);
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut cache = Cache::default();
        let now = Timestamp::from_seconds(1_000_000);
        for number in 0..150_000 {
            cache.put((0, unit(number)), Said::Nothing, Duration::ZERO, now);
        }
        assert!(cache.answers.len() <= MOST);
        assert_eq!(cache.get_or_ask(0, unit(149_999), now), Some(Said::Nothing));
    }
}

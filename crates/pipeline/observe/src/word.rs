//! The word of a list of others about an address that we saw ourselves, made an observation.
//!
//! In: the name of the list, the address, what the list says that it did. Out: an observation of the sensor `feed`, which the list is the
//! source of. A word must not add up by being read again and again: the same list says the same of the same unit once in the half-life
//! of its kind, so that it never weighs more than twice what one word does. What the rules do not count is not recorded.
//!
//! The half-life is cut into windows, and the id of a word follows from its window, so that two that know nothing of each other, or a second
//! run, record it once.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::{Clock, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp};
use atalaya_store::{Recorded, Store, StoreError};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

/// Words that are remembered as said, at about 100 bytes each. Beyond them the windows alone keep a word from being said again.
const MOST_SAID: usize = 200_000;

/// The half-life of a kind in the rules in force; none where they do not count it.
pub type HalfLives = Arc<dyn Fn(Kind) -> Option<Duration> + Send + Sync>;

/// What a list says of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The name of the list.
    pub(crate) source: String,
    /// The address.
    pub(crate) address: IpAddr,
    /// What it did.
    pub(crate) kind: Kind,
    /// The answer that said so, where it was one.
    pub(crate) code: Option<String>,
}

/// Records words.
pub struct Words {
    store: Store,
    clock: Clock,
    half_lives: HalfLives,
    said: Mutex<HashMap<(String, Prefix), Timestamp>>,
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}

impl Words {
    /// Words that go into this store, by these rules.
    #[must_use]
    pub fn new(store: Store, clock: Clock, half_lives: HalfLives) -> Self {
        Self {
            store,
            clock,
            half_lives,
            said: Mutex::default(),
        }
    }

    /// Records a word; tells whether it was new.
    pub(crate) async fn say(&self, word: Word) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let Some(half_life) = (self.half_lives)(word.kind).filter(|period| !period.is_zero()) else {
            return Ok(false);
        };
        let (source, unit) = (word.source.clone(), Prefix::unit(word.address));
        if self.was_said(&source, unit, half_life, now) {
            return Ok(false);
        }
        let recorded = self.store.record(observation(word, half_life, now), None).await?;
        self.note(source, unit, now);
        Ok(recorded == Recorded::New)
    }

    /// Notes a word that the store has.
    pub(crate) fn note(&self, source: String, unit: Prefix, at: Timestamp) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= MOST_SAID {
            said.clear();
        }
        let last = said.entry((source, unit)).or_insert(at);
        *last = at.max(*last);
    }

    fn was_said(&self, source: &str, unit: Prefix, half_life: Duration, now: Timestamp) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.get(&(source.to_owned(), unit))
            .is_some_and(|at| now.since(*at) < half_life)
    }
}

/// The observation that a word is.
fn observation(word: Word, half_life: Duration, now: Timestamp) -> Observation {
    let id = id(&word, half_life, now);
    Observation {
        source: word.source,
        kind: word.kind,
        handshake: Handshake::Reported,
        oddities: word.code.map(|code| format!("code-{code}")).into_iter().collect(),
        ..Observation::new(id, word.address, now, Sensor::Feed)
    }
}

/// The id of a word (RFC 9562 section 5.8).
fn id(word: &Word, half_life: Duration, now: Timestamp) -> ObservationId {
    let seconds = i64::try_from(half_life.as_secs()).unwrap_or(i64::MAX).max(1);
    let window = now.seconds().div_euclid(seconds);
    let (source, unit, kind) = (&word.source, Prefix::unit(word.address), word.kind);
    // The name of a list has no space.
    let text = format!("atalaya feed 1 {source} {unit} {kind} {seconds} {window}");
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(Sha256::digest(text)) {
        *byte = from;
    }
    ObservationId(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests {
    use atalaya_store::StoreUrl;
    use atalaya_testkit::TestClock;

    use super::*;

    const HALF_LIFE: Duration = Duration::from_secs(86_400);

    fn word(source: &str, address: &str, kind: Kind) -> Word {
        Word {
            source: source.to_owned(),
            address: address.parse().unwrap(),
            kind,
            code: Some("127.0.0.2".to_owned()),
        }
    }

    #[tokio::test]
    async fn a_list_says_the_same_of_an_address_once_in_a_half_life() {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::default();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        let store = Store::open(&url, clock.clock()).await.unwrap();
        let half_lives: HalfLives = Arc::new(|kind| (kind == Kind::Listed).then_some(HALF_LIFE));
        let words = || Words::new(store.clone(), clock.clock(), Arc::clone(&half_lives));
        let first = words();
        let listed = |address| word("drop", address, Kind::Listed);
        assert!(first.say(listed("192.0.2.7")).await.unwrap());
        assert!(!first.say(listed("192.0.2.7")).await.unwrap());
        assert!(
            !words().say(listed("192.0.2.7")).await.unwrap(),
            "one that has just started"
        );
        assert!(first.say(word("other", "192.0.2.7", Kind::Listed)).await.unwrap());
        assert!(first.say(listed("2001:db8::1")).await.unwrap());
        assert!(
            !first.say(listed("2001:db8::2")).await.unwrap(),
            "it is the same /64"
        );
        assert!(
            !first.say(word("drop", "192.0.2.8", Kind::Other)).await.unwrap(),
            "the rules do not count it"
        );
        clock.advance(HALF_LIFE);
        assert!(first.say(listed("192.0.2.7")).await.unwrap());
        let unit = Prefix::unit("192.0.2.7".parse().unwrap());
        let kept = store.observations_of(&unit, 9).await.unwrap();
        assert_eq!(kept.len(), 3);
        let newest = &kept[0];
        assert_eq!(
            (newest.sensor, newest.source.as_str(), newest.handshake),
            (Sensor::Feed, "drop", Handshake::Reported)
        );
        assert_eq!((newest.kind, newest.seen_at), (Kind::Listed, clock.now()));
        assert_eq!(newest.oddities, ["code-127.0.0.2"]);
        store.close().await;
    }
}

//! One DNS blocklist of others, and how it stands.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_model::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::UpstreamList;

/// So many questions without an answer, one after the other, and the list counts as dead until a test says otherwise.
const MOST_SILENCES: u32 = 10;
/// So many listed addresses, one after the other, and it is tested whether it lists everything.
const MOST_IN_A_ROW: u32 = 50;
/// Questions to one list that wait for their answers. One that answers slowly, or not at all, takes no place of another.
const AT_ONCE: usize = 64;

/// Whether what a list says counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpstreamState {
    /// It was not tested yet, and is not asked.
    #[default]
    Untested,
    /// It stood its test.
    Good,
    /// It did not, or gave an answer that no list gives. It is not asked, and nothing that it says counts.
    Quarantined,
}

impl UpstreamState {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Untested => "untested",
            Self::Good => "good",
            Self::Quarantined => "quarantined",
        }
    }
}

/// How a list is, for whoever asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpstreamStatus {
    /// Its name.
    pub name: String,
    /// Whether what it says counts.
    pub state: UpstreamState,
    /// Why not.
    pub why: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When it was tested last.
    pub tested_at: Option<Timestamp>,
    /// When it is tested next.
    pub next_test_at: Option<Timestamp>,
    /// Questions that it was asked since the start.
    pub asked: u64,
    /// Those that it answered with a listing.
    pub listed: u64,
}

/// One list.
#[derive(Debug)]
pub(super) struct List {
    pub(super) config: UpstreamList,
    standing: Mutex<Standing>,
    test: Notify,
    places: Arc<Semaphore>,
    /// The shortest time from one test to the next.
    retest_every: Duration,
}

/// How it stands.
#[derive(Debug, Default)]
struct Standing {
    status: UpstreamStatus,
    silences: u32,
    in_a_row: u32,
}

/// What came of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is listed.
    Listed,
    /// It is not.
    Clean,
    /// There was no answer.
    Silence,
}

impl Outcome {
    /// The word for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Clean => "clean",
            Self::Silence => "silence",
        }
    }
}

impl Standing {
    /// Sets that it is to be tested out of turn, but not sooner after the last test than `retest_every`.
    fn test_soon(&mut self, retest_every: Duration, now: Timestamp) {
        let earliest = self.status.tested_at.map(|tested| tested.plus(retest_every));
        self.status.next_test_at = earliest.max(Some(now));
    }
}

impl List {
    pub(super) fn new(config: &UpstreamList, retest_every: Duration) -> Self {
        let standing = Standing {
            status: UpstreamStatus {
                name: config.name().to_owned(),
                ..UpstreamStatus::default()
            },
            ..Standing::default()
        };
        Self {
            config: config.clone(),
            standing: Mutex::new(standing),
            test: Notify::new(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            retest_every,
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it is.
    pub(super) fn status(&self) -> UpstreamStatus {
        self.standing().status.clone()
    }

    /// Whether what it says counts.
    pub(super) fn is_good(&self) -> bool {
        self.standing().status.state == UpstreamState::Good
    }

    /// A place for a question that waits for its answer; none where too many wait.
    pub(super) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits until it is to be tested out of turn.
    pub(super) async fn doubted(&self) {
        self.test.notified().await;
    }

    /// Notes what came of a question.
    pub(super) fn note(&self, outcome: Outcome, now: Timestamp) {
        let mut standing = self.standing();
        standing.status.asked = standing.status.asked.saturating_add(1);
        match outcome {
            Outcome::Listed => {
                standing.status.listed = standing.status.listed.saturating_add(1);
                standing.in_a_row = standing.in_a_row.saturating_add(1);
                standing.silences = 0;
            }
            Outcome::Clean => (standing.in_a_row, standing.silences) = (0, 0),
            Outcome::Silence => standing.silences = standing.silences.saturating_add(1),
        }
        let is_doubtful = standing.in_a_row >= MOST_IN_A_ROW;
        let is_dead = standing.silences >= MOST_SILENCES;
        if is_doubtful {
            standing.in_a_row = 0;
            standing.test_soon(self.retest_every, now);
        }
        drop(standing);
        if is_doubtful {
            self.test.notify_one();
        }
        if is_dead {
            self.quarantine("it does not answer any more".to_owned(), now);
        }
    }

    /// Notes what a test came to, and when the next one is.
    pub(super) fn note_test(&self, result: Result<(), String>, now: Timestamp, next: Timestamp) {
        {
            let mut standing = self.standing();
            (standing.status.tested_at, standing.status.next_test_at) = (Some(now), Some(next));
            (standing.silences, standing.in_a_row) = (0, 0);
        }
        match result {
            Ok(()) => _ = self.set(UpstreamState::Good, None, now),
            Err(why) => _ = self.set(UpstreamState::Quarantined, Some(why), now),
        }
    }

    /// Takes nothing from it any more until a test says otherwise; it is tested as soon as that may be, where it counted until now.
    pub(super) fn quarantine(&self, why: String, now: Timestamp) {
        if self.set(UpstreamState::Quarantined, Some(why), now) {
            self.standing().test_soon(self.retest_every, now);
            self.test.notify_one();
        }
    }

    /// Changes the state, and tells so, the caller too.
    fn set(&self, state: UpstreamState, why: Option<String>, now: Timestamp) -> bool {
        let name = self.config.name();
        let mut standing = self.standing();
        let status = &mut standing.status;
        let before = std::mem::replace(&mut status.state, state);
        status.why.clone_from(&why);
        if before != state {
            status.since = Some(now);
        }
        drop(standing);
        metrics::gauge!("atalaya_observe_upstream_quarantined", "list" => name.to_owned())
            .set(u8::from(state == UpstreamState::Quarantined));
        if before == state {
            return false;
        }
        match why {
            Some(why) => tracing::warn!(
                list = name,
                why,
                "a list of others is in quarantine; if it lied for long, take back what it said with `atalaya purge --source`"
            ),
            None => tracing::info!(list = name, "a list of others stood its test and is asked"),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETEST: Duration = Duration::from_secs(900);

    #[test]
    fn a_list_counts_only_after_its_test_and_no_more_once_it_is_silent() {
        let list = List::new(&UpstreamList::new("bl.example.net"), RETEST);
        let now = Timestamp::from_seconds(1_000_000);
        assert!(!list.is_good());
        list.note_test(Ok(()), now, now);
        assert!(list.is_good());
        for _ in 0..MOST_SILENCES - 1 {
            list.note(Outcome::Silence, now);
        }
        list.note(Outcome::Clean, now);
        list.note(Outcome::Silence, now);
        assert!(list.is_good(), "it answered in between");
        for _ in 0..MOST_SILENCES {
            list.note(Outcome::Silence, now);
        }
        let status = list.status();
        assert_eq!(status.state, UpstreamState::Quarantined);
        assert!(status.why.unwrap().contains("does not answer"));
        list.note_test(Ok(()), now, now);
        assert!(list.is_good());
    }

    #[tokio::test]
    async fn a_list_that_falls_into_quarantine_is_tested_soon_and_then_at_its_time() {
        let list = List::new(&UpstreamList::new("bl.example.net"), RETEST);
        let now = Timestamp::from_seconds(1_000_000);
        let later = Timestamp::from_seconds(1_086_400);
        list.note_test(Ok(()), now.minus(RETEST), later);
        list.quarantine("it lied".to_owned(), now);
        assert_eq!(list.status().next_test_at, Some(now));
        tokio::time::timeout(Duration::from_secs(60), list.doubted())
            .await
            .expect("the tester is told");
        list.note_test(Err("it lies".to_owned()), now, later);
        list.quarantine("an answer on its way".to_owned(), now);
        assert_eq!(list.status().next_test_at, Some(later));
        let told = tokio::time::timeout(Duration::ZERO, list.doubted());
        assert!(told.await.is_err(), "it is tested in time");
        list.note_test(Ok(()), now, later);
        list.quarantine("it lied again".to_owned(), now);
        let soon = now.plus(RETEST);
        assert_eq!(list.status().next_test_at, Some(soon), "but not at once again");
    }

    #[tokio::test]
    async fn a_list_that_lists_one_after_the_other_is_tested_out_of_turn() {
        let list = List::new(&UpstreamList::new("bl.example.net"), RETEST);
        let now = Timestamp::from_seconds(1_000_000);
        list.note_test(Ok(()), now, now);
        for _ in 0..MOST_IN_A_ROW {
            list.note(Outcome::Listed, now);
        }
        list.doubted().await;
        assert_eq!(list.status().listed, u64::from(MOST_IN_A_ROW));
    }
}

//! DNS blocklists of others, asked about the addresses that our own sensors just saw.
//!
//! In: addresses as they are seen, and the lists of the configuration. Out: an observation for each address that a list has, as the word of that list
//! ([`Words`]). Questions are bounded in number a second and answers are kept while they hold; what comes faster is passed over and counted.
//!
//! A list is tested before it is asked the first time, every day after that, when it lists one address after the other, and, in quarantine, again and
//! again until it stands its test (`probe`). Nothing that it says outside of that counts, not even an answer that was on its way.

mod answer;
mod cache;
mod config;
mod list;
mod probe;

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_formats::dnsbl;
use atalaya_model::{Clock, Prefix, Timestamp};
use atalaya_net::Resolver;
use tokio::sync::{Mutex as AsyncMutex, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use answer::Said;
use cache::Cache;
pub use config::{Families, UpstreamConfig, UpstreamList};
use list::{List, Outcome};
pub use list::{UpstreamState, UpstreamStatus};

use crate::word::{Word, Words};

/// Addresses that wait to be asked about.
const MOST_WAITING: usize = 10_000;
/// An address that was seen longer ago is not asked about: it is seen again if it matters.
const FRESH: Duration = Duration::from_secs(600);

/// The lists at work.
pub struct Upstream {
    lists: Vec<Arc<List>>,
    config: UpstreamConfig,
    resolver: Resolver,
    clock: Clock,
    words: Arc<Words>,
    cache: Mutex<Cache>,
    sender: mpsc::Sender<IpAddr>,
    waiting: AsyncMutex<mpsc::Receiver<IpAddr>>,
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("lists", &self.lists)
            .finish_non_exhaustive()
    }
}

impl Upstream {
    /// Makes them ready. Nothing is asked yet.
    #[must_use]
    pub fn new(config: &UpstreamConfig, words: Arc<Words>, clock: Clock) -> Self {
        let (sender, waiting) = mpsc::channel(MOST_WAITING);
        Self {
            lists: config
                .lists
                .iter()
                .map(|list| Arc::new(List::new(list, config.retest_every.duration())))
                .collect(),
            config: config.clone(),
            resolver: Resolver::new(config.resolvers.clone()),
            clock,
            words,
            cache: Mutex::default(),
            sender,
            waiting: AsyncMutex::new(waiting),
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// How every list is.
    #[must_use]
    pub fn status(&self) -> Vec<UpstreamStatus> {
        self.lists.iter().map(|list| list.status()).collect()
    }

    /// Has an address asked about that a sensor of ours saw then, if there is a place.
    pub(crate) fn offer(&self, address: IpAddr, seen_at: Timestamp) {
        if self.is_empty() || self.clock.now().since(seen_at) > FRESH {
            return;
        }
        if self.sender.try_send(address).is_err() {
            count_passed_over();
        }
    }

    /// Tests the lists and asks them, until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        for (index, list) in self.lists.iter().enumerate() {
            let (upstream, list, ended) = (Arc::clone(&self), Arc::clone(list), stop.clone());
            tasks.spawn(async move { upstream.keep_testing(index, &list, ended).await });
        }
        let (asking, ended) = (Arc::clone(&self), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = asking.keep_asking() => {}
            }
        });
        stop.cancelled().await;
        while tasks.join_next().await.is_some() {}
    }

    /// Tests a list again and again: at its time, or when it is doubted, but then no sooner than one in quarantine is tested again. A list that
    /// stands each test and lies after it is tested no more often than one that fails.
    async fn keep_testing(&self, index: usize, list: &List, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = tokio::select! {
                () = stop.cancelled() => return,
                pause = self.test(index, list) => pause,
            };
            let least = self.config.retest_every.duration().min(pause);
            let next = async {
                tokio::time::sleep(least).await;
                // A doubt of meanwhile was kept for us; without one, it is time.
                drop(tokio::time::timeout(pause.saturating_sub(least), list.doubted()).await);
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = next => {}
            }
        }
    }

    /// Tests a list; gives how long until the next time.
    async fn test(&self, index: usize, list: &List) -> Duration {
        let result = probe::probe(&list.config, &self.resolver).await;
        let pause = match &result {
            Ok(()) => self.config.test_every.duration(),
            Err(_why) => self.config.retest_every.duration(),
        };
        if result.is_err() || !list.is_good() {
            self.cache().forget(index);
        }
        let now = self.clock.now();
        list.note_test(result, now, now.plus(pause));
        pause
    }

    /// Asks about one address after the other, in every list.
    async fn keep_asking(self: Arc<Self>) {
        let mut waiting = self.waiting.lock().await;
        let mut pace = pace(self.config.max_questions);
        while let Some(address) = waiting.recv().await {
            for (index, list) in self.lists.iter().enumerate() {
                self.ask_or_remember((index, list), address, &mut pace).await;
            }
        }
    }

    /// Asks a list about an address as soon as that may be, unless its last answer still holds. A list that is so slow that its places are taken is
    /// passed over: the others wait for nobody.
    async fn ask_or_remember(
        self: &Arc<Self>,
        (index, list): (usize, &Arc<List>),
        address: IpAddr,
        pace: &mut Interval,
    ) {
        if !list.is_good() || !has_family(list.config.addresses, address) {
            return;
        }
        let (unit, now) = (Prefix::unit(address), self.clock.now());
        // Only one who has a place asks: what is passed over is not remembered as being asked.
        let place = list.place();
        let known = match &place {
            Some(_) => self.cache().get_or_ask(index, unit, now),
            None => self.cache().get(index, unit, now),
        };
        if let Some(said) = known {
            drop(place);
            return self.say(list, address, said).await;
        }
        let Some(place) = place else {
            return count_passed_over();
        };
        pace.tick().await;
        let (upstream, list) = (Arc::clone(self), Arc::clone(list));
        tokio::spawn(async move {
            upstream.ask(index, &list, address).await;
            drop(place);
        });
    }

    /// Asks a list about an address.
    async fn ask(&self, index: usize, list: &List, address: IpAddr) {
        let labels = dnsbl::write(&Prefix::single(address)).unwrap_or_default();
        let codes = self
            .resolver
            .codes(&format!("{labels}.{}", list.config.zone))
            .await;
        let now = self.clock.now();
        let said = match codes {
            Err(_unanswered) => {
                note(list, Outcome::Silence, now);
                return;
            }
            Ok(codes) => answer::read(&codes.addresses, &list.config).map(|said| (said, codes.ttl)),
        };
        match said {
            Err(why) => {
                self.cache().forget(index);
                list.quarantine(why, now);
            }
            Ok((said, ttl)) => {
                let is_listed = said != Said::Nothing;
                note(
                    list,
                    if is_listed {
                        Outcome::Listed
                    } else {
                        Outcome::Clean
                    },
                    now,
                );
                self.keep((index, list), address, said, ttl);
                self.say(list, address, said).await;
            }
        }
    }

    /// Keeps what a list says, unless it fell into quarantine meanwhile.
    fn keep(&self, (index, list): (usize, &List), address: IpAddr, said: Said, ttl: Duration) {
        let mut cache = self.cache();
        if list.is_good() {
            cache.put((index, Prefix::unit(address)), said, ttl, self.clock.now());
        }
    }

    /// Records what a list says, unless it fell into quarantine meanwhile.
    async fn say(&self, list: &List, address: IpAddr, said: Said) {
        let Said::Listed(kind, code) = said else { return };
        if !list.is_good() {
            return;
        }
        let word = Word {
            source: list.config.name().to_owned(),
            address,
            kind,
            code: Some(code.to_string()),
        };
        if let Err(error) = self.words.say(word).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what a list of others says of an address that was seen is not recorded for now"
            );
        }
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes what came of a question, and counts it.
fn note(list: &List, outcome: Outcome, now: Timestamp) {
    let name = list.config.name().to_owned();
    metrics::counter!("atalaya_observe_upstream_questions_total", "list" => name, "outcome" => outcome.name())
        .increment(1);
    list.note(outcome, now);
}

/// Counts a question that is not asked, because too many wait.
fn count_passed_over() {
    metrics::counter!("atalaya_observe_upstream_passed_over_total").increment(1);
}

/// A tick for each question that may be asked.
fn pace(questions: u32) -> Interval {
    let mut pace = interval(
        Duration::from_secs(1)
            .checked_div(questions)
            .unwrap_or(Duration::from_secs(1)),
    );
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

/// Whether a list has addresses of this family.
fn has_family(families: Families, address: IpAddr) -> bool {
    families == Families::Both || address.to_canonical().is_ipv4()
}

#[cfg(test)]
mod tests;

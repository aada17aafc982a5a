//! The judge at work: follows the observations, applies the rules, writes decisions; ends what is over.
//!
//! One batch of observations is one transaction: tallies, decisions, jobs for notices and the reader's position move together, so that
//! a crash in between counts nothing twice and loses nothing.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atalaya_model::{
    AllowEntry, Class, Clock, Decision, Listing, Observation, Prefix, Rule, Serial, Timestamp, Verdict,
    reserved,
};
use atalaya_store::{Seen, Store, StoreError, Tally, Topic, Transaction};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::{DecideConfig, Ruling, judge, weigh};

/// The name under which the store keeps how far the judge has read.
const READER: &str = "decide";
/// Observations judged in one transaction: enough to share its cost, few enough that others write in between.
const BATCH: u32 = 2_048;
/// A batch above this is part of a flood: many small ones would cost more than all else.
const FLOOD: usize = 128;
/// How long a flood is let gather: far below the second in which who sends spam is listed.
const GATHER: Duration = Duration::from_millis(50);
/// Listings ended in one transaction.
const EXPIRY_BATCH: u32 = 1_000;
/// The longest wait for news: listings that are over are withdrawn at least this often.
const IDLE: Duration = Duration::from_secs(1);
/// The wait after the store failed.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Turns observations into decisions. Several may run on one store: they take turns.
#[derive(Debug)]
pub struct Judge {
    rules: DecideConfig,
    store: Store,
    clock: Clock,
    /// Held while one works, so that those of this process do not read the same batch twice.
    turn: Mutex<()>,
    /// How many observations the last batch had.
    last_batch: AtomicUsize,
}

/// What the list holds while a batch is judged.
#[derive(Debug)]
struct Standing {
    /// What these rules listed, and would extend.
    listings: HashMap<Prefix, Listing>,
    /// What is on the allow list around the addresses of the batch.
    allowed: HashSet<Prefix>,
    now: Timestamp,
}

impl Standing {
    /// Whether all of `prefix` is on the allow list.
    fn is_allowed(&self, prefix: Prefix) -> bool {
        prefix.with_parents().any(|around| self.allowed.contains(&around))
    }
}

impl Judge {
    /// A judge that follows `rules`.
    #[must_use]
    pub fn new(rules: DecideConfig, store: Store, clock: Clock) -> Self {
        Self {
            rules,
            store,
            clock,
            turn: Mutex::new(()),
            last_batch: AtomicUsize::new(0),
        }
    }

    /// Works until `stop`. A failing store is told once and tried again.
    pub async fn run(&self, stop: CancellationToken) {
        let mut news = self.store.subscribe(Topic::Observations);
        let mut trouble = None;
        while !stop.is_cancelled() {
            let result = self.catch_up().await;
            let wait = if result.is_ok() { IDLE } else { BACK_OFF };
            trouble = tell_first(trouble.as_ref(), result.err());
            if self.last_batch.swap(0, Ordering::Relaxed) > FLOOD {
                tokio::time::sleep(GATHER).await;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = news.changed(wait) => {}
            }
        }
    }

    /// Judges everything that was observed up to now, and ends everything that is over.
    ///
    /// # Errors
    /// The store failed; what was committed stays, the rest is done at the next call.
    pub async fn catch_up(&self) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        loop {
            // One batch of each in turn: a long queue of observations must not keep what is over on the list.
            let judged = self.judge_batch().await?;
            let ended = self.expire_listings().await?;
            let disallowed = self.expire_allowed().await?;
            if !(judged || ended || disallowed) {
                return Ok(());
            }
        }
    }

    /// How far the observations are judged: what is kept up to this position has been weighed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn position(&self) -> Result<u64, StoreError> {
        self.store.position(READER).await
    }

    /// Judges one batch; tells whether there may be more.
    async fn judge_batch(&self) -> Result<bool, StoreError> {
        let position = self.store.position(READER).await?;
        let batch = self.store.observations_after(position, BATCH).await?;
        let Some(last) = batch.last().map(|seen| seen.position) else {
            return Ok(false);
        };
        let mut transaction = self.store.begin_deciding().await?;
        if transaction.position(READER).await? != position {
            // A judge of another process has judged this batch meanwhile.
            transaction.rollback().await?;
            return Ok(true);
        }
        let standing = self.standing(&mut transaction, &batch).await?;
        let mut tallies = self.tally(&mut transaction, &batch, &standing).await?;
        let decisions: Vec<Decision> = tallies
            .iter_mut()
            .filter_map(|tally| self.rule_on(tally, &standing))
            .collect();
        let mut listed = Vec::new();
        for decided in transaction.decide_all(&decisions, standing.now).await? {
            let verdict = decided.decision.verdict;
            if matches!(verdict, Verdict::List { .. }) {
                listed.push(decided.serial);
            }
            metrics::counter!("atalaya_decide_decisions_total", "verdict" => verdict.name()).increment(1);
        }
        order_notices(&mut transaction, &listed, standing.now).await?;
        transaction.put_tallies(&tallies).await?;
        transaction.set_position(READER, last).await?;
        transaction.commit().await?;
        self.last_batch.store(batch.len(), Ordering::Relaxed);
        metrics::counter!("atalaya_decide_observations_total").increment(batch.len() as u64);
        Ok(batch.len() >= BATCH as usize)
    }

    /// What the list holds about the addresses in `batch`.
    async fn standing(&self, transaction: &mut Transaction, batch: &[Seen]) -> Result<Standing, StoreError> {
        let now = self.clock.now();
        let units: Vec<Prefix> = batch.iter().map(|seen| seen.observation.unit()).collect();
        let addresses: Vec<Prefix> = batch.iter().map(|seen| address(&seen.observation)).collect();
        let listings = transaction.listings_in(&units).await?.into_iter();
        let allowed = transaction.allowed_covering(&addresses).await?.into_iter();
        Ok(Standing {
            listings: listings
                .filter(|at| at.class == Class::Spam)
                .map(|at| (at.prefix, at))
                .collect(),
            allowed: allowed
                .filter(|entry| !entry.is_over(now))
                .map(|entry| entry.prefix)
                .collect(),
            now,
        })
    }

    /// The tallies of the addresses in `batch` with its observations added, in the order of their first appearance.
    ///
    /// What an allowed address did is no evidence, not even against its unit: the neighbours in a /64 do not answer for it.
    async fn tally(
        &self,
        transaction: &mut Transaction,
        batch: &[Seen],
        standing: &Standing,
    ) -> Result<Vec<Tally>, StoreError> {
        let mut units: Vec<Prefix> = Vec::new();
        let mut evidence: HashMap<Prefix, Vec<&Observation>> = HashMap::new();
        for seen in batch.iter().map(|seen| &seen.observation) {
            let unit = seen.unit();
            if !seen.counts() || reserved(&unit).is_some() || standing.is_allowed(address(seen)) {
                continue;
            }
            let of_unit = evidence.entry(unit).or_default();
            if of_unit.is_empty() {
                units.push(unit);
            }
            of_unit.push(seen);
        }
        let mut known = transaction.tallies(&units).await?;
        let add_up = |unit: Prefix| {
            let mut tally = known.remove(&unit).unwrap_or_else(|| Tally::new(unit));
            for seen in evidence.get(&unit).into_iter().flatten() {
                weigh(&mut tally, seen, &self.rules, standing.now);
            }
            tally
        };
        Ok(units.into_iter().map(add_up).collect())
    }

    /// Applies the rules to one address; gives what follows, if something does.
    fn rule_on(&self, tally: &mut Tally, standing: &Standing) -> Option<Decision> {
        let now = standing.now;
        if reserved(&tally.unit).is_some() || standing.is_allowed(tally.unit) {
            return None;
        }
        let listing = standing.listings.get(&tally.unit);
        self.forget_old_listings(tally, listing, now);
        let (class, reason) = (Class::Spam, reason(tally));
        let (verdict, score) = match judge(tally, listing, &self.rules, now) {
            Ruling::Leave(_) => return None,
            Ruling::List { score, until } => {
                tally.listed_times = tally.listed_times.saturating_add(1);
                let until = Some(until);
                (Verdict::List { class, until }, score)
            }
            Ruling::Extend { score, until } => {
                let until = Some(until);
                (Verdict::Extend { class, until }, score)
            }
        };
        Some(Decision {
            prefix: tally.unit,
            verdict,
            rule: Rule::new("trap-spam", 1),
            score,
            reason,
        })
    }

    /// An address that behaved for long enough counts as new.
    fn forget_old_listings(&self, tally: &mut Tally, standing: Option<&Listing>, now: Timestamp) {
        let quiet = tally.last_withdrawn_at.map(|at| now.since(at));
        if standing.is_none() && quiet.is_some_and(|quiet| quiet > self.rules.forget_after.duration()) {
            tally.listed_times = 0;
        }
    }

    /// Withdraws listings that are over; tells whether there may be more.
    async fn expire_listings(&self) -> Result<bool, StoreError> {
        if self.store.expired(self.clock.now(), 1).await?.is_empty() {
            return Ok(false);
        }
        // Read inside the transaction that ends them: what was extended meanwhile stays.
        let mut transaction = self.store.begin_deciding().await?;
        let now = self.clock.now();
        let over = transaction.expired(now, EXPIRY_BATCH).await?;
        let end = |listing: &Listing| Decision {
            prefix: listing.prefix,
            verdict: Verdict::Withdraw { class: listing.class },
            rule: Rule::new("expired", 1),
            score: 0.0,
            reason: "The listing reached its end.".to_owned(),
        };
        let decisions: Vec<Decision> = over.iter().map(end).collect();
        let decided = transaction.decide_all(&decisions, now).await?;
        let units: Vec<Prefix> = over.iter().map(|listing| listing.prefix).collect();
        transaction.note_withdrawn(&units, now).await?;
        transaction.commit().await?;
        metrics::counter!("atalaya_decide_expired_total").increment(decided.len() as u64);
        Ok(over.len() >= EXPIRY_BATCH as usize)
    }

    /// Ends entries of the allow list that are over; tells whether there may be more.
    async fn expire_allowed(&self) -> Result<bool, StoreError> {
        if self.store.expired_allowed(self.clock.now(), 1).await?.is_empty() {
            return Ok(false);
        }
        let mut transaction = self.store.begin_deciding().await?;
        let now = self.clock.now();
        let over = transaction.expired_allowed(now, EXPIRY_BATCH).await?;
        let end = |entry: &AllowEntry| Decision {
            prefix: entry.prefix,
            verdict: Verdict::Disallow,
            rule: Rule::new("expired", 1),
            score: 0.0,
            reason: "The entry of the allow list reached its end.".to_owned(),
        };
        let decisions: Vec<Decision> = over.iter().map(end).collect();
        transaction.decide_all(&decisions, now).await?;
        transaction.commit().await?;
        Ok(over.len() >= EXPIRY_BATCH as usize)
    }
}

/// The address that an observation speaks of, as a prefix.
fn address(observation: &Observation) -> Prefix {
    Prefix::single(observation.address)
}

/// Tells the first of a row of failures; gives the latest.
fn tell_first(before: Option<&StoreError>, now: Option<StoreError>) -> Option<StoreError> {
    if let (None, Some(error)) = (before, &now) {
        let error: &dyn std::error::Error = error;
        tracing::error!(error, "judging waits for the store");
    }
    now
}

/// Asks for a notice about each new listing, in the transaction that lists.
async fn order_notices(
    transaction: &mut Transaction,
    listed: &[Serial],
    now: Timestamp,
) -> Result<(), StoreError> {
    let jobs = listed
        .iter()
        .map(|serial| (serial.to_string(), format!("{{\"serial\":{serial}}}")));
    transaction.add_jobs("notice", jobs, now).await
}

/// Why it is listed, in a sentence that its owner may read.
fn reason(tally: &Tally) -> String {
    let messages = if tally.observations == 1 {
        "1 message"
    } else {
        &format!("{} messages", tally.observations)
    };
    format!(
        "Spam reached our traps: {messages}, the last on {}.",
        tally.scored_at.date()
    )
}

#[cfg(test)]
mod tests;

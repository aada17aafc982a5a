//! The judge at work: follows the observations, applies the rules, writes decisions; ends what is over.
//!
//! One batch of observations is one transaction: tallies, decisions, jobs for notices and the reader's position move together, so that
//! a crash in between counts nothing twice and loses nothing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use atalaya_formats::why::Why;
use atalaya_model::{
    AllowEntry, Clock, Decided, Decision, Listing, Observation, Prefix, Rule, Serial, Timestamp, Verdict,
};
use atalaya_store::{Seen, Store, StoreError, Tally, Topic, Transaction};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::escalate::{KeptOff, escalate, network_of};
use crate::learn::learn_batch;
use crate::protect::Protection;
use crate::rules::RulesInForce;
use crate::{holder, weigh};
use standing::{Measures, Standing};

mod retract;
mod standing;

/// The name under which the store keeps how far the judge has read.
pub const READER: &str = atalaya_store::JUDGE;
/// Observations judged in one transaction: more than are recorded in one, so that under a flood the judge, who takes turns with whoever records, is not
/// left behind; few enough that others write in between.
const BATCH: u32 = 8_192;
/// A batch above this is part of a flood: many small ones would cost more than all else.
const FLOOD: usize = 128;
/// How long a flood is let gather: far below the second in which who sends spam is listed.
const GATHER: Duration = Duration::from_millis(200);
/// Listings ended in one transaction.
const EXPIRY_BATCH: u32 = 1_000;
/// The longest wait for news: listings that are over are withdrawn at least this often.
const IDLE: Duration = Duration::from_secs(1);
/// Listings of one network that are counted before it is listed whole: all addresses of a /24 in all classes, with some to spare.
const MOST_INSIDE: u32 = 2_048;
/// The wait after the store failed.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Turns observations into decisions. Several may run on one store: they take turns.
#[derive(Debug)]
pub struct Judge {
    rules: RulesInForce,
    protection: Arc<Protection>,
    store: Store,
    clock: Clock,
    /// Held while one works, so that those of this process do not read the same batch twice.
    turn: Mutex<()>,
    /// How many observations the last batch had.
    last_batch: AtomicUsize,
}

impl Judge {
    /// A judge that follows `rules`, as they are when it comes to each group of observations, and never lists what `protection` covers.
    #[must_use]
    pub fn new(
        rules: impl Into<RulesInForce>,
        protection: Arc<Protection>,
        store: Store,
        clock: Clock,
    ) -> Self {
        Self {
            rules: rules.into(),
            protection,
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
            let learned = learn_batch(&self.store, &self.rules.current()).await?;
            let changed = holder::follow_batch(&self.store, self.clock.now()).await?;
            if !(judged || ended || disallowed || learned || changed) {
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
        let batch = self.store.next_observations(position, BATCH).await?;
        let Some(last) = batch.last().map(|seen| seen.position) else {
            return Ok(false);
        };
        let mut transaction = self.store.begin_deciding().await?;
        let now = self.clock.now();
        if transaction.position(READER).await? != position {
            // A judge of another process has judged this batch meanwhile.
            return elsewhere(&self.store, transaction, (READER, position)).await;
        }
        transaction.check_observed(last).await?;
        let by = Measures {
            rules: self.rules.current(),
            protected: self.protection.current(),
            purges: self.store.purges().await?,
        };
        let standing = Standing::read(&mut transaction, &batch, by, now).await?;
        let mut tallies = self.tally(&mut transaction, &batch, &standing).await?;
        let mut decisions = self
            .retract(&mut transaction, (&batch, &standing), &mut tallies)
            .await?;
        decisions.extend(tallies.iter_mut().flat_map(|tally| standing.rule_on(tally)));
        let mut listed = Vec::new();
        let mut decided = transaction.decide_all(&decisions, standing.now).await?;
        decided.extend(self.escalate(&mut transaction, &decided, &standing).await?);
        for Decided { serial, decision, .. } in &decided {
            if matches!(decision.verdict, Verdict::List { .. }) {
                listed.push(*serial);
            }
            metrics::counter!("atalaya_decide_decisions_total", "verdict" => decision.verdict.name())
                .increment(1);
        }
        order_notices(&mut transaction, &listed, standing.now).await?;
        transaction.put_tallies(&tallies).await?;
        transaction.set_position(READER, last).await?;
        transaction.commit().await?;
        self.last_batch.store(batch.len(), Ordering::Relaxed);
        metrics::counter!("atalaya_decide_observations_total").increment(batch.len() as u64);
        Ok(batch.len() >= BATCH as usize)
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
            if !standing.is_evidence(seen) {
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
                let worth = standing.worth(seen);
                weigh(&mut tally, seen, &standing.rules, worth, standing.now);
            }
            tally
        };
        Ok(units.into_iter().map(add_up).collect())
    }

    /// Lists whole networks where so many of their units stand listed now; one question for each network that grew.
    async fn escalate(
        &self,
        transaction: &mut Transaction,
        decided: &[Decided],
        standing: &Standing,
    ) -> Result<Vec<Decided>, StoreError> {
        if standing.rules.escalation.is_none() {
            return Ok(Vec::new());
        }
        let listed = decided.iter().map(|one| &one.decision);
        let listed = listed.filter(|one| matches!(one.verdict, Verdict::List { .. }));
        let networks: BTreeSet<Prefix> = listed.map(|one| network_of(one.prefix)).collect();
        let allowed = transaction.allowed().await?;
        let mut decisions = Vec::new();
        for network in networks {
            let inside = transaction.listings_inside(&network, MOST_INSIDE).await?;
            let is_allowed = allowed.iter().any(|entry| entry.prefix.overlaps(&network));
            let kept_off = if is_allowed || standing.protected.touching(network).is_some() {
                KeptOff::Yes
            } else {
                KeptOff::No
            };
            decisions.extend(escalate(
                network,
                &inside,
                kept_off,
                &standing.rules,
                standing.now,
            ));
        }
        transaction.decide_all(&decisions, standing.now).await
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
            reason: Why::Ended.to_string(),
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

/// Tells the first of a row of failures; gives the latest.
fn tell_first(before: Option<&StoreError>, now: Option<StoreError>) -> Option<StoreError> {
    if let (None, Some(error)) = (before, &now) {
        let error: &dyn std::error::Error = error;
        tracing::error!(error, "judging waits for the store");
    }
    now
}

/// Ends a transaction that finds its reader at another position than was read; tells whether there is more to read.
///
/// Another process has moved it on, or the file of the database was replaced by a copy under this one, and what reads still reads the old file.
///
/// # Errors
/// The store failed, or it is an older copy ([`StoreError::Replaced`]).
pub(crate) async fn elsewhere(
    store: &Store,
    mut transaction: Transaction,
    (reader, read): (&str, u64),
) -> Result<bool, StoreError> {
    let written = transaction.position(reader).await?;
    transaction.rollback().await?;
    if written < read {
        return Err(StoreError::Replaced);
    }
    // Where it is not seen to have moved, to go on would never end.
    Ok(store.position(reader).await? != read)
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

#[cfg(test)]
pub(crate) mod tests;

//! The judge at work: follows the observations, applies the rules, writes decisions; ends what is over.
//!
//! One batch of observations is one transaction: tallies, decisions, jobs for notices and the reader's position move together, so that
//! a crash in between counts nothing twice and loses nothing.

use std::collections::HashMap;
use std::time::Duration;

use atalaya_model::{
    AllowEntry, Class, Clock, Decision, Listing, Prefix, Rule, Serial, Timestamp, Verdict, reserved,
};
use atalaya_store::{Seen, Store, StoreError, Tally, Topic, Transaction};
use tokio_util::sync::CancellationToken;

use crate::by_hand::covering;
use crate::{DecideConfig, Ruling, judge, weigh};

/// The name under which the store keeps how far the judge has read.
const READER: &str = "decide";
/// Observations judged in one transaction: enough to share its cost, few enough that others write in between.
const BATCH: u32 = 1_000;
/// Listings ended in one transaction.
const EXPIRY_BATCH: u32 = 1_000;
/// The longest wait for news: listings that are over are withdrawn at least this often.
const IDLE: Duration = Duration::from_secs(1);
/// The wait after the store failed.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Turns observations into decisions. One runs at a time on a store.
#[derive(Debug)]
pub struct Judge {
    rules: DecideConfig,
    store: Store,
    clock: Clock,
}

/// What the list holds while a batch is judged.
#[derive(Debug)]
struct Standing {
    /// What these rules listed, and would extend.
    listings: HashMap<Prefix, Listing>,
    allowed: Vec<AllowEntry>,
    now: Timestamp,
}

impl Judge {
    /// A judge that follows `rules`.
    #[must_use]
    pub fn new(rules: DecideConfig, store: Store, clock: Clock) -> Self {
        Self { rules, store, clock }
    }

    /// Works until `stop`. A failing store is told once and tried again.
    pub async fn run(&self, stop: CancellationToken) {
        let mut news = self.store.subscribe(Topic::Observations);
        let mut trouble = None;
        while !stop.is_cancelled() {
            let result = self.catch_up().await;
            let wait = if result.is_ok() { IDLE } else { BACK_OFF };
            trouble = tell_first(trouble.as_ref(), result.err());
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
        while self.judge_batch().await? {}
        while self.expire_listings().await? {}
        while self.expire_allowed().await? {}
        Ok(())
    }

    /// Judges one batch; tells whether there may be more.
    async fn judge_batch(&self) -> Result<bool, StoreError> {
        let mut transaction = self.store.begin().await?;
        let position = transaction.position(READER).await?;
        let batch = self.store.observations_after(position, BATCH).await?;
        let Some(last) = batch.last().map(|seen| seen.position) else {
            return Ok(false);
        };

        let mut tallies = self.tally(&mut transaction, &batch).await?;
        let units: Vec<Prefix> = tallies.iter().map(|tally| tally.unit).collect();
        let listings = transaction.listings_in(&units).await?.into_iter();
        let standing = Standing {
            listings: listings
                .filter(|at| at.class == Class::Spam)
                .map(|at| (at.prefix, at))
                .collect(),
            allowed: transaction.allowed().await?,
            now: self.clock.now(),
        };
        for tally in &mut tallies {
            self.rule_on(&mut transaction, tally, &standing).await?;
        }
        transaction.put_tallies(&tallies).await?;
        transaction.set_position(READER, last).await?;
        transaction.commit().await?;
        metrics::counter!("atalaya_decide_observations_total").increment(batch.len() as u64);
        Ok(batch.len() >= BATCH as usize)
    }

    /// The tallies of the addresses in `batch` with its observations added, in the order of their first appearance.
    async fn tally(&self, transaction: &mut Transaction, batch: &[Seen]) -> Result<Vec<Tally>, StoreError> {
        let mut units: Vec<Prefix> = Vec::new();
        let mut seen: HashMap<Prefix, Vec<&Seen>> = HashMap::new();
        for one in batch {
            let unit = one.observation.unit();
            let of_unit = seen.entry(unit).or_default();
            if of_unit.is_empty() {
                units.push(unit);
            }
            of_unit.push(one);
        }
        let mut known = transaction.tallies(&units).await?;
        let add_up = |unit: Prefix| {
            let mut tally = known.remove(&unit).unwrap_or_else(|| Tally::new(unit));
            for one in seen.get(&unit).into_iter().flatten() {
                weigh(&mut tally, &one.observation, &self.rules);
            }
            tally
        };
        Ok(units.into_iter().map(add_up).collect())
    }

    /// Applies the rules to one address and writes what follows.
    async fn rule_on(
        &self,
        transaction: &mut Transaction,
        tally: &mut Tally,
        standing: &Standing,
    ) -> Result<(), StoreError> {
        let now = standing.now;
        if reserved(&tally.unit).is_some() || covering(&standing.allowed, &tally.unit, now).is_some() {
            return Ok(());
        }
        let listing = standing.listings.get(&tally.unit);
        self.forget_old_listings(tally, listing, now);
        let (verdict, score) = match judge(tally, listing, &self.rules, now) {
            Ruling::Leave(_) => return Ok(()),
            Ruling::List { score, until } => (
                Verdict::List {
                    class: Class::Spam,
                    until: Some(until),
                },
                score,
            ),
            Ruling::Extend { score, until } => (
                Verdict::Extend {
                    class: Class::Spam,
                    until: Some(until),
                },
                score,
            ),
        };
        let decision = Decision {
            prefix: tally.unit,
            verdict,
            rule: Rule::new("trap-spam", 1),
            score,
            reason: reason(tally),
        };
        let decided = transaction.decide(&decision, now).await?;
        if matches!(verdict, Verdict::List { .. }) {
            tally.listed_times = tally.listed_times.saturating_add(1);
            order_notice(transaction, decided.serial, now).await?;
        }
        metrics::counter!("atalaya_decide_decisions_total", "verdict" => verdict.name()).increment(1);
        Ok(())
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
        let now = self.clock.now();
        let over = self.store.expired(now, EXPIRY_BATCH).await?;
        if over.is_empty() {
            return Ok(false);
        }
        let mut transaction = self.store.begin().await?;
        let mut prefixes: Vec<Prefix> = over.iter().map(|listing| listing.prefix).collect();
        prefixes.dedup();
        // Read again inside the transaction: what was extended meanwhile stays.
        let still: Vec<Listing> = transaction
            .listings_in(&prefixes)
            .await?
            .into_iter()
            .filter(|at| at.is_over(now))
            .collect();
        for listing in &still {
            let decision = Decision {
                prefix: listing.prefix,
                verdict: Verdict::Withdraw { class: listing.class },
                rule: Rule::new("expired", 1),
                score: 0.0,
                reason: "The listing reached its end.".to_owned(),
            };
            transaction.decide(&decision, now).await?;
        }
        let units: Vec<Prefix> = still.iter().map(|listing| listing.prefix).collect();
        let mut tallies: Vec<Tally> = transaction.tallies(&units).await?.into_values().collect();
        tallies
            .iter_mut()
            .for_each(|tally| tally.last_withdrawn_at = Some(now));
        transaction.put_tallies(&tallies).await?;
        transaction.commit().await?;
        metrics::counter!("atalaya_decide_expired_total").increment(still.len() as u64);
        Ok(over.len() >= EXPIRY_BATCH as usize)
    }

    /// Ends entries of the allow list that are over; tells whether there may be more.
    async fn expire_allowed(&self) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let over = self.store.expired_allowed(now, EXPIRY_BATCH).await?;
        if over.is_empty() {
            return Ok(false);
        }
        let mut transaction = self.store.begin().await?;
        let still = transaction.allowed().await?;
        for entry in still
            .into_iter()
            .filter(|entry| entry.until.is_some_and(|until| until <= now))
        {
            let decision = Decision {
                prefix: entry.prefix,
                verdict: Verdict::Disallow,
                rule: Rule::new("expired", 1),
                score: 0.0,
                reason: "The entry of the allow list reached its end.".to_owned(),
            };
            transaction.decide(&decision, now).await?;
        }
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

/// Asks for a notice about a new listing, in the transaction that lists.
async fn order_notice(
    transaction: &mut Transaction,
    serial: Serial,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction
        .add_job(
            "notice",
            &serial.to_string(),
            &format!("{{\"serial\":{serial}}}"),
            now,
        )
        .await
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

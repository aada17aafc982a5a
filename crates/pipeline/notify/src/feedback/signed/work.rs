//! The workers: they verify what was found, and tell. Where DNS gives no answer a job waits, some times, and is then given up.
//!
//! An event of an observation and an enrolment is made once, and a report of an observation has one name; so a job may run twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::cfbl::{ReportWish, is_within};
use atalaya_formats::dkim::{Claim, Signature, claims};
use atalaya_model::{Observation, Timestamp};
use atalaya_store::{FeedbackEvent, Job, ReportLimits, StoreError, Topic};
use metrics::counter;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use uuid::Uuid;

use super::keys::Verdict;
use super::{CFBL_AGE, Task, Work};
use crate::feedback::follow::traps_of;
use crate::feedback::{Feedback, FeedbackError, summary};

/// Jobs that are worked at the same time, of each kind.
const WORKERS: usize = 8;
/// How long DNS has for all keys of a message.
const PATIENCE: Duration = Duration::from_secs(20);
/// The wait where others wait for keys of the same domain: that is no try.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// How long a job may take.
const LEASE: Duration = Duration::from_secs(300);
/// How often a job is tried: the last time two hours after the first.
const MOST_ATTEMPTS: u32 = 8;
/// The first wait for DNS, and the longest; each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);
/// The longest wait for news, and the wait after the store failed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

impl Feedback {
    /// Works until `stop` is cancelled. Whatever was begun is dropped then: its lease runs out.
    pub async fn verify(self: Arc<Self>, stop: CancellationToken) {
        let [events, reports] = Task::ALL.map(|task| Arc::clone(&self).verify_all(task));
        tokio::select! {
            _ended = async { tokio::join!(events, reports) } => {}
            () = stop.cancelled() => {}
        }
    }

    /// Gives each job of a kind to a worker of its own.
    async fn verify_all(self: Arc<Self>, task: Task) {
        let mut news = self.store.subscribe(Topic::Jobs);
        let mut workers = JoinSet::new();
        loop {
            while workers.try_join_next().is_some() {}
            if workers.len() >= WORKERS {
                workers.join_next().await;
            }
            match self.store.take_job(task.kind(), LEASE).await {
                Ok(Some(job)) => drop(workers.spawn(Arc::clone(&self).verify_job(task, job))),
                Ok(None) => news.changed(LOOK_AGAIN).await,
                Err(failed) => tell(&failed.into()).await,
            }
        }
    }

    async fn verify_job(self: Arc<Self>, task: Task, job: Job) {
        if let Err(failed) = self.verify_one(task, &job).await {
            tell(&failed).await;
        }
    }

    /// Works a job that was taken.
    async fn verify_one(&self, task: Task, job: &Job) -> Result<(), FeedbackError> {
        // The last try that DNS fails gives up by itself. What comes back after it failed otherwise, or ended our process.
        if job.attempts > MOST_ATTEMPTS {
            error!(
                job = job.key,
                kind = job.kind,
                "a message cannot be looked into, and is left out"
            );
            return Ok(self.store.abandon_job(job.id, "it failed each time").await?);
        }
        let Ok(work) = serde_json::from_str::<Work>(&job.payload) else {
            return Ok(self.store.abandon_job(job.id, "it cannot be read").await?);
        };
        let Some((seen, _digest, message)) = self.evidence(work.position).await? else {
            return Ok(self.store.finish_job(job.id).await?);
        };
        match task {
            Task::Events => self.tell_domains(job, &work, (seen, message)).await,
            Task::Report => self.tell_address(job, &work, (seen, message)).await,
        }
    }

    /// Makes an event for each enrolment whose domain signed.
    async fn tell_domains(
        &self,
        job: &Job,
        work: &Work,
        (seen, message): (Observation, Vec<u8>),
    ) -> Result<(), FeedbackError> {
        let enrolments = self.still_active(&work.enrolments).await?;
        let of = |signature: &Signature| {
            let own = enrolments
                .iter()
                .filter(|(_, domain)| is_within(signature.domain(), domain));
            own.map(|(id, _)| *id).collect::<Vec<_>>()
        };
        let domains: Vec<String> = enrolments.values().cloned().collect();
        let told_by = move |signature: &Signature| {
            let mut own = domains.iter().filter(|own| is_within(signature.domain(), own));
            own.next().cloned()
        };
        let (valid, rest) = self.judge(message, seen.seen_at, told_by).await?;
        let mut told: Vec<Uuid> = valid.iter().flat_map(|claim| of(claim.signature())).collect();
        told.sort_unstable();
        told.dedup();
        let event = FeedbackEvent {
            enrolment: Uuid::nil(),
            position: 0,
            observation: work.position,
            address: seen.address.to_canonical(),
            seen_at: seen.seen_at,
            traps: traps_of(&seen),
        };
        let is_done = rest == Rest::None || told.len() >= enrolments.len();
        let mut transaction = self.store.begin().await?;
        let added = transaction.add_signed_events(&event, &told).await?;
        if is_done {
            transaction.finish_job(job.id).await?;
        }
        transaction.commit().await?;
        counter!("atalaya_notify_feedback_events_total").increment(added);
        match is_done {
            true => Ok(()),
            false => self.wait_for(job, rest).await,
        }
    }

    /// Those of the enrolments that are told now.
    async fn still_active(&self, all: &BTreeMap<Uuid, String>) -> Result<BTreeMap<Uuid, String>, StoreError> {
        let now = self.clock.now();
        let mut active = BTreeMap::new();
        for (id, domain) in all {
            let enrolment = self.store.enrolment(*id).await?;
            if enrolment.is_some_and(|enrolment| enrolment.is_active(now)) {
                active.insert(*id, domain.clone());
            }
        }
        Ok(active)
    }

    /// Reports a message to the address that it names.
    async fn tell_address(
        &self,
        job: &Job,
        work: &Work,
        (seen, message): (Observation, Vec<u8>),
    ) -> Result<(), FeedbackError> {
        let wish = ReportWish::read(&message).filter(|_| self.config.cfbl);
        let is_young = self.clock.now().since(seen.seen_at) <= CFBL_AGE;
        let Some(wish) = wish.filter(|wish| is_young && !self.is_our_own(&wish.address)) else {
            return self.no_report(job, "refused").await;
        };
        if !self.store.unwanted(&[&wish.address]).await?.is_empty() {
            return self.no_report(job, "unwanted").await;
        }
        let asks = wish.clone();
        let told_by =
            move |signature: &Signature| asks.concerns(signature).then(|| signature.domain().to_owned());
        let (valid, rest) = self.judge(message, seen.seen_at, told_by).await?;
        let valid: Vec<&Signature> = valid.iter().map(Claim::signature).collect();
        match (wish.is_allowed_by(&valid), rest) {
            (true, _) => self.report_to(job, work.position, &wish).await,
            (false, Rest::None) => self.no_report(job, "unsigned").await,
            (false, rest) => self.wait_for(job, rest).await,
        }
    }

    async fn report_to(&self, job: &Job, position: u64, wish: &ReportWish) -> Result<(), FeedbackError> {
        let Some(told) = self.shown_to(position, &wish.address, b"cfbl").await? else {
            return self.no_report(job, "gone").await;
        };
        let mail = self.cfbl_mail(wish, &told);
        let limits = ReportLimits {
            per_address: self.config.cfbl_per_address,
            in_all: self.config.cfbl_per_day,
        };
        let today = summary::day_of(self.clock.now());
        let mut transaction = self.store.begin().await?;
        let may_leave = transaction.count_report(&wish.address, today, limits).await?;
        if may_leave {
            transaction.add_mail(&mail).await?;
        }
        transaction.finish_job(job.id).await?;
        transaction.commit().await?;
        counted(if may_leave { "sent" } else { "too many" });
        Ok(())
    }

    async fn no_report(&self, job: &Job, why: &'static str) -> Result<(), FeedbackError> {
        counted(why);
        Ok(self.store.finish_job(job.id).await?)
    }

    /// The valid ones of those signatures of a message that matter, and what could not be judged. A signature matters to the domain that is told
    /// by it.
    async fn judge(
        &self,
        message: Vec<u8>,
        at: Timestamp,
        told_by: impl Fn(&Signature) -> Option<String> + Send + Sync + 'static,
    ) -> Result<(Vec<Claim>, Rest), FeedbackError> {
        let read = move || {
            let claims = claims(&message, at, |signature| told_by(signature).is_some());
            let of = |claim: Claim| told_by(claim.signature()).map(|told| (claim, told));
            claims.into_iter().flatten().filter_map(of).collect::<Vec<_>>()
        };
        let claims = tokio::task::spawn_blocking(read).await?;
        let (mut valid, mut rest) = (Vec::new(), Rest::None);
        let look = self.verify_claims(claims, (&mut valid, &mut rest));
        if timeout(PATIENCE, look).await.is_err() {
            rest = Rest::Unanswered;
        }
        Ok((valid, rest))
    }

    /// Verifies claims, and keeps what came of each when the time is over.
    async fn verify_claims(&self, claims: Vec<(Claim, String)>, (valid, rest): (&mut Vec<Claim>, &mut Rest)) {
        for (claim, told) in claims {
            match self.keys.verdict(&claim, &told).await {
                Verdict::Valid => valid.push(claim),
                Verdict::Later => *rest = Rest::Unanswered,
                Verdict::Busy => *rest = (*rest).max(Rest::Busy),
                Verdict::Flawed(_) => {}
            }
        }
    }

    async fn wait_for(&self, job: &Job, rest: Rest) -> Result<(), FeedbackError> {
        if rest == Rest::Busy {
            let until = self.clock.now().plus(BUSY_WAIT);
            return Ok(self.store.put_back_job(job.id, until).await?);
        }
        self.wait_for_dns(job).await
    }

    async fn wait_for_dns(&self, job: &Job) -> Result<(), FeedbackError> {
        let why = "no resolver gives the key";
        if job.attempts >= MOST_ATTEMPTS {
            info!(
                job = job.key,
                kind = job.kind,
                "a signature was never verified: {why}"
            );
            return Ok(self.store.abandon_job(job.id, why).await?);
        }
        let doubled = 2_u32.saturating_pow(job.attempts.saturating_sub(1));
        let wait = FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
        let until = self.clock.now().plus(wait);
        Ok(self.store.postpone_job(job.id, until, why).await?)
    }
}

/// What could not be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rest {
    /// Nothing.
    None,
    /// Others wait for keys of the same domain.
    Busy,
    /// DNS gave no answer.
    Unanswered,
}

fn counted(outcome: &'static str) {
    counter!("atalaya_notify_cfbl_total", "outcome" => outcome).increment(1);
}

/// Tells of a failure, and waits for the store to recover.
async fn tell(failed: &FeedbackError) {
    if !matches!(failed, FeedbackError::Store(StoreError::Closed)) {
        error!(
            error = failed as &dyn std::error::Error,
            "signatures cannot be verified"
        );
    }
    tokio::time::sleep(LOOK_AGAIN).await;
}

#[cfg(test)]
impl Feedback {
    /// Works all jobs that are due.
    pub(in crate::feedback) async fn verify_all_due(&self) {
        for task in Task::ALL {
            while let Some(job) = self.store.take_job(task.kind(), LEASE).await.unwrap() {
                self.verify_one(task, &job).await.unwrap();
            }
        }
    }
}

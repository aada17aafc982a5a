//! The follower that looks for signatures. It reads messages only where somebody could be told of them, asks nobody, and makes jobs.
//!
//! Jobs and the position stand in one transaction, and a job of an observation is made once.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_formats::cfbl::ReportWish;
use atalaya_formats::dkim::{Signature, claims, is_signed};
use atalaya_model::{FeedbackScope, MailAddress, Prefix, Timestamp};
use atalaya_store::{Enrolment, EnrolmentState, SIGNED_READER, Seen, StoreError, Topic};
use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::error;
use uuid::Uuid;

use super::{CFBL_AGE, Task, Work};
use crate::feedback::follow::{for_all_enrolments, rest};
use crate::feedback::{Feedback, FeedbackError, is_told, summary};

/// Observations of one step: their messages may have to be read.
const STEP: u32 = 100;
/// For one report that may leave, so many messages are verified on a day: most of what asks for reports does not verify.
const TRIES: u32 = 5;
/// Most messages of one source that are verified on a day for reports.
const MOST_OF_SOURCE: u32 = 50;

/// Makes jobs of messages that somebody may have signed who is told.
#[derive(Debug)]
pub struct SignedFollower {
    feedback: Arc<Feedback>,
    domains: Arc<Domains>,
    /// Of which state of the enrolments the domains are.
    version: Option<u64>,
    /// The day of which reports were asked for (in days since 1970), how many of each address, and in all.
    day: u64,
    asked: HashMap<MailAddress, u32>,
    asked_in_all: u32,
    /// How many by whom: those that verify nothing must not use up what others may ask for.
    asked_by: HashMap<Prefix, u32>,
}

/// What was found in a message.
#[derive(Debug, Default)]
struct Found {
    /// Who signed it, by their own word.
    domains: Vec<String>,
    /// The report that it asks for, where its signatures would allow it.
    wish: Option<ReportWish>,
}

impl SignedFollower {
    /// Follows for that loop.
    #[must_use]
    pub fn new(feedback: Arc<Feedback>) -> Self {
        Self {
            feedback,
            domains: Arc::default(),
            version: None,
            day: 0,
            asked: HashMap::new(),
            asked_in_all: 0,
            asked_by: HashMap::new(),
        }
    }

    /// Works until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut news = self.feedback.store.subscribe(Topic::Observations);
        while !stop.is_cancelled() {
            let work = async {
                let done = self.step().await;
                rest(done, &mut news).await;
            };
            tokio::select! {
                () = work => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Goes through some observations. Says whether there may be more.
    ///
    /// # Errors
    /// The store failed, or the reading of a message was cut short.
    pub async fn step(&mut self) -> Result<bool, FeedbackError> {
        self.read_enrolments().await?;
        if self.domains.since.is_none() && !self.feedback.config.cfbl {
            return Ok(false);
        }
        let feedback = Arc::clone(&self.feedback);
        let position = feedback.store.position(SIGNED_READER).await?;
        let seen = feedback.store.observations_after(position, STEP).await?;
        let Some(last) = seen.last().map(|seen| seen.position) else {
            return Ok(false);
        };
        let mut jobs = Vec::new();
        for seen in seen.iter().filter(|seen| is_told(&seen.observation)) {
            match self.jobs_of(seen).await {
                Ok(found) => jobs.extend(found),
                Err(failed) if is_of_message(&failed) => error!(
                    error = &failed as &dyn std::error::Error,
                    position = seen.position,
                    "a message cannot be looked into for signatures, and is left out"
                ),
                Err(failed) => return Err(failed),
            }
        }
        let now = feedback.clock.now();
        let mut transaction = feedback.store.begin().await?;
        for task in Task::ALL {
            let of_task = jobs.iter().filter(|(own, _)| *own == task);
            // Numbers and texts can always be written.
            let payload = |work| serde_json::to_string(work).unwrap_or_default();
            let rows = of_task.map(|(_, work)| (work.position.to_string(), payload(work)));
            transaction.add_jobs(task.kind(), rows, now).await?;
        }
        transaction.set_position(SIGNED_READER, last).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// What is to be found out about a message.
    async fn jobs_of(&mut self, seen: &Seen) -> Result<Vec<(Task, Work)>, FeedbackError> {
        let (now, at) = (self.feedback.clock.now(), seen.observation.seen_at);
        let is_young = self.feedback.config.cfbl && now.since(at) <= CFBL_AGE;
        if !is_young && !self.domains.has_any_since(at) {
            return Ok(Vec::new());
        }
        let Some(digest) = seen.observation.message else {
            return Ok(Vec::new());
        };
        let Some(message) = self.feedback.store.message(&digest).await? else {
            return Ok(Vec::new());
        };
        // A message may be of some MiB.
        let domains = Arc::clone(&self.domains);
        let found = tokio::task::spawn_blocking(move || Found::of(&message, at, &domains)).await?;
        let work = |enrolments| Work {
            position: seen.position,
            enrolments,
        };
        let mut jobs = Vec::new();
        let told = self.domains.told_of(&found.domains, (at, now));
        if !told.is_empty() {
            jobs.push((Task::Events, work(told)));
        }
        if let Some(wish) = found.wish.filter(|_| is_young)
            && self.may_try(&wish.address, (seen.observation.address, now))
        {
            jobs.push((Task::Report, work(BTreeMap::new())));
        }
        Ok(jobs)
    }

    /// Whether a wish for a report is looked into. This only spares work: what leaves is counted in the store.
    fn may_try(&mut self, address: &MailAddress, (source, now): (IpAddr, Timestamp)) -> bool {
        let config = &self.feedback.config;
        let today = summary::day_of(now);
        if self.day != today {
            (self.day, self.asked_in_all) = (today, 0);
            self.asked.clear();
            self.asked_by.clear();
        }
        let source = Prefix::unit(source.to_canonical());
        let by_source = self.asked_by.get(&source).copied().unwrap_or_default();
        if by_source >= MOST_OF_SOURCE {
            counter!("atalaya_notify_cfbl_total", "outcome" => "too many").increment(1);
            return false;
        }
        if self.asked_in_all >= config.cfbl_per_day.saturating_mul(TRIES) {
            counter!("atalaya_notify_cfbl_total", "outcome" => "too many").increment(1);
            return false;
        }
        let asked = self.asked.entry(address.clone()).or_default();
        if *asked >= config.cfbl_per_address.saturating_mul(TRIES) {
            counter!("atalaya_notify_cfbl_total", "outcome" => "too many").increment(1);
            return false;
        }
        *asked = asked.saturating_add(1);
        self.asked_in_all = self.asked_in_all.saturating_add(1);
        self.asked_by.insert(source, by_source.saturating_add(1));
        true
    }

    /// Reads the enrolments again if any of them has changed.
    async fn read_enrolments(&mut self) -> Result<(), StoreError> {
        let store = &self.feedback.store;
        let version = store.enrolments_version().await?;
        if self.version == Some(version) {
            return Ok(());
        }
        let mut domains = Domains::default();
        for_all_enrolments(store, |enrolment| domains.add(enrolment)).await?;
        (self.domains, self.version) = (Arc::new(domains), Some(version));
        Ok(())
    }
}

impl Found {
    fn of(message: &[u8], at: Timestamp, domains: &Domains) -> Self {
        if !is_signed(message) {
            return Self::default();
        }
        let wish = ReportWish::read(message);
        let matters = |signature: &Signature| {
            domains.has(signature.domain()) || wish.as_ref().is_some_and(|wish| wish.concerns(signature))
        };
        let claims: Vec<_> = claims(message, at, matters).into_iter().flatten().collect();
        let signatures: Vec<&Signature> = claims
            .iter()
            .map(atalaya_formats::dkim::Claim::signature)
            .collect();
        Self {
            domains: signatures.iter().map(|one| one.domain().to_owned()).collect(),
            wish: wish.filter(|wish| wish.is_allowed_by(&signatures)),
        }
    }
}

/// Whether a failure is that of one message, which would stop the follower for ever.
fn is_of_message(failed: &FeedbackError) -> bool {
    match failed {
        FeedbackError::Store(failed) => matches!(failed, StoreError::Corrupt(_)),
        FeedbackError::Hiding(cut_short) => cut_short.is_panic(),
        _ => false,
    }
}

/// The active enrolments by domain.
#[derive(Debug, Default)]
struct Domains {
    /// Of each domain: whose, since when, and until when.
    by_name: HashMap<String, Vec<(Uuid, Timestamp, Timestamp)>>,
    /// When the first of them began.
    since: Option<Timestamp>,
}

impl Domains {
    fn add(&mut self, enrolment: &Enrolment) {
        if let FeedbackScope::Domain(domain) = &enrolment.scope
            && enrolment.state == EnrolmentState::Active
        {
            let entry = (enrolment.id, enrolment.created_at, enrolment.ends_at);
            self.by_name.entry(domain.clone()).or_default().push(entry);
            let first = self.since.unwrap_or(enrolment.created_at);
            self.since = Some(first.min(enrolment.created_at));
        }
    }

    /// Whether somebody is told of what a domain signs.
    fn has(&self, domain: &str) -> bool {
        let around = std::iter::successors(Some(domain), |name| Some(name.split_once('.')?.1));
        around.into_iter().any(|name| self.by_name.contains_key(name))
    }

    /// Whether anybody had enrolled at a moment.
    fn has_any_since(&self, at: Timestamp) -> bool {
        self.since.is_some_and(|since| since <= at)
    }

    /// Those who are told if one of these domains signed a message that came at a moment, each with its own domain.
    fn told_of(&self, signers: &[String], (at, now): (Timestamp, Timestamp)) -> BTreeMap<Uuid, String> {
        let mut told = BTreeMap::new();
        for signer in signers {
            let mut rest = Some(signer.as_str());
            while let Some(domain) = rest {
                let entries = self.by_name.get(domain).into_iter().flatten();
                let own = entries.filter(|(_, since, until)| *since <= at && *until > now);
                told.extend(own.map(|(id, ..)| (*id, domain.to_owned())));
                rest = domain.split_once('.').map(|(_, parent)| parent);
            }
        }
        told
    }
}

//! The writer: takes the jobs, asks all that must be asked, and puts the mail into the outbox.

use std::time::Duration;

use atalaya_model::{Clock, Decided, Listing, Serial, Timestamp};
use atalaya_store::{Job, Store, StoreError, Subscription, Topic};
use metrics::counter;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::config::NoticeConfig;
use super::error::NoticeError;
use super::evidence::Evidence;
use super::find::FindContact;
use super::settle::Case;
use crate::contact::ContactError;

/// The kind of job that is worked here.
const KIND: &str = "notice";
/// How long a job belongs to one worker: looking for a contact asks several servers in turn, each within its own limit.
const LEASE: Duration = Duration::from_secs(600);
/// The longest wait for news of jobs: other processes write to the store too, and postponed jobs come due.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// When a job is tried again whose trouble names no time.
const TRY_AGAIN: Duration = Duration::from_secs(15 * 60);
/// The name under which the store keeps the key of pseudonyms.
const KEY_NAME: &str = "pseudonyms";

/// The names of the list, as notices give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListNames {
    /// The base zone: `bl.example.net`.
    pub zone: String,
    /// Where the pages are reached, without a slash at the end: `https://list.example.net`.
    pub public_url: String,
}

/// Writes notices.
#[derive(Debug)]
pub struct NoticeWriter<F> {
    pub(super) config: NoticeConfig,
    pub(super) names: ListNames,
    pub(super) store: Store,
    finder: F,
    clock: Clock,
}

/// What a job asks for.
#[derive(Deserialize)]
struct Payload {
    serial: Serial,
}

/// How a job ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Written,
    HeldBack,
    NoEvidence,
    NotListed,
    NoContact,
    LeftAlone,
    OurOwn,
    Unreadable,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::HeldBack => "held-back",
            Self::NoEvidence => "no-evidence",
            Self::NotListed => "not-listed",
            Self::NoContact => "no-contact",
            Self::LeftAlone => "left-alone",
            Self::OurOwn => "our-own",
            Self::Unreadable => "unreadable",
        }
    }
}

impl<F: FindContact> NoticeWriter<F> {
    /// Writes about the list of that name, with contacts from `finder`.
    #[must_use]
    pub fn new(config: NoticeConfig, names: ListNames, store: Store, finder: F, clock: Clock) -> Self {
        Self {
            config,
            names,
            store,
            finder,
            clock,
        }
    }

    /// Works until `stop` is cancelled. A job that was begun is dropped then: its lease runs out and it is taken again.
    pub async fn run(self, stop: CancellationToken) {
        let mut news = self.store.subscribe(Topic::Jobs);
        let work = async {
            loop {
                let worked = self.work_next().await;
                rest(worked, &mut news).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = stop.cancelled() => {}
        }
    }

    /// Works one job. Says whether there was one.
    pub(super) async fn work_next(&self) -> Result<bool, StoreError> {
        let Some(job) = self.store.take_job(KIND, LEASE).await? else {
            return Ok(false);
        };
        match self.work(&job, self.clock.now()).await {
            Ok(outcome) => {
                counter!("atalaya_notify_notices_total", "outcome" => outcome.name()).increment(1);
                info!(job.key = %job.key, outcome = outcome.name(), "a job for a notice is done");
            }
            Err(NoticeError::Store(failed)) => self.give_up(&job, failed).await?,
            Err(failed) => self.postpone(&job, &failed).await?,
        }
        Ok(true)
    }

    /// Waits as long as the registry asked for, or for a time of our own.
    async fn postpone(&self, job: &Job, failed: &NoticeError) -> Result<(), StoreError> {
        let (until, why) = match failed {
            NoticeError::Contact(ContactError::Later { at, why }) => (*at, why.clone()),
            other => (self.clock.now().plus(TRY_AGAIN), other.to_string()),
        };
        warn!(job.key = %job.key, %until, error = failed as &dyn std::error::Error, "a notice must wait");
        self.store.postpone_job(job.id, until, &why).await
    }

    /// Trouble that passes leaves the job to its lease; a row that cannot be read would fail for ever.
    async fn give_up(&self, job: &Job, failed: StoreError) -> Result<(), StoreError> {
        if failed.is_temporary() || matches!(failed, StoreError::Closed) {
            return Err(failed);
        }
        error!(job.key = %job.key, error = &failed as &dyn std::error::Error, "a notice is given up");
        self.store.abandon_job(job.id, &failed.to_string()).await
    }

    pub(super) async fn work(&self, job: &Job, now: Timestamp) -> Result<Outcome, NoticeError> {
        let Ok(payload) = serde_json::from_str::<Payload>(&job.payload) else {
            return self
                .abandon(job, Outcome::Unreadable, "its payload cannot be read")
                .await;
        };
        let Some(decided) = self.store.decision(payload.serial).await? else {
            return self
                .abandon(job, Outcome::Unreadable, "there is no such decision")
                .await;
        };
        let Some(listing) = self.listing(&decided, now).await? else {
            return self.finish(job, Outcome::NotListed).await;
        };
        let key = self.store.secret(KEY_NAME).await?;
        let prefix = &decided.decision.prefix;
        let Some(evidence) = Evidence::load(&self.store, prefix, &self.config, &key).await? else {
            return self
                .abandon(job, Outcome::NoEvidence, "no evidence, no notice")
                .await;
        };
        let address = evidence.shown.address;
        let contact = self
            .finder
            .find_contact(address, now)
            .await
            .map_err(NoticeError::Contact)?;
        let Some(contact) = contact.filter(|contact| !contact.addresses.is_empty()) else {
            return self.finish(job, Outcome::NoContact).await;
        };
        for address in &contact.addresses {
            if self.store.is_left_alone(address).await? {
                return self.finish(job, Outcome::LeftAlone).await;
            }
        }
        let sender = self.config.sender()?;
        let Some(recipient) = contact
            .addresses
            .iter()
            .find(|address| !self.is_our_own(address, &sender))
        else {
            return self.finish(job, Outcome::OurOwn).await;
        };
        let case = Case {
            decided: &decided,
            listing: &listing,
            evidence: &evidence,
            contact: &contact,
            key: &key,
        };
        self.settle(job, &case, (&sender, recipient), now).await
    }

    /// The listing that the decision made, if it still stands.
    async fn listing(&self, decided: &Decided, now: Timestamp) -> Result<Option<Listing>, StoreError> {
        let prefix = &decided.decision.prefix;
        let Some(class) = decided.decision.verdict.class() else {
            return Ok(None);
        };
        let is_allowed = self
            .store
            .allowed()
            .await?
            .iter()
            .any(|entry| entry.prefix.covers(prefix) && entry.until.is_none_or(|until| until > now));
        let listings = self.store.listings(prefix).await?;
        Ok(listings
            .into_iter()
            .find(|listing| listing.class == class && !listing.is_over(now) && !is_allowed))
    }

    async fn finish(&self, job: &Job, outcome: Outcome) -> Result<Outcome, NoticeError> {
        self.store.finish_job(job.id).await?;
        Ok(outcome)
    }

    async fn abandon(&self, job: &Job, outcome: Outcome, why: &str) -> Result<Outcome, NoticeError> {
        self.store.abandon_job(job.id, why).await?;
        Ok(outcome)
    }
}

/// Goes on at once where there was work; else waits for more, or for the store to recover.
async fn rest(worked: Result<bool, StoreError>, news: &mut Subscription) {
    match worked {
        Ok(true) => {}
        Ok(false) => news.changed(LOOK_AGAIN).await,
        Err(failed) => {
            error!(
                error = &failed as &dyn std::error::Error,
                "the jobs cannot be worked"
            );
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }
}

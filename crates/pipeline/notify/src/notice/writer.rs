//! The writer: takes the jobs. A job for a notice asks all that must be asked and gathers the incident; one for a letter tells what was gathered.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::redact::SharedTrapNames;
use atalaya_formats::signatures::Matcher;
use atalaya_formats::view::SECRET_NAME;
use atalaya_model::{Clock, Contact, ContactSource, Decided, Listing, MailAddress, Serial, Timestamp};
use atalaya_places::Places;
use atalaya_store::{Job, LINK_JOB, Store, StoreError, Topic};
use metrics::counter;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::config::NoticeConfig;
use super::error::NoticeError;
use super::evidence::Sighting;
use super::find::FindContact;
use super::gather::LETTER;
use super::sparing::Sparing;
use super::table::{self, Incident};
use super::text::Templates;
use crate::contact::ContactError;

/// The kind of job that is worked here.
pub(super) const KIND: &str = "notice";
/// How many jobs are worked at the same time: most of them wait for a registry, and one whose port is filtered takes its whole time-out.
/// The budgets of the registries hold for all together.
const WORKERS: usize = 8;
/// How long a job belongs to one worker: looking for a contact asks several servers in turn, each within its own limit.
const LEASE: Duration = Duration::from_secs(600);
/// The longest wait for news of jobs: other processes write to the store too, and postponed jobs come due.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// When a job is tried again whose trouble names no time.
const TRY_AGAIN: Duration = Duration::from_secs(15 * 60);

/// Why a job is abandoned that has nothing to show.
pub(super) const NO_EVIDENCE: &str = "no evidence, no notice";

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
    /// What is hidden, and never written to.
    pub(super) traps: SharedTrapNames,
    pub(super) signatures: Arc<Matcher>,
    /// In which country a network is; without it, nobody is written to in the language of a country.
    pub(super) places: Option<Arc<Places>>,
    /// The templates of the texts.
    pub(super) templates: Templates,
    /// Held while an incident is counted and settled: each must see those before it, or the curve skips a notice.
    pub(super) counting: Mutex<()>,
    /// Tells that notices wait.
    waits: Sparing,
    /// Where answers are heard: never written to.
    pub(super) hearing: Vec<MailAddress>,
    /// The most incidents that one letter tells. The others wait for the next one.
    pub(super) most_rows: u32,
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
    Gathered,
    HeldBack,
    Held,
    ToldBefore,
    NoEvidence,
    NotListed,
    NoContact,
    LeftAlone,
    PassedOn,
    OurOwn,
    Unreadable,
}

impl Outcome {
    const fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Gathered => "gathered",
            Self::HeldBack => "held-back",
            Self::Held => "held",
            Self::ToldBefore => "told-before",
            Self::NoEvidence => "no-evidence",
            Self::NotListed => "not-listed",
            Self::NoContact => "no-contact",
            Self::LeftAlone => "left-alone",
            Self::PassedOn => "passed-on",
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
            traps: config.traps().into(),
            signatures: Arc::default(),
            places: None,
            templates: Templates::default(),
            config,
            names,
            store,
            finder,
            clock,
            counting: Mutex::default(),
            waits: Sparing::default(),
            hearing: Vec::new(),
            most_rows: table::MOST_ROWS,
        }
    }

    /// The same with names of traps that may change meanwhile, in the place of those of the configuration.
    #[must_use]
    pub fn with_traps(self, traps: SharedTrapNames) -> Self {
        Self { traps, ..self }
    }

    /// The same with the addresses at which answers are heard.
    #[must_use]
    pub fn with_hearing(self, hearing: Vec<MailAddress>) -> Self {
        Self { hearing, ..self }
    }

    /// The same with what names the systems of clients.
    #[must_use]
    pub fn with_signatures(self, signatures: Arc<Matcher>) -> Self {
        Self { signatures, ..self }
    }

    /// The same with what knows in which country a network is.
    #[must_use]
    pub fn with_places(self, places: Arc<Places>) -> Self {
        Self {
            places: Some(places),
            ..self
        }
    }

    /// The same with other templates than those that the program brings with it.
    #[must_use]
    pub fn with_templates(self, templates: Templates) -> Self {
        Self { templates, ..self }
    }

    /// Works until `stop` is cancelled. Jobs that were begun are dropped then: their leases run out and they are taken again.
    pub async fn run(self, stop: CancellationToken)
    where
        F: 'static,
    {
        let writer = Arc::new(self);
        let mut workers = JoinSet::new();
        tokio::select! {
            () = writer.hand_out(&mut workers) => {}
            () = stop.cancelled() => {}
        }
        workers.shutdown().await;
    }

    /// Gives each job that is due to a worker of its own, as many at a time as there may be.
    async fn hand_out(self: &Arc<Self>, workers: &mut JoinSet<()>)
    where
        F: 'static,
    {
        let mut news = self.store.subscribe(Topic::Jobs);
        loop {
            while workers.try_join_next().is_some() {}
            if workers.len() >= WORKERS {
                workers.join_next().await;
            }
            match self.take_job().await {
                Ok(Some(job)) => drop(workers.spawn(Arc::clone(self).work_to_the_end(job))),
                Ok(None) => news.changed(LOOK_AGAIN).await,
                Err(failed) => pause_after(Err(failed)).await,
            }
        }
    }

    /// A job that is due. People wait for links; and letters come before notices, because each of them empties what notices fill.
    async fn take_job(&self) -> Result<Option<Job>, StoreError> {
        for kind in [LINK_JOB, LETTER] {
            if let Some(job) = self.store.take_job(kind, LEASE).await? {
                return Ok(Some(job));
            }
        }
        self.store.take_job(KIND, LEASE).await
    }

    async fn work_to_the_end(self: Arc<Self>, job: Job) {
        pause_after(self.work_one(&job).await).await;
    }

    /// Works one job that was taken.
    pub(super) async fn work_one(&self, job: &Job) -> Result<(), StoreError> {
        let now = self.clock.now();
        let worked = match job.kind.as_str() {
            LETTER => self.write_letter(job, now).await,
            LINK_JOB => self.write_link(job, now).await,
            _ => self.work(job, now).await,
        };
        match worked {
            Ok(outcome) => {
                counter!("atalaya_notify_notices_total", "outcome" => outcome.name()).increment(1);
                info!(job.key = %job.key, outcome = outcome.name(), "a job for a notice is done");
                Ok(())
            }
            Err(NoticeError::Store(failed)) => self.give_up(job, failed).await,
            Err(failed) => self.postpone(job, &failed).await,
        }
    }

    /// Waits as long as the registry asked for, or for a time of our own.
    async fn postpone(&self, job: &Job, failed: &NoticeError) -> Result<(), StoreError> {
        let (until, why) = match failed {
            NoticeError::Contact(ContactError::Later { at, why }) => (*at, why.clone()),
            other => (self.clock.now().plus(TRY_AGAIN), other.to_string()),
        };
        counter!("atalaya_notify_notices_total", "outcome" => "waits").increment(1);
        if let Some(untold) = self.waits.due(self.clock.now()) {
            let error = failed as &dyn std::error::Error;
            warn!(job.key = %job.key, %until, error, others = untold, "a notice must wait");
        }
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
        let prefix = &decided.decision.prefix;
        let Some(seen) = Sighting::of(&self.store, prefix).await? else {
            return self.abandon(job, Outcome::NoEvidence, NO_EVIDENCE).await;
        };
        let contact = match self.contact(seen.address, now).await? {
            Ok(contact) => contact,
            Err(outcome) => return self.finish(job, outcome).await,
        };
        let sender = self.config.sender()?;
        let mut addresses = contact.addresses.iter();
        let Some(recipient) = addresses
            .find(|address| !self.is_our_own(address, &sender))
            .cloned()
        else {
            return self.finish(job, Outcome::OurOwn).await;
        };
        let incident = Incident {
            address: seen.address,
            contact,
            class: listing.class,
            reason: decided.decision.reason.clone(),
            first_seen: seen.first_seen,
            last_seen: seen.last_seen,
        };
        let key = self.store.secret(SECRET_NAME).await?;
        self.gather(job, (&decided, &incident), (&recipient, &key), now)
            .await
    }

    /// The contact to write to about an address; where there is none, how the job ends.
    async fn contact(
        &self,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Result<Contact, Outcome>, NoticeError> {
        let Some(contact) = self.finder.find_contact(address, now).await? else {
            return Ok(Err(Outcome::NoContact));
        };
        let usable = self.usable(contact, address, now).await?;
        if !matches!(usable, Err(Outcome::NoContact)) {
            return Ok(usable);
        }
        for contact in self.finder.candidates(address, now).await? {
            let usable = self.usable(contact, address, now).await?;
            if !matches!(usable, Err(Outcome::NoContact)) {
                return Ok(usable);
            }
        }
        Ok(Err(Outcome::NoContact))
    }

    /// What is left of a contact. Who wants no mail from us gets none, and nobody else in the same network's place.
    async fn usable(
        &self,
        contact: Contact,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Result<Contact, Outcome>, NoticeError> {
        // A mailbox that was guessed says no for itself alone: it may have no say about the network.
        let told_by_network = if is_guessed(&contact.source) {
            &[][..]
        } else {
            &contact.addresses
        };
        for mailbox in told_by_network {
            if self.store.is_left_alone(mailbox).await? {
                return Ok(Err(Outcome::LeftAlone));
            }
        }
        let contact = self.reachable(contact, address, now).await?;
        Ok(match contact.addresses.is_empty() {
            true => Err(Outcome::NoContact),
            false => Ok(contact),
        })
    }

    /// The listing that the decision made, if it still stands.
    pub(super) async fn listing(
        &self,
        decided: &Decided,
        now: Timestamp,
    ) -> Result<Option<Listing>, StoreError> {
        let prefix = &decided.decision.prefix;
        let Some(class) = decided.decision.verdict.class() else {
            return Ok(None);
        };
        let covering = self.store.allowed_covering(&[*prefix]).await?;
        let is_allowed = covering
            .iter()
            .any(|entry| entry.until.is_none_or(|until| until > now));
        let listings = self.store.listings(prefix).await?;
        Ok(listings
            .into_iter()
            .find(|listing| listing.class == class && !listing.is_over(now) && !is_allowed))
    }

    pub(super) async fn finish(&self, job: &Job, outcome: Outcome) -> Result<Outcome, NoticeError> {
        self.store.finish_job(job.id).await?;
        Ok(outcome)
    }

    pub(super) async fn abandon(
        &self,
        job: &Job,
        outcome: Outcome,
        why: &str,
    ) -> Result<Outcome, NoticeError> {
        self.store.abandon_job(job.id, why).await?;
        Ok(outcome)
    }
}

/// Whether a contact was found by names alone, and no registry, nor the operator, says that it answers for the network.
const fn is_guessed(source: &ContactSource) -> bool {
    matches!(
        source,
        ContactSource::Soa { .. }
            | ContactSource::ReverseName { .. }
            | ContactSource::AbuseNet { .. }
            | ContactSource::SecurityTxt { .. }
    )
}

/// Waits for the store to recover, if it failed.
async fn pause_after(worked: Result<(), StoreError>) {
    if let Err(failed) = worked {
        error!(
            error = &failed as &dyn std::error::Error,
            "the jobs cannot be worked"
        );
        tokio::time::sleep(STORE_PAUSE).await;
    }
}

//! Letters: all that is gathered for a contact becomes one mail, when nothing bids to wait.
//!
//! In: a job that names a notice and its contact. Out: a mail in the outbox with everything gathered for that contact, the newest incidents
//! with their evidence. Which notices a letter tells, its mail and the end of its job are one transaction: each notice is told by one letter
//! at most, however often a job runs.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_formats::view::{SECRET_NAME, network_key};
use atalaya_formats::{TICKET_SECRET, Ticket};
use atalaya_model::{Decided, Listing, MailAddress, Prefix, Serial, Timestamp};
use atalaya_store::{Gathered, Job, Letter, NewMail, StoreError, Transaction};
use metrics::counter;
use tracing::info;
use uuid::Uuid;

use super::error::NoticeError;
use super::evidence::{Evidence, Hiding};
use super::gather::{LETTER, LetterAsked};
use super::language::Tongues;
use super::limits::{self, Limit};
use super::table::{Incident, Row};
use super::text::Facts;
use super::thread::Thread;
use super::writer::{NO_EVIDENCE, NoticeWriter, Outcome};
use super::{find::FindContact, mail};

/// Most incidents whose evidence goes along.
pub(super) const MOST_SHOWN: usize = 10;
/// How many gathered notices are looked at at once to find these.
const LOOK_AT: u32 = 40;
/// How many times the largest piece of evidence all pieces together may be.
const MOST_EVIDENCE: usize = 3;

/// An incident whose evidence a letter shows.
#[derive(Debug)]
pub(super) struct Shown {
    /// Its notice.
    pub(super) id: Uuid,
    /// The secret word in the link that stops notices.
    pub(super) token: String,
    /// What was noted of it.
    pub(super) incident: Incident,
    /// The decision that it tells of.
    pub(super) decided: Decided,
    /// The listing as it stands now.
    pub(super) listing: Listing,
    /// What was seen.
    pub(super) evidence: Evidence,
}

impl Shown {
    /// Whether both tell of the same listing.
    fn is_same_listing(&self, other: &Self) -> bool {
        self.listing.prefix == other.listing.prefix && self.listing.class == other.listing.class
    }
}

/// What a letter tells.
pub(super) struct Told<'a> {
    /// The letter itself.
    pub(super) letter: &'a Letter,
    /// The newest incident.
    pub(super) newest: &'a Shown,
    /// Those before it whose evidence goes along.
    pub(super) others: &'a [Shown],
    /// All of them, as far as the table goes.
    pub(super) rows: Vec<Row>,
    /// How many they are.
    pub(super) incidents: u64,
}

impl<F: FindContact> NoticeWriter<F> {
    /// Writes the letter that a job asks for, if its notice is still to be told.
    pub(super) async fn write_letter(&self, job: &Job, now: Timestamp) -> Result<Outcome, NoticeError> {
        let Ok(asked) = serde_json::from_str::<LetterAsked>(&job.payload) else {
            return self
                .abandon(job, Outcome::Unreadable, "its payload cannot be read")
                .await;
        };
        if self.store.is_in_letter(asked.notice).await? {
            return self.finish(job, Outcome::ToldBefore).await;
        }
        // Where nothing is gathered, each incident is told alone, with those before it that were held back.
        let up_to = match self.config.digest_window.duration().is_zero() {
            true => asked.serial,
            false => Serial(u64::MAX),
        };
        if self.sweep(&asked.contact, up_to, now).await? {
            return self.finish(job, Outcome::PassedOn).await;
        }
        let key = self.store.secret(SECRET_NAME).await?;
        let shown = match self.shown((&asked.contact, up_to), &key, now).await? {
            Ok(shown) => shown,
            Err(Outcome::NoEvidence) => return self.abandon(job, Outcome::NoEvidence, NO_EVIDENCE).await,
            Err(outcome) => return self.finish(job, outcome).await,
        };
        self.tell(job, (&asked, up_to), (shown, &key), now).await
    }

    /// The newest incidents that can be shown; where there is none at all, how the job ends. What cannot be shown never can be again, so a
    /// whole page of such incidents is told to nobody, and does not stand before older ones.
    async fn shown(
        &self,
        (contact, up_to): (&MailAddress, Serial),
        key: &[u8],
        now: Timestamp,
    ) -> Result<Result<Vec<Shown>, Outcome>, NoticeError> {
        let mut without = Outcome::NotListed;
        loop {
            let page = self.store.gathered_to(contact, up_to, LOOK_AT).await?;
            if page.is_empty() {
                return Ok(Err(without));
            }
            let ids: Vec<Uuid> = page.iter().map(|one| one.notice.id).collect();
            match self.shown_of(page, key, now).await? {
                Ok(shown) => return Ok(Ok(shown)),
                Err(outcome) => without = outcome,
            }
            self.store.end_gathered(&ids).await?;
        }
    }

    /// Those of a page that can be shown; where there is none, why.
    async fn shown_of(
        &self,
        gathered: Vec<Gathered>,
        key: &[u8],
        now: Timestamp,
    ) -> Result<Result<Vec<Shown>, Outcome>, NoticeError> {
        let most = self.config.max_evidence.bytes();
        let (mut shown, mut room) = (Vec::new(), most.saturating_mul(MOST_EVIDENCE));
        let mut without = Outcome::NotListed;
        for one in gathered {
            if shown.len() >= MOST_SHOWN || (room == 0 && !shown.is_empty()) {
                break;
            }
            match self.one_shown(one, key, now).await? {
                // What was listed again while it was gathered is shown once.
                Ok(one) if shown.iter().any(|before: &Shown| before.is_same_listing(&one)) => {}
                Ok(one) => {
                    room = room.saturating_sub(one.evidence.message.bytes.len());
                    shown.push(one);
                }
                Err(outcome) => without = outcome,
            }
        }
        Ok(if shown.is_empty() { Err(without) } else { Ok(shown) })
    }

    /// An incident with its listing and its evidence, as they are now.
    pub(super) async fn one_shown(
        &self,
        one: Gathered,
        key: &[u8],
        now: Timestamp,
    ) -> Result<Result<Shown, Outcome>, NoticeError> {
        let Ok(incident) = serde_json::from_str::<Incident>(&one.details) else {
            return Ok(Err(Outcome::Unreadable));
        };
        let Some(decided) = self.store.decision(one.notice.serial).await? else {
            return Ok(Err(Outcome::Unreadable));
        };
        let Some(listing) = self.listing(&decided, now).await? else {
            return Ok(Err(Outcome::NotListed));
        };
        let hiding = Hiding {
            traps: self.traps.get(),
            key: network_key(key, Some(&one.notice.contact), &Prefix::unit(incident.address)),
            most: self.config.max_evidence.bytes(),
            signatures: Arc::clone(&self.signatures),
        };
        // A wide listing may have evidence against other networks too, which is not for this one.
        let (prefix, network) = (&decided.decision.prefix, &incident.contact.prefix);
        let Some(evidence) = Evidence::load(&self.store, prefix, network, &hiding).await? else {
            return Ok(Err(Outcome::NoEvidence));
        };
        Ok(Ok(Shown {
            id: one.notice.id,
            token: one.notice.token,
            incident,
            decided,
            listing,
            evidence,
        }))
    }

    /// Takes what is gathered, writes the mail, and ends the job: all of it or nothing.
    async fn tell(
        &self,
        job: &Job,
        (asked, up_to): (&LetterAsked, Serial),
        (mut shown, key): (Vec<Shown>, &[u8]),
        now: Timestamp,
    ) -> Result<Outcome, NoticeError> {
        let Some(newest) = shown.first() else {
            return self.abandon(job, Outcome::NoEvidence, NO_EVIDENCE).await;
        };
        // The notice that was asked for may have ended, or be older than all that go into one letter.
        let letter = Letter {
            mail: newest.id,
            contact: asked.contact.clone(),
            network: newest.incident.contact.prefix,
            at: now,
        };
        let link_key = self.store.secret(TICKET_SECRET).await?;
        let _alone = self.counting.lock().await;
        let mut transaction = self.store.begin().await?;
        transaction.count_alone().await?;
        if let Some((limit, until)) = limits::met_by(&letter, &self.config, &mut transaction).await? {
            transaction.rollback().await?;
            return Ok(self.hold(job, limit, until).await?);
        }
        let incidents = transaction.tell_gathered(&letter, up_to, self.most_rows).await?;
        let told = transaction.told_in(letter.mail, self.most_rows).await?;
        shown.retain(|one| told.iter().any(|row| row.notice.id == one.id));
        let Some((newest, others)) = shown.split_first() else {
            // What was read before has been told or has ended meanwhile; the job looks again.
            transaction.rollback().await?;
            return Ok(self.hold(job, Limit::Window, now).await?);
        };
        let told = Told {
            letter: &letter,
            newest,
            others,
            rows: rows_of(&told),
            incidents,
        };
        let mail = self.compose(&told, key, &link_key)?;
        self.put(transaction, (&mail, job), (&letter, up_to)).await?;
        info!(mail.id = %mail.id, incidents, "a notice is written");
        Ok(Outcome::Written)
    }

    /// Puts the mail into the outbox and ends its job, with all that the transaction did before.
    async fn put(
        &self,
        mut transaction: Transaction,
        (mail, job): (&NewMail, &Job),
        (letter, up_to): (&Letter, Serial),
    ) -> Result<(), NoticeError> {
        transaction.add_mail(mail).await?;
        transaction.forget_noted(mail.id).await?;
        transaction.finish_job(job.id).await?;
        // The job that has just ended may be the one that is asked for again.
        self.ask_for_the_rest(&mut transaction, letter, up_to).await?;
        Ok(transaction.commit().await?)
    }

    /// Asks for another letter where more is gathered than went into this one.
    async fn ask_for_the_rest(
        &self,
        transaction: &mut Transaction,
        letter: &Letter,
        up_to: Serial,
    ) -> Result<(), NoticeError> {
        let Some(newest) = transaction.newest_gathered(&letter.contact, up_to).await? else {
            return Ok(());
        };
        let asked = LetterAsked {
            notice: newest.id,
            serial: newest.serial,
            contact: letter.contact.clone(),
        };
        let job = (newest.id.to_string(), serde_json::to_string(&asked)?);
        let at = letter.at.plus(self.config.digest_window.duration());
        transaction.add_jobs_again(LETTER, [job], at).await?;
        Ok(())
    }

    /// The mail that tells it.
    fn compose(&self, told: &Told<'_>, key: &[u8], link_key: &[u8]) -> Result<NewMail, NoticeError> {
        let (letter, sender) = (told.letter, self.config.sender()?);
        let message = self.with_facts(told, key, link_key, |facts| {
            mail::write(facts, &self.config, letter.mail, letter.at)
        })?;
        Ok(NewMail {
            id: letter.mail,
            sender: sender.to_string(),
            recipient: letter.contact.clone(),
            message,
        })
    }

    /// What `write` makes of all that a letter tells.
    pub(super) fn with_facts<T>(
        &self,
        told: &Told<'_>,
        key: &[u8],
        link_key: &[u8],
        write: impl FnOnce(&Facts<'_>) -> T,
    ) -> Result<T, NoticeError> {
        let (sender, recipient) = (self.config.sender()?, &told.letter.contact);
        let url = &self.names.public_url;
        let ticket = Ticket {
            contact: recipient.clone(),
            until: told.letter.at.plus(self.config.link_lifetime.duration()),
        };
        Ok(write(&Facts {
            zone: &self.names.zone,
            organisation: &self.config.organisation,
            sender: &sender,
            recipient,
            tongues: self.tongues(recipient, told.newest.incident.address),
            templates: &self.templates,
            newest: told.newest,
            others: told.others,
            rows: &told.rows,
            incidents: told.incidents,
            thread: &Thread::new(key, recipient, &told.letter.network, sender.domain()),
            public_url: url,
            network_page: &format!("{url}/network/{}", ticket.seal(link_key)),
            stop: &format!("{url}/notices/stop/{}", told.newest.token),
        }))
    }

    /// Leaves what is gathered for later.
    async fn hold(&self, job: &Job, limit: Limit, until: Timestamp) -> Result<Outcome, StoreError> {
        counter!("atalaya_notify_letters_held_total", "limit" => limit.name()).increment(1);
        info!(job.key = %job.key, limit = limit.name(), %until, "a notice is held");
        self.store.postpone_job(job.id, until, limit.name()).await?;
        Ok(Outcome::Held)
    }

    /// The languages for a contact whose network `address` is in.
    fn tongues(&self, contact: &MailAddress, address: IpAddr) -> Tongues {
        let language = self.config.language.for_contact(&self.config.languages, contact);
        language.tongues(self.places.as_ref().and_then(|places| places.country(address)))
    }
}

/// The rows of the table: each listing once, by its newest incident, but for those whose notes cannot be read.
fn rows_of(told: &[Gathered]) -> Vec<Row> {
    let mut seen = HashSet::new();
    let rows = told.iter().filter_map(|one| {
        Some(Row {
            prefix: one.notice.prefix,
            serial: one.notice.serial,
            incident: serde_json::from_str(&one.details).ok()?,
        })
    });
    rows.filter(|row| seen.insert((row.prefix, row.incident.class)))
        .collect()
}

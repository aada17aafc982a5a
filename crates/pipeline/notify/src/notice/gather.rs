//! Gathering: the incident of a job is counted and noted, and where one is due, a letter is asked for; the job ends in the same transaction.

use atalaya_formats::redact::{TrapNames, keyed_hash};
use atalaya_model::{Decided, MailAddress, Serial, Timestamp};
use atalaya_store::{Counting, Job, Notice, without_tag};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use super::error::NoticeError;
use super::table::Incident;
use super::writer::{NoticeWriter, Outcome};
use super::{limits, rate};

/// The kind of job that writes letters.
pub(super) const LETTER: &str = "letter";

/// What a job for a letter asks for: that this notice be told, with all that is gathered for its contact.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LetterAsked {
    /// The notice; the letter bears its name.
    pub(super) notice: Uuid,
    /// Its decision.
    pub(super) serial: Serial,
    /// Whom it tells.
    pub(super) contact: MailAddress,
}

impl<F> NoticeWriter<F> {
    /// Whether a mail to this address would come back to us: as a reply to ourselves, as a bounce, or as spam in our own trap.
    pub(super) fn is_our_own(&self, address: &MailAddress, sender: &MailAddress) -> bool {
        let mailbox = without_tag(address);
        let mut ours = self.config.return_path.iter().chain(&self.hearing);
        without_tag(sender) == mailbox
            || ours.any(|ours| without_tag(ours) == mailbox)
            || TrapNames::new([self.names.zone.as_str()]).has_mailbox(address.as_str())
            || [address.as_str(), &mailbox]
                .iter()
                .any(|one| self.traps.get().has_mailbox(one))
    }

    /// Counts and notes the incident, asks for a letter if one is due, and ends the job: all of it or nothing.
    pub(super) async fn gather(
        &self,
        job: &Job,
        (decided, incident): (&Decided, &Incident),
        (recipient, key): (&MailAddress, &[u8]),
        now: Timestamp,
    ) -> Result<Outcome, NoticeError> {
        let notice = notice(decided, recipient, key, now);
        let details = serde_json::to_string(incident)?;
        let _alone = self.counting.lock().await;
        let mut transaction = self.store.begin().await?;
        transaction.count_alone().await?;
        let counting = Counting {
            span: rate::span(now, self.config.count_over.duration()),
            quiet_since: now.minus(self.config.quiet_resets.duration()),
        };
        let count = transaction.gather_notice(&notice, &details, counting).await?;
        // A second run finds the incident counted, and the letter asked for, if one was due.
        let is_due = count.is_some_and(rate::is_due);
        if is_due {
            let asked = LetterAsked {
                notice: notice.id,
                serial: notice.serial,
                contact: recipient.clone(),
            };
            let payload = serde_json::to_string(&asked)?;
            let at = limits::end_of_window(recipient, &self.config, now, &mut transaction).await?;
            // What was taken back from this contact and comes to it once more had a job before.
            let asked = [(notice.id.to_string(), payload)];
            transaction.add_jobs_again(LETTER, asked, at).await?;
        }
        transaction.finish_job(job.id).await?;
        transaction.commit().await?;
        Ok(if is_due {
            Outcome::Gathered
        } else {
            Outcome::HeldBack
        })
    }
}

/// The notice of a decision, the same however often its job runs.
fn notice(decided: &Decided, recipient: &MailAddress, key: &[u8], now: Timestamp) -> Notice {
    let serial = decided.serial;
    let id = notice_id(key, serial, recipient);
    Notice {
        id,
        serial,
        prefix: decided.decision.prefix,
        contact: recipient.clone(),
        token: keyed_id(key, &[b"stop", id.as_bytes()]).simple().to_string(),
        at: now,
        told_at: None,
    }
}

/// Names a notice: the same decision of this list told to the same contact is the same notice.
fn notice_id(key: &[u8], serial: Serial, contact: &MailAddress) -> Uuid {
    let contact = contact.as_str().to_ascii_lowercase();
    keyed_id(key, &[b"notice", &serial.0.to_be_bytes(), contact.as_bytes()])
}

/// An id that nobody without the key can find.
pub(super) fn keyed_id(key: &[u8], parts: &[&[u8]]) -> Uuid {
    let code = keyed_hash(key, parts);
    let mut bytes = [0; 16];
    for (slot, byte) in bytes.iter_mut().zip(code) {
        *slot = byte;
    }
    // X-ARF wants the form of version 4; the bytes are as good as random.
    Builder::from_random_bytes(bytes).into_uuid()
}

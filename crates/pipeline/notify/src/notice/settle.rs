//! Settling a job: the incident is counted, the mail is written if one is due, and the job ends, all in one transaction.

use atalaya_formats::redact::{TrapNames, keyed_hash};
use atalaya_model::{Contact, Decided, Listing, MailAddress, Serial, Timestamp};
use atalaya_store::{Job, NewMail, Notice};
use uuid::{Builder, Uuid};

use super::error::NoticeError;
use super::evidence::Evidence;
use super::text::Facts;
use super::writer::{NoticeWriter, Outcome};
use super::{mail, rate};

/// All that was found out about one job.
pub(super) struct Case<'a> {
    pub(super) decided: &'a Decided,
    pub(super) listing: &'a Listing,
    pub(super) evidence: &'a Evidence,
    pub(super) contact: &'a Contact,
    /// The secret of this list.
    pub(super) key: &'a [u8],
}

impl<F> NoticeWriter<F> {
    /// Whether a mail to this address would come back to us: as a reply to ourselves, or as spam in our own trap.
    pub(super) fn is_our_own(&self, address: &MailAddress, sender: &MailAddress) -> bool {
        address.as_str().eq_ignore_ascii_case(sender.as_str())
            || TrapNames::new([self.names.zone.as_str()]).has_mailbox(address.as_str())
            || self.traps.get().has_mailbox(address.as_str())
    }

    /// Counts the incident, writes the mail if one is due, and ends the job: all of it or nothing.
    pub(super) async fn settle(
        &self,
        job: &Job,
        case: &Case<'_>,
        (sender, recipient): (&MailAddress, &MailAddress),
        now: Timestamp,
    ) -> Result<Outcome, NoticeError> {
        let notice = notice(case, recipient, now);
        let _alone = self.counting.lock().await;
        let mut transaction = self.store.begin().await?;
        // Without the own one, so that a second run counts as the first did.
        let (start, before) = rate::spans(now, self.config.count_over.duration());
        let earlier = transaction.other_notices_to(recipient, start, notice.id).await?;
        let since_before = transaction.other_notices_to(recipient, before, notice.id).await?;
        let count = earlier.saturating_add(1);
        let incidents = rate::stands_for(count, since_before.saturating_sub(earlier));
        let is_due = rate::is_due(count);
        let facts = Facts {
            zone: &self.names.zone,
            organisation: &self.config.organisation,
            sender,
            recipient,
            contact: case.contact,
            decision: &case.decided.decision,
            listing: case.listing,
            evidence: case.evidence,
            incidents,
            lookup: &format!("{}/ip/{}", self.names.public_url, case.evidence.shown.address),
            stop: &format!("{}/notices/stop/{}", self.names.public_url, notice.token),
        };
        transaction.add_notice(&notice).await?;
        if is_due {
            let message = mail::write(&facts, &self.config, notice.id, now);
            let mail = NewMail {
                id: notice.id,
                sender: sender.to_string(),
                recipient: recipient.clone(),
                message,
            };
            transaction.add_mail(&mail).await?;
        }
        transaction.finish_job(job.id).await?;
        transaction.commit().await?;
        Ok(if is_due {
            Outcome::Written
        } else {
            Outcome::HeldBack
        })
    }
}

/// The notice of a case, the same however often its job runs: a mail that left carries its id and its token.
fn notice(case: &Case<'_>, recipient: &MailAddress, now: Timestamp) -> Notice {
    let serial = case.decided.serial;
    let id = notice_id(case.key, serial, recipient);
    Notice {
        id,
        serial,
        prefix: case.decided.decision.prefix,
        contact: recipient.clone(),
        token: keyed_id(case.key, &[b"stop", id.as_bytes()]).simple().to_string(),
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
fn keyed_id(key: &[u8], parts: &[&[u8]]) -> Uuid {
    let code = keyed_hash(key, parts);
    let mut bytes = [0; 16];
    for (slot, byte) in bytes.iter_mut().zip(code) {
        *slot = byte;
    }
    // X-ARF wants the form of version 4; the bytes are as good as random.
    Builder::from_random_bytes(bytes).into_uuid()
}

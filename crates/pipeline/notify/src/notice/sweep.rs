//! Sweeping: before a letter is written, what is gathered for its contact is looked through. What has ended meanwhile is told to nobody; what
//! is not for this contact any more, because mail to it fails or it said that the address is not its own, goes to the next candidate.
//!
//! It is done in pages, each a short transaction of its own, so that nobody waits for it however much is gathered.

use std::collections::HashSet;

use atalaya_model::{MailAddress, Prefix, Serial, Timestamp};
use atalaya_store::{Gathered, StoreError};
use uuid::Uuid;

use super::table::Incident;
use super::writer::{KIND, NoticeWriter};

/// How many gathered notices are looked at at once.
const PAGE: u32 = 500;

/// Why something is not for a contact any more.
#[derive(Debug)]
struct NotTheirs {
    /// Nothing is written to the contact at all.
    is_gone: bool,
    /// The networks that it said are not its own.
    refused: Vec<Prefix>,
}

impl NotTheirs {
    fn holds_for(&self, one: &Gathered) -> bool {
        let is_refused = |incident: Incident| {
            let mut refused = self.refused.iter();
            refused.any(|prefix| prefix.contains(incident.address))
        };
        self.is_gone || (!self.refused.is_empty() && serde_json::from_str(&one.details).is_ok_and(is_refused))
    }
}

impl<F> NoticeWriter<F> {
    /// Looks through the newest of what is gathered for a contact, until there is as much as one letter tells, or nothing left. Tells whether
    /// nothing may be written to it at all.
    pub(super) async fn sweep(
        &self,
        contact: &MailAddress,
        up_to: Serial,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let not_theirs = NotTheirs {
            is_gone: self.is_gone(contact, now).await?,
            refused: self.store.all_refused_by(contact).await?,
        };
        let (mut up_to, mut left) = (up_to, 0_usize);
        while left < self.most_rows as usize {
            let page = self.store.gathered_to(contact, up_to, PAGE).await?;
            let Some(last) = page.last().map(|one| one.notice.serial.0) else {
                break;
            };
            up_to = Serial(last.saturating_sub(1));
            left = left.saturating_add(self.sweep_page(page, &not_theirs, now).await?);
        }
        Ok(not_theirs.is_gone)
    }

    /// Whether nothing may be written to a mailbox: it is suppressed, asked to be left alone, or is dead.
    async fn is_gone(&self, contact: &MailAddress, now: Timestamp) -> Result<bool, StoreError> {
        Ok(!self.store.unwanted(&[contact]).await?.is_empty() || self.store.is_dead(contact, now).await?)
    }

    /// Looks through a page. Gives how many of it are still to be told to the contact.
    async fn sweep_page(
        &self,
        page: Vec<Gathered>,
        not_theirs: &NotTheirs,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let ended = self.ended(&page, now).await?;
        if !ended.is_empty() {
            let ids: Vec<Uuid> = ended.iter().copied().collect();
            self.store.end_gathered(&ids).await?;
        }
        let (theirs, not): (Vec<_>, Vec<_>) = page
            .into_iter()
            .filter(|one| !ended.contains(&one.notice.id))
            .partition(|one| !not_theirs.holds_for(one));
        if !not.is_empty() {
            self.pass_on(&not, now).await?;
        }
        Ok(theirs.len())
    }

    /// Those of a page that tell of what has ended, or is allowed.
    async fn ended(&self, page: &[Gathered], now: Timestamp) -> Result<HashSet<Uuid>, StoreError> {
        let ids: Vec<Uuid> = page.iter().map(|one| one.notice.id).collect();
        let prefixes: Vec<Prefix> = page.iter().map(|one| one.notice.prefix).collect();
        let mut allowed = self.store.allowed_covering(&prefixes).await?;
        allowed.retain(|entry| entry.until.is_none_or(|until| until > now));
        let is_allowed = |prefix: &Prefix| allowed.iter().any(|entry| entry.prefix.covers(prefix));
        let mut ended: HashSet<Uuid> = self.store.ended(&ids, now).await?.into_iter().collect();
        let allowed_now = page.iter().filter(|one| is_allowed(&one.notice.prefix));
        ended.extend(allowed_now.map(|one| one.notice.id));
        Ok(ended)
    }

    /// Takes incidents back and asks anew for a notice about each, in one transaction: whoever is next is found then.
    async fn pass_on(&self, rows: &[Gathered], now: Timestamp) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = rows.iter().map(|one| one.notice.id).collect();
        let mut transaction = self.store.begin().await?;
        let serials = transaction.take_back(&ids).await?;
        let jobs = serials
            .iter()
            .map(|serial| (serial.to_string(), format!("{{\"serial\":{serial}}}")));
        transaction.add_jobs_again(KIND, jobs, now).await?;
        transaction.commit().await
    }
}

//! Contacts that a person set for a prefix or a domain, with the reason and an end, or that nobody is to be told. They stand apart from the contacts that
//! were found: those are forgotten with time and found again, these are somebody's word and end when he said.

use std::net::IpAddr;

use atalaya_model::{Confidence, Contact, ContactSource, ContactSubject, MailAddress, Prefix, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sql::{Row, values};
use crate::{Store, StoreError};

/// The columns of one, as they are read.
const COLUMNS: &str = "subject, mailboxes, reason, since, ends_at";

/// How sure one is: surer than any registry. Only the operator's file is surer, and its word alone ends a search.
pub const SET_BY_HAND: Confidence = Confidence::percent(99);

/// The most mailboxes of one, where somebody is to be told: a notice goes to the first that can be reached.
pub const MOST_MAILBOXES: usize = 3;

/// A contact that was set by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetContact {
    /// For what.
    pub subject: ContactSubject,
    /// Where to write, the best first; nowhere where nobody is to be told, whatever others say.
    pub mailboxes: Vec<MailAddress>,
    /// Why, in a sentence.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none for good.
    pub until: Option<Timestamp>,
}

impl SetContact {
    /// Whether its time is over.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }

    /// Whether nobody is to be told.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.mailboxes.is_empty()
    }

    /// The same as a contact of an address: surer than any registry, but not beyond doubt, because its mailbox may be dead.
    #[must_use]
    pub fn into_contact(self, address: IpAddr) -> Contact {
        Contact {
            prefix: match self.subject {
                ContactSubject::Prefix(prefix) => prefix,
                // A domain says nothing of the neighbours.
                ContactSubject::Domain(_) => Prefix::unit(address),
            },
            source: ContactSource::Hand {
                subject: self.subject.to_string(),
            },
            addresses: self.mailboxes,
            network: String::new(),
            confidence: SET_BY_HAND,
            found_at: self.since,
        }
    }
}

impl Store {
    /// Keeps a contact in the place of what was set for the same before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set_contact(&self, set: &SetContact) -> Result<(), StoreError> {
        let sql = "INSERT INTO set_contacts (subject, kind, mailboxes, reason, since, ends_at) VALUES ($1, $2, $3, $4, $5, $6) \
                   ON CONFLICT (subject) DO UPDATE SET mailboxes = excluded.mailboxes, reason = excluded.reason, \
                   since = excluded.since, ends_at = excluded.ends_at";
        let mailboxes = serde_json::to_string(&set.mailboxes).map_err(StoreError::unexpected)?;
        let kind = if set.subject.is_domain() {
            "domain"
        } else {
            "prefix"
        };
        let subject = set.subject.to_string();
        let row = values![
            subject,
            kind,
            mailboxes,
            set.reason.as_str(),
            set.since,
            set.until
        ];
        self.write_one(sql, row).await
    }

    /// Forgets what was set for exactly this; tells whether something was.
    ///
    /// # Errors
    /// The store failed.
    pub async fn unset_contact(&self, subject: &ContactSubject) -> Result<bool, StoreError> {
        let sql = "DELETE FROM set_contacts WHERE subject = $1";
        let count = self
            .write()
            .await?
            .execute(sql, values![subject.to_string()])
            .await?;
        Ok(count > 0)
    }

    /// What was set for exactly this, also where its time is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn contact_set_for(&self, subject: &ContactSubject) -> Result<Option<SetContact>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM set_contacts WHERE subject = $1");
        let row = self.read().await?.row(sql, values![subject.to_string()]).await?;
        row.map(set_contact).transpose()
    }

    /// A page of all of them, behind the last one of the page before, those whose time is over too.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set_contacts(&self, after: &str, limit: u32) -> Result<Vec<SetContact>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM set_contacts WHERE subject > $1 ORDER BY subject LIMIT $2");
        let rows = self.read().await?.rows(sql, values![after, limit]).await?;
        rows.into_iter().map(set_contact).collect()
    }

    /// What was set for the longest prefix around an address and holds now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn contact_set_around(
        &self,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Option<SetContact>, StoreError> {
        let keys = Prefix::single(address).with_parents();
        self.closest(keys.map(|prefix| prefix.to_string()).collect(), now)
            .await
    }

    /// What was set for a name or the nearest domain above it and holds now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn contact_set_above(
        &self,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<SetContact>, StoreError> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let dots = name.match_indices('.').map(|(at, _dot)| at.saturating_add(1));
        let keys = [0].into_iter().chain(dots).filter_map(|from| name.get(from..));
        self.closest(keys.map(str::to_owned).collect(), now).await
    }

    /// Whether a contact is set for any domain now: only then is it worth asking for names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn has_contacts_of_domains(&self, now: Timestamp) -> Result<bool, StoreError> {
        let sql = "SELECT subject FROM set_contacts WHERE kind = 'domain' AND (ends_at IS NULL OR ends_at > $1) LIMIT 1";
        Ok(self.read().await?.row(sql, values![now]).await?.is_some())
    }

    /// Of what holds now, that whose key stands first.
    async fn closest(&self, keys: Vec<String>, now: Timestamp) -> Result<Option<SetContact>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM set_contacts WHERE (ends_at IS NULL OR ends_at > {{with}}) AND subject IN {{keys}}"
        );
        let place = |set: &SetContact| {
            let subject = set.subject.to_string();
            keys.iter().position(|key| *key == subject)
        };
        let rows = self
            .read()
            .await?
            .rows_in_with(&sql, Some(now.into()), keys.clone())
            .await?;
        let found: Vec<SetContact> = rows.into_iter().map(set_contact).collect::<Result<_, _>>()?;
        Ok(found.into_iter().min_by_key(place))
    }
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn set_contact(mut row: Row) -> Result<SetContact, StoreError> {
    Ok(SetContact {
        subject: row.take_word()?,
        mailboxes: row.take_json()?,
        reason: row.take()?,
        since: row.take_time()?,
        until: row.take_some_time()?,
    })
}

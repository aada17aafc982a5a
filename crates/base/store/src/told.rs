//! What one contact is or was told of: its addresses, those that are listed now and those that have left, in pages.
//!
//! An address stands once, by the newest notice about it to this contact, also where that notice waits or was held back. Only the newest
//! [`MOST_TOLD`] notices of a contact are looked at where everything must be, so that nobody's million makes a page slow.

use atalaya_model::{Decided, MailAddress, Prefix, Serial, Timestamp};
use serde::{Deserialize, Serialize};

use crate::contacts::caseless;
use crate::notices::{COLUMNS, Notice, notice};
use crate::sql::values;
use crate::{Store, StoreError, decisions};

/// Most notices of a contact that are looked at to count.
pub const MOST_TOLD: u32 = 100_000;

/// Whether `newest` is the newest notice to its contact about its prefix. The empty text keeps SQLite from the index by contact: that would go
/// through all later notices to the contact for each one, and few are about the same prefix.
const IS_NEWEST: &str = "NOT EXISTS (SELECT 1 FROM notices AS later WHERE later.prefix = newest.prefix AND later.serial > newest.serial \
     AND lower(later.contact) || '' = $1)";
/// Whether its prefix is listed at `$2`.
const IS_LISTED: &str = "EXISTS (SELECT 1 FROM listings WHERE listings.prefix = newest.prefix \
     AND (listings.ends_at IS NULL OR listings.ends_at > $2))";

/// The kind of job that asks for a fresh link; its payload is a [`LinkAsked`].
pub const LINK_JOB: &str = "network-link";

/// What a job asks for: a link to the page of its network, for a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkAsked {
    /// Who is to get it.
    pub contact: MailAddress,
}

/// Which addresses of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Those that are listed now.
    Listed,
    /// Those that were.
    Ended,
    /// All.
    All,
}

impl Part {
    fn filter(self) -> String {
        match self {
            Self::Listed => format!("AND {IS_LISTED}"),
            Self::Ended => format!("AND NOT {IS_LISTED}"),
            // The moment is a value of every query.
            Self::All => "AND $2 = $2".to_owned(),
        }
    }
}

/// The text of the query for counts: contact, moment, how many notices are looked at.
fn counts() -> String {
    format!(
        "SELECT COUNT(*), COALESCE(SUM(CASE WHEN {IS_LISTED} THEN 1 ELSE 0 END), 0) FROM \
         (SELECT prefix, serial FROM notices WHERE lower(contact) = $1 ORDER BY serial DESC LIMIT $3) AS newest WHERE {IS_NEWEST}"
    )
}

/// How many addresses a contact has, among its newest [`MOST_TOLD`] notices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToldCount {
    /// Those that are listed now.
    pub listed: u64,
    /// Those that were.
    pub ended: u64,
}

/// The text of the query for a page: contact, moment, the serial before which it begins, length.
fn page(part: Part) -> String {
    format!(
        "SELECT {COLUMNS} FROM notices AS newest WHERE lower(contact) = $1 AND serial < $3 AND {IS_NEWEST} {} \
         ORDER BY serial DESC LIMIT $4",
        part.filter()
    )
}

impl Store {
    /// A page of the addresses of a contact, the newest first: those whose newest notice is about a decision before `before`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn told_to(
        &self,
        contact: &MailAddress,
        part: Part,
        (before, limit): (Serial, u32),
        now: Timestamp,
    ) -> Result<Vec<Notice>, StoreError> {
        let row = values![caseless(contact), now, before, limit];
        let rows = self.read().await?.rows(page(part), row).await?;
        rows.into_iter().map(notice).collect()
    }

    /// How many addresses of a contact are and were listed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_told(&self, contact: &MailAddress, now: Timestamp) -> Result<ToldCount, StoreError> {
        let row = values![caseless(contact), now, MOST_TOLD];
        let Some(mut row) = self.read().await?.row(counts(), row).await? else {
            return Ok(ToldCount::default());
        };
        let (all, listed): (u64, u64) = (row.take_count()?, row.take_count()?);
        Ok(ToldCount {
            listed,
            ended: all.saturating_sub(listed),
        })
    }

    /// The newest notice to a contact; none where there is none.
    ///
    /// # Errors
    /// The store failed.
    pub async fn newest_told(&self, contact: &MailAddress) -> Result<Option<Notice>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM notices WHERE lower(contact) = $1 ORDER BY serial DESC LIMIT 1");
        let row = self.read().await?.row(sql, values![caseless(contact)]).await?;
        row.map(notice).transpose()
    }

    /// The newest notice to a contact about exactly this prefix; none where it was never told of it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn told_about(
        &self,
        contact: &MailAddress,
        prefix: &Prefix,
    ) -> Result<Option<Notice>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM notices WHERE prefix = $2 AND lower(contact) || '' = $1 ORDER BY serial DESC LIMIT 1"
        );
        let row = self
            .read()
            .await?
            .row(sql, values![caseless(contact), prefix])
            .await?;
        row.map(notice).transpose()
    }

    /// Of these prefixes, those that a mailbox said are not its own, by themselves or within a wider one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn refused_by(
        &self,
        mailbox: &MailAddress,
        prefixes: &[Prefix],
    ) -> Result<Vec<Prefix>, StoreError> {
        let sql = "SELECT prefix FROM refused WHERE mailbox = {with} AND prefix IN {keys}";
        let around = prefixes.iter().flat_map(|prefix| prefix.with_parents());
        let with = Some(caseless(mailbox).into());
        let rows = self.read().await?.rows_in_with(sql, with, around).await?;
        let refused: Vec<Prefix> = rows
            .into_iter()
            .map(|mut row| row.take_prefix())
            .collect::<Result<_, _>>()?;
        let is_refused = |prefix: &&Prefix| refused.iter().any(|wide| wide.covers(prefix));
        Ok(prefixes.iter().filter(is_refused).copied().collect())
    }

    /// The last decision to list or extend, and the last to withdraw, about each of these prefixes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn last_decisions(&self, prefixes: &[Prefix]) -> Result<Vec<Decided>, StoreError> {
        let columns = decisions::COLUMNS;
        let sql = format!(
            "SELECT {columns} FROM decisions WHERE serial IN (SELECT MAX(serial) FROM decisions WHERE prefix IN {{keys}} \
             AND class IS NOT NULL GROUP BY prefix, verdict = 'withdraw')"
        );
        let rows = self.read().await?.rows_in(&sql, prefixes).await?;
        rows.into_iter().map(decisions::decided).collect()
    }

    /// Asks for a fresh link to the page of a network, for a contact; at most one a day (UTC), however often it is asked.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ask_for_link(&self, contact: &MailAddress, now: Timestamp) -> Result<(), StoreError> {
        let asked = LinkAsked {
            contact: contact.clone(),
        };
        let payload = serde_json::to_string(&asked).map_err(StoreError::unexpected)?;
        let key = format!("{} {}", now.date(), caseless(contact));
        let mut transaction = self.begin().await?;
        transaction.add_job(LINK_JOB, &key, &payload, now).await?;
        transaction.commit().await
    }

    /// Whether a letter was ever written to a mailbox.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_written_to(&self, mailbox: &MailAddress) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM letters WHERE contact = $1 LIMIT 1";
        let row = self.read().await?.row(sql, values![caseless(mailbox)]).await?;
        Ok(row.is_some())
    }
}

#[cfg(test)]
mod tests {
    use atalaya_model::Clock;

    use super::*;
    use crate::sql::Value;
    use crate::{StoreUrl, plan};

    /// How SQLite goes about a query.
    async fn plan(sql: String, asked: Vec<Value>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, Clock::system()).await.unwrap();
        plan::plan(&mut store.read().await.unwrap(), &sql, asked).await
    }

    #[tokio::test]
    async fn a_page_is_found_by_its_index_in_its_order() {
        for part in [Part::Listed, Part::Ended, Part::All] {
            let asked = values!["abuse@isp.example", Timestamp::EPOCH, Serial(9), 50_u32];
            let steps = plan(page(part), asked).await;
            assert!(
                steps[0].contains("notices_by_contact (<expr>=? AND serial<?)"),
                "{steps:?}"
            );
            assert!(
                !steps
                    .iter()
                    .any(|step| step.contains("SCAN") || step.contains("TEMP B-TREE")),
                "{steps:?}"
            );
        }
    }

    #[tokio::test]
    async fn whether_a_notice_is_the_newest_is_found_by_its_prefix() {
        let told = values!["abuse@isp.example", Timestamp::EPOCH, 50_u32];
        let paged = values!["abuse@isp.example", Timestamp::EPOCH, Serial(9), 50_u32];
        for (sql, asked) in [(counts(), told), (page(Part::All), paged)] {
            let steps = plan(sql, asked).await;
            let later = steps.iter().find(|step| step.contains("later")).unwrap();
            assert!(later.contains("notices_of_prefix (prefix=?)"), "{steps:?}");
        }
    }
}

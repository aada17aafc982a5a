//! Addresses that no mail goes to: those where mail failed for good, and those that a person named. Beside them stand those who asked
//! to be left alone, and mailboxes that are dead by what came back.

use std::collections::BTreeMap;

use atalaya_model::{MailAddress, Timestamp};
use serde::{Deserialize, Serialize};

use crate::contacts::caseless;
use crate::sql::{Row, Value, values};
use crate::{Store, StoreError};

/// What is told of whoever asked for no more.
const LEFT_ALONE: &str = "the recipient asked to be left alone";
/// What is told of a dead mailbox, before what its server said.
const DEAD: &str = "mail to it failed for good";

const SUPPRESS: &str = "INSERT INTO suppressed (address, why, since, until) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (address) DO UPDATE SET why = excluded.why, since = excluded.since, until = excluded.until";

/// An address that no mail goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// The address; in the store all its letters are small.
    pub address: MailAddress,
    /// Why, in a sentence.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none for good.
    pub until: Option<Timestamp>,
}

/// What becomes of what an address asked for itself: to be left alone, and to be no answer for a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// It holds.
    Kept,
    /// It is forgotten.
    Forgotten,
}

impl Store {
    /// Sends no more mail to an address, because of what was heard of it. What was said of it before stays where it holds longer.
    ///
    /// # Errors
    /// The store failed.
    pub async fn suppress(&self, suppressed: &Suppressed) -> Result<(), StoreError> {
        let longer = "WHERE suppressed.until IS NOT NULL AND (excluded.until IS NULL OR excluded.until >= suppressed.until)";
        let sql = format!("{SUPPRESS} {longer}");
        self.write().await?.execute(sql, row(suppressed)).await?;
        Ok(())
    }

    /// Sends no more mail to an address, because a person says so. What was said of it before is replaced.
    ///
    /// # Errors
    /// The store failed.
    pub async fn suppress_by_hand(&self, suppressed: &Suppressed) -> Result<(), StoreError> {
        self.write_one(SUPPRESS, row(suppressed)).await
    }

    /// Mail may go to an address again: it is not suppressed, and not dead. Whoever asked to be left alone stays so, unless `asked` is to be
    /// forgotten. Tells whether anything stood against it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allow_mail_to(&self, address: &MailAddress, asked: Asked) -> Result<bool, StoreError> {
        let always = [
            "DELETE FROM suppressed WHERE address = $1",
            "UPDATE mailboxes SET hard = 0, first_hard_at = NULL, last_hard_at = NULL, dead_since = NULL, dead_until = NULL \
             WHERE address = $1 AND dead_until IS NOT NULL",
        ];
        let of_asked = [
            "DELETE FROM left_alone WHERE address = $1",
            "DELETE FROM refused WHERE mailbox = $1",
        ];
        let of_asked = of_asked.iter().filter(|_| asked == Asked::Forgotten);
        let mut transaction = self.begin().await?;
        let mut count = 0_u64;
        for sql in always.iter().chain(of_asked) {
            let done = transaction
                .connection
                .execute(*sql, values![caseless(address)])
                .await?;
            count = count.saturating_add(done);
        }
        transaction.commit().await?;
        Ok(count > 0)
    }

    /// A page of the suppressed addresses, behind the last one of the page before, those whose time is over too.
    ///
    /// # Errors
    /// The store failed.
    pub async fn suppressed(&self, after: &str, limit: u32) -> Result<Vec<Suppressed>, StoreError> {
        let sql =
            "SELECT address, why, since, until FROM suppressed WHERE address > $1 ORDER BY address LIMIT $2";
        let rows = self.read().await?.rows(sql, values![after, limit]).await?;
        rows.into_iter().map(suppressed).collect()
    }

    /// What is said of one address, also where its time is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn suppressed_one(&self, address: &MailAddress) -> Result<Option<Suppressed>, StoreError> {
        let sql = "SELECT address, why, since, until FROM suppressed WHERE address = $1";
        let row = self.read().await?.row(sql, values![caseless(address)]).await?;
        row.map(suppressed).transpose()
    }

    /// Those of the addresses that no mail may go to now, in small letters, each with the reason.
    ///
    /// # Errors
    /// The store failed.
    pub async fn unwanted(&self, addresses: &[&MailAddress]) -> Result<BTreeMap<String, String>, StoreError> {
        let keys = || addresses.iter().map(|address| caseless(address));
        let now = self.now();
        let mut connection = self.read().await?;
        let sql = "SELECT address, why FROM suppressed WHERE (until IS NULL OR until > {with}) AND address IN {keys}";
        let mut found = BTreeMap::new();
        for mut row in connection.rows_in_with(sql, Some(now.into()), keys()).await? {
            found.insert(row.take()?, row.take()?);
        }
        let sql = "SELECT address, why FROM mailboxes WHERE dead_until > {with} AND address IN {keys}";
        for mut row in connection.rows_in_with(sql, Some(now.into()), keys()).await? {
            let address: String = row.take()?;
            let why: String = row.take()?;
            found.insert(address, format!("{DEAD}: {why}"));
        }
        let sql = "SELECT address FROM left_alone WHERE address IN {keys}";
        for mut row in connection.rows_in(sql, keys()).await? {
            found.insert(row.take()?, LEFT_ALONE.to_owned());
        }
        Ok(found)
    }
}

fn row(suppressed: &Suppressed) -> Vec<Value> {
    values![
        caseless(&suppressed.address),
        suppressed.why.as_str(),
        suppressed.since,
        suppressed.until,
    ]
}

/// Reads a row; the columns are taken in their order.
fn suppressed(mut row: Row) -> Result<Suppressed, StoreError> {
    Ok(Suppressed {
        address: row.take_word()?,
        why: row.take()?,
        since: row.take_time()?,
        until: row.take_some_time()?,
    })
}

//! What the feedback loop tells: an event for each observation and enrolment, and how far each way of telling has come.
//!
//! Events stand in the order of the observations (or, by domain, of their verification: see `signed`), so that the position of one is a cursor without gaps: what is added later has a higher one. A
//! delivery is taken with a lease, like a job, and moves its position in the transaction that notes what was told.

use std::net::IpAddr;
use std::time::Duration;
use std::{fmt, str::FromStr};

use atalaya_model::{Prefix, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::enrolments::words;
use crate::sql::{Row, values};
use crate::transaction::Transaction;
use crate::{Store, StoreError, Topic};

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Where a way stands that always has something to do.
const ALWAYS: u64 = i64::MAX.unsigned_abs();
/// Rows deleted by one statement.
const BATCH: u32 = 500;

/// A way of telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// A mail for each event.
    Mail,
    /// A call of a web server for each event.
    Webhook,
    /// A mail for each day. Its position is the last day, in days since 1970.
    Summary,
}

words!(Way: Mail = "mail", Webhook = "webhook", Summary = "summary");

impl Way {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Webhook, Self::Summary];

    /// The day before that of `now`.
    pub(crate) fn begin_after(self, now: Timestamp) -> u64 {
        let today = now.seconds().div_euclid(DAY);
        u64::try_from(today.saturating_sub(1)).unwrap_or_default()
    }

    /// Up to where there is something to do, at first.
    pub(crate) const fn latest_at_first(self, position: u64) -> u64 {
        match self {
            Self::Summary => ALWAYS,
            Self::Mail | Self::Webhook => position,
        }
    }
}

/// That somebody is to be told of an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackEvent {
    /// Whom.
    pub enrolment: Uuid,
    /// Its place among the events of its enrolment.
    pub position: u64,
    /// The position of the observation: the same number, but for those who enrolled by domain.
    pub observation: u64,
    /// The address.
    pub address: IpAddr,
    /// When it was seen.
    pub seen_at: Timestamp,
    /// How many traps were hit at once.
    pub traps: u32,
}

/// A delivery that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Whose.
    pub enrolment: Uuid,
    /// In which way.
    pub way: Way,
    /// Up to where all was told.
    pub position: u64,
    /// Up to where there is something to tell.
    pub latest: u64,
    /// When it is due.
    pub due_at: Timestamp,
    /// How often it failed in a row.
    pub attempts: u32,
    /// Since when.
    pub failing_since: Option<Timestamp>,
    /// Why.
    pub last_error: Option<String>,
    /// The day on which it told last, in days since 1970.
    pub day: u64,
    /// How many times on that day.
    pub told: u64,
}

/// The columns of a delivery, as they are read.
const DELIVERY: &str =
    "enrolment, way, position, latest, due_at, attempts, failing_since, last_error, day, told";

/// What an address did on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackLine {
    /// The address.
    pub address: IpAddr,
    /// When it was seen first on that day.
    pub first_seen: Timestamp,
    /// When it was seen last.
    pub last_seen: Timestamp,
    /// How many messages.
    pub messages: u64,
    /// How many times a trap was hit: a message may reach several.
    pub traps: u64,
    /// Whether it is listed now.
    pub listed: bool,
}

impl Store {
    /// The events of an enrolment after a position, in order.
    ///
    /// # Errors
    /// The store failed.
    pub async fn feedback_events(
        &self,
        enrolment: Uuid,
        after: u64,
        limit: u32,
    ) -> Result<Vec<FeedbackEvent>, StoreError> {
        let sql = "SELECT enrolment, position, COALESCE(observation, position), address, seen_at, traps FROM feedback_events \
                   WHERE enrolment = $1 AND position > $2 ORDER BY position LIMIT $3";
        let rows = self
            .read()
            .await?
            .rows(sql, values![enrolment, after, limit])
            .await?;
        rows.into_iter().map(event).collect()
    }

    /// What the addresses of an enrolment did on a day (in days since 1970), the worst first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn feedback_day(
        &self,
        enrolment: Uuid,
        day: u64,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<FeedbackLine>, StoreError> {
        let sql = "SELECT e.address, MIN(e.seen_at), MAX(e.seen_at), COUNT(*) AS messages, \
                   CAST(SUM(e.traps) AS BIGINT), \
                   CASE WHEN EXISTS (SELECT 1 FROM listings WHERE prefix = e.unit \
                                     AND (ends_at IS NULL OR ends_at > $4)) \
                   THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END \
                   FROM feedback_events AS e WHERE e.enrolment = $1 AND e.seen_at >= $2 AND e.seen_at < $3 \
                   GROUP BY e.address, e.unit ORDER BY messages DESC, e.address LIMIT $5";
        let (from, to) = (moment(day), moment(day.saturating_add(1)));
        let asked = values![enrolment, from, to, now, limit];
        let rows = self.read().await?.rows(sql, asked).await?;
        rows.into_iter().map(line).collect()
    }

    /// The first day before another (in days since 1970) of which an enrolment was not told some event by mail.
    ///
    /// # Errors
    /// The store failed.
    pub async fn unmailed_day(&self, enrolment: Uuid, before: u64) -> Result<Option<u64>, StoreError> {
        let sql = "SELECT day FROM feedback_unmailed WHERE enrolment = $1 AND day < $2 ORDER BY day LIMIT 1";
        let row = self.read().await?.row(sql, values![enrolment, before]).await?;
        row.map(|mut row| row.take_count()).transpose()
    }

    /// How each way of an enrolment stands.
    ///
    /// # Errors
    /// The store failed.
    pub async fn deliveries(&self, enrolment: Uuid) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!("SELECT {DELIVERY} FROM deliveries WHERE enrolment = $1 ORDER BY way");
        let rows = self.read().await?.rows(sql, values![enrolment]).await?;
        rows.into_iter().map(delivery).collect()
    }

    /// Takes the delivery of a way that has waited longest, for `lease`; after that somebody else may take it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_delivery(&self, way: Way, lease: Duration) -> Result<Option<Delivery>, StoreError> {
        let now = self.now();
        let idle =
            "SELECT enrolment FROM deliveries WHERE way = $1 AND position < latest AND due_at <= $2 LIMIT 1";
        if self.is_idle(idle, values![way.name(), now]).await? {
            return Ok(None);
        }
        let mut connection = self.write().await?;
        let sql = format!(
            "UPDATE deliveries SET due_at = $3 WHERE way = $1 AND enrolment = (SELECT enrolment FROM deliveries \
             WHERE way = $1 AND position < latest AND due_at <= $2 ORDER BY due_at LIMIT 1 {}) \
             RETURNING {DELIVERY}",
            connection.dialect().skip_locked()
        );
        let asked = values![way.name(), now, now.plus(lease)];
        connection.row(sql, asked).await?.map(delivery).transpose()
    }

    /// Deletes some events that were seen before a moment; tells whether there may be more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_feedback(&self, before: Timestamp) -> Result<bool, StoreError> {
        let old = "SELECT 1 FROM feedback_events WHERE seen_at < $1 LIMIT 1";
        if self.is_idle(old, values![before]).await? {
            return Ok(false);
        }
        let sql = "DELETE FROM feedback_events WHERE (enrolment, position) IN (\
                   SELECT enrolment, position FROM feedback_events WHERE seen_at < $1 ORDER BY seen_at LIMIT $2)";
        let deleted = self.write().await?.execute(sql, values![before, BATCH]).await?;
        Ok(deleted > 0)
    }
}

impl Transaction {
    /// Adds events; one that is there stays as it is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_feedback_events(&mut self, events: &[FeedbackEvent]) -> Result<(), StoreError> {
        if events.is_empty() {
            return Ok(());
        }
        let row = |event: &FeedbackEvent| {
            values![
                event.enrolment,
                event.position,
                Prefix::unit(event.address),
                event.address.to_string(),
                event.seen_at,
                event.traps,
            ]
        };
        let head = "INSERT INTO feedback_events (enrolment, position, unit, address, seen_at, traps) VALUES";
        let tail = "ON CONFLICT (enrolment, position) DO NOTHING";
        self.connection
            .insert(head, events.iter().map(row).collect(), tail)
            .await?;
        let mut latest = std::collections::BTreeMap::new();
        for event in events {
            latest.insert(event.enrolment, event.position);
        }
        for (enrolment, position) in latest {
            let sql =
                "UPDATE deliveries SET latest = $2 WHERE enrolment = $1 AND way <> 'summary' AND latest < $2";
            self.connection.execute(sql, values![enrolment, position]).await?;
        }
        self.touch(Topic::Feedback);
        Ok(())
    }

    /// Notes that an event of a day (in days since 1970) was not told by mail: the summary of that day tells it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn note_unmailed(&mut self, enrolment: Uuid, day: u64) -> Result<(), StoreError> {
        let head = "INSERT INTO feedback_unmailed (enrolment, day) VALUES";
        let tail = "ON CONFLICT (enrolment, day) DO NOTHING";
        let row = values![enrolment, day];
        self.connection
            .insert(head, vec![row], tail)
            .await
            .map(|_count| ())
    }

    /// The summary of a day has told what mails did not.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_unmailed(&mut self, enrolment: Uuid, day: u64) -> Result<(), StoreError> {
        let sql = "DELETE FROM feedback_unmailed WHERE enrolment = $1 AND day = $2";
        let row = values![enrolment, day];
        self.connection.execute(sql, row).await.map(|_count| ())
    }

    /// Notes how a delivery went, as its fields now say; it is due at their time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn note_delivery(&mut self, delivery: &Delivery) -> Result<(), StoreError> {
        let sql = "UPDATE deliveries SET position = $3, due_at = $4, attempts = $5, failing_since = $6, \
                   last_error = $7, day = $8, told = $9 WHERE enrolment = $1 AND way = $2";
        let row = values![
            delivery.enrolment,
            delivery.way.name(),
            delivery.position,
            delivery.due_at,
            delivery.attempts,
            delivery.failing_since,
            delivery.last_error.as_deref(),
            delivery.day,
            delivery.told,
        ];
        self.connection.execute(sql, row).await?;
        self.touch(Topic::Feedback);
        Ok(())
    }
}

/// The first moment of a day.
fn moment(day: u64) -> Timestamp {
    let day = i64::try_from(day).unwrap_or(i64::MAX);
    Timestamp::from_seconds(day.saturating_mul(DAY).min(i64::MAX / 1_000_000))
}

fn event(mut row: Row) -> Result<FeedbackEvent, StoreError> {
    Ok(FeedbackEvent {
        enrolment: row.take_id()?,
        position: row.take_count()?,
        observation: row.take_count()?,
        address: row.take_word()?,
        seen_at: row.take_time()?,
        traps: row.take_count()?,
    })
}

fn line(mut row: Row) -> Result<FeedbackLine, StoreError> {
    Ok(FeedbackLine {
        address: row.take_word()?,
        first_seen: row.take_time()?,
        last_seen: row.take_time()?,
        messages: row.take_count()?,
        traps: row.take_count()?,
        listed: row.take_count::<u8>()? != 0,
    })
}

/// Reads a row of [`DELIVERY`]; the columns are taken in their order.
fn delivery(mut row: Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        enrolment: row.take_id()?,
        way: row.take_word()?,
        position: row.take_count()?,
        latest: row.take_count()?,
        due_at: row.take_time()?,
        attempts: row.take_count()?,
        failing_since: row.take_some_time()?,
        last_error: row.take()?,
        day: row.take_count()?,
        told: row.take_count()?,
    })
}

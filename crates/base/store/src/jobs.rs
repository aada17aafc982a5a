//! Jobs: slow or fallible steps that may run twice. Taken with a lease, so that a job whose worker died is taken again.
//!
//! A lease is the time at which the job is due again. Nobody has to look for leases that ran out.

use std::time::Duration;

use atalaya_model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sql::{Row, Value, values};
use crate::{Store, StoreError, Topic, Transaction};

/// A job that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Names it.
    pub id: i64,
    /// What kind of work it is.
    pub kind: String,
    /// Names it among its kind.
    pub key: String,
    /// What the worker needs to know, as JSON.
    pub payload: String,
    /// How often it was taken, this time included.
    pub attempts: u32,
}

/// What is known of a job that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptJob {
    /// Names it.
    pub id: i64,
    /// What kind of work it is.
    pub kind: String,
    /// Names it among its kind.
    pub key: String,
    /// `waiting`, `done` or `abandoned`.
    pub state: String,
    /// When it is due, where it waits; else about when it was tried last.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What stood in the way the last time.
    pub last_error: Option<String>,
}

/// Marks a job as done.
const FINISH: &str = "UPDATE jobs SET state = 'done', last_error = NULL WHERE id = $1";

/// Jobs of one state that are counted where somebody only looks.
pub const MOST_JOBS: u64 = 20_000;

/// Counts by kind and state at most `$1` of each state, found by the indexes of what waits, of what is over and of what has trouble.
const SOME_JOBS: &str = "SELECT kind, state, COUNT(*) FROM ( \
    SELECT * FROM (SELECT kind, 'waiting' AS state FROM jobs WHERE state = 'waiting' LIMIT $1) AS waiting \
    UNION ALL SELECT * FROM (SELECT kind, 'abandoned' AS state FROM jobs \
        WHERE state <> 'done' AND last_error IS NOT NULL AND state = 'abandoned' ORDER BY id DESC LIMIT $1) AS abandoned \
    UNION ALL SELECT * FROM (SELECT kind, 'done' AS state FROM jobs \
        WHERE state <> 'waiting' AND state = 'done' ORDER BY due_at DESC LIMIT $1) AS done \
    ) AS counted GROUP BY kind, state ORDER BY kind, state";

impl Store {
    /// Takes the job of `kind` that has waited longest, for `lease`; after that somebody else may take it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_job(&self, kind: &str, lease: Duration) -> Result<Option<Job>, StoreError> {
        let now = self.now();
        let sql = "SELECT id FROM jobs WHERE state = 'waiting' AND kind = $1 AND due_at <= $2 LIMIT 1";
        if self.is_idle(sql, values![kind, now]).await? {
            return Ok(None);
        }
        let mut connection = self.write().await?;
        let sql = format!(
            "UPDATE jobs SET due_at = $3, attempts = attempts + 1 WHERE id = (\
             SELECT id FROM jobs WHERE state = 'waiting' AND kind = $1 AND due_at <= $2 \
             ORDER BY due_at, id LIMIT 1 {}) RETURNING id, kind, key, payload, attempts",
            connection.dialect().skip_locked()
        );
        let row = connection.row(sql, values![kind, now, now.plus(lease)]).await?;
        row.map(job).transpose()
    }

    /// The job is done.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish_job(&self, id: i64) -> Result<(), StoreError> {
        self.write_one(FINISH, values![id]).await
    }

    /// The job is to be tried again from `until`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn postpone_job(&self, id: i64, until: Timestamp, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE jobs SET due_at = $2, last_error = $3 WHERE id = $1 AND state = 'waiting'";
        self.write_one(sql, values![id, until, why]).await
    }

    /// The job was taken and not tried: it is to be taken again from `until`, as if it had not been.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put_back_job(&self, id: i64, until: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE jobs SET due_at = $2, attempts = attempts - 1 WHERE id = $1 AND state = 'waiting' \
                   AND attempts > 0";
        self.write_one(sql, values![id, until]).await
    }

    /// The job is never to be tried again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn abandon_job(&self, id: i64, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE jobs SET state = 'abandoned', last_error = $2 WHERE id = $1 AND state = 'waiting'";
        self.write_one(sql, values![id, why]).await
    }

    /// How many jobs there are, by kind and state, in the order of both. What is done is deleted after a while.
    ///
    /// # Errors
    /// The store failed.
    pub async fn job_counts(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        let sql = "SELECT kind, state, COUNT(*) FROM jobs GROUP BY kind, state ORDER BY kind, state";
        self.counts(sql, Vec::new()).await
    }

    /// The same for whoever looks often: in each state at most [`MOST_JOBS`], of what is done the last. Millions that are done would be read for
    /// every look else.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_some_jobs(&self) -> Result<Vec<(String, String, u64)>, StoreError> {
        self.counts(SOME_JOBS, values![MOST_JOBS]).await
    }

    async fn counts(
        &self,
        sql: &'static str,
        values: Vec<Value>,
    ) -> Result<Vec<(String, String, u64)>, StoreError> {
        let rows = self.read().await?.rows(sql, values).await?;
        let count = |mut row: Row| Ok((row.take()?, row.take()?, row.take_count()?));
        rows.into_iter().map(count).collect()
    }

    /// A page of the jobs with trouble, the newest first, behind the last of the page before: those that were given up, and those that wait to be
    /// tried again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn troubled_jobs(&self, behind: Option<i64>, limit: u32) -> Result<Vec<KeptJob>, StoreError> {
        let sql = "SELECT id, kind, key, state, due_at, attempts, last_error FROM jobs \
                   WHERE id < $1 AND state <> 'done' AND last_error IS NOT NULL ORDER BY id DESC LIMIT $2";
        let row = values![behind.unwrap_or(i64::MAX), limit];
        let rows = self.read().await?.rows(sql, row).await?;
        rows.into_iter().map(kept_job).collect()
    }

    /// Has jobs tried anew that were given up: one, or all. Tells how many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn retry_jobs(&self, id: Option<i64>) -> Result<u64, StoreError> {
        let head = "UPDATE jobs SET state = 'waiting', due_at = $1, attempts = 0 WHERE state = 'abandoned'";
        let now = self.now();
        let (sql, row) = match id {
            Some(id) => (format!("{head} AND id = $2"), values![now, id]),
            None => (head.to_owned(), values![now]),
        };
        let count = self.write().await?.execute(sql, row).await?;
        self.ring(Topic::Jobs);
        Ok(count)
    }

    /// Deletes some jobs and mails that were finished before a moment, however they ended; tells whether there may be more. Their keys
    /// never come again, so nothing is done twice.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_finished(&self, before: Timestamp) -> Result<bool, StoreError> {
        /// Rows deleted by one statement: few enough that nobody waits for them, also where mails are large.
        const BATCH: u32 = 500;

        let mut is_full = false;
        for table in ["jobs", "outbox"] {
            // Of what is finished, the last lease ended soon after it.
            let old = format!("SELECT id FROM {table} WHERE state <> 'waiting' AND due_at < $1");
            if self
                .read()
                .await?
                .row(format!("{old} LIMIT 1"), values![before])
                .await?
                .is_none()
            {
                continue;
            }
            let sql = format!("DELETE FROM {table} WHERE id IN ({old} ORDER BY due_at LIMIT $2)");
            let deleted = self.write().await?.execute(sql, values![before, BATCH]).await?;
            is_full |= deleted >= u64::from(BATCH);
        }
        Ok(is_full)
    }

    /// Whether a query finds nothing. Asked of a reader before taking work, so that idle workers do not keep writers waiting.
    pub(crate) async fn is_idle(&self, sql: &'static str, values: Vec<Value>) -> Result<bool, StoreError> {
        Ok(self.read().await?.row(sql, values).await?.is_none())
    }
}

impl Transaction {
    /// Adds a job that may run from `run_at`. A second one of the same kind and key is ignored, also after the first is done, until that is
    /// deleted.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_job(
        &mut self,
        kind: &str,
        key: &str,
        payload: &str,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.add_jobs(kind, [(key.to_owned(), payload.to_owned())], run_at)
            .await
    }

    /// Adds many jobs of a kind, each with its key and payload, as [`Self::add_job`] does one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_jobs(
        &mut self,
        kind: &str,
        jobs: impl IntoIterator<Item = (String, String)>,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.put_jobs(kind, (jobs, run_at), "ON CONFLICT (kind, key) DO NOTHING")
            .await
    }

    /// Adds jobs of a kind, each with its key and payload, that may have been done before: they are done again. One that still waits
    /// stays as it is. No key may come twice.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_jobs_again(
        &mut self,
        kind: &str,
        jobs: impl IntoIterator<Item = (String, String)>,
        run_at: Timestamp,
    ) -> Result<(), StoreError> {
        let tail = "ON CONFLICT (kind, key) DO UPDATE SET state = excluded.state, payload = excluded.payload, \
                    due_at = excluded.due_at, attempts = 0 WHERE jobs.state <> 'waiting'";
        self.put_jobs(kind, (jobs, run_at), tail).await
    }

    /// Inserts waiting jobs; `tail` says what becomes of those that are there.
    async fn put_jobs(
        &mut self,
        kind: &str,
        (jobs, run_at): (impl IntoIterator<Item = (String, String)>, Timestamp),
        tail: &str,
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = jobs
            .into_iter()
            .map(|(key, payload)| values![kind, key, payload, "waiting", run_at, 0_u32])
            .collect();
        if rows.is_empty() {
            return Ok(());
        }
        let head = "INSERT INTO jobs (kind, key, payload, state, due_at, attempts) VALUES";
        self.connection.insert(head, rows, tail).await?;
        self.touch(Topic::Jobs);
        Ok(())
    }

    /// The job is done, together with everything else in this transaction.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish_job(&mut self, id: i64) -> Result<(), StoreError> {
        self.connection
            .execute(FINISH, values![id])
            .await
            .map(|_count| ())
    }
}

/// Reads a job as it is taken; the columns are taken in their order.
fn job(mut row: Row) -> Result<Job, StoreError> {
    Ok(Job {
        id: row.take()?,
        kind: row.take()?,
        key: row.take()?,
        payload: row.take()?,
        attempts: row.take_count()?,
    })
}

/// Reads what is known of a job; the columns are taken in their order.
fn kept_job(mut row: Row) -> Result<KeptJob, StoreError> {
    Ok(KeptJob {
        id: row.take()?,
        kind: row.take()?,
        key: row.take()?,
        state: row.take()?,
        due_at: row.take_time()?,
        attempts: row.take_count()?,
        last_error: row.take()?,
    })
}

//! Jobs: slow or fallible steps that may run twice. Taken with a lease, so that a job whose worker died is taken again.

use std::time::Duration;

use atalaya_model::Timestamp;

use crate::{Store, StoreError, Transaction};

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

impl Store {
    /// Takes the job of `kind` that has waited longest, for `lease`; after that somebody else may take it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_job(&self, _kind: &str, _lease: Duration) -> Result<Option<Job>, StoreError> {
        todo!()
    }

    /// The job is done.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish_job(&self, _id: i64) -> Result<(), StoreError> {
        todo!()
    }

    /// The job is to be tried again from `until`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn postpone_job(&self, _id: i64, _until: Timestamp, _why: &str) -> Result<(), StoreError> {
        todo!()
    }

    /// The job is never to be tried again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn abandon_job(&self, _id: i64, _why: &str) -> Result<(), StoreError> {
        todo!()
    }
}

impl Transaction {
    /// Adds a job that may run from `run_at`. A second one of the same kind and key is ignored, also after the first is done.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_job(
        &mut self,
        _kind: &str,
        _key: &str,
        _payload: &str,
        _run_at: Timestamp,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// The job is done, together with everything else in this transaction.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish_job(&mut self, _id: i64) -> Result<(), StoreError> {
        todo!()
    }
}

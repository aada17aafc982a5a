//! Observations and the messages kept with them: facts, appended once, never edited.

use atalaya_model::{Digest, Observation, Prefix};

use crate::{Store, StoreError};

/// An observation with its place in the order in which observations became durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its place, from 1 without gaps.
    pub position: u64,
    /// What was observed.
    pub observation: Observation,
}

impl Store {
    /// Records an observation with its message. Returns once both are durable; the same id twice is kept once.
    ///
    /// `observation.message` is filled with the digest of `message`.
    ///
    /// # Errors
    /// The store failed, and nothing was kept.
    pub async fn record(
        &self,
        _observation: Observation,
        _message: Option<Vec<u8>>,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// The observations after `position`, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn observations_after(&self, _position: u64, _limit: u32) -> Result<Vec<Seen>, StoreError> {
        todo!()
    }

    /// The observations against `unit` ([`Prefix::unit`] of an address), newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn observations_of(&self, _unit: &Prefix, _limit: u32) -> Result<Vec<Observation>, StoreError> {
        todo!()
    }

    /// How many observations are kept against `unit` ([`Prefix::unit`] of an address).
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_observations(&self, _unit: &Prefix) -> Result<u64, StoreError> {
        todo!()
    }

    /// A kept message, as it was received.
    ///
    /// # Errors
    /// The store failed.
    pub async fn message(&self, _digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        todo!()
    }
}

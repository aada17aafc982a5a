//! Listings and the allow list: what follows from the decisions up to now.

use atalaya_model::{AllowEntry, Listing, Prefix, Serial, Timestamp};

use crate::{Store, StoreError, Transaction};

/// The whole list at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Snapshot {
    /// The last decision that is contained.
    pub serial: Serial,
    /// All listings, also those whose end has passed but was not yet decided.
    pub listings: Vec<Listing>,
    /// The allow list.
    pub allowed: Vec<AllowEntry>,
}

impl Store {
    /// The whole list at one moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        todo!()
    }

    /// The listings of exactly `prefix`, in all classes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings(&self, _prefix: &Prefix) -> Result<Vec<Listing>, StoreError> {
        todo!()
    }

    /// Listings that are over and not yet withdrawn, the earliest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired(&self, _now: Timestamp, _limit: u32) -> Result<Vec<Listing>, StoreError> {
        todo!()
    }

    /// Entries of the allow list that are over and not yet taken off, the earliest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired_allowed(&self, _now: Timestamp, _limit: u32) -> Result<Vec<AllowEntry>, StoreError> {
        todo!()
    }

    /// The allow list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed(&self) -> Result<Vec<AllowEntry>, StoreError> {
        todo!()
    }
}

impl Transaction {
    /// The listings of exactly these prefixes, in all classes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings_in(&mut self, _prefixes: &[Prefix]) -> Result<Vec<Listing>, StoreError> {
        todo!()
    }

    /// Every listing whose prefix is covered by `prefix`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings_inside(&mut self, _prefix: &Prefix) -> Result<Vec<Listing>, StoreError> {
        todo!()
    }

    /// The allow list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed(&mut self) -> Result<Vec<AllowEntry>, StoreError> {
        todo!()
    }
}

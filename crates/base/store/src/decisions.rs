//! Decisions: the gap-free history of the list. Writing one changes the listings in the same transaction.

use atalaya_model::{Decided, Decision, Prefix, Serial, Timestamp};

use crate::{Store, StoreError, Transaction};

impl Store {
    /// The serial of the last decision.
    ///
    /// # Errors
    /// The store failed.
    pub async fn serial(&self) -> Result<Serial, StoreError> {
        todo!()
    }

    /// The decisions after `serial`, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decisions_after(&self, _serial: Serial, _limit: u32) -> Result<Vec<Decided>, StoreError> {
        todo!()
    }

    /// The decisions about exactly `prefix`, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decisions_of(&self, _prefix: &Prefix, _limit: u32) -> Result<Vec<Decided>, StoreError> {
        todo!()
    }

    /// The decision with this serial.
    ///
    /// # Errors
    /// The store failed.
    pub async fn decision(&self, _serial: Serial) -> Result<Option<Decided>, StoreError> {
        todo!()
    }
}

impl Transaction {
    /// Writes a decision with the next serial, and changes the listings or the allow list as it says.
    ///
    /// # Errors
    /// [`StoreError::NothingListed`] where it changes or ends what does not stand; the transaction can go on.
    pub async fn decide(&mut self, _decision: &Decision, _at: Timestamp) -> Result<Decided, StoreError> {
        todo!()
    }
}

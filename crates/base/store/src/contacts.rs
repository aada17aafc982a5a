//! The cache of abuse contacts, and those who asked to be left alone.

use std::net::IpAddr;

use atalaya_model::{Contact, MailAddress, Timestamp};

use crate::{Store, StoreError};

impl Store {
    /// The cached contact of the longest prefix around `address` that is still fresh.
    ///
    /// # Errors
    /// The store failed.
    pub async fn contact_for(
        &self,
        _address: IpAddr,
        _now: Timestamp,
    ) -> Result<Option<Contact>, StoreError> {
        todo!()
    }

    /// Keeps a contact until `fresh_until`, in place of an older one of the same prefix.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep_contact(&self, _contact: &Contact, _fresh_until: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// Remembers that `address` wants no more notices.
    ///
    /// # Errors
    /// The store failed.
    pub async fn leave_alone(&self, _address: &MailAddress, _at: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// Whether `address` wants no more notices.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_left_alone(&self, _address: &MailAddress) -> Result<bool, StoreError> {
        todo!()
    }
}

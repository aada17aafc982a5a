//! What the writer asks of whoever finds contacts: two questions, so that tests can answer it from a script.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Contact, Timestamp};

use crate::contact::{ContactError, ContactFinder};

/// Finds the abuse contact of an address.
pub trait FindContact: Send + Sync {
    /// The contact of the network that `address` belongs to; none where the registries name nobody.
    ///
    /// [`ContactError::Later`] where it cannot be known yet.
    fn find_contact(
        &self,
        address: IpAddr,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Contact>, ContactError>> + Send;

    /// Everybody who may be it, the surest first: for when nobody is left of the one that [`Self::find_contact`] gives.
    ///
    /// Errors as there.
    fn candidates(
        &self,
        address: IpAddr,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Contact>, ContactError>> + Send;
}

impl FindContact for ContactFinder {
    async fn find_contact(&self, address: IpAddr, now: Timestamp) -> Result<Option<Contact>, ContactError> {
        Ok(self.find(address, now).await?.contact)
    }

    async fn candidates(&self, address: IpAddr, now: Timestamp) -> Result<Vec<Contact>, ContactError> {
        Self::candidates(self, address, now).await
    }
}

impl<F: FindContact> FindContact for Arc<F> {
    async fn find_contact(&self, address: IpAddr, now: Timestamp) -> Result<Option<Contact>, ContactError> {
        F::find_contact(self, address, now).await
    }

    async fn candidates(&self, address: IpAddr, now: Timestamp) -> Result<Vec<Contact>, ContactError> {
        F::candidates(self, address, now).await
    }
}

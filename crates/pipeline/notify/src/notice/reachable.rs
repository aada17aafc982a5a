//! Which mailboxes of a contact are worth writing to: not those where mail failed for good, and not those that said that the address is not theirs.

use std::net::IpAddr;

use atalaya_model::{Contact, Timestamp};
use atalaya_store::StoreError;

use super::writer::NoticeWriter;

impl<F> NoticeWriter<F> {
    /// The contact of an address without such mailboxes; it may have none left.
    pub(super) async fn reachable(
        &self,
        mut contact: Contact,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Contact, StoreError> {
        let mut left = Vec::new();
        for mailbox in contact.addresses {
            let is_gone =
                self.store.is_dead(&mailbox, now).await? || self.store.is_refused(address, &mailbox).await?;
            if !is_gone {
                left.push(mailbox);
            }
        }
        contact.addresses = left;
        Ok(contact)
    }
}

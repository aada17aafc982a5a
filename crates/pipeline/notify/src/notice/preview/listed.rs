//! A notice about a listing as it stands.

use std::net::IpAddr;

use atalaya_formats::view::SECRET_NAME;
use atalaya_model::{Listing, MailAddress, Prefix, Timestamp};
use atalaya_store::{Gathered, Letter, Notice};
use uuid::Uuid;

use super::Previewed;
use crate::notice::error::NoticeError;
use crate::notice::find::FindContact;
use crate::notice::letter::Told;
use crate::notice::table::{Incident, Row};
use crate::notice::writer::NoticeWriter;
use crate::notice::{mail, text};

/// Seals the link to a page that nobody is to open.
const NO_KEY: &[u8] = b"preview";

impl<F: FindContact> NoticeWriter<F> {
    /// The notice about the newest listing of an address, as it would be written now to `contact`, or to the one that is known; none where the
    /// address is not listed on evidence that is kept, and where no contact is known. Its links lead nowhere.
    ///
    /// # Errors
    /// The store failed, or the mailbox that notices come from cannot be used.
    pub async fn preview(
        &self,
        address: IpAddr,
        contact: Option<MailAddress>,
        now: Timestamp,
    ) -> Result<Option<Previewed>, NoticeError> {
        let listings = self.store.listings(&Prefix::unit(address)).await?;
        let Some(listing) = listings.into_iter().max_by_key(|listing| listing.serial) else {
            return Ok(None);
        };
        let Some(found) = self.store.contact_for(address, now).await? else {
            return Ok(None);
        };
        let Some(recipient) = contact.or_else(|| found.addresses.first().cloned()) else {
            return Ok(None);
        };
        let incident = Incident {
            address,
            contact: found,
            class: listing.class,
            reason: listing.reason.clone(),
            first_seen: listing.since,
            last_seen: listing.since,
        };
        self.of_listing(&listing, incident, recipient, now).await
    }

    /// The notice about one listing.
    async fn of_listing(
        &self,
        listing: &Listing,
        incident: Incident,
        contact: MailAddress,
        now: Timestamp,
    ) -> Result<Option<Previewed>, NoticeError> {
        let gathered = Gathered {
            details: serde_json::to_string(&incident)?,
            notice: Notice {
                id: Uuid::nil(),
                serial: listing.serial,
                prefix: listing.prefix,
                contact: contact.clone(),
                token: Uuid::nil().simple().to_string(),
                at: now,
                told_at: None,
            },
        };
        let key = self.store.secret(SECRET_NAME).await?;
        let Ok(newest) = self.one_shown(gathered, &key, now).await? else {
            return Ok(None);
        };
        let letter = Letter {
            mail: Uuid::nil(),
            contact,
            network: incident.contact.prefix,
            at: now,
        };
        let row = Row {
            prefix: listing.prefix,
            serial: listing.serial,
            incident,
        };
        let told = Told {
            letter: &letter,
            newest: &newest,
            others: &[],
            rows: vec![row],
            incidents: 1,
        };
        let seen = self.with_facts(&told, &key, NO_KEY, |facts| Previewed {
            subject: text::subject(facts),
            text: text::body(facts),
            mail: mail::write(facts, &self.config, letter.mail, now),
        })?;
        Ok(Some(seen))
    }
}

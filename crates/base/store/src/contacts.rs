//! The cache of abuse contacts, and those who asked to be left alone.

use std::net::IpAddr;

use atalaya_model::{Confidence, Contact, MailAddress, Prefix, Timestamp};

use crate::sql::{Row, values};
use crate::{Store, StoreError};

/// The columns of a contact, as they are read.
pub(crate) const FOUND: &str = "fresh_until, prefix, addresses, network, source, confidence, found_at";

impl Store {
    /// The cached contact of the longest prefix around `address` that is still fresh.
    ///
    /// # Errors
    /// The store failed.
    pub async fn contact_for(&self, address: IpAddr, now: Timestamp) -> Result<Option<Contact>, StoreError> {
        let around = Prefix::single(address).with_parents();
        let sql = format!("SELECT {FOUND} FROM contacts WHERE prefix IN {{keys}}");
        freshest(self.read().await?.rows_in(&sql, around).await?, now)
    }

    /// Keeps a contact until `fresh_until`, in place of an older one of the same prefix. Where the network has another name than the last
    /// time, its holder has changed ([`Store::holders_changed`]).
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep_contact(&self, contact: &Contact, fresh_until: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO contacts (prefix, addresses, network, source, confidence, found_at, fresh_until) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7) \
                   ON CONFLICT (prefix) DO UPDATE SET addresses = excluded.addresses, \
                   network = excluded.network, source = excluded.source, confidence = excluded.confidence, \
                   found_at = excluded.found_at, fresh_until = excluded.fresh_until";
        let addresses = serde_json::to_string(&contact.addresses).map_err(StoreError::unexpected)?;
        let source = serde_json::to_string(&contact.source).map_err(StoreError::unexpected)?;
        let row = values![
            &contact.prefix,
            addresses,
            contact.network.as_str(),
            source,
            i64::from(contact.confidence.as_percent()),
            contact.found_at,
            fresh_until,
        ];
        self.write_one(sql, row).await?;
        let sql = "INSERT INTO holders (prefix, holder, changed_at) VALUES ($1, $2, NULL) \
                   ON CONFLICT (prefix) DO UPDATE SET holder = excluded.holder, \
                   changed_at = CASE WHEN holders.holder = excluded.holder THEN holders.changed_at ELSE $3 END";
        match contact.network.as_str() {
            "" => Ok(()),
            holder => {
                let row = values![&contact.prefix, holder, contact.found_at];
                self.write_one(sql, row).await
            }
        }
    }

    /// All that a whole search around `address` gave, while it is fresh.
    ///
    /// # Errors
    /// The store failed.
    pub async fn candidates_for(
        &self,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Option<Vec<Contact>>, StoreError> {
        let around = Prefix::single(address).with_parents();
        let sql = "SELECT prefix, fresh_until, found FROM candidates WHERE prefix IN {keys}";
        let mut best: Option<(u8, Vec<Contact>)> = None;
        for mut row in self.read().await?.rows_in(sql, around).await? {
            let prefix: Prefix = row.take_prefix()?;
            let is_longer = best.as_ref().is_none_or(|(length, _)| *length < prefix.length());
            if row.take_time()? > now && is_longer {
                best = Some((prefix.length(), row.take_json()?));
            }
        }
        Ok(best.map(|(_, found)| found))
    }

    /// Keeps all that a whole search gave for `prefix` until `fresh_until`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep_candidates(
        &self,
        prefix: &Prefix,
        found: &[Contact],
        fresh_until: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO candidates (prefix, found, fresh_until) VALUES ($1, $2, $3) \
                   ON CONFLICT (prefix) DO UPDATE SET found = excluded.found, fresh_until = excluded.fresh_until";
        let found = serde_json::to_string(found).map_err(StoreError::unexpected)?;
        self.write_one(sql, values![prefix, found, fresh_until]).await
    }

    /// Remembers that a server of a registry wants to be left alone until a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep_closed_server(&self, server: &str, until: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO closed_servers (server, until) VALUES ($1, $2) \
                   ON CONFLICT (server) DO UPDATE SET until = excluded.until";
        self.write_one(sql, values![server, until]).await
    }

    /// The servers that want to be left alone, and until when.
    ///
    /// # Errors
    /// The store failed.
    pub async fn closed_servers(&self, now: Timestamp) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let sql = "SELECT server, until FROM closed_servers WHERE until > $1 ORDER BY server";
        let rows = self.read().await?.rows(sql, values![now]).await?;
        rows.into_iter()
            .map(|mut row| Ok((row.take()?, row.take_time()?)))
            .collect()
    }

    /// The prefixes whose holder changed after a moment, the earliest first, with the moment at which it was seen.
    ///
    /// # Errors
    /// The store failed.
    pub async fn holders_changed(
        &self,
        after: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Prefix, Timestamp)>, StoreError> {
        let sql = "SELECT prefix, changed_at FROM holders WHERE changed_at > $1 ORDER BY changed_at, prefix LIMIT $2";
        let rows = self.read().await?.rows(sql, values![after, limit]).await?;
        rows.into_iter()
            .map(|mut row| Ok((row.take_prefix()?, row.take_time()?)))
            .collect()
    }

    /// Remembers that `address` wants no more notices, however it is capitalised.
    ///
    /// # Errors
    /// The store failed.
    pub async fn leave_alone(&self, address: &MailAddress, at: Timestamp) -> Result<(), StoreError> {
        let sql = "INSERT INTO left_alone (address, since) VALUES ($1, $2) ON CONFLICT (address) DO NOTHING";
        self.write_one(sql, values![caseless(address), at]).await
    }

    /// Whether `address` wants no more notices.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_left_alone(&self, address: &MailAddress) -> Result<bool, StoreError> {
        let sql = "SELECT since FROM left_alone WHERE address = $1";
        let row = self.read().await?.row(sql, values![caseless(address)]).await?;
        Ok(row.is_some())
    }
}

/// The form in which addresses are compared: in practice nobody tells local parts apart by capitals.
pub(crate) fn caseless(address: &MailAddress) -> String {
    address.as_str().to_ascii_lowercase()
}

/// A pattern for LIKE over small letters: an address, or, with the @ in front, a domain with all its mailboxes. Signs that mean something
/// in patterns stand for any one sign.
pub(crate) fn mailboxes_at(text: &str) -> String {
    let plain = text.to_ascii_lowercase().replace(['%', '\\'], "_");
    match plain.starts_with('@') {
        true => format!("%{plain}"),
        false => plain,
    }
}

/// The contact of the longest prefix among rows of [`FOUND`] that is still fresh.
pub(crate) fn freshest(rows: Vec<Row>, now: Timestamp) -> Result<Option<Contact>, StoreError> {
    let mut best: Option<Contact> = None;
    for mut row in rows {
        if row.take_time()? <= now {
            continue;
        }
        let found = contact(row)?;
        if best
            .as_ref()
            .is_none_or(|best| best.prefix.length() < found.prefix.length())
        {
            best = Some(found);
        }
    }
    Ok(best)
}

/// Reads what follows the moment in a row of [`FOUND`]; the columns are taken in their order.
fn contact(mut row: Row) -> Result<Contact, StoreError> {
    Ok(Contact {
        prefix: row.take_prefix()?,
        addresses: row.take_json()?,
        network: row.take()?,
        source: row.take_json()?,
        confidence: Confidence::percent(u8::try_from(row.take::<i64>()?).unwrap_or(u8::MAX)),
        found_at: row.take_time()?,
    })
}

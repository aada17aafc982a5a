//! Listings and the allow list: what follows from the decisions up to now.

use atalaya_model::{AllowEntry, Listing, Prefix, Rule, Serial, Timestamp};

use crate::decisions::serial;
use crate::sql::{Connection, Row, Value, values};
use crate::{Store, StoreError, Transaction};

/// The columns of a listing, as they are read.
const LISTING: &str = "prefix, class, reason, rule, since, ends_at, serial";
/// The columns of an entry of the allow list, as they are read.
const ALLOWED: &str = "prefix, reason, since, ends_at, serial";
/// Listings read at a time for a snapshot: the rows of the driver are far larger than what becomes of them.
const PAGE: u32 = 10_000;

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
        let mut connection = self.read().await?;
        connection.begin_snapshot().await?;
        let snapshot = Snapshot {
            serial: serial(&mut connection).await?,
            listings: all_listings(&mut connection).await?,
            allowed: all_allowed(&mut connection).await?,
        };
        connection.commit().await?;
        Ok(snapshot)
    }

    /// The listings of exactly `prefix`, in all classes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings(&self, prefix: &Prefix) -> Result<Vec<Listing>, StoreError> {
        listings_in(&mut self.read().await?, &[*prefix]).await
    }

    /// Listings that are over and not yet withdrawn, the earliest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<Listing>, StoreError> {
        let sql = format!("SELECT {LISTING} FROM listings WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2");
        read(self.read().await?.rows(sql, values![now, limit]).await?, listing)
    }

    /// Entries of the allow list that are over and not yet taken off, the earliest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired_allowed(&self, now: Timestamp, limit: u32) -> Result<Vec<AllowEntry>, StoreError> {
        let sql = format!("SELECT {ALLOWED} FROM allowed WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2");
        read(
            self.read().await?.rows(sql, values![now, limit]).await?,
            allow_entry,
        )
    }

    /// The allow list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed(&self) -> Result<Vec<AllowEntry>, StoreError> {
        all_allowed(&mut self.read().await?).await
    }
}

impl Transaction {
    /// The listings of exactly these prefixes, in all classes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings_in(&mut self, prefixes: &[Prefix]) -> Result<Vec<Listing>, StoreError> {
        listings_in(&mut self.connection, prefixes).await
    }

    /// Every listing whose prefix is covered by `prefix`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings_inside(&mut self, prefix: &Prefix) -> Result<Vec<Listing>, StoreError> {
        // Prefixes never overlap halfway: what begins inside either lies inside or is larger and begins at the same address.
        let sql = format!(
            "SELECT {LISTING} FROM listings WHERE first_address BETWEEN $1 AND $2 AND last_address <= $2 \
             ORDER BY first_address"
        );
        let rows = self
            .connection
            .rows(sql, values![prefix.network(), prefix.last()])
            .await?;
        let mut inside = read(rows, listing)?;
        // IPv4 sorts inside the short IPv6 prefixes, but does not belong to them.
        inside.retain(|listing| prefix.covers(&listing.prefix));
        Ok(inside)
    }

    /// The allow list.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed(&mut self) -> Result<Vec<AllowEntry>, StoreError> {
        all_allowed(&mut self.connection).await
    }
}

/// The listings of exactly these prefixes, in all classes.
async fn listings_in(connection: &mut Connection, prefixes: &[Prefix]) -> Result<Vec<Listing>, StoreError> {
    let sql = format!("SELECT {LISTING} FROM listings WHERE prefix IN {{keys}}");
    read(
        connection
            .rows_in(&sql, prefixes.iter().map(Value::from).collect())
            .await?,
        listing,
    )
}

/// All listings, a page at a time.
async fn all_listings(connection: &mut Connection) -> Result<Vec<Listing>, StoreError> {
    let sql = format!(
        "SELECT {LISTING} FROM listings WHERE (prefix, class) > ($1, $2) ORDER BY prefix, class LIMIT $3"
    );
    let mut listings: Vec<Listing> = Vec::new();
    loop {
        let (prefix, class) = listings.last().map_or((String::new(), ""), |last| {
            (last.prefix.to_string(), last.class.name())
        });
        let page = connection.rows(sql.clone(), values![prefix, class, PAGE]).await?;
        let is_last = page.len() < PAGE as usize;
        listings.extend(read(page, listing)?);
        if is_last {
            return Ok(listings);
        }
    }
}

/// The allow list.
async fn all_allowed(connection: &mut Connection) -> Result<Vec<AllowEntry>, StoreError> {
    let sql = format!("SELECT {ALLOWED} FROM allowed ORDER BY prefix");
    read(connection.rows(sql, Vec::new()).await?, allow_entry)
}

/// Reads all rows with `one`.
fn read<T>(rows: Vec<Row>, one: impl Fn(Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(one).collect()
}

/// Reads a row of [`LISTING`]; the columns are taken in their order.
fn listing(mut row: Row) -> Result<Listing, StoreError> {
    Ok(Listing {
        prefix: row.take_prefix()?,
        class: row.take_word()?,
        reason: row.take()?,
        rule: Rule(row.take()?),
        since: row.take_time()?,
        until: row.take_some_time()?,
        serial: row.take_serial()?,
    })
}

/// Reads a row of [`ALLOWED`]; the columns are taken in their order.
fn allow_entry(mut row: Row) -> Result<AllowEntry, StoreError> {
    Ok(AllowEntry {
        prefix: row.take_prefix()?,
        reason: row.take()?,
        since: row.take_time()?,
        until: row.take_some_time()?,
        serial: row.take_serial()?,
    })
}

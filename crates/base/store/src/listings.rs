//! Listings and the allow list: what follows from the decisions up to now.

use atalaya_model::{AllowEntry, Class, Listing, Prefix, Rule, Timestamp};

use crate::span::{ends, without_ipv4};
use crate::sql::{Connection, Row, Value, values};
use crate::{Store, StoreError, Transaction};

/// The columns of a listing, as they are read.
pub(crate) const LISTING: &str = "prefix, class, reason, rule, since, ends_at, serial";
/// The columns of an entry of the allow list, as they are read.
pub(crate) const ALLOWED: &str = "prefix, reason, since, ends_at, serial";

impl Store {
    /// The listings of exactly `prefix`, in all classes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings(&self, prefix: &Prefix) -> Result<Vec<Listing>, StoreError> {
        listings_in(&mut self.read().await?, &[*prefix]).await
    }

    /// The listings of exactly these prefixes, in all classes.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings_in(&self, prefixes: &[Prefix]) -> Result<Vec<Listing>, StoreError> {
        listings_in(&mut self.read().await?, prefixes).await
    }

    /// A page of the listings that overlap `around`, or of all, in the order of their addresses; `after` is the last of the page before.
    ///
    /// Pages are read at different moments. Those who want one moment use [`Store::read_list`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings_page(
        &self,
        around: Option<&Prefix>,
        after: Option<&(Prefix, Class)>,
        limit: u32,
    ) -> Result<Vec<Listing>, StoreError> {
        let mut connection = self.read().await?;
        let mut page = match (around, after) {
            (Some(prefix), None) => {
                let parents: Vec<Prefix> = prefix.with_parents().skip(1).collect();
                listings_in(&mut connection, &parents).await?
            }
            _ => Vec::new(),
        };
        page.sort_by_key(|listing| (listing.prefix.length(), listing.class));
        page.extend(inside(&mut connection, around, after, limit).await?);
        Ok(page)
    }

    /// A page of what a rule has listed in a class, ordered by first and last address; `after` is the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn prefixes_by_rule(
        &self,
        class: Class,
        rule: &Rule,
        after: Option<&Prefix>,
        limit: u32,
    ) -> Result<Vec<Prefix>, StoreError> {
        // No bytes at all come before every address.
        let begin = || Value::Bytes(Some(Vec::new()));
        let ends = |after: &Prefix| (after.network().into(), after.last().into());
        let (first, last) = after.map_or_else(|| (begin(), begin()), ends);
        let sql = "SELECT prefix FROM listings WHERE class = $1 AND rule = $2 \
                   AND (first_address, last_address) > ($3, $4) ORDER BY first_address, last_address LIMIT $5";
        let values = values![class.name(), rule.0.as_str(), first, last, limit];
        read(self.read().await?.rows(sql, values).await?, |mut row| {
            row.take_prefix()
        })
    }

    /// The number of listings.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_listings(&self) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM listings";
        let row = self.read().await?.row(sql, Vec::new()).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    /// Listings that are over and not yet withdrawn, the earliest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired(&self, now: Timestamp, limit: u32) -> Result<Vec<Listing>, StoreError> {
        expired(&mut self.read().await?, now, limit).await
    }

    /// Entries of the allow list that are over and not yet taken off, the earliest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired_allowed(&self, now: Timestamp, limit: u32) -> Result<Vec<AllowEntry>, StoreError> {
        expired_allowed(&mut self.read().await?, now, limit).await
    }

    /// The whole allow list. Those who show it to people read it by [`Store::allowed_page`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed(&self) -> Result<Vec<AllowEntry>, StoreError> {
        all_allowed(&mut self.read().await?).await
    }

    /// The entries of the allow list that cover one of these prefixes, also those that are over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed_covering(&self, prefixes: &[Prefix]) -> Result<Vec<AllowEntry>, StoreError> {
        allowed_covering(&mut self.read().await?, prefixes).await
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

    /// The first listings whose prefix is covered by `prefix`, in the order of their addresses.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listings_inside(&mut self, prefix: &Prefix, limit: u32) -> Result<Vec<Listing>, StoreError> {
        inside(&mut self.connection, Some(prefix), None, limit).await
    }

    /// The same as [`Store::expired`], as this transaction sees it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired(&mut self, now: Timestamp, limit: u32) -> Result<Vec<Listing>, StoreError> {
        expired(&mut self.connection, now, limit).await
    }

    /// The same as [`Store::expired_allowed`], as this transaction sees it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn expired_allowed(
        &mut self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<AllowEntry>, StoreError> {
        expired_allowed(&mut self.connection, now, limit).await
    }

    /// The same as [`Store::allowed`], as this transaction sees it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed(&mut self) -> Result<Vec<AllowEntry>, StoreError> {
        all_allowed(&mut self.connection).await
    }

    /// The same as [`Store::allowed_covering`], as this transaction sees it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed_covering(&mut self, prefixes: &[Prefix]) -> Result<Vec<AllowEntry>, StoreError> {
        match self.covering_in_memory(prefixes).await? {
            Some(entries) => Ok(entries),
            None => allowed_covering(&mut self.connection, prefixes).await,
        }
    }
}

/// The listings of exactly these prefixes, in all classes.
pub(crate) async fn listings_in(
    connection: &mut Connection,
    prefixes: &[Prefix],
) -> Result<Vec<Listing>, StoreError> {
    let sql = format!("SELECT {LISTING} FROM listings WHERE prefix IN {{keys}}");
    read(connection.rows_in(&sql, prefixes).await?, listing)
}

/// A page of the listings that are covered by `prefix`, or of all.
async fn inside(
    connection: &mut Connection,
    prefix: Option<&Prefix>,
    after: Option<&(Prefix, Class)>,
    limit: u32,
) -> Result<Vec<Listing>, StoreError> {
    let (first, last) = ends(prefix);
    let (begin, key, class) = after.map_or((first, String::new(), ""), |(prefix, class)| {
        (prefix.network(), prefix.to_string(), class.name())
    });
    let mut values = values![begin, last, begin, key, class, limit];
    let without_ipv4 = without_ipv4(prefix, &mut values);
    // Prefixes never overlap halfway: what begins inside either lies inside or is larger and begins at the same address.
    let sql = format!(
        "SELECT {LISTING} FROM listings WHERE first_address BETWEEN $1 AND $2 AND last_address <= $2 \
         AND (first_address, prefix, class) > ($3, $4, $5){without_ipv4} ORDER BY first_address, prefix, class LIMIT $6"
    );
    read(connection.rows(sql, values).await?, listing)
}

/// Listings that are over, the earliest first.
async fn expired(
    connection: &mut Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<Listing>, StoreError> {
    let sql = format!("SELECT {LISTING} FROM listings WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2");
    read(connection.rows(sql, values![now, limit]).await?, listing)
}

/// Entries of the allow list that are over, the earliest first.
async fn expired_allowed(
    connection: &mut Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<AllowEntry>, StoreError> {
    let sql = format!("SELECT {ALLOWED} FROM allowed WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2");
    read(connection.rows(sql, values![now, limit]).await?, allow_entry)
}

/// The entries of the allow list that cover one of these prefixes.
async fn allowed_covering(
    connection: &mut Connection,
    prefixes: &[Prefix],
) -> Result<Vec<AllowEntry>, StoreError> {
    let sql = format!("SELECT {ALLOWED} FROM allowed WHERE prefix IN {{keys}}");
    let around = prefixes.iter().flat_map(|prefix| prefix.with_parents());
    read(connection.rows_in(&sql, around).await?, allow_entry)
}

/// The allow list.
pub(crate) async fn all_allowed(connection: &mut Connection) -> Result<Vec<AllowEntry>, StoreError> {
    let sql = format!("SELECT {ALLOWED} FROM allowed ORDER BY prefix");
    read(connection.rows(sql, Vec::new()).await?, allow_entry)
}

/// Some of the allow list, or all.
pub(crate) async fn some_allowed(
    connection: &mut Connection,
    limit: u32,
) -> Result<Vec<AllowEntry>, StoreError> {
    let sql = format!("SELECT {ALLOWED} FROM allowed LIMIT $1");
    read(connection.rows(sql, values![limit]).await?, allow_entry)
}

/// Reads all rows with `one`.
fn read<T>(rows: Vec<Row>, one: impl Fn(Row) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(one).collect()
}

/// Reads a row of [`LISTING`]; the columns are taken in their order.
pub(crate) fn listing(mut row: Row) -> Result<Listing, StoreError> {
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
pub(crate) fn allow_entry(mut row: Row) -> Result<AllowEntry, StoreError> {
    Ok(AllowEntry {
        prefix: row.take_prefix()?,
        reason: row.take()?,
        since: row.take_time()?,
        until: row.take_some_time()?,
        serial: row.take_serial()?,
    })
}

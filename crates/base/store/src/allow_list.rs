//! The allow list a page at a time, in the order of its addresses, however long it is.
//!
//! In: what the entries are to overlap, and the last entry of the page before. Out: the entries that follow. What lies around a prefix stands before what
//! lies inside it: a prefix has at most 128 of the former, which are found by their names, and the latter are one range of an index.

use atalaya_model::{AllowEntry, Prefix};

use crate::listings::{ALLOWED, allow_entry};
use crate::span::{ends, without_ipv4};
use crate::sql::{Connection, Pools, Value, values};
use crate::{Store, StoreError, Transaction};

/// Entries of an older program that are placed at once.
const PLACED_AT_ONCE: u32 = 1_000;

impl Store {
    /// A page of the entries that overlap `around`, or of all, those that are over too; `after` is the last of the page before.
    ///
    /// Pages are read at different moments. What is allowed meanwhile is seen where it lies behind the last page.
    ///
    /// # Errors
    /// The store failed.
    pub async fn allowed_page(
        &self,
        around: Option<&Prefix>,
        after: Option<&Prefix>,
        limit: u32,
    ) -> Result<Vec<AllowEntry>, StoreError> {
        page(&mut self.read().await?, around, after, limit).await
    }
}

impl Transaction {
    /// Whether an entry of the allow list overlaps a prefix, also one that is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_allowed_around(&mut self, prefix: &Prefix) -> Result<bool, StoreError> {
        let found = page(&mut self.connection, Some(prefix), None, 1).await?;
        Ok(!found.is_empty())
    }
}

/// A page of the entries: first what lies around a prefix, then what lies inside it.
async fn page(
    connection: &mut Connection,
    around: Option<&Prefix>,
    after: Option<&Prefix>,
    limit: u32,
) -> Result<Vec<AllowEntry>, StoreError> {
    let mut entries = match around {
        Some(around) => parents(connection, around, after).await?,
        None => Vec::new(),
    };
    entries.truncate(limit as usize);
    let rest = limit.saturating_sub(u32::try_from(entries.len()).unwrap_or(limit));
    if rest == 0 {
        return Ok(entries);
    }
    // One of those around it comes before all inside.
    let after = after.filter(|after| around.is_none_or(|around| around.covers(after)));
    let (sql, values) = inside(around, after, rest);
    let rows = connection.rows(sql, values).await?;
    for row in rows {
        entries.push(allow_entry(row)?);
    }
    Ok(entries)
}

/// The entries that cover a prefix and are larger, the largest first, behind the last of the page before.
async fn parents(
    connection: &mut Connection,
    around: &Prefix,
    after: Option<&Prefix>,
) -> Result<Vec<AllowEntry>, StoreError> {
    let least = match after {
        None => 0,
        Some(after) if after.covers(around) => after.length().saturating_add(1),
        Some(_) => around.length(),
    };
    let larger = around.with_parents().skip(1);
    let wanted: Vec<Prefix> = larger.filter(|prefix| prefix.length() >= least).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {ALLOWED} FROM allowed WHERE prefix IN {{keys}}");
    let rows = connection.rows_in(&sql, wanted).await?;
    let found: Result<Vec<AllowEntry>, StoreError> = rows.into_iter().map(allow_entry).collect();
    let mut found = found?;
    found.sort_by_key(|entry| entry.prefix.length());
    Ok(found)
}

/// The query for the entries that a prefix covers, or for all, and its values.
fn inside(around: Option<&Prefix>, after: Option<&Prefix>, limit: u32) -> (String, Vec<Value>) {
    let (first, last) = ends(around);
    let (begin, key) = after.map_or((first, String::new()), |prefix| {
        (prefix.network(), prefix.to_string())
    });
    let mut values = values![begin, last, begin, key, limit];
    let without_ipv4 = without_ipv4(around, &mut values);
    let sql = format!(
        "SELECT {ALLOWED} FROM allowed WHERE first_address BETWEEN $1 AND $2 AND last_address <= $2 \
         AND (first_address, prefix) > ($3, $4){without_ipv4} ORDER BY first_address, prefix LIMIT $5"
    );
    (sql, values)
}

/// Gives the entries that an older program wrote their place in the order of addresses. Where there are none it is one look into an index.
///
/// # Errors
/// The store failed.
pub(crate) async fn place_older(pools: &Pools) -> Result<(), StoreError> {
    let sql = "SELECT prefix FROM allowed WHERE first_address IS NULL ORDER BY prefix LIMIT $1";
    let place = "UPDATE allowed SET first_address = $2, last_address = $3 WHERE prefix = $1";
    loop {
        let mut connection = pools.write().await?;
        let rows = connection.rows(sql, values![PLACED_AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(());
        }
        connection.begin().await?;
        for mut row in rows {
            let prefix = row.take_prefix()?;
            let values = values![prefix, prefix.network(), prefix.last()];
            connection.execute(place, values).await?;
        }
        connection.commit().await?;
    }
}

#[cfg(test)]
mod tests {
    use atalaya_model::Clock;

    use super::*;
    use crate::StoreUrl;
    use crate::plan::plan;

    #[tokio::test]
    async fn a_page_is_found_by_its_index_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, Clock::system()).await.unwrap();
        let [v4, v6, last] =
            ["192.0.2.0/24", "2001:db8::/32", "192.0.2.7"].map(|text| text.parse::<Prefix>().unwrap());
        for (around, after) in [
            (None, None),
            (None, Some(&last)),
            (Some(&v4), None),
            (Some(&v4), Some(&last)),
            (Some(&v6), None),
        ] {
            let (sql, values) = inside(around, after, 50);
            let steps = plan(&mut store.read().await.unwrap(), &sql, values).await;
            assert_eq!(steps.len(), 1, "{steps:?}");
            assert!(
                steps[0].contains("SEARCH allowed USING INDEX allowed_by_address"),
                "{steps:?}"
            );
        }
    }
}

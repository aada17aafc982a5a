//! What was listed since a date, by the names in the newest decisions. They stand in the order in which they were made: an index of the listings by date would
//! cost every new one, and these cost nothing.

use std::cmp::Ordering;
use std::time::Duration;

use atalaya_model::{Listing, Prefix, Serial, Timestamp};

use super::{FoundListings, ListingCursor, ListingFilter, ListingSearch, chosen};
use crate::StoreError;
use crate::decisions::{serial, serial_before};
use crate::listings::listings_in;
use crate::span::mapped;
use crate::sql::{Connection, Value, values};

/// Decisions that are read for one search at most.
const MOST: u64 = 150_000;
/// How far the clocks of those who decide may be from one another, or one of them be set back.
const CLOCKS: Duration = Duration::from_secs(3_600);
/// Names whose listings are asked for at once.
const PART: usize = 512;

/// The prefixes that are wanted by what was decided since then, in the order of their addresses; none where too much was decided. Some may have left
/// the list.
pub(super) async fn named_since(
    connection: &mut Connection,
    filter: &ListingFilter,
    since: Timestamp,
) -> Result<Option<Vec<Prefix>>, StoreError> {
    let behind = serial_before(connection, since.minus(CLOCKS)).await?;
    if serial(connection).await?.0.saturating_sub(behind.0) > MOST {
        return Ok(None);
    }
    let (sql, values) = names_query(filter, behind, since);
    let row = connection.row_planned(sql, values).await?;
    let names = row
        .map(|mut row| row.take::<Option<String>>())
        .transpose()?
        .flatten();
    let parse = |name: &str| name.parse::<Prefix>().map_err(StoreError::corrupt);
    let names = names.iter().flat_map(|names| names.split(' ')).map(parse);
    let mut names: Vec<Prefix> = names.collect::<Result<_, _>>()?;
    names.retain(|name| filter.around.is_none_or(|around| around.covers(name)));
    names.sort_unstable_by(by_address);
    names.dedup();
    Ok(Some(names))
}

/// All names as one text: one row costs the way through the driver once.
pub(super) fn names_query(filter: &ListingFilter, behind: Serial, since: Timestamp) -> (String, Vec<Value>) {
    let mut values = values![behind, since];
    let conditions = chosen(filter.class, filter.origin, &mut values);
    let sql = format!(
        "SELECT string_agg(prefix, ' ') FROM decisions \
         WHERE serial > $1 AND decided_at >= $2 AND verdict = 'list'{conditions}"
    );
    (sql, values)
}

impl ListingSearch {
    /// A page of the listings of `names`.
    pub(super) async fn page_of(
        &mut self,
        names: &[Prefix],
        after: Option<&ListingCursor>,
        limit: u32,
    ) -> Result<FoundListings, StoreError> {
        let begin = after.map_or(0, |(last, _)| {
            names.partition_point(|name| by_address(name, last) == Ordering::Less)
        });
        let mut listings: Vec<Listing> = Vec::new();
        for part in names.get(begin..).unwrap_or_default().chunks(PART) {
            let mut found = listings_in(&mut self.connection, part).await?;
            found.retain(|listing| {
                let is_behind = |last: &ListingCursor| in_order(&row(listing), last) == Ordering::Greater;
                self.filter.takes(listing) && after.is_none_or(is_behind)
            });
            found.sort_by(|one, other| in_order(&row(one), &row(other)));
            listings.append(&mut found);
            if listings.len() > limit as usize {
                listings.truncate(limit as usize);
                let next = listings.last().map(row);
                return Ok(FoundListings { listings, next });
            }
        }
        Ok(FoundListings { listings, next: None })
    }
}

/// The order of the listings: by their addresses, then by the names of their classes.
fn in_order((one, class): &ListingCursor, (other, than): &ListingCursor) -> Ordering {
    by_address(one, other).then_with(|| class.name().cmp(than.name()))
}

/// By the first address, then by the text.
fn by_address(one: &Prefix, other: &Prefix) -> Ordering {
    let addresses = mapped(one.network()).cmp(&mapped(other.network()));
    addresses.then_with(|| one.to_string().cmp(&other.to_string()))
}

fn row(listing: &Listing) -> ListingCursor {
    (listing.prefix, listing.class)
}

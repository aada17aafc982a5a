//! Looking through all listings by what the console filters, in the order of their addresses, a bounded piece at a time.
//!
//! In: what is wanted, and the row behind which to begin. Out: the listings that were found, and where to go on. No page reads more than some ten
//! thousand rows, however many are listed and however rare what is wanted is:
//!
//! ```text
//! one filter that has an index    the index has them in their order               all of a page is found at once
//! one filter names few            they are read whole, and the others chosen      all of a page is found at once
//! a date, and little since        the newest decisions name them                  all of a page is found at once
//! each filter names many          so many rows as the caller allows are walked    the page says how far it looked, and the next goes on there
//! ```
//!
//! Whoever walks from one range of addresses to the next, as through those of a country, gets whatever lies there, and chooses himself.

mod named;

use std::fmt;
use std::net::IpAddr;

use atalaya_model::{Class, Listing, Prefix, Rule, Timestamp};

use crate::listings::{LISTING, listing, listings_in};
use crate::span::{ends, without_ipv4};
use crate::sql::{Connection, Dialect, Value, values};
use crate::{Store, StoreError};
use named::named_since;

/// What one filter names at most to be read whole. So many rows, scattered over the file, take a few ten milliseconds.
const FEW: u32 = 10_000;
/// Rows that are walked at least: more than can begin at one address (129 lengths, 6 classes), so that every walk gets on.
const LEAST_WALKED: u32 = 1_000;
/// The class that most listings are in, and that has no index of its own.
const USUAL: Class = Class::Spam;
/// What is said of a listing by hand: the beginning of its rule. An index stands on these words.
const BY_HAND: &str = "substr(rule, 1, 7) = 'by-hand'";
/// The opposite.
const BY_RULES: &str = "substr(rule, 1, 7) <> 'by-hand'";

/// Who listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Somebody by hand.
    Hand,
    /// The rules of judging, or a list of others.
    Rules,
}

/// Which listings are looked for. What is none asks for all.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListingFilter {
    /// What overlaps this prefix.
    pub around: Option<Prefix>,
    /// Those in this class.
    pub class: Option<Class>,
    /// Those of this origin.
    pub origin: Option<Origin>,
    /// Those that are listed since this moment or later.
    pub since: Option<Timestamp>,
}

/// The row behind which a page begins.
pub type ListingCursor = (Prefix, Class);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundListings {
    /// The listings, in the order of their addresses.
    pub listings: Vec<Listing>,
    /// The last row that was looked at, where more may follow: there may be more also where nothing was found.
    pub next: Option<ListingCursor>,
}

impl ListingFilter {
    /// Whether a listing is wanted, wherever it is.
    #[must_use]
    pub fn takes(&self, listing: &Listing) -> bool {
        let is_by_hand = listing.rule.0.starts_with(Rule::BY_HAND);
        self.class.is_none_or(|class| class == listing.class)
            && self.since.is_none_or(|since| listing.since >= since)
            && self
                .origin
                .is_none_or(|origin| (origin == Origin::Hand) == is_by_hand)
    }

    /// The indexes in the order of addresses by which it can be found, besides that of all.
    fn ways(&self) -> impl Iterator<Item = Way> {
        let hand = self.origin.filter(|origin| *origin == Origin::Hand);
        let class = self.class.filter(|class| *class != USUAL);
        let ways = [hand.map(|_| Way::Hand), class.map(Way::Class)];
        ways.into_iter().flatten()
    }

    /// How many filters there are besides the one by place.
    fn count(&self) -> usize {
        let given = [self.class.is_some(), self.origin.is_some(), self.since.is_some()];
        given.into_iter().filter(|is_given| *is_given).count()
    }
}

/// An index by which listings are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// All, by their addresses.
    Address,
    /// Those of a class that is not the usual one, by their addresses.
    Class(Class),
    /// Those by hand, by their addresses.
    Hand,
}

impl Way {
    const fn index(self) -> &'static str {
        match self {
            Self::Address => "listings_by_address",
            Self::Class(_) => "listings_by_class",
            Self::Hand => "listings_by_hand",
        }
    }

    /// The table, and for SQLite the index.
    fn table(self, dialect: Dialect) -> String {
        format!("listings {}", dialect.by_index(self.index()))
    }

    /// What it finds, as a condition; its values join those that are there.
    fn condition(self, values: &mut Vec<Value>) -> String {
        match self {
            Self::Address => String::new(),
            Self::Class(class) => {
                values.push(class.name().into());
                format!(" AND class <> 'spam' AND class = ${}", values.len())
            }
            Self::Hand => format!(" AND {BY_HAND}"),
        }
    }

    /// What a filter wants besides.
    fn rest(self, filter: &ListingFilter, values: &mut Vec<Value>) -> String {
        let class = filter.class.filter(|class| self != Self::Class(*class));
        let is_said = self == Self::Hand && filter.origin == Some(Origin::Hand);
        let mut text = chosen(class, filter.origin.filter(|_| !is_said), values);
        if let Some(since) = filter.since {
            values.push(since.into());
            text.push_str(&format!(" AND since >= ${}", values.len()));
        }
        text
    }
}

/// The conditions of a class and an origin, on listings as on decisions; their values join those that are there.
fn chosen(class: Option<Class>, origin: Option<Origin>, values: &mut Vec<Value>) -> String {
    let mut text = String::new();
    if let Some(class) = class {
        values.push(class.name().into());
        text.push_str(&format!(" AND class = ${}", values.len()));
    }
    text.push_str(&match origin {
        Some(Origin::Rules) => format!(" AND {BY_RULES}"),
        Some(Origin::Hand) => format!(" AND {BY_HAND}"),
        None => String::new(),
    });
    text
}

/// A search through the listings. It keeps a connection of the store, so whoever has his page lets go of it.
pub struct ListingSearch {
    connection: Connection,
    filter: ListingFilter,
    way: Way,
    amount: Amount,
    /// What is wanted by name, in its order, in the place of a way.
    named: Option<Vec<Prefix>>,
}

/// How much lies on a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Amount {
    /// So little, or all of it wanted, that it needs no bound.
    Few,
    /// Perhaps millions that are not wanted.
    Many,
    /// Whatever it is, all of it is handed out, and whoever walks chooses.
    Unsifted,
}

/// What one page may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageBounds {
    /// Listings of the page, besides those wider than what was asked about, which come first.
    pub listings: u32,
    /// Rows that are walked at most where many are not wanted, or a thousand if it is fewer.
    pub walked: u32,
}

impl Store {
    /// Begins a search for those behind a row, or for all.
    ///
    /// Pages are read at different moments. Those who want one moment use [`Store::read_list`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn search_listings(
        &self,
        filter: ListingFilter,
        after: Option<&ListingCursor>,
    ) -> Result<ListingSearch, StoreError> {
        let mut search = self.begin_search(filter, Amount::Few).await?;
        search.choose(after).await?;
        Ok(search)
    }

    /// The same for whoever wants only what `is_wanted`, most of which he finds by leaping from one range of addresses to another. Pages may hold
    /// also what is not wanted, by that or by the filter ([`ListingFilter::takes`]), so that none costs more than the rows that it hands out.
    ///
    /// # Errors
    /// The store failed.
    pub async fn walk_listings(
        &self,
        filter: ListingFilter,
        is_wanted: impl Fn(&Prefix) -> bool,
    ) -> Result<ListingSearch, StoreError> {
        let mut search = self.begin_search(filter, Amount::Unsifted).await?;
        search.way = filter.ways().next().unwrap_or(Way::Address);
        search.name().await?;
        if let Some(names) = &mut search.named {
            names.retain(is_wanted);
        }
        Ok(search)
    }

    async fn begin_search(&self, filter: ListingFilter, amount: Amount) -> Result<ListingSearch, StoreError> {
        Ok(ListingSearch {
            connection: self.read().await?,
            filter,
            way: Way::Address,
            amount,
            named: None,
        })
    }
}

impl ListingSearch {
    /// The next page, in the order of the addresses; `after` is where the page before said that it goes on.
    ///
    /// # Errors
    /// The store failed.
    pub async fn page(
        &mut self,
        after: Option<&ListingCursor>,
        bounds: PageBounds,
    ) -> Result<FoundListings, StoreError> {
        let mut found = match (&self.filter.around, after) {
            (Some(prefix), None) => {
                let parents: Vec<Prefix> = prefix.with_parents().skip(1).collect();
                listings_in(&mut self.connection, &parents).await?
            }
            _ => Vec::new(),
        };
        found.retain(|listing| self.amount == Amount::Unsifted || self.filter.takes(listing));
        found.sort_by_key(|listing| (listing.prefix.length(), listing.class));
        let mut inside = match self.named.take() {
            Some(names) => {
                let page = self.page_of(&names, after, bounds.listings).await;
                self.named = Some(names);
                page?
            }
            None => {
                let end = match self.amount {
                    Amount::Few | Amount::Unsifted => None,
                    Amount::Many => self.end(after, bounds.walked).await?,
                };
                self.inside(after, end, bounds.listings).await?
            }
        };
        found.append(&mut inside.listings);
        inside.listings = found;
        Ok(inside)
    }

    /// Chooses the way: one with few rows, the names since a date, or else the narrowest by address.
    async fn choose(&mut self, after: Option<&ListingCursor>) -> Result<(), StoreError> {
        let ways: Vec<Way> = self.filter.ways().collect();
        self.way = ways.last().copied().unwrap_or(Way::Address);
        if self.filter.count() == ways.len().min(1) {
            return Ok(());
        }
        for way in ways {
            if self.is_few(way, after).await? {
                self.way = way;
                return Ok(());
            }
        }
        self.amount = Amount::Many;
        self.name().await
    }

    /// Finds the names of what is wanted, where a date is asked for and not too much was listed since.
    async fn name(&mut self) -> Result<(), StoreError> {
        if let Some(since) = self.filter.since {
            self.named = named_since(&mut self.connection, &self.filter, since).await?;
        }
        Ok(())
    }

    /// Whether a way has few rows.
    async fn is_few(&mut self, way: Way, after: Option<&ListingCursor>) -> Result<bool, StoreError> {
        let mut values = Vec::new();
        let mut condition = way.condition(&mut values);
        condition.push_str(&within(&self.filter, (after, None), &mut values));
        values.push((FEW + 1).into());
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM {} WHERE 0 = 0{condition} LIMIT ${}) AS counted",
            way.table(self.connection.dialect()),
            values.len()
        );
        let row = self.connection.row_planned(sql, values).await?;
        let count: u32 = row.map_or(Ok(0), |mut row| row.take_count())?;
        Ok(count <= FEW)
    }

    /// The address at which a page stops looking; none where it comes to the end.
    async fn end(
        &mut self,
        after: Option<&ListingCursor>,
        walked: u32,
    ) -> Result<Option<IpAddr>, StoreError> {
        let (sql, values) = self.end_query(after, walked);
        let row = self.connection.row_planned(sql, values).await?;
        row.map(|mut row| row.take_address()).transpose()
    }

    fn end_query(&self, after: Option<&ListingCursor>, walked: u32) -> (String, Vec<Value>) {
        let mut values = Vec::new();
        let mut condition = self.way.condition(&mut values);
        condition.push_str(&within(&self.filter, (after, None), &mut values));
        values.push(walked.max(LEAST_WALKED).into());
        let sql = format!(
            "SELECT first_address FROM {} WHERE 0 = 0{condition} ORDER BY first_address LIMIT 1 OFFSET ${}",
            self.way.table(self.connection.dialect()),
            values.len()
        );
        (sql, values)
    }

    /// What is wanted inside, before `end`.
    async fn inside(
        &mut self,
        after: Option<&ListingCursor>,
        end: Option<IpAddr>,
        limit: u32,
    ) -> Result<FoundListings, StoreError> {
        // One more tells whether more follows.
        let (sql, values) = self.page_query(after, end, limit.saturating_add(1));
        let rows = self.connection.rows_planned(sql, values).await?;
        let mut listings: Vec<Listing> = rows.into_iter().map(listing).collect::<Result<_, _>>()?;
        let is_cut = listings.len() > limit as usize;
        listings.truncate(limit as usize);
        let next = match (is_cut, end) {
            (true, _) => listings.last().map(|last| (last.prefix, last.class)),
            (false, Some(end)) => last_before(&mut self.connection, end).await?,
            (false, None) => None,
        };
        Ok(FoundListings { listings, next })
    }

    fn page_query(
        &self,
        after: Option<&ListingCursor>,
        end: Option<IpAddr>,
        limit: u32,
    ) -> (String, Vec<Value>) {
        let mut values = Vec::new();
        let mut condition = self.way.condition(&mut values);
        condition.push_str(&within(&self.filter, (after, end), &mut values));
        if self.amount != Amount::Unsifted {
            condition.push_str(&self.way.rest(&self.filter, &mut values));
        }
        condition.push_str(&behind(after, &mut values));
        values.push(limit.into());
        let sql = format!(
            "SELECT {LISTING} FROM {} WHERE 0 = 0{condition} ORDER BY first_address, prefix, class LIMIT ${}",
            self.way.table(self.connection.dialect()),
            values.len()
        );
        (sql, values)
    }
}

/// What lies inside of what is asked about, from the last row of the page before on, and before an address where one is given.
///
/// There is one bound at either side: of two, SQLite goes by the first that it reads, and walks on to it behind the other.
fn within(
    filter: &ListingFilter,
    (after, end): (Option<&ListingCursor>, Option<IpAddr>),
    values: &mut Vec<Value>,
) -> String {
    let around = filter.around.as_ref();
    let (first, last) = ends(around);
    let first = after.map_or(first, |(prefix, _)| prefix.network());
    let at = values.len();
    values.extend(values![first, end.unwrap_or(last)]);
    let is_before = if end.is_some() { "<" } else { "<=" };
    let mut text = format!(
        " AND first_address >= ${} AND first_address {is_before} ${}",
        at + 1,
        at + 2
    );
    if around.is_some() {
        // Prefixes never overlap halfway: what begins inside either lies inside or is larger and begins at the same address.
        values.push(last.into());
        text.push_str(&format!(" AND last_address <= ${}", at + 3));
        text.push_str(&without_ipv4(around, values));
    }
    text
}

/// What lies behind the last row of the page before.
fn behind(after: Option<&ListingCursor>, values: &mut Vec<Value>) -> String {
    let Some((prefix, class)) = after else {
        return String::new();
    };
    values.extend(values![prefix.network(), prefix.to_string(), class.name()]);
    let at = values.len();
    format!(
        " AND (first_address, prefix, class) > (${}, ${}, ${at})",
        at - 2,
        at - 1
    )
}

/// The last row before an address.
async fn last_before(connection: &mut Connection, end: IpAddr) -> Result<Option<ListingCursor>, StoreError> {
    let sql = format!(
        "SELECT prefix, class FROM {} WHERE first_address < $1 ORDER BY first_address DESC, prefix DESC, class DESC LIMIT 1",
        Way::Address.table(connection.dialect())
    );
    let row = connection.row(sql, values![end]).await?;
    row.map(|mut row| Ok((row.take_prefix()?, row.take_word()?)))
        .transpose()
}

impl fmt::Debug for ListingSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListingSearch")
            .field("filter", &self.filter)
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

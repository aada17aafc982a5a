//! Looking through all listings, however many there are, a page at a time: by address, class, who listed, country, network, and since when. The page of
//! the console and the call for programs look alike.
//!
//! A page begins behind the last row of the one before and reads a bounded number of rows, whatever it filters by; where that was not enough it says
//! how far it looked, and the next goes on there. Country and network are those of the first address of a listing, by the files of the moment. Where
//! they are asked for, the walk leaps over what lies between two ranges of a country, and over the ranges in which nothing is listed, and chooses here.

use std::net::IpAddr;

use atalaya_model::{Class, Listing, Prefix, network_number};
use atalaya_stats::{Country, Place, Places};
use atalaya_store::{FoundListings, ListingCursor, ListingFilter, ListingSearch, Origin, PageBounds};
use serde::Deserialize;

use super::access::in_query;
use crate::app::Inner;
use crate::failure::Failure;

/// Rows of which one request chooses where what is wanted may be rare: more would take longer than anybody likes to wait.
const MOST_WALKED: u32 = 10_000;
/// Rows that are read at once where country or network are asked for; many ranges hold fewer.
const SHORT_STEP: u32 = 256;
/// By how much the next step is smaller where all that was read lay outside, and larger where the last of it lay inside.
const CHANGE: u32 = 4;
/// Steps of one request at most, by which it leaps from range to range.
const MOST_STEPS: u32 = 400;

/// Which listings are asked for, as it stands in a query.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// An address or prefix: what overlaps it.
    #[serde(default)]
    pub(super) around: String,
    #[serde(default)]
    pub(super) class: String,
    /// `hand` or `rules`.
    #[serde(default)]
    pub(super) origin: String,
    /// Two letters.
    #[serde(default)]
    pub(super) country: String,
    /// A number, with or without AS before it.
    #[serde(default)]
    pub(super) network: String,
    /// A day or a moment from which on it was listed.
    #[serde(default)]
    pub(super) since: String,
    /// The last row of the page before, as `class:prefix`.
    #[serde(default)]
    pub(super) after: String,
}

impl Asked {
    /// Where the page begins.
    pub(super) fn cursor(&self) -> Option<ListingCursor> {
        let (class, prefix) = self.after.split_once(':')?;
        Some((prefix.parse().ok()?, class.parse().ok()?))
    }

    /// The filters as they stand in the query of a link, without where the page begins. Only what was understood is put there.
    pub(super) fn in_link(&self) -> String {
        let fields = [
            ("around", &self.around),
            ("class", &self.class),
            ("origin", &self.origin),
            ("country", &self.country),
            ("network", &self.network),
            ("since", &self.since),
        ];
        let given = fields.into_iter().filter(|(_, value)| !value.trim().is_empty());
        let pairs: Vec<String> = given
            .map(|(name, value)| format!("{name}={}", in_query(value.trim())))
            .collect();
        pairs.join("&")
    }
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    filter: ListingFilter,
    /// None for anywhere.
    place: Option<Place>,
}

impl Wanted {
    /// What a query asks for; none where it cannot be read.
    pub(super) fn of(asked: &Asked) -> Option<Self> {
        let country = some(&asked.country, |text| text.parse::<Country>().ok())?;
        let asn = some(&asked.network, network_number)?;
        let filter = ListingFilter {
            around: some(&asked.around, |text| text.parse().ok())?,
            class: some(&asked.class, |text| text.parse().ok())?,
            origin: some(&asked.origin, |text| match text {
                "hand" => Some(Origin::Hand),
                "rules" => Some(Origin::Rules),
                _ => None,
            })?,
            since: some(&asked.since, |text| text.parse().ok())?,
        };
        Some(Self {
            filter,
            place: (country.is_some() || asn.is_some()).then_some(Place { country, asn }),
        })
    }

    /// Whether a network is asked for.
    fn asks_for_network(&self) -> bool {
        self.place.is_some_and(|place| place.asn.is_some())
    }
}

/// A field of a query: none where it is empty, and nothing at all where it cannot be read.
#[expect(
    clippy::option_option,
    reason = "an empty field is one thing, and one that cannot be read another"
)]
fn some<T>(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
    match text.trim() {
        "" => Some(None),
        text => read(text).map(Some),
    }
}

/// Why nothing can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Countries are not known: what the program brings with it is spoiled.
    Countries,
    /// No file of networks is there.
    Networks,
}

/// Reads a page of at most so many rows.
pub(super) async fn find(
    shared: &Inner,
    wanted: &Wanted,
    after: Option<ListingCursor>,
    most: u32,
) -> Result<Result<FoundListings, Unknown>, Failure> {
    let whereabouts = match wanted.place {
        Some(place) => {
            let Some(places) = shared.app.statistics.places().await else {
                return Ok(Err(Unknown::Countries));
            };
            if wanted.asks_for_network() && !places.knows_networks() {
                return Ok(Err(Unknown::Networks));
            }
            Some((places, place))
        }
        None => None,
    };
    let store = &shared.app.store;
    let Some((places, place)) = whereabouts else {
        let mut search = store.search_listings(wanted.filter, after.as_ref()).await?;
        return Ok(Ok(search.page(after.as_ref(), bounds(most)).await?));
    };
    let is_there = |prefix: &Prefix| places.is_in(prefix.network(), &place);
    let mut search = store.walk_listings(wanted.filter, is_there).await?;
    let mut walk = Walk {
        filter: &wanted.filter,
        places: &places,
        place: &place,
        listings: Vec::new(),
        seen: None,
        most: most as usize,
    };
    let next = walk.read(&mut search, after).await?;
    let listings = walk.listings;
    Ok(Ok(FoundListings { listings, next }))
}

const fn bounds(listings: u32) -> PageBounds {
    PageBounds {
        listings,
        walked: MOST_WALKED,
    }
}

/// A walk through the listings of a country or network.
struct Walk<'a> {
    /// What is wanted of those that are there.
    filter: &'a ListingFilter,
    places: &'a Places,
    place: &'a Place,
    /// What was found.
    listings: Vec<Listing>,
    /// The last row that was looked at.
    seen: Option<ListingCursor>,
    /// Rows of a page.
    most: usize,
}

impl Walk<'_> {
    /// Finds a page; tells where it goes on, where there may be more.
    async fn read(
        &mut self,
        search: &mut ListingSearch,
        mut after: Option<ListingCursor>,
    ) -> Result<Option<ListingCursor>, Failure> {
        let (mut read, mut step) = (0_usize, SHORT_STEP);
        for _step in 0..MOST_STEPS {
            let Leap::To(begin) = self.leap(after) else {
                return Ok(None);
            };
            let found = search.page(begin.as_ref(), bounds(step)).await?;
            read = read.saturating_add(found.listings.len());
            step = self.next_step(step, &found.listings);
            if self.is_full_with(found.listings) {
                return Ok(self.seen);
            }
            after = found.next;
            if after.is_none() || read >= MOST_WALKED as usize {
                return Ok(after);
            }
        }
        Ok(after)
    }

    /// Takes of these rows what is there; tells whether the page was full before their end.
    fn is_full_with(&mut self, rows: Vec<Listing>) -> bool {
        for listing in rows {
            if self.listings.len() >= self.most {
                return true;
            }
            self.seen = Some((listing.prefix, listing.class));
            if self.is_there(&listing) && self.filter.takes(&listing) {
                self.listings.push(listing);
            }
        }
        false
    }

    /// Rows of the next step: few where ranges hold nothing, so that a look at each costs little.
    fn next_step(&self, step: u32, rows: &[Listing]) -> u32 {
        let is_last_there = rows.last().is_some_and(|listing| self.is_there(listing));
        let is_any_there = || rows.iter().any(|listing| self.is_there(listing));
        match () {
            () if is_last_there => step.saturating_mul(CHANGE).min(SHORT_STEP),
            () if is_any_there() => step,
            () => (step / CHANGE).max(1),
        }
    }

    fn is_there(&self, listing: &Listing) -> bool {
        self.places.is_in(listing.prefix.network(), self.place)
    }

    /// From a row to the last one before the next range that may hold what is wanted. The first read of all does not leap: what lies around a prefix
    /// stands before it.
    fn leap(&self, after: Option<ListingCursor>) -> Leap {
        let Some((prefix, _)) = after else {
            return Leap::To(after);
        };
        let Some(next) = self.places.next_in(prefix.network(), self.place) else {
            return Leap::End;
        };
        let is_beyond = self.filter.around.is_some_and(|around| next > around.last());
        match before(next).filter(|_| next > prefix.network()) {
            _ if is_beyond => Leap::End,
            Some(before) => Leap::To(Some((Prefix::single(before), LAST))),
            None => Leap::To(after),
        }
    }
}

/// Where a walk goes on.
enum Leap {
    /// Behind this row.
    To(Option<ListingCursor>),
    /// Nowhere: nothing that is wanted follows.
    End,
}

/// The class that stands last where one prefix has several: they are in the order of their names.
const LAST: Class = Class::Spam;

/// The address before another.
fn before(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => address
            .to_bits()
            .checked_sub(1)
            .map(|bits| IpAddr::V4(bits.into())),
        IpAddr::V6(address) => address
            .to_bits()
            .checked_sub(1)
            .map(|bits| IpAddr::V6(bits.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_class_stands_behind_the_last_one() {
        assert!(Class::ALL.iter().all(|class| class.name() <= LAST.name()));
    }
}

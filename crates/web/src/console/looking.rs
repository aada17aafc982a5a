//! Looking through all listings, however many there are, a page at a time: by address, class, who listed, country, network, and since when. The page of
//! the console and the call for programs look alike.
//!
//! A page begins behind the last row of the one before and reads a bounded number of rows, whatever it filters by. Country and network are those of the
//! first address of a listing, by the files of the moment; between the ranges of a country the walk leaps, so that a rare one is found at once.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Class, Listing, Prefix, Timestamp, network_number};
use atalaya_stats::{Country, Place, Places};
use serde::Deserialize;

use super::access::in_query;
use crate::app::Inner;
use crate::failure::Failure;

/// Rows that are read at once where a filter leaves some out.
const STEP: u32 = 2_000;
/// The same where the walk leaps to the next range of a country or network: many are small.
const SHORT_STEP: u32 = 250;
/// Rows that one request reads at most: what is rare is looked for a piece at a time.
const MOST_READ: usize = 20_000;

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
    pub(super) fn cursor(&self) -> Option<Cursor> {
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

/// The row behind which a page begins.
pub(super) type Cursor = (Prefix, Class);

/// Who listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Hand,
    Rules,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    around: Option<Prefix>,
    class: Option<Class>,
    origin: Option<Origin>,
    since: Option<Timestamp>,
    /// None for anywhere.
    place: Option<Place>,
}

impl Wanted {
    /// What a query asks for; none where it cannot be read.
    pub(super) fn of(asked: &Asked) -> Option<Self> {
        let country = some(&asked.country, |text| text.parse::<Country>().ok())?;
        let asn = some(&asked.network, network_number)?;
        Some(Self {
            around: some(&asked.around, |text| text.parse().ok())?,
            class: some(&asked.class, |text| text.parse().ok())?,
            origin: some(&asked.origin, |text| match text {
                "hand" => Some(Origin::Hand),
                "rules" => Some(Origin::Rules),
                _ => None,
            })?,
            since: some(&asked.since, |text| text.parse().ok())?,
            place: (country.is_some() || asn.is_some()).then_some(Place { country, asn }),
        })
    }

    /// Whether a network is asked for.
    fn asks_for_network(&self) -> bool {
        self.place.is_some_and(|place| place.asn.is_some())
    }

    fn takes(&self, listing: &Listing) -> bool {
        let is_by_hand = listing.rule.0.starts_with("by-hand");
        self.class.is_none_or(|class| class == listing.class)
            && self.since.is_none_or(|since| listing.since >= since)
            && self
                .origin
                .is_none_or(|origin| (origin == Origin::Hand) == is_by_hand)
    }

    const fn filters(&self) -> bool {
        self.class.is_some() || self.origin.is_some() || self.since.is_some()
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

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) listings: Vec<Listing>,
    /// Where the next page begins, where there may be more.
    pub(super) next: Option<Cursor>,
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
    after: Option<Cursor>,
    most: usize,
) -> Result<Result<Found, Unknown>, Failure> {
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
    let walk = Walk {
        wanted,
        whereabouts,
        most,
    };
    walk.read(shared, after).await.map(Ok)
}

/// A walk through the listings.
struct Walk<'a> {
    wanted: &'a Wanted,
    whereabouts: Option<(Arc<Places>, Place)>,
    /// Rows of a page.
    most: usize,
}

impl Walk<'_> {
    async fn read(&self, shared: &Inner, mut after: Option<Cursor>) -> Result<Found, Failure> {
        let mut listings = Vec::new();
        let (mut read, step) = (0_usize, self.step());
        let around = self.wanted.around.as_ref();
        while let Leap::To(begin) = self.leap(after) {
            after = begin;
            let store = &shared.app.store;
            let rows = store.listings_page(around, after.as_ref(), step).await?;
            let is_last = rows.len() < step as usize;
            read = read.saturating_add(rows.len());
            let is_full = self.fill(&mut listings, rows, &mut after);
            if is_full || (read >= MOST_READ && !is_last) {
                return Ok(Found {
                    listings,
                    next: after,
                });
            }
            if is_last {
                break;
            }
        }
        Ok(Found { listings, next: None })
    }

    /// Takes of these rows what is wanted, and notes which was read last; tells whether the page is full before their end.
    fn fill(&self, listings: &mut Vec<Listing>, rows: Vec<Listing>, after: &mut Option<Cursor>) -> bool {
        for listing in rows {
            if listings.len() == self.most {
                return true;
            }
            *after = Some((listing.prefix, listing.class));
            if self.takes(&listing) {
                listings.push(listing);
            }
        }
        false
    }

    /// Rows that are read at once.
    fn step(&self) -> u32 {
        match (&self.whereabouts, self.wanted.filters()) {
            (Some(_), _) => SHORT_STEP,
            (None, true) => STEP,
            (None, false) => u32::try_from(self.most.saturating_add(1)).unwrap_or(STEP),
        }
    }

    fn takes(&self, listing: &Listing) -> bool {
        let is_there = |(places, place): &(Arc<Places>, Place)| places.is_in(listing.prefix.network(), place);
        self.wanted.takes(listing) && self.whereabouts.as_ref().is_none_or(is_there)
    }

    /// From a row to the last one before the next range that may hold what is wanted. The first read of all does not leap: what lies around a prefix
    /// stands before it.
    fn leap(&self, after: Option<Cursor>) -> Leap {
        let (Some((places, place)), Some((prefix, _))) = (&self.whereabouts, after) else {
            return Leap::To(after);
        };
        let Some(next) = places.next_in(prefix.network(), place) else {
            return Leap::End;
        };
        let is_beyond = self.wanted.around.is_some_and(|around| next > around.last());
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
    To(Option<Cursor>),
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

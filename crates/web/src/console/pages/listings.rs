//! All listings, a page at a time, however many there are: each page begins behind the last row of the one before, and reads a bounded number of rows
//! whatever it filters by.

use askama::Template;
use atalaya_model::{Class, Listing, Prefix};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::act::Told;
use super::hand::prefix_of;
use super::rows::{AllowRow, ListingRow, classes};
use super::tabs::{AllowTab, allow_tabs};
use crate::app::{Inner, Shared};
use crate::console::access::Visitor;
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;

/// Rows of a page.
const PAGE: u32 = 50;
/// Rows that are read at once where a filter leaves some out.
const STEP: u32 = 2_000;
/// Rows that one request reads at most: what is rare is looked for a piece at a time.
const MOST_READ: usize = 20_000;

/// Which listings.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    around: String,
    #[serde(default)]
    class: String,
    /// `hand` or `rules`.
    #[serde(default)]
    origin: String,
    /// The last row of the page before, as `class:prefix`.
    #[serde(default)]
    after: String,
}

/// Who listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Hand,
    Rules,
}

/// What is looked for.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    around: Option<Prefix>,
    class: Option<Class>,
    origin: Option<Origin>,
}

impl Wanted {
    fn of(asked: &Asked) -> Option<Self> {
        let some = |text: &str| !text.trim().is_empty();
        let origin = match asked.origin.as_str() {
            "" => None,
            "hand" => Some(Origin::Hand),
            "rules" => Some(Origin::Rules),
            _ => return None,
        };
        Some(Self {
            around: match some(&asked.around) {
                true => Some(prefix_of(&asked.around)?),
                false => None,
            },
            class: match some(&asked.class) {
                true => Some(asked.class.parse().ok()?),
                false => None,
            },
            origin,
        })
    }

    fn takes(&self, listing: &Listing) -> bool {
        let is_by_hand = listing.rule.0.starts_with("by-hand");
        self.class.is_none_or(|class| class == listing.class)
            && self
                .origin
                .is_none_or(|origin| (origin == Origin::Hand) == is_by_hand)
    }

    const fn filters(&self) -> bool {
        self.class.is_some() || self.origin.is_some()
    }
}

/// What was found.
struct Found {
    listings: Vec<Listing>,
    /// Where the next page begins, where there may be more.
    next: Option<(Prefix, Class)>,
}

/// Reads a page.
async fn find(shared: &Inner, wanted: &Wanted, mut after: Option<(Prefix, Class)>) -> Result<Found, Failure> {
    let mut found = Vec::new();
    let mut read = 0_usize;
    let step = if wanted.filters() { STEP } else { PAGE + 1 };
    loop {
        let store = &shared.app.store;
        let rows = store
            .listings_page(wanted.around.as_ref(), after.as_ref(), step)
            .await?;
        let is_last = rows.len() < step as usize;
        read = read.saturating_add(rows.len());
        for listing in rows {
            if found.len() == PAGE as usize {
                return Ok(Found {
                    next: after,
                    listings: found,
                });
            }
            after = Some((listing.prefix, listing.class));
            if wanted.takes(&listing) {
                found.push(listing);
            }
        }
        if is_last || read >= MOST_READ {
            return Ok(Found {
                next: after.filter(|_| !is_last),
                listings: found,
            });
        }
    }
}

#[derive(Template)]
#[template(path = "console/listings.html")]
struct ListingsPage {
    frame: ConsoleFrame,
    around: String,
    class: String,
    origin: String,
    wrong: bool,
    classes: Vec<(&'static str, &'static str)>,
    rows: Vec<ListingRow>,
    total: String,
    next: Option<String>,
    first: Option<String>,
}

/// `/console/listings`.
pub(super) async fn listings(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let wanted = Wanted::of(&asked);
    let after = cursor(&asked.after);
    let found = match &wanted {
        Some(wanted) => find(&shared, wanted, after).await?,
        None => Found {
            listings: Vec::new(),
            next: None,
        },
    };
    let link = |after: String| {
        let (around, class, origin) = (asked.around.trim(), &asked.class, &asked.origin);
        let path = format!("/console/listings?around={around}&class={class}&origin={origin}{after}");
        visitor.reader.link_to(&path)
    };
    // What is put into links was understood before.
    let has_filter = wanted.is_some();
    let next = found
        .next
        .filter(|_| has_filter)
        .map(|(prefix, class)| link(format!("&after={class}:{prefix}")));
    let template = ListingsPage {
        rows: found
            .listings
            .iter()
            .map(|listing| ListingRow::new(listing, &visitor))
            .collect(),
        total: visitor
            .reader
            .texts()
            .units
            .number(shared.app.zone.size().0 as u64),
        next,
        first: (after.is_some() && has_filter).then(|| link(String::new())),
        wrong: wanted.is_none(),
        classes: classes(&visitor),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Listings),
        around: asked.around,
        class: asked.class,
        origin: asked.origin,
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// The row behind which a page begins.
fn cursor(text: &str) -> Option<(Prefix, Class)> {
    let (class, prefix) = text.split_once(':')?;
    Some((prefix.parse().ok()?, class.parse().ok()?))
}

/// What the allow list is asked for.
#[derive(Deserialize)]
pub(super) struct AllowAsked {
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/allowed.html")]
struct AllowedPage {
    frame: ConsoleFrame,
    tabs: Vec<NavLink>,
    told: Option<Told>,
    rows: Vec<AllowRow>,
    may_change: bool,
    by_hand: String,
}

/// `/console/allowed`.
pub(super) async fn allowed(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<AllowAsked>,
) -> Result<Response, Failure> {
    let now = shared.app.clock.now();
    let mut entries = shared.app.store.allowed().await?;
    entries.retain(|entry| !entry.is_over(now));
    let template = AllowedPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: allow_tabs(&visitor, AllowTab::List),
        rows: entries
            .iter()
            .map(|entry| AllowRow::new(entry, &visitor))
            .collect(),
        may_change: visitor.may(super::act::CHANGES),
        by_hand: visitor.link("/console/by-hand"),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Allowed),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

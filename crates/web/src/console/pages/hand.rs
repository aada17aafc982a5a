//! What a person lists, takes off, allows and disallows.

use askama::Template;
use atalaya_model::{Act, AllowEntry, Class, Listing, Prefix, Timestamp};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::act::{CHANGES, Deeds, Told, perform};
use super::forms::{cut, end_of, reason_of};
use super::rows::{AllowRow, ListingRow, classes};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor};
use crate::console::operations::Order;
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;

/// Listings that a preview shows.
const MOST_SHOWN: u32 = 20;
/// The choices of an end, in days.
pub(super) const DAYS: [u64; 6] = [1, 3, 7, 30, 90, 365];

/// What a page by hand is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    prefix: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/by_hand.html")]
struct ByHandPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    prefix: String,
    wrong: bool,
    hits: Option<Hits>,
    classes: Vec<(&'static str, &'static str)>,
    days: [u64; 6],
}

/// What an entry for a prefix would meet.
struct Hits {
    prefix: String,
    addresses: String,
    reserved: Option<&'static str>,
    allowed: Vec<AllowRow>,
    listings: Vec<ListingRow>,
    /// Whether there is more of either.
    is_more: bool,
    /// Whether it stands on the list itself, and on the allow list.
    is_listed: bool,
    is_allowed: bool,
}

/// `/console/by-hand`.
pub(super) async fn by_hand(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(CHANGES)?;
    let prefix = prefix_of(&asked.prefix);
    let hits = match prefix {
        Some(prefix) => Some(hits(&shared, &visitor, prefix).await?),
        None => None,
    };
    let template = ByHandPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        wrong: prefix.is_none() && !asked.prefix.trim().is_empty(),
        prefix: prefix.map_or(asked.prefix, |prefix| prefix.to_string()),
        hits,
        classes: classes(&visitor),
        days: DAYS,
        frame: ConsoleFrame::new(&shared, &visitor, Place::ByHand),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// Looks up what an entry would meet.
async fn hits(shared: &Inner, visitor: &Visitor, prefix: Prefix) -> Result<Hits, Failure> {
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    let mut listings = store
        .listings_page(Some(&prefix), None, MOST_SHOWN.saturating_add(1))
        .await?;
    let is_more_listed = cut(&mut listings, MOST_SHOWN).is_some();
    let mut allowed = store
        .allowed_page(Some(&prefix), None, MOST_SHOWN.saturating_add(1))
        .await?;
    let is_more = is_more_listed | cut(&mut allowed, MOST_SHOWN).is_some();
    let covering = store.allowed_covering(&[prefix]).await?;
    let holds = |entry: &&AllowEntry| !entry.is_over(now);
    let units = &visitor.reader.texts().units;
    let bits = if prefix.is_ipv4() { 32 } else { 128 };
    let host_bits = u32::from(bits - prefix.length().min(bits));
    Ok(Hits {
        addresses: if host_bits < 64 {
            units.number(1_u64 << host_bits)
        } else {
            format!("2^{host_bits}")
        },
        reserved: atalaya_model::reserved(&prefix),
        allowed: allowed
            .iter()
            .filter(holds)
            .map(|entry| AllowRow::new(entry, visitor))
            .collect(),
        listings: listings
            .iter()
            .map(|listing| ListingRow::new(listing, visitor))
            .collect(),
        is_more,
        is_listed: listings.iter().any(|listing| listing.prefix == prefix),
        is_allowed: covering.iter().filter(holds).any(|entry| entry.prefix == prefix),
        prefix: prefix.to_string(),
    })
}

/// An entry to make. Without days it has no end.
#[derive(Deserialize)]
pub(super) struct Entry {
    prefix: String,
    #[serde(default)]
    class: String,
    reason: String,
    #[serde(default)]
    days: String,
}

impl Entry {
    fn reason(&self) -> Result<String, Failure> {
        reason_of(&self.reason)
    }

    fn until(&self, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
        end_of(&self.days, now)
    }

    fn prefix(&self) -> Result<Prefix, Failure> {
        prefix_of(&self.prefix).ok_or(Failure::BadRequest)
    }

    fn class(&self) -> Result<Class, Failure> {
        self.class.parse().map_err(|_bad| Failure::BadRequest)
    }
}

/// The prefix that a person typed.
pub(super) fn prefix_of(text: &str) -> Option<Prefix> {
    text.trim().parse().ok()
}

/// What stands at exactly this prefix, as undoing needs it.
pub(super) async fn listed(shared: &Inner, prefix: &Prefix) -> Result<Vec<Listing>, Failure> {
    let now = shared.app.clock.now();
    let mut listings = shared.app.store.listings(prefix).await?;
    listings.retain(|listing| !listing.is_over(now));
    Ok(listings)
}

/// The entry of the allow list for exactly this prefix.
pub(super) async fn allowed(shared: &Inner, prefix: &Prefix) -> Result<Option<AllowEntry>, Failure> {
    let around = shared.app.store.allowed_covering(&[*prefix]).await?;
    let now = shared.app.clock.now();
    Ok(around
        .into_iter()
        .find(|entry| entry.prefix == *prefix && !entry.is_over(now)))
}

/// The page that an act on a prefix leads back to.
pub(super) fn back_to(prefix: &Prefix) -> String {
    format!("/console/by-hand?prefix={prefix}")
}

/// `POST /console/list`.
pub(super) async fn list(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (prefix, class, reason) = (form.prefix()?, form.class()?, form.reason()?);
    let until = form.until(shared.app.clock.now())?;
    let mut before = listed(&shared, &prefix).await?;
    before.retain(|listing| listing.class == class);
    let deeds = Deeds::one(
        (Act::List, prefix.to_string()),
        json!({ "class": class, "reason": reason, "until": until, "before": before }),
        Order::List {
            prefix,
            class,
            reason,
            until,
        },
    );
    perform(&shared, &visitor, deeds, &back_to(&prefix)).await
}

/// `POST /console/unlist`.
pub(super) async fn unlist(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (prefix, reason) = (form.prefix()?, form.reason()?);
    let class = (!form.class.is_empty()).then(|| form.class()).transpose()?;
    let mut before = listed(&shared, &prefix).await?;
    before.retain(|listing| class.is_none_or(|class| listing.class == class));
    let deeds = Deeds::one(
        (Act::Unlist, prefix.to_string()),
        json!({ "class": class, "reason": reason, "before": before }),
        Order::Unlist {
            prefix,
            class,
            reason,
        },
    );
    perform(&shared, &visitor, deeds, &back_to(&prefix)).await
}

/// `POST /console/allow`.
pub(super) async fn allow(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (prefix, reason) = (form.prefix()?, form.reason()?);
    let until = form.until(shared.app.clock.now())?;
    let before = allowed(&shared, &prefix).await?;
    let deeds = Deeds::one(
        (Act::Allow, prefix.to_string()),
        json!({ "reason": reason, "until": until, "before": before }),
        Order::Allow {
            prefix,
            reason,
            until,
        },
    );
    perform(&shared, &visitor, deeds, &back_to(&prefix)).await
}

/// `POST /console/disallow`.
pub(super) async fn disallow(
    State(shared): State<Shared>,
    posted: Posted<Entry>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (prefix, reason) = (form.prefix()?, form.reason()?);
    let before = allowed(&shared, &prefix).await?;
    let deeds = Deeds::one(
        (Act::Disallow, prefix.to_string()),
        json!({ "reason": reason, "before": before }),
        Order::Disallow { prefix, reason },
    );
    perform(&shared, &visitor, deeds, &back_to(&prefix)).await
}

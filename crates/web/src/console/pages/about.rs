//! All that is kept about an address, or about a wider prefix: what stands there, what was decided, what was seen, who was told.

use std::time::Duration;

use askama::Template;
use atalaya_formats::view::Veil;
use atalaya_model::{Observation, Prefix};
use atalaya_store::{Dossier, DossierLimits, Notice};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::act::{CHANGES, Told};
use super::hand::prefix_of;
use super::rows::{AllowRow, ListingRow};
use crate::app::{Inner, Shared};
use crate::console::access::Visitor;
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::lookup::Details;
use crate::pages::page;
use crate::pages::views::{self, HistoryView};
use crate::written::Moment;

/// How much is shown of each.
const OBSERVATIONS: u32 = 100;
const DECISIONS: u32 = 100;
const NOTICES: u32 = 50;
/// Removals of so long ago are shown.
const REMOVALS: Duration = Duration::from_secs(365 * 86_400);

/// About what.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    prefix: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/about.html")]
struct AboutPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    prefix: String,
    public: String,
    by_hand: String,
    may_change: bool,
    listings: Vec<ListingRow>,
    allowed: Vec<AllowRow>,
    history: Vec<HistoryView>,
    seen: Vec<SeenRow>,
    seen_count: String,
    contact: Option<ContactView>,
    /// For what it was set by hand that nobody is told, and why.
    nobody: Option<(String, String)>,
    notices: Vec<NoticeRow>,
    removals: Vec<Moment>,
}

/// An observation in the table.
struct SeenRow {
    href: String,
    at: Moment,
    sensor: &'static str,
    kind: &'static str,
    helo: String,
    subject: String,
    counts: bool,
}

/// Whom to tell.
struct ContactView {
    addresses: Vec<String>,
    network: String,
    prefix: String,
    source: String,
    confidence: String,
}

/// A notice in the table.
struct NoticeRow {
    contact: String,
    written: Moment,
    told: Option<Moment>,
}

/// `/console/about`.
pub(super) async fn about(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let Some(prefix) = prefix_of(&asked.prefix) else {
        return Ok(Redirect::to(&visitor.link("/console/listings")).into_response());
    };
    // What stands on a whole network is found by its addresses; a page of it lists them.
    if prefix != Prefix::unit(prefix.network()) && !prefix.is_single() {
        let path = format!("/console/listings?around={prefix}");
        return Ok(Redirect::to(&visitor.reader.link_to(&path)).into_response());
    }
    let now = shared.app.clock.now();
    let limits = DossierLimits {
        observations: OBSERVATIONS,
        decisions: DECISIONS,
        notices: NOTICES,
        removals_since: now.minus(REMOVALS),
    };
    let dossier = shared.app.store.dossier(prefix.network(), limits, now).await?;
    let unit = Prefix::unit(prefix.network());
    let veiled = shared.lookup.veiled(&unit, dossier).await.map_err(|error| {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "what was seen could not be shown"
        );
        Failure::Unavailable
    })?;
    let Details {
        kept: mut dossier,
        veil,
    } = veiled;
    let set = shared.app.store.contact_set_around(prefix.network(), now).await?;
    let nobody = set.as_ref().filter(|set| set.is_nobody());
    let nobody = nobody.map(|set| (set.subject.to_string(), set.reason.clone()));
    if let Some(set) = set {
        dossier.contact = Some(set.into_contact(prefix.network()));
    }
    let told = Told::of(&shared, &visitor, asked.deed).await?;
    let allowed = shared.app.store.allowed_covering(&[prefix]).await?;
    let allowed = allowed
        .iter()
        .filter(|entry| !entry.is_over(now))
        .map(|entry| AllowRow::new(entry, &visitor))
        .collect();
    let seen = dossier.observations.iter();
    let seen = seen.map(|seen| seen_row(seen, &veil, &visitor)).collect();
    let template = AboutPage {
        nobody,
        ..view(&shared, &visitor, prefix, (dossier, seen, allowed, told))
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// Writes what the page shows.
fn view(
    shared: &Inner,
    visitor: &Visitor,
    prefix: Prefix,
    (dossier, seen, allowed, told): (Dossier, Vec<SeenRow>, Vec<AllowRow>, Option<Told>),
) -> AboutPage {
    let t = visitor.reader.texts();
    AboutPage {
        told,
        public: visitor.reader.link(&format!("/ip/{}", prefix.network())),
        by_hand: visitor
            .reader
            .link_to(&format!("/console/by-hand?prefix={prefix}")),
        may_change: visitor.may(CHANGES),
        listings: dossier
            .listings
            .iter()
            .map(|listing| ListingRow::new(listing, visitor))
            .collect(),
        allowed,
        history: dossier
            .decisions
            .iter()
            .map(|decided| views::history(decided, &prefix, t))
            .collect(),
        seen,
        seen_count: t.units.number(dossier.observation_count),
        contact: dossier.contact.map(|contact| ContactView {
            addresses: contact.addresses.iter().map(ToString::to_string).collect(),
            network: contact.network,
            prefix: contact.prefix.to_string(),
            source: (t.console.telling.named)(&contact.source),
            confidence: contact.confidence.to_string(),
        }),
        nobody: None,
        notices: dossier
            .notices
            .iter()
            .map(|notice| notice_row(notice, visitor))
            .collect(),
        removals: dossier.removals.iter().map(|at| t.units.moment(*at)).collect(),
        frame: ConsoleFrame::new(shared, visitor, Place::Listings),
        prefix: prefix.to_string(),
    }
}

/// An observation, as the public may see it: whoever may look at the console may be here, and what a sender wrote may name a trap.
fn seen_row(seen: &Observation, veil: &Veil, visitor: &Visitor) -> SeenRow {
    let (shown, t) = (veil.show(seen), visitor.reader.texts());
    SeenRow {
        href: visitor.link(&format!("/console/evidence/{}", seen.id)),
        at: t.units.moment(seen.seen_at),
        sensor: (t.seen.sensor)(seen.sensor),
        kind: (t.seen.kind)(seen.kind),
        helo: shown.helo,
        subject: shown.subject,
        counts: seen.counts(),
    }
}

fn notice_row(notice: &Notice, visitor: &Visitor) -> NoticeRow {
    let units = &visitor.reader.texts().units;
    NoticeRow {
        contact: notice.contact.to_string(),
        written: units.moment(notice.at),
        told: notice.told_at.map(|at| units.moment(at)),
    }
}

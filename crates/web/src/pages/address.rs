//! The page of an address: listed or not, why, and what to do.

use askama::Template;
use atalaya_model::Verdict;
use atalaya_store::MOST_COUNTED;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::views::{self, EvidenceView, HistoryView, ListingView, RemovalView};
use super::{Frame, Reader, page};
use crate::address;
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::lookup::{Details, Facts, Standing};
use crate::texts::Texts;

#[derive(Template)]
#[template(path = "address.html")]
struct AddressPage {
    frame: Frame,
    address: String,
    tone: &'static str,
    verdict: &'static str,
    lead: Vec<String>,
    /// What a reserved range is for, in English.
    purpose: Option<&'static str>,
    at_serial: String,
    listings: Vec<ListingView>,
    steps: Vec<StepsView>,
    removal: Option<RemovalView>,
    remove_link: String,
    /// The store did not answer.
    is_without_details: bool,
    details: Option<DetailsView>,
    json_link: String,
}

/// What to do about one class.
struct StepsView {
    /// The class, where there are several.
    class: Option<&'static str>,
    steps: &'static [&'static str],
}

/// What the store added.
struct DetailsView {
    evidence: Vec<EvidenceView>,
    evidence_count: Option<String>,
    history: Vec<HistoryView>,
    /// None where there was nothing to tell anybody.
    notices: Vec<String>,
}

/// The query of the form.
#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    address: String,
}

/// `/ip?address=`: leads to the page of the address.
pub(crate) async fn search(reader: Reader, Query(search): Query<Search>) -> Result<Redirect, Failure> {
    let address = address::read(&search.address)?;
    Ok(Redirect::to(&reader.link(&format!("/ip/{address}"))))
}

/// `/ip/ADDRESS`.
pub(crate) async fn address(
    State(shared): State<Shared>,
    reader: Reader,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let facts = shared
        .lookup
        .facts(address::read(&text)?, shared.app.clock.now())
        .await?;
    Ok(page(StatusCode::OK, &reader, &view(&shared, &reader, &facts)))
}

/// Decides and writes everything that the page shows.
fn view(shared: &Inner, reader: &Reader, facts: &Facts) -> AddressPage {
    let t = reader.texts();
    let (tone, verdict) = verdict(&facts.standing, t);
    let listings = if matches!(facts.standing, Standing::Listed(_)) {
        facts.listings()
    } else {
        &[]
    };
    let config = &shared.app.config;
    let removal = facts
        .details
        .as_ref()
        .filter(|_| !listings.is_empty())
        .and_then(|details| views::removal(facts, details, (&config.delist, &config.web.postmaster), t));
    AddressPage {
        frame: Frame::new(shared, reader, facts.serial),
        address: facts.address.to_string(),
        tone,
        verdict,
        lead: lead(facts, t),
        purpose: if let Standing::Reserved(purpose) = facts.standing {
            Some(purpose)
        } else {
            None
        },
        at_serial: (t.address.at_serial)(&shared.lookup.zone_name, &facts.serial.to_string()),
        listings: listings
            .iter()
            .map(|listing| views::listing(listing, facts, t))
            .collect(),
        steps: steps(facts, t),
        removal,
        remove_link: reader.link(&format!("/ip/{}/remove", facts.address)),
        is_without_details: facts.details.is_none(),
        details: facts
            .details
            .as_ref()
            // Nothing is seen, decided or told about these, and three empty headings would only puzzle.
            .filter(|_| !matches!(facts.standing, Standing::Reserved(_) | Standing::TestEntry(_)))
            .map(|details| details_view(facts, details, t)),
        json_link: format!("/api/v1/ip/{}", facts.address),
    }
}

/// The verdict in one word or two, with the tone of its colour.
fn verdict(standing: &Standing, t: &'static Texts) -> (&'static str, &'static str) {
    match standing {
        Standing::Listed(_) => ("listed", t.address.listed),
        Standing::TestEntry(_) => ("neutral", t.address.test_entry),
        Standing::Allowed(_) => ("allowed", t.address.allowed),
        Standing::Reserved(_) => ("neutral", t.address.reserved),
        Standing::NotListed => ("clear", t.address.not_listed),
    }
}

/// The sentences below the verdict.
fn lead(facts: &Facts, t: &'static Texts) -> Vec<String> {
    let a = &t.address;
    match &facts.standing {
        Standing::Listed(listings) => {
            let stored = listings.iter().filter_map(|held| facts.stored(held));
            let since = stored.map(|listing| listing.since).min();
            let end = views::last_end(listings.iter().map(|held| facts.until(held))).map_or_else(
                || a.lead_endless.to_owned(),
                |end| (a.lead_until)(&t.units.moment(end).text),
            );
            let mut lead = vec![a.lead_effect.to_owned()];
            lead.extend(since.map(|since| (a.lead_listed)(&t.units.moment(since).text)));
            lead.push(end);
            let own = listings.iter().find(|listing| facts.unit.covers(&listing.prefix));
            match (own, listings.first()) {
                (None, Some(range)) => lead.push((a.scope_note)(&range.prefix.to_string())),
                (Some(own), _) if own.prefix == facts.unit && !facts.address.is_ipv4() => {
                    lead.push((a.unit_note)(&facts.unit.to_string()));
                }
                _ => {}
            }
            lead
        }
        Standing::TestEntry(_) => vec![a.lead_test_entry.to_owned()],
        Standing::Allowed(entry) => vec![(a.lead_allowed)(&entry.prefix.to_string())],
        Standing::Reserved(_) => vec![a.lead_reserved.to_owned()],
        Standing::NotListed => {
            let left = facts
                .details
                .as_ref()
                .and_then(|details| last_withdrawal(details, t));
            [Some(a.lead_not_listed.to_owned()), left]
                .into_iter()
                .flatten()
                .collect()
        }
    }
}

/// When it left, where it was listed before.
fn last_withdrawal(details: &Details, t: &'static Texts) -> Option<String> {
    details
        .kept
        .decisions
        .iter()
        .find(|decided| matches!(decided.decision.verdict, Verdict::Withdraw { .. }))
        .map(|decided| (t.address.lead_left)(&t.units.day(decided.at)))
}

/// What to do about each class that it is listed in.
fn steps(facts: &Facts, t: &'static Texts) -> Vec<StepsView> {
    let Standing::Listed(listings) = &facts.standing else {
        return Vec::new();
    };
    let mut classes: Vec<_> = listings.iter().map(|listing| listing.class).collect();
    classes.sort_unstable();
    classes.dedup();
    let several = classes.len() > 1;
    let view = |class| {
        let texts = views::class_texts(t, class);
        StepsView {
            class: several.then_some(texts.name),
            steps: texts.steps,
        }
    };
    classes.into_iter().map(view).collect()
}

/// Evidence, history and notices.
fn details_view(facts: &Facts, details: &Details, t: &'static Texts) -> DetailsView {
    let show = |seen| views::evidence(details.veil.show(seen), &facts.unit, t);
    let evidence: Vec<EvidenceView> = details.kept.observations.iter().map(show).collect();
    let shown = evidence.len() as u64;
    DetailsView {
        evidence_count: (details.kept.observation_count > shown).then(|| {
            (t.address.evidence_count)(&t.units.number(shown), &count(details.kept.observation_count, t))
        }),
        evidence,
        history: details
            .kept
            .decisions
            .iter()
            .map(|decided| views::history(decided, &facts.unit, t))
            .collect(),
        notices: details
            .kept
            .notices
            .iter()
            .map(|notice| views::notice(notice, t))
            .collect(),
    }
}

/// A number of observations; they are not counted to their end.
fn count(observations: u64, t: &'static Texts) -> String {
    let number = t.units.number(observations);
    if observations < MOST_COUNTED {
        number
    } else {
        number + "+"
    }
}

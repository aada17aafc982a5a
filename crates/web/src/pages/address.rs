//! The page of an address: listed or not, why, and what to do.

use askama::Template;
use atalaya_model::{Class, Verdict};
use atalaya_publish::Held;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::glance::{self, Announcer, GlanceView, ZoneView};
use super::proof::Folded;
use super::views::{self, EvidenceView, HistoryView, ListingView, Logged, RemovalView};
use super::{Frame, Reader, page};
use crate::address::{self, BadAddress, Sought};
use crate::app::{Client, Inner, Shared};
use crate::assets;
use crate::failure::Failure;
use crate::gate::Asked;
use crate::lookup::{Details, Facts, Standing};
use crate::texts::{CausesTexts, Texts};

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
    /// What usually stands behind spam, where spam or its like was seen.
    causes: Option<&'static CausesTexts>,
    removal: Option<RemovalView>,
    /// The proofs that the listings stand in the public log.
    proof_link: String,
    remove_link: String,
    /// What the browser works on before a removal.
    puzzle: Option<Asked>,
    script: Option<&'static str>,
    glance: Option<GlanceView>,
    zones: Vec<ZoneView>,
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

/// `/ip?address=`: leads to the page of what is sought.
pub(crate) async fn search(
    State(shared): State<Shared>,
    reader: Reader,
    Query(search): Query<Search>,
) -> Result<Redirect, Failure> {
    let path = match address::seek(&search.address)? {
        Sought::Address(address) => format!("/ip/{address}"),
        Sought::Prefix(prefix) => format!("/ip/{}/{}", prefix.network(), prefix.length()),
        Sought::Domain(name) if shared.app.config.resolver.is_some() => format!("/name/{name}"),
        Sought::Domain(_) => return Err(BadAddress::name(&search.address).into()),
    };
    Ok(Redirect::to(&reader.link(&path)))
}

/// What the page shows that neither the zone nor the list's own records know.
#[derive(Default)]
struct Beside {
    announcer: Option<Announcer>,
    puzzle: Option<Asked>,
    proofs: Folded,
}

/// `/ip/ADDRESS`.
pub(crate) async fn address(
    State(shared): State<Shared>,
    reader: Reader,
    Client(client): Client,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let facts = shared
        .lookup
        .facts(address::read(&text)?, shared.app.clock.now())
        .await?;
    let (announcer, proofs) = tokio::join!(announcer(&shared, &facts), Folded::of(&shared, &facts));
    let beside = Beside {
        announcer,
        proofs,
        puzzle: match facts.standing {
            Standing::Listed(_) => shared.gate.ask(&shared.app, facts.unit, client),
            _ => None,
        },
    };
    let view = view(&shared, &reader, &facts, beside);
    Ok(page(StatusCode::OK, &reader, &view))
}

/// The network that announces the address, if a file tells and is read in time.
async fn announcer(shared: &Inner, facts: &Facts) -> Option<Announcer> {
    let announced = shared.app.statistics.announcer(facts.address);
    let in_time = tokio::time::timeout(shared.lookup.limits.patience, announced).await;
    let (asn, name) = in_time.ok().flatten()?;
    Some(Announcer { asn, name })
}

/// Decides and writes everything that the page shows.
fn view(shared: &Inner, reader: &Reader, facts: &Facts, beside: Beside) -> AddressPage {
    let t = reader.texts();
    let (tone, verdict) = views::verdict(&facts.standing, t);
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
    let puzzle = beside
        .puzzle
        .filter(|_| removal.as_ref().is_some_and(|removal| removal.button.is_some()));
    let logged = Logged {
        log: shared.app.log.as_deref(),
        proofs: &beside.proofs,
    };
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
            .map(|listing| views::listing(listing, facts, logged, t))
            .collect(),
        steps: steps(facts, t),
        causes: has_causes(listings).then_some(&t.causes),
        removal,
        proof_link: reader.link(&format!("/ip/{}/proof", facts.address)),
        remove_link: reader.link(&format!("/ip/{}/remove", facts.address)),
        script: puzzle.is_some().then(assets::script_link),
        puzzle,
        glance: facts
            .details
            .as_ref()
            .and_then(|details| glance::glance(facts, details, beside.announcer, t)),
        zones: glance::zones(facts, &config.publish, &shared.lookup.zone_name, t),
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

/// Whether something sends that its owner may not know of.
fn has_causes(listings: &[Held]) -> bool {
    let sends = |listing: &Held| matches!(listing.class, Class::Spam | Class::Bot);
    listings.iter().any(sends)
}

/// Evidence, history and notices.
fn details_view(facts: &Facts, details: &Details, t: &'static Texts) -> DetailsView {
    let show = |seen| views::evidence(details.veil.show(seen), &facts.unit, t);
    let evidence: Vec<EvidenceView> = details.kept.observations.iter().map(show).collect();
    let shown = evidence.len() as u64;
    DetailsView {
        evidence_count: (details.kept.observation_count > shown).then(|| {
            (t.address.evidence_count)(
                &t.units.number(shown),
                &glance::count(details.kept.observation_count, t),
            )
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

//! What a network can do on its page: say that addresses are fixed, and that one is not its own.
//!
//! Whatever a form names is looked up among what this contact was told of; of anything else nothing is done. Pressed twice, nothing happens twice.

use std::net::IpAddr;

use askama::Template;
use atalaya_delist::Outcome;
use atalaya_model::{Prefix, Serial};
use atalaya_store::Part;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::Deserialize;

use super::{Refusal, Visitor, enter};
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::leave::{InZone, LeftTogether, leave_together};
use crate::pages::views::{self, MailView};
use crate::pages::{Frame, Reader, page};
use crate::texts::Texts;

/// Most addresses that one press takes out.
const MOST_AT_ONCE: u32 = 100;

#[derive(Template)]
#[template(path = "network_outcome.html")]
pub(super) struct OutcomePage {
    frame: Frame,
    tone: &'static str,
    title: String,
    paragraphs: Vec<String>,
    rows: Vec<Became>,
    /// Who can do what remains.
    mail: Option<MailView>,
    /// Where the button for the rest leads, and below which decision that begins.
    rest: Option<(String, String)>,
    back: String,
}

/// What became of an address.
pub(super) struct Became {
    prefix: String,
    tone: &'static str,
    text: String,
}

impl Became {
    /// The tone of its sign.
    const fn sign(&self) -> &'static str {
        self.tone
    }
}

/// The form of "fixed": one address, or all below a decision.
#[derive(Debug, Deserialize)]
pub(crate) struct Fixed {
    address: Option<String>,
    all: Option<Serial>,
}

/// The form of "not ours".
#[derive(Debug, Deserialize)]
pub(crate) struct NotOurs {
    address: String,
}

/// What is to leave.
struct Wish {
    prefixes: Vec<Prefix>,
    /// Where the rest begins, if there is one.
    rest: Option<Serial>,
}

/// GET of what a form answers, as after "back" or a change of language: leads to the page of the network.
pub(crate) async fn back_to_network(reader: Reader, Path(ticket): Path<String>) -> Redirect {
    Redirect::to(&reader.link(&format!("/network/{}", word(&ticket))))
}

/// A ticket as it may stand in a link: letters, digits, `-` and `_`.
fn word(ticket: &str) -> String {
    let is_of_a_ticket = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
    ticket.chars().filter(is_of_a_ticket).collect()
}

/// POST `/network/TICKET/fixed`.
pub(crate) async fn network_fixed(
    State(shared): State<Shared>,
    reader: Reader,
    Path(ticket): Path<String>,
    Form(form): Form<Fixed>,
) -> Result<Response, Refusal> {
    let visitor = enter(&shared, &reader, &ticket).await?;
    let wish = wish(&shared, &visitor, &form).await?;
    let addresses: Vec<IpAddr> = wish.prefixes.iter().map(Prefix::network).collect();
    let left = leave_together(&shared, addresses, &visitor.contact).await?;
    let t = reader.texts();
    let rows: Vec<Became> = wish
        .prefixes
        .iter()
        .zip(&left.outcomes)
        .map(|(prefix, outcome)| became(prefix, outcome, t))
        .collect();
    let gone = rows.iter().filter(|row| row.tone == "clear").count() as u64;
    let all = rows.len() as u64;
    let needs_hand = |outcome: &Outcome| match outcome {
        Outcome::Removed(removed) => !removed.staying.is_empty(),
        outcome => matches!(outcome, Outcome::ByHandOnly { .. }),
    };
    let template = OutcomePage {
        frame: Frame::now(&shared, &reader),
        tone: if gone == all { "clear" } else { "listed" },
        title: (t.network.left)(&t.units.number(gone), &t.units.number(all)),
        paragraphs: paragraphs(&shared, &left, wish.rest, t),
        mail: left
            .outcomes
            .iter()
            .any(needs_hand)
            .then(|| views::mail(&shared.app.config.web.postmaster, visitor.contact.as_str())),
        rows,
        rest: wish
            .rest
            .map(|rest| (reader.link(&format!("/network/{ticket}/fixed")), rest.to_string())),
        back: reader.link(&format!("/network/{ticket}")),
    };
    let status = match left.outcomes.as_slice() {
        [Outcome::TooMany { .. }, ..] => StatusCode::TOO_MANY_REQUESTS,
        [Outcome::Wait { .. } | Outcome::ByHandOnly { .. }] => StatusCode::CONFLICT,
        _ => StatusCode::OK,
    };
    Ok(page(status, &reader, &template))
}

/// POST `/network/TICKET/not-ours`.
pub(crate) async fn network_not_ours(
    State(shared): State<Shared>,
    reader: Reader,
    Path(ticket): Path<String>,
    Form(form): Form<NotOurs>,
) -> Result<Response, Refusal> {
    let visitor = enter(&shared, &reader, &ticket).await?;
    let prefix = own(&shared, &visitor, &form.address).await?;
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    store.contact_refused(&prefix, &visitor.contact, now).await?;
    tracing::info!(%prefix, "a contact says that a prefix is not its own");
    let t = &reader.texts().network;
    let title = (t.not_ours_done)(&prefix.to_string());
    let told = OutcomePage::plain(&shared, &reader, &ticket, (title, t.not_ours_follows.to_owned()));
    let template = OutcomePage {
        mail: Some(views::mail(
            &shared.app.config.web.postmaster,
            &prefix.to_string(),
        )),
        ..told
    };
    Ok(page(StatusCode::OK, &reader, &template))
}

impl OutcomePage {
    /// One that says one thing.
    pub(super) fn plain(
        shared: &Inner,
        reader: &Reader,
        ticket: &str,
        (title, paragraph): (String, String),
    ) -> Self {
        Self {
            frame: Frame::now(shared, reader),
            tone: "neutral",
            title,
            paragraphs: vec![paragraph],
            rows: Vec::new(),
            mail: None,
            rest: None,
            back: reader.link(&format!("/network/{ticket}")),
        }
    }
}

/// A prefix that a form names, if the contact was told of it.
pub(super) async fn own(shared: &Inner, visitor: &Visitor, text: &str) -> Result<Prefix, Failure> {
    let prefix: Prefix = text.parse().map_err(|_bad| Failure::BadRequest)?;
    let told = shared.app.store.told_about(&visitor.contact, &prefix).await?;
    told.map(|_notice| prefix).ok_or(Failure::NotFound)
}

/// What a form wants to leave. What the contact said is not its own, it does not take out.
async fn wish(shared: &Inner, visitor: &Visitor, form: &Fixed) -> Result<Wish, Failure> {
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    let (mut prefixes, mut rest) = (Vec::new(), None);
    match (&form.address, form.all) {
        (Some(address), None) => prefixes.push(own(shared, visitor, address).await?),
        (None, Some(before)) => {
            let from = (before, MOST_AT_ONCE.saturating_add(1));
            let mut told = store.told_to(&visitor.contact, Part::Listed, from, now).await?;
            if told.len() > MOST_AT_ONCE as usize {
                told.truncate(MOST_AT_ONCE as usize);
                rest = told.last().map(|last| last.serial);
            }
            prefixes.extend(told.iter().map(|notice| notice.prefix));
        }
        _ => return Err(Failure::BadRequest),
    }
    let refused = store.refused_by(&visitor.contact, &prefixes).await?;
    prefixes.retain(|prefix| !refused.contains(prefix));
    Ok(Wish { prefixes, rest })
}

/// What became of one address, in words.
fn became(prefix: &Prefix, outcome: &Outcome, t: &'static Texts) -> Became {
    let (n, r) = (&t.network, &t.removal);
    let named = |staying: &[atalaya_model::Listing]| {
        let names = staying.iter().map(|listing| views::named(listing, t));
        names.collect::<Vec<_>>().join(", ")
    };
    let (tone, text) = match outcome {
        Outcome::Removed(removed) if removed.staying.is_empty() => {
            ("clear", (n.one_left)(&removed.serial.to_string()))
        }
        Outcome::Removed(removed) => ("listed", (r.will_stay)(&named(&removed.staying))),
        Outcome::Wait { until } => ("listed", (r.wait)(&t.units.moment(*until).text)),
        Outcome::NotListed => ("clear", n.was_not_listed.to_owned()),
        Outcome::ByHandOnly { staying } => ("listed", views::by_hand(staying, prefix, t)),
        Outcome::TooMany { until } => ("listed", (r.too_many_text)(&t.units.moment(*until).text)),
    };
    Became {
        prefix: prefix.to_string(),
        tone,
        text,
    }
}

/// What is true of all of them.
fn paragraphs(shared: &Inner, left: &LeftTogether, rest: Option<Serial>, t: &'static Texts) -> Vec<String> {
    let mut said = Vec::new();
    if let Some((serial, in_zone)) = left.reached {
        let serial = serial.to_string();
        said.push(match in_zone {
            InZone::Now => (t.removal.in_zone)(&serial),
            InZone::Soon => (t.removal.on_its_way)(&serial),
        });
        let ttl = t.units.duration(shared.app.config.publish.ttl.duration());
        said.push((t.removal.cached)(&ttl));
    }
    said.extend(rest.map(|_serial| t.network.there_is_more.to_owned()));
    said
}

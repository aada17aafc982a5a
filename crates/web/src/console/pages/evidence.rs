//! One observation with all that is kept of it, in the view of the desk, of its network, or of the public. Everything in it is text: a message is shown
//! as its source and as the words in it, never as the page that it wanted to be, and nothing is loaded from outside.

use askama::Template;
use atalaya_formats::view::{PublicObservation, Shown, ShownObservation, View, Words};
use atalaya_model::{ObservationId, Role};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::act::Told;
use super::rows::subject_link;
use crate::app::Shared;
use crate::console::access::Visitor;
use crate::console::operations::{EvidenceOrder, Order};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::texts::{EvidenceTexts, SeenTexts};
use crate::written::Moment;

/// For whose eyes.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    view: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/evidence.html")]
struct EvidencePage {
    frame: ConsoleFrame,
    id: String,
    address: String,
    about: String,
    at: Moment,
    views: Vec<ViewLink>,
    /// Where it is taken untouched, for those who may.
    sealed: Option<String>,
    told: Option<Told>,
    facts: Vec<Fact>,
    oddities: Vec<OddView>,
    headers: Vec<(&'static str, String)>,
    decoded: Option<String>,
    source: Option<SourceView>,
    /// Conversation, dialect, shape, each under its name.
    texts: Vec<(&'static str, String)>,
}

/// A fact under its name.
struct Fact {
    name: &'static str,
    value: String,
    /// The name that is kept, which commands and programs go by, where the words are others.
    kept: Option<&'static str>,
}

impl Fact {
    /// What stands as it is.
    const fn new(name: &'static str, value: String) -> Self {
        Self {
            name,
            value,
            kept: None,
        }
    }

    /// What is kept by a name, in words.
    fn named(name: &'static str, words: &str, kept: &'static str) -> Self {
        Self {
            name,
            value: words.to_owned(),
            kept: (words != kept).then_some(kept),
        }
    }
}

/// An odd thing: its words, where there are any, and the name that is kept.
struct OddView {
    words: Option<String>,
    kept: String,
}

/// A view, and whether it is the one that is shown.
struct ViewLink {
    href: String,
    name: &'static str,
    is_here: bool,
}

/// The message as it came.
struct SourceView {
    text: String,
    is_whole: bool,
    parts_left_out: usize,
}

/// `/console/evidence/{id}`.
pub(super) async fn evidence(
    State(shared): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(Role::Desk)?;
    let id = ObservationId(id.parse::<Uuid>().map_err(|_bad| Failure::NotFound)?);
    let view = match asked.view.as_str() {
        "" | "desk" => View::Desk,
        "network" => View::Network,
        "public" => View::Public,
        _ => return Err(Failure::BadRequest),
    };
    // So that one that is not there is told from one that cannot be shown.
    if shared.app.store.observation(id).await?.is_none() {
        return Err(Failure::NotFound);
    }
    let order = Order::Evidence(EvidenceOrder::One { id, view });
    let answer = shared.app.operations.answer(order).await.map_err(|error| {
        tracing::warn!(%error, "evidence could not be shown");
        Failure::Unavailable
    })?;
    let shown: Shown = serde_json::from_value(answer).map_err(|_bad| Failure::Internal)?;
    let frame = ConsoleFrame::new(&shared, &visitor, Place::Listings);
    let mut template = match shown {
        Shown::Public(seen) => public_page(&seen, &visitor, frame),
        Shown::Network(seen) | Shown::Desk(seen) => full_page(*seen, &visitor, frame),
    };
    template.id = id.to_string();
    template.views = views(&id, view, &visitor);
    template.told = Told::of(&shared, &visitor, asked.deed).await?;
    template.sealed = visitor
        .may(super::sealed::TAKES)
        .then(|| visitor.link(&super::sealed::path(&id)));
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// The choice of views.
fn views(id: &ObservationId, here: View, visitor: &Visitor) -> Vec<ViewLink> {
    let t = &visitor.reader.texts().console.evidence;
    [
        (View::Desk, "desk", t.desk),
        (View::Network, "network", t.network),
        (View::Public, "public", t.public),
    ]
    .into_iter()
    .map(|(view, word, name)| ViewLink {
        href: visitor
            .reader
            .link_to(&format!("/console/evidence/{id}?view={word}")),
        name,
        is_here: view == here,
    })
    .collect()
}

/// What everybody may see.
fn public_page(seen: &PublicObservation, visitor: &Visitor, frame: ConsoleFrame) -> EvidencePage {
    let (t, units, words) = (&frame.c.evidence, &frame.t.units, &frame.t.seen);
    let facts = vec![
        Fact::new(t.subject, seen.subject.clone()),
        Fact::named(t.sensor, (words.sensor)(seen.sensor), seen.sensor.name()),
        Fact::named(t.kind, (words.kind)(seen.kind), seen.kind.name()),
        Fact::new(t.helo, seen.helo.clone()),
        Fact::new(t.size, units.size(seen.size)),
    ];
    EvidencePage {
        id: String::new(),
        address: seen.address.to_string(),
        about: subject_link(visitor, &seen.address.to_string()),
        at: units.moment(seen.seen_at),
        views: Vec::new(),
        sealed: None,
        told: None,
        facts,
        oddities: Vec::new(),
        headers: Vec::new(),
        decoded: None,
        source: None,
        texts: Vec::new(),
        frame,
    }
}

/// What network and desk see.
fn full_page(seen: ShownObservation, visitor: &Visitor, frame: ConsoleFrame) -> EvidencePage {
    let words = seen
        .message
        .as_ref()
        .map_or_else(Words::default, |message| Words::of(&message.text));
    let e = &frame.c.evidence;
    let texts = [
        (e.conversation, seen.conversation.clone()),
        (e.dialect_text, seen.dialect_text.clone()),
        (e.shape, seen.shape_text.clone()),
    ];
    let texts = texts
        .into_iter()
        .filter_map(|(name, text)| Some((name, text?)))
        .collect();
    EvidencePage {
        id: String::new(),
        address: seen.address.to_string(),
        about: subject_link(visitor, &seen.address.to_string()),
        at: frame.t.units.moment(seen.seen_at),
        views: Vec::new(),
        sealed: None,
        told: None,
        facts: facts(&seen, &frame.c.evidence, &frame),
        oddities: odd(seen.oddities, &frame.t.seen),
        headers: words.head,
        decoded: words.text,
        source: seen.message.map(|message| SourceView {
            text: message.text,
            is_whole: message.is_whole,
            parts_left_out: message.parts_left_out,
        }),
        texts,
        frame,
    }
}

/// Odd things with their words.
fn odd(kept: Vec<String>, words: &SeenTexts) -> Vec<OddView> {
    let view = |kept: String| OddView {
        words: words.oddity(&kept),
        kept,
    };
    kept.into_iter().map(view).collect()
}

/// The facts in their order; those that are not known are left out.
fn facts(seen: &ShownObservation, t: &'static EvidenceTexts, frame: &ConsoleFrame) -> Vec<Fact> {
    let words = &frame.t.seen;
    let (sensor, kind, handshake) = (seen.sensor, seen.kind, seen.handshake);
    let subject = known([(t.subject, Some(seen.envelope.subject.clone()))]);
    let sensor = Fact::named(t.sensor, (words.sensor)(sensor), sensor.name());
    let source = known([(t.source, seen.source.clone())]);
    let named = [
        Fact::named(t.kind, (words.kind)(kind), kind.name()),
        Fact::named(t.handshake, (words.handshake)(handshake), handshake.name()),
    ];
    let trap = seen
        .trap
        .map(|trap| Fact::named(t.trap, frame.c.sources.meaning(trap), trap.name()));
    let head = subject.chain([sensor]).chain(source);
    let rest = known(rest(seen, t, frame));
    head.chain(named).chain(trap).chain(rest).collect()
}

/// What is known, as it stands.
fn known<const N: usize>(facts: [(&'static str, Option<String>); N]) -> impl Iterator<Item = Fact> {
    let facts = facts.into_iter();
    facts.filter_map(|(name, value)| Some(Fact::new(name, value.filter(|value| !value.is_empty())?)))
}

/// What stands as it is, behind what is told in words.
fn rest(
    seen: &ShownObservation,
    t: &'static EvidenceTexts,
    frame: &ConsoleFrame,
) -> [(&'static str, Option<String>); 10] {
    let yes_no = |is: bool| if is { t.yes } else { t.no }.to_owned();
    let envelope = &seen.envelope;
    [
        (t.counts, Some(yes_no(seen.counted))),
        (t.helo, Some(envelope.helo.clone())),
        (t.sender, Some(envelope.mail_from.clone())),
        (t.recipients, Some(envelope.recipients.join(", "))),
        (t.size, Some(frame.t.units.size(seen.size))),
        (t.port, seen.source_port.map(|port| port.to_string())),
        (t.tls, seen.tls.clone()),
        (t.fingerprint, seen.fingerprint.clone()),
        (
            t.system,
            seen.system.as_ref().and_then(|system| system.label.clone()),
        ),
        (
            t.dialect,
            seen.dialect.as_ref().map(|dialect| dialect.id.to_string()),
        ),
    ]
}

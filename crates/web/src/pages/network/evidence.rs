//! `/network/TICKET/ip/ADDRESS`: what was seen of an address, for the eyes of its network (`formats::view`).
//!
//! Only while this contact is the one that answers for the address: who was told of it long ago sees nothing of what came later. Hiding is work,
//! and takes its turn with the charts.

use std::net::IpAddr;
use std::sync::Arc;

use askama::Template;
use atalaya_formats::conversation::Conversation;
use atalaya_formats::view::{
    Hiding, Material, Shown, ShownObservation, View, network_key, printable, transcript,
};
use atalaya_model::{Digest, MailAddress, Observation, Prefix};
use atalaya_store::{Store, StoreError};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::exception::{self, ExceptionView};
use super::list::{RowView, view};
use super::sheet::rows;
use super::{Refusal, Visitor, enter};
use crate::address;
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::pages::{Frame, Reader, page};
use crate::texts::Texts;

/// Most observations whose message and conversation are shown; those before them are named by their facts.
const WITH_MESSAGE: usize = 5;
/// The largest message that is shown whole, in bytes; of a larger one the header is.
const MOST_SHOWN: usize = 64 * 1024;
/// The longest conversation that is shown, in characters.
const MOST_SAID: usize = 64 * 1024;
/// Most observations of the same message whose recipients are hidden in it, as in a notice.
const SAME_MESSAGE: u32 = 500;

#[derive(Template)]
#[template(path = "network_address.html")]
struct AddressPage {
    frame: Frame,
    row: RowView,
    fixed: String,
    not_ours: String,
    /// None where another contact answers for the address.
    evidence: Option<Vec<SeenView>>,
    /// A lasting exception: asked for, or to be asked for; none where nobody can.
    exception: Option<ExceptionView>,
    back: String,
}

/// One observation.
struct SeenView {
    subject: String,
    facts: Vec<Fact>,
    message: Option<String>,
    conversation: Option<String>,
    note: Option<&'static str>,
}

/// A line about it.
struct Fact {
    label: &'static str,
    value: String,
}

/// What is kept of an observation.
struct Kept {
    seen: Observation,
    message: Option<Vec<u8>>,
    reached: Vec<String>,
    conversation: Option<Vec<u8>>,
}

/// The page.
pub(crate) async fn network_address(
    State(shared): State<Shared>,
    reader: Reader,
    Path((ticket, text)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let visitor = enter(&shared, &reader, &ticket).await?;
    let address = address::read(&text)?;
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    let told = store.told_about(&visitor.contact, &Prefix::unit(address)).await?;
    let notice = told.ok_or(Failure::NotFound)?;
    let rows = rows(store, &visitor.contact, vec![notice], now).await?;
    let row = rows.into_iter().next().ok_or(Failure::NotFound)?;
    let evidence = match row.is_refused {
        true => None,
        false => evidence(&shared, &visitor, address).await?,
    };
    let (t, base) = (reader.texts(), format!("/network/{ticket}"));
    let exception = match evidence {
        Some(_) => exception::standing(&shared, &reader, &row, &base).await?,
        None => None,
    };
    let mut shown = view(&row, &reader, &base);
    // What was seen stands below.
    shown.evidence = None;
    let template = AddressPage {
        frame: Frame::now(&shared, &reader),
        row: shown,
        fixed: reader.link(&format!("{base}/fixed")),
        not_ours: reader.link(&format!("{base}/not-ours")),
        evidence: evidence.map(|seen| seen.into_iter().map(|seen| written(seen, t)).collect()),
        exception,
        back: reader.link(&base),
    };
    Ok(page(StatusCode::OK, &reader, &template))
}

/// The mailbox that answers for an address, if it is the visitor's.
pub(super) async fn answering(
    shared: &Inner,
    visitor: &Visitor,
    address: IpAddr,
) -> Result<Option<MailAddress>, Failure> {
    let now = shared.app.clock.now();
    let network = shared.app.store.network_of(address, now).await?;
    let own = visitor.contact.as_str();
    Ok(network.filter(|network| network.as_str().eq_ignore_ascii_case(own)))
}

/// What was seen, as the network may see it; none where another contact answers for the address.
async fn evidence(
    shared: &Shared,
    visitor: &Visitor,
    address: IpAddr,
) -> Result<Option<Vec<ShownObservation>>, Failure> {
    let (store, unit) = (&shared.app.store, Prefix::unit(address));
    let Some(network) = answering(shared, visitor, address).await? else {
        return Ok(None);
    };
    let turn = shared.drawing.take().await?;
    let key = network_key(shared.lookup.key().await?, Some(&network), &unit);
    let mut kept = Vec::new();
    for seen in store
        .observations_of(&unit, shared.lookup.limits.observations)
        .await?
    {
        let extent = match kept.len() < WITH_MESSAGE {
            true => Extent::Whole,
            false => Extent::Facts,
        };
        kept.push(load(store, seen, extent).await?);
    }
    let shared = Arc::clone(shared);
    let hide = move || {
        let _turn = turn;
        kept.iter()
            .filter_map(|kept| hidden(&shared, kept, &key))
            .collect()
    };
    let shown = tokio::task::spawn_blocking(hide).await.map_err(|broken| {
        tracing::error!(
            error = &broken as &dyn std::error::Error,
            "evidence could not be hidden"
        );
        Failure::Internal
    })?;
    Ok(Some(shown))
}

/// How much of an observation is read.
#[derive(Clone, Copy)]
enum Extent {
    /// With its message and its conversation.
    Whole,
    /// Without.
    Facts,
}

/// Reads what is kept of an observation. What was deleted for its age is missing in it.
async fn load(store: &Store, seen: Observation, extent: Extent) -> Result<Kept, StoreError> {
    let fetch = async |digest: &Option<Digest>| match (digest, extent) {
        (Some(digest), Extent::Whole) => store.message(digest).await,
        _ => Ok(None),
    };
    Ok(Kept {
        message: fetch(&seen.message).await?,
        reached: match &seen.message {
            Some(digest) => store.recipients_of(digest, SAME_MESSAGE).await?,
            None => Vec::new(),
        },
        conversation: fetch(&seen.conversation).await?,
        seen,
    })
}

/// Hides in one observation what is not for its network.
fn hidden(shared: &Inner, kept: &Kept, key: &[u8]) -> Option<ShownObservation> {
    let config = &shared.app.config;
    let talk = kept.conversation.as_deref().and_then(|bytes| {
        let text = std::str::from_utf8(bytes).ok()?;
        Conversation::parse(text).ok()
    });
    let material = Material {
        seen: &kept.seen,
        message: kept.message.as_deref(),
        reached: &kept.reached,
        conversation: talk.as_ref(),
        dialect: None,
        shape: None,
    };
    let traps = config.traps.get();
    let hiding = Hiding { key, traps: &traps };
    match Shown::of(&material, View::Network, hiding, &config.signatures, MOST_SHOWN)? {
        Shown::Network(shown) => Some(*shown),
        Shown::Public(_) | Shown::Desk(_) => None,
    }
}

/// An observation in words.
fn written(seen: ShownObservation, t: &'static Texts) -> SeenView {
    let (a, n) = (&t.address, &t.network);
    let system = seen.system.and_then(|system| system.label);
    let dialect = seen
        .dialect
        .map(|dialect| dialect.programs.unwrap_or_else(|| dialect.id.to_string()));
    let port = seen.source_port.map(|port| port.to_string());
    let oddities = Some(t.seen.oddities(&seen.oddities));
    let facts = [
        (a.seen_at, Some(seen.seen_at.to_string())),
        (a.from_address, Some(seen.address.to_string())),
        (n.port, port),
        (a.helo, Some(seen.envelope.helo)),
        (n.sender, Some(format!("<{}>", seen.envelope.mail_from))),
        (n.recipients, Some(seen.envelope.recipients.join(", "))),
        (a.sensor, Some((t.seen.sensor)(seen.sensor).to_owned())),
        (a.size, Some(t.units.size(seen.size))),
        (a.system, system),
        (a.dialect, dialect),
        (n.encryption, seen.tls),
        (n.oddities, oddities),
    ];
    let fact = |(label, value): (&'static str, Option<String>)| {
        let value = printable(&value?);
        (!value.is_empty()).then_some(Fact { label, value })
    };
    let subject = printable(&seen.envelope.subject);
    SeenView {
        subject: if subject.is_empty() {
            a.empty.to_owned()
        } else {
            subject
        },
        facts: facts.into_iter().filter_map(fact).collect(),
        message: seen.message.map(|message| printable(&message.text)),
        conversation: seen.conversation.and_then(|text| talk(&text)),
        note: (!seen.counted).then_some(a.unproven),
    }
}

/// A conversation for people, cut.
fn talk(text: &str) -> Option<String> {
    let talk = transcript(&Conversation::parse(text).ok()?);
    Some(match talk.char_indices().nth(MOST_SAID) {
        Some((end, _)) => format!("{}…", talk.get(..end).unwrap_or_default()),
        None => talk,
    })
}

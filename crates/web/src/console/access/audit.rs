//! The audit trail: who did what, to what, how, from where, and what came of it. The newest stands first; a page goes on where the one before ended,
//! so that none repeats or skips anything while more is written.

use askama::Template;
use atalaya_model::{Act, Role};
use atalaya_store::{DeedFilter, DeedId, DeedOutcome, KeptDeed};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::Visitor;
use crate::app::Shared;
use crate::console::pages::{is_undoable, role_of_undoing};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const AUDIT: &str = "/console/audit";
/// Deeds on a page.
const PAGE: u32 = 50;
/// The longest text of a filter, in characters.
const MAX_FILTER: usize = 200;
/// The longest text of a deed that the page shows, in characters: a save of rules keeps two files of them.
const MAX_DETAILS: usize = 16_000;

/// The page.
#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    frame: ConsoleFrame,
    deeds: Vec<DeedView>,
    who: String,
    target: String,
    acts: Vec<ActView>,
    is_filtered: bool,
    all: String,
    older: Option<String>,
}

/// An act to choose.
struct ActView {
    name: &'static str,
    is_chosen: bool,
}

/// A deed, as it is shown.
struct DeedView {
    id: String,
    at: Moment,
    who: String,
    who_link: String,
    way: &'static str,
    client: Option<String>,
    act: &'static str,
    target: String,
    target_link: String,
    /// What else is known, as text.
    details: Option<String>,
    outcome: &'static str,
    tone: &'static str,
    /// What came of it, as text.
    answer: Option<String>,
    undoes: Option<String>,
    undone_by: Option<String>,
    is_undoable: bool,
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    who: String,
    #[serde(default)]
    act: String,
    #[serde(default)]
    target: String,
    before: Option<u64>,
}

impl Asked {
    /// The filter that it means; an act that nobody knows finds nothing wrong and everything else.
    fn filter(&self) -> DeedFilter {
        let text = |text: &str| {
            let text: String = text.trim().chars().take(MAX_FILTER).collect();
            (!text.is_empty()).then_some(text)
        };
        DeedFilter {
            who: text(&self.who),
            act: self.act.parse().ok(),
            target: text(&self.target),
        }
    }

    /// The link to the page behind this one.
    fn older(&self, last: DeedId) -> String {
        let mut link = format!("{AUDIT}?before={last}");
        for (name, value) in [("who", &self.who), ("act", &self.act), ("target", &self.target)] {
            if !value.is_empty() {
                link.push_str(&format!("&{name}={}", escaped(value)));
            }
        }
        link
    }
}

/// A value as it stands in a query.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let bytes = text.bytes().map(|byte| match byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// `/console/audit`.
pub(crate) async fn show(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(Role::Operator)?;
    let filter = asked.filter();
    let found = shared
        .app
        .store
        .deeds(&filter, asked.before.map(DeedId), PAGE + 1)
        .await?;
    let is_more = found.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    let shown: Vec<&KeptDeed> = found
        .iter()
        .take(usize::try_from(PAGE).unwrap_or(usize::MAX))
        .collect();
    let older = shown
        .last()
        .filter(|_| is_more)
        .map(|last| visitor.reader.link_to(&asked.older(last.id)));
    let act = |act: &Act| ActView {
        name: act.name(),
        is_chosen: filter.act == Some(*act),
    };
    let template = AuditPage {
        deeds: shown.into_iter().map(|deed| view(deed, &visitor)).collect(),
        who: filter.who.clone().unwrap_or_default(),
        target: filter.target.clone().unwrap_or_default(),
        acts: Act::ALL.iter().map(act).collect(),
        is_filtered: filter != DeedFilter::default(),
        all: visitor.link(AUDIT),
        older,
        frame: ConsoleFrame::new(&shared, &visitor, Place::Audit),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// A deed in words.
fn view(kept: &KeptDeed, visitor: &Visitor) -> DeedView {
    let t = visitor.reader.texts();
    let a = &t.console.audit;
    let deed = &kept.deed;
    let link = |name: &str, value: &str| {
        visitor
            .reader
            .link_to(&format!("{AUDIT}?{name}={}", escaped(value)))
    };
    let (outcome, tone) = match kept.end.as_ref().map(|end| end.outcome) {
        _ if kept.undone_by.is_some() => (a.undone, "neutral"),
        Some(DeedOutcome::Done) => (a.done, "clear"),
        Some(DeedOutcome::Failed) => (a.failed, "listed"),
        None => (a.begun, "neutral"),
    };
    DeedView {
        id: kept.id.to_string(),
        at: t.units.moment(deed.at),
        who: deed.who.clone(),
        who_link: link("who", &deed.who),
        way: a.way(deed.way),
        client: deed.client.map(|client| client.to_string()),
        act: deed.act.name(),
        target: deed.target.clone(),
        target_link: link("target", &deed.target),
        details: as_text(&deed.details),
        outcome,
        tone,
        answer: kept.end.as_ref().and_then(|end| as_text(&end.details)),
        undoes: deed.undoes.map(|id| id.to_string()),
        undone_by: kept.undone_by.map(|id| id.to_string()),
        is_undoable: is_undoable(kept) && visitor.may(role_of_undoing(deed.act)),
    }
}

/// What a document says, where it says anything; of a long one, the beginning.
fn as_text(document: &Value) -> Option<String> {
    let mut text = match document {
        Value::Null => return None,
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).ok()?,
    };
    if let Some((end, _)) = text.char_indices().nth(MAX_DETAILS) {
        text.truncate(end);
        text.push('…');
    }
    Some(text)
}

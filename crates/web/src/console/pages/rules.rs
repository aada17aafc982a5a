//! The rules of judging: read, changed, tried on what was kept, and only then saved. What is saved is the text that was tried, to the letter.

use std::time::Duration;

use askama::Template;
use atalaya_decide::Rules;
use atalaya_decide::simulate::{Group, Report};
use atalaya_model::{Act, Role};
use atalaya_store::DeedId;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Semaphore;

use super::act::{Deeds, Told, perform};
use super::rows::subject_link;
use super::rules_back::{replaced, taken_back};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{Order, RulesOrder, RulesShown};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::{page, views};

/// The longest file of rules, in bytes.
pub const MAX_RULES: usize = 128 << 10;
/// The longest form: every byte of the text may be written as three.
const MAX_FORM: usize = 3 * MAX_RULES + (8 << 10);
/// Over how many days rules are tried.
const DAYS: [u64; 4] = [1, 7, 30, 90];
/// Trials at the same time: one holds a tally of each unit that was seen, twice (`atalaya_decide::simulate`).
static TRIALS: Semaphore = Semaphore::const_new(1);
/// Examples of each group that are shown.
const MOST_SHOWN: usize = 10;

/// What the page is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    deed: Option<u64>,
    /// The save whose former text is looked at.
    back: Option<u64>,
}

/// What was typed.
#[derive(Deserialize)]
pub(super) struct Draft {
    text: String,
    #[serde(default)]
    days: u64,
    /// The digest of the rules that the draft began with.
    instead_of: String,
    /// The digest of the text that was tried.
    #[serde(default)]
    tried: String,
    /// The save that it takes back, if nobody changes its text.
    undoes: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/rules.html")]
struct RulesPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    shown: RulesShown,
    text: String,
    instead_of: String,
    /// The save whose former text this is.
    back: Option<DeedId>,
    days: [u64; 4],
    days_now: u64,
    is_administrator: bool,
    may_change: bool,
    /// What is wrong with the text.
    wrong: Option<String>,
    /// The rules were changed by somebody else meanwhile.
    is_stale: bool,
    trial: Option<Trial>,
}

/// What a trial showed.
struct Trial {
    digest: String,
    report: Report,
    since: String,
    /// What both do, by name: in force, tried.
    totals: Vec<(&'static str, String, String)>,
    groups: Vec<GroupView>,
}

/// Addresses that fare alike.
struct GroupView {
    name: &'static str,
    count: String,
    removed: String,
    examples: Vec<ExampleView>,
}

/// One of them.
struct ExampleView {
    prefix: String,
    href: String,
    class: &'static str,
    reason: String,
    reason_language: &'static str,
}

/// `/console/rules`.
pub(super) async fn rules(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(Role::Operator)?;
    let shown = shown(&shared).await?;
    let told = Told::of(&shared, &visitor, asked.deed).await?;
    let back = asked.back.map(DeedId);
    let text = match back {
        Some(save) => replaced(&shared, save).await?.ok_or(Failure::NotFound)?,
        None => shown.text.clone(),
    };
    let template = RulesPage {
        told,
        text,
        back,
        instead_of: shown.digest.clone(),
        ..empty(&shared, &visitor, shown)
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// The page with nothing on it.
fn empty(shared: &Inner, visitor: &Visitor, shown: RulesShown) -> RulesPage {
    RulesPage {
        told: None,
        text: String::new(),
        instead_of: String::new(),
        back: None,
        days: DAYS,
        days_now: 7,
        is_administrator: visitor.may(Role::Administrator),
        may_change: visitor.may(Role::Administrator) && shown.file.is_some(),
        wrong: None,
        is_stale: false,
        trial: None,
        frame: ConsoleFrame::new(shared, visitor, Place::Rules),
        shown,
    }
}

/// The rules as they stand.
async fn shown(shared: &Inner) -> Result<RulesShown, Failure> {
    let answer = shared.app.operations.answer(Order::Rules(RulesOrder::Show)).await;
    let answer = answer.map_err(|error| {
        tracing::warn!(%error, "the rules could not be shown");
        Failure::Unavailable
    })?;
    serde_json::from_value(answer).map_err(|_bad| Failure::Internal)
}

/// `POST /console/rules/try`: judges what was kept by the draft, and changes nothing.
pub(super) async fn try_rules(
    State(shared): State<Shared>,
    posted: Posted<Draft, MAX_FORM>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(Role::Operator)?;
    let text = plain(&form.text)?;
    let days = if DAYS.contains(&form.days) { form.days } else { 7 };
    let shown = shown(&shared).await?;
    let is_stale = shown.digest != form.instead_of;
    let mut template = RulesPage {
        back: taken_back(&shared, form.undoes, &text).await?,
        instead_of: form.instead_of,
        days_now: days,
        is_stale,
        ..empty(&shared, &visitor, shown)
    };
    match Rules::parse(&text) {
        Err(wrong) => template.wrong = Some(wrong.to_string()),
        Ok(_) => {
            let since = shared
                .app
                .clock
                .now()
                .minus(Duration::from_secs(days.saturating_mul(86_400)));
            let order = Order::Simulate {
                rules: text.clone(),
                since,
            };
            let turn = TRIALS.acquire().await.map_err(|_closed| Failure::Internal)?;
            let answer = shared.app.operations.answer(order).await;
            drop(turn);
            match answer {
                Err(error) => template.wrong = Some(error),
                Ok(answer) => {
                    let report = serde_json::from_value(answer).map_err(|_bad| Failure::Internal)?;
                    template.trial = Some(trial(&visitor, report, &text));
                }
            }
        }
    }
    template.text = text;
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// `POST /console/rules/save`: saves the text that was tried.
pub(super) async fn save(
    State(shared): State<Shared>,
    posted: Posted<Draft, MAX_FORM>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(Role::Administrator)?;
    let text = plain(&form.text)?;
    if form.tried != hash(&text) {
        return Err(Failure::BadRequest);
    }
    let before = shown(&shared).await?;
    let undoes = taken_back(&shared, form.undoes, &text).await?;
    let mut deeds = Deeds::one(
        (Act::SaveRules, before.file.clone().unwrap_or_default()),
        json!({ "before": before.text, "text": text }),
        Order::Rules(RulesOrder::Save {
            text,
            instead_of: form.instead_of,
            undoes,
        }),
    );
    deeds.undoes = undoes;
    perform(&shared, &visitor, deeds, "/console/rules").await
}

/// A text as it is kept in a file: browsers send lines that end in CRLF.
fn plain(text: &str) -> Result<String, Failure> {
    let text = text.replace("\r\n", "\n");
    if text.len() > MAX_RULES {
        return Err(Failure::TooLarge);
    }
    Ok(text)
}

/// The digest by which a tried text is known again. It is no secret and proves nothing: it keeps a person from saving what he did not try.
fn hash(text: &str) -> String {
    data_encoding::HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

/// What a trial showed, written.
fn trial(visitor: &Visitor, report: Report, text: &str) -> Trial {
    let t = &visitor.reader.texts().console.rules;
    let groups = [
        (t.added, &report.added),
        (t.dropped, &report.dropped),
        (t.moved, &report.moved),
        (t.kept, &report.kept),
        (t.protected, &report.protected),
    ]
    .into_iter()
    .map(|(name, group)| group_view(visitor, name, group))
    .collect();
    let units = &visitor.reader.texts().units;
    let (before, after) = (report.present, report.tried);
    let totals = [
        (t.listed, before.listed, after.listed),
        (t.extended, before.extended, after.extended),
        (t.expired, before.expired, after.expired),
        (t.most, before.most, after.most),
        (t.last, before.last, after.last),
    ];
    let totals = totals.map(|(name, one, two)| (name, units.number(one), units.number(two)));
    Trial {
        digest: hash(text),
        totals: totals.into(),
        since: report
            .since
            .map(|at| visitor.reader.texts().units.day(at))
            .unwrap_or_default(),
        groups,
        report,
    }
}

fn group_view(visitor: &Visitor, name: &'static str, group: &Group) -> GroupView {
    let t = visitor.reader.texts();
    let share = group
        .removed
        .saturating_mul(100)
        .checked_div(group.count)
        .map_or_else(String::new, |percent| format!("{percent} %"));
    GroupView {
        name,
        count: t.units.number(group.count),
        removed: share,
        examples: group
            .examples
            .iter()
            .take(MOST_SHOWN)
            .map(|example| {
                let (reason, reason_language) = views::reason_of_rules(&example.reason, t);
                ExampleView {
                    href: subject_link(visitor, &example.prefix.to_string()),
                    prefix: example.prefix.to_string(),
                    class: views::class_texts(t, example.class).name,
                    reason,
                    reason_language,
                }
            })
            .collect(),
    }
}

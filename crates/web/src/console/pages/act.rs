//! Doing what changes something: written down first, then done, then what came of it is written behind.
//!
//! In: a deed and the order that does it. Out: the way back to a page, which tells the outcome by the deed's number.

use std::sync::Arc;

use atalaya_model::{Act, Role};
use atalaya_store::{Deed, DeedId, DeedOutcome, KeptDeed};
use axum::response::{IntoResponse, Redirect, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::app::{Inner, Shared};
use crate::console::access::Visitor;
use crate::console::operations::Order;
use crate::failure::Failure;

/// What is to be done.
pub(super) struct Deeds {
    /// What kind of act it is.
    pub(super) act: Act,
    /// To what.
    pub(super) target: String,
    /// What else is to be known, and what undoing needs.
    pub(super) details: Value,
    /// What it takes back.
    pub(super) undoes: Option<DeedId>,
    /// The orders that do it, one after the other; the first that fails is the last.
    pub(super) orders: Vec<Order>,
}

impl Deeds {
    /// One order, which takes nothing back.
    pub(super) fn one((act, target): (Act, String), details: Value, order: Order) -> Self {
        Self {
            act,
            target,
            details,
            undoes: None,
            orders: vec![order],
        }
    }
}

/// What stood in the place of something before a deed, as the deed keeps it for whoever takes it back.
pub(super) fn before_of<T: DeserializeOwned>(kept: &KeptDeed) -> Result<Option<T>, Failure> {
    let before = kept.before().cloned().unwrap_or(Value::Null);
    serde_json::from_value(before).map_err(|_bad| Failure::Internal)
}

/// Does it, and leads back to a page of the console. It goes on to its end though the browser waits no more.
pub(super) async fn perform(
    shared: &Shared,
    visitor: &Visitor,
    deeds: Deeds,
    back: &str,
) -> Result<Response, Failure> {
    let (id, _outcome) = start(shared, visitor, deeds, Answers::Kept).await?;
    Ok(to_page(visitor, back, id))
}

/// Does it where the answer is a secret: that is shown once and stands in no trail. Where it was refused or failed, the way back to a page that says so.
pub(super) async fn perform_for_secret(
    shared: &Shared,
    visitor: &Visitor,
    deeds: Deeds,
    back: &str,
) -> Result<Result<Value, Response>, Failure> {
    let (id, outcome) = start(shared, visitor, deeds, Answers::Secret).await?;
    Ok(outcome.map_err(|()| to_page(visitor, back, id)))
}

/// What becomes of answers in the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// They stand there.
    Kept,
    /// They do not.
    Secret,
}

/// Does it as a task of its own; gives its number, and the answer where it was done.
async fn start(
    shared: &Shared,
    visitor: &Visitor,
    deeds: Deeds,
    answers: Answers,
) -> Result<(DeedId, Result<Value, ()>), Failure> {
    let mut deed = visitor.deed(shared, deeds.act, deeds.target, deeds.details);
    deed.undoes = deeds.undoes;
    let (work, orders) = (Arc::clone(shared), deeds.orders);
    let doing = tokio::spawn(async move { do_it(&work, &deed, orders, answers).await });
    doing.await.map_err(|_cut_short| Failure::Unsure)?
}

/// Writes it down, does it, and writes down what came of it.
async fn do_it(
    shared: &Inner,
    deed: &Deed,
    orders: Vec<Order>,
    answers: Answers,
) -> Result<(DeedId, Result<Value, ()>), Failure> {
    let store = &shared.app.store;
    let id = store.record_deed(deed).await?;
    let (mut outcome, mut details) = (DeedOutcome::Done, Value::Null);
    for order in orders {
        match shared.app.operations.answer(order).await {
            Ok(answer) if is_nothing(&answer) => {
                (outcome, details) = (DeedOutcome::Failed, json!({ "error": NOTHING }));
                break;
            }
            Ok(answer) => details = answer,
            Err(error) => {
                (outcome, details) = (DeedOutcome::Failed, json!({ "error": error }));
                break;
            }
        }
    }
    let is_secret = outcome == DeedOutcome::Done && answers == Answers::Secret;
    let is_long = outcome == DeedOutcome::Done && details.to_string().len() > MAX_ANSWER;
    let kept = if is_secret || is_long {
        &Value::Null
    } else {
        &details
    };
    store.end_deed(id, outcome, kept).await?;
    Ok((
        id,
        if outcome == DeedOutcome::Done {
            Ok(details)
        } else {
            Err(())
        },
    ))
}

/// The longest answer that is kept with a deed, in bytes: what was done stands in the deed.
pub const MAX_ANSWER: usize = 4 << 10;
/// What is told where there was nothing to do it to.
const NOTHING: &str = "There is nothing of the kind, it was done already, or somebody else is just at it.";

/// Whether an answer says that nothing was done: that it was not, or to how many.
fn is_nothing(answer: &Value) -> bool {
    *answer == Value::Bool(false) || answer.as_u64() == Some(0)
}

/// The way back to a page that tells of a deed.
fn to_page(visitor: &Visitor, back: &str, id: DeedId) -> Response {
    let mark = if back.contains('?') { '&' } else { '?' };
    Redirect::to(&visitor.reader.link_to(&format!("{back}{mark}deed={id}"))).into_response()
}

/// What a page tells of something that was just done.
pub(super) struct Told {
    /// Its number, for taking it back; none where that cannot be done.
    pub(super) undo: Option<DeedId>,
    pub(super) act: Act,
    pub(super) target: String,
    /// What stood in the way.
    pub(super) error: Option<String>,
}

impl Told {
    /// What came of a deed of this visitor's own, whose number stands in the address of the page.
    pub(super) async fn of(
        shared: &Inner,
        visitor: &Visitor,
        id: Option<u64>,
    ) -> Result<Option<Self>, Failure> {
        let Some(id) = id else {
            return Ok(None);
        };
        let deed = shared.app.store.deed(DeedId(id)).await?;
        Ok(deed
            .filter(|deed| deed.deed.who == visitor.name)
            .and_then(Self::new))
    }

    fn new(kept: KeptDeed) -> Option<Self> {
        let end = kept.end.as_ref()?;
        let error = (end.outcome == DeedOutcome::Failed).then(|| {
            let error = end.details.get("error").and_then(Value::as_str);
            error.unwrap_or_default().to_owned()
        });
        Some(Self {
            undo: is_undoable(&kept).then_some(kept.id),
            act: kept.deed.act,
            target: kept.deed.target,
            error,
        })
    }
}

/// Whether a deed can be taken back by a button.
pub(crate) fn is_undoable(kept: &KeptDeed) -> bool {
    let before = kept.before();
    let is_known = match kept.deed.act {
        Act::List | Act::Allow => true,
        // What stood there stands only in deeds of the console.
        Act::Unlist | Act::Disallow | Act::Suppress | Act::AddTrap | Act::MakeKey | Act::SetContact => {
            before.is_some()
        }
        Act::Unsuppress | Act::RemoveTrap | Act::ChangeKey | Act::RevokeKey | Act::UnsetContact => {
            before.is_some_and(|before| !before.is_null())
        }
        Act::SaveRules => before.is_some_and(Value::is_string),
        _ => false,
    };
    kept.is_done() && is_known && kept.undone_by.is_none()
}

/// Asks for something that changes nothing. What stood in the way is logged, and the reader told that it cannot be shown now.
pub(super) async fn ask<T: DeserializeOwned>(shared: &Inner, order: Order) -> Result<T, Failure> {
    let answer = shared.app.operations.answer(order).await.map_err(|error| {
        tracing::warn!(%error, "a page of the console could not be filled");
        Failure::Unavailable
    })?;
    serde_json::from_value(answer).map_err(|_bad| Failure::Internal)
}

/// The least role that may take an act back: the one that does it.
pub(crate) const fn role_of_undoing(act: Act) -> Role {
    match act {
        Act::Suppress | Act::Unsuppress => MAIL,
        Act::SaveRules => Role::Administrator,
        _ => CHANGES,
    }
}

/// The least role that changes the list.
pub(super) const CHANGES: Role = Role::Operator;
/// The least role that sees and changes whom mail goes to, and what came back.
pub(super) const MAIL: Role = Role::Desk;

//! What a person does about lasting exceptions that networks ask for: shows them, grants them, refuses them.

use anyhow::{Context, bail, ensure};
use atalaya_decide::by_hand;
use atalaya_model::{Clock, Serial, Timestamp};
use atalaya_store::{Exception, ExceptionAnswer, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Exceptions in one answer.
const PAGE: u32 = 1_000;

/// What is asked about exceptions.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "exceptions", rename_all = "kebab-case")]
pub(crate) enum ExceptionsRequest {
    /// Those that wait, behind the last of the page before. The last page is empty. The answer is a list of [`Exception`].
    Waiting { after: u64 },
    /// Those that were answered, the newest first, before the last of the page before.
    Settled { before: Option<u64> },
    /// Put the address of one on the allow list; the answer is the serial of that decision.
    Grant {
        id: u64,
        until: Option<Timestamp>,
        words: String,
    },
    /// Leave everything as it is; the answer is whether it waited.
    Refuse { id: u64, words: String },
}

/// Answers about exceptions. Whoever grants one waits for the zone by the serial that is given.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(
    store: &Store,
    clock: &Clock,
    asked: ExceptionsRequest,
) -> anyhow::Result<(Value, Option<Serial>)> {
    let now = clock.now();
    Ok(match asked {
        ExceptionsRequest::Waiting { after } => (
            serde_json::to_value(store.waiting_exceptions(after, PAGE).await?)?,
            None,
        ),
        ExceptionsRequest::Settled { before } => (
            serde_json::to_value(store.settled_exceptions(before, PAGE).await?)?,
            None,
        ),
        ExceptionsRequest::Grant { id, until, words } => {
            let serial = grant(store, id, (until, words), now).await?;
            (serde_json::to_value(serial)?, Some(serial))
        }
        ExceptionsRequest::Refuse { id, words } => {
            waiting(store, id).await?;
            let answer = ExceptionAnswer {
                at: now,
                granted: false,
                until: None,
                words,
            };
            (Value::Bool(store.settle_exception(id, &answer).await?), None)
        }
    })
}

/// Allows the address, then says so. Done twice, the second finds an entry that says the same.
async fn grant(
    store: &Store,
    id: u64,
    (until, words): (Option<Timestamp>, String),
    now: Timestamp,
) -> anyhow::Result<Serial> {
    let asked = waiting(store, id).await?;
    let reason = format!("Exception {id}, asked for by {}: {}", asked.contact, asked.reason);
    let allowed = by_hand::allow(store, asked.prefix, &reason, until, now).await?;
    let answer = ExceptionAnswer {
        at: now,
        granted: true,
        until,
        words,
    };
    ensure!(
        store.settle_exception(id, &answer).await?,
        "{} is allowed, but somebody else has answered the exception meanwhile",
        asked.prefix
    );
    Ok(allowed.serial)
}

/// One that waits.
async fn waiting(store: &Store, id: u64) -> anyhow::Result<Exception> {
    let asked = store.exception(id).await?;
    let asked = asked.with_context(|| format!("there is no exception {id}"))?;
    if let Some(answer) = asked.settled {
        bail!("the exception {id} was answered on {}", answer.at);
    }
    Ok(asked)
}

//! Writing down in the audit trail what a command does by itself, in a file of the data folder.

use atalaya_model::Act;
use atalaya_store::{DeedId, DeedOutcome};
use serde_json::Value;

use crate::access::{AccessRequest, Beginning};
use crate::config::Config;
use crate::control::{Line, Request};
use crate::folder::{Missing, require};

/// Does something, and writes it down: before it is done that it is, and behind it what came of it. Where nothing was ever kept there is no trail yet,
/// and it is just done.
///
/// # Errors
/// It was refused or failed, or it cannot be written down, and then it is not done.
pub(crate) async fn noted<T>(
    config: &Config,
    planned: (Act, String, Value),
    deed: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    noted_as_undoing(config, planned, None, deed).await
}

/// The same, as what takes another deed back.
///
/// # Errors
/// As [`noted`].
pub(super) async fn noted_as_undoing<T>(
    config: &Config,
    (act, target, details): (Act, String, Value),
    undoes: Option<DeedId>,
    deed: impl FnOnce() -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    if require(config).is_err() {
        return deed();
    }
    let mut line = Line::open(config.clone(), Missing::Refused).await?;
    let begin = AccessRequest::Begin(Beginning {
        act,
        target,
        details,
        undoes,
    });
    let id: DeedId = line.ask(Request::Access(begin)).await?;
    let done = deed();
    let (outcome, details) = match &done {
        Ok(_) => (DeedOutcome::Done, Value::Null),
        Err(error) => (DeedOutcome::Failed, Value::String(format!("{error:#}"))),
    };
    let end = AccessRequest::End { id, outcome, details };
    // What was done was done: where its end cannot be noted, the trail shows that it was begun.
    let noted = line.ask::<()>(Request::Access(end)).await;
    if let Err(error) = noted {
        tracing::warn!(%error, "the audit trail does not say what came of it");
    }
    done
}

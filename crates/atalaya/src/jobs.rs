//! What is asked about jobs: how many there are, which have trouble, and trying those anew that were given up.

use atalaya_store::{KeptJob, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Jobs in one answer.
const PAGE: u32 = 1_000;

/// What is asked about jobs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "jobs", rename_all = "kebab-case")]
pub(crate) enum JobsRequest {
    /// How many there are; the answer is a list of kind, state and number.
    Count,
    /// A page of those with trouble, the newest first; `behind` is the last of the page before. The last page is empty. The answer is a list of
    /// [`KeptJob`].
    Troubled { behind: Option<i64> },
    /// Have one tried anew that was given up, or all; the answer is their number.
    Retry { id: Option<i64> },
}

/// Answers about jobs.
pub(crate) async fn answer(store: &Store, asked: JobsRequest) -> anyhow::Result<Value> {
    Ok(match asked {
        JobsRequest::Count => serde_json::to_value(store.job_counts().await?)?,
        JobsRequest::Troubled { behind } => {
            let jobs: Vec<KeptJob> = store.troubled_jobs(behind, PAGE).await?;
            serde_json::to_value(jobs)?
        }
        JobsRequest::Retry { id } => serde_json::to_value(store.retry_jobs(id).await?)?,
    })
}

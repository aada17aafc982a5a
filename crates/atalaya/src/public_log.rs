//! The public log of decisions: opened as configured, and what commands ask of it.

use std::sync::Arc;

use anyhow::{Context, ensure};
use atalaya_model::{Clock, Serial, Timestamp};
use atalaya_publish::{LogSettings, PublicLog};
use atalaya_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;

/// The file in the data folder that keeps the head which was shown last.
pub(crate) const HEAD_FILE: &str = "log.head";

/// What is asked about the public log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "log", rename_all = "kebab-case")]
pub(crate) enum LogRequest {
    /// Its head and key; the answer is [`LogShown`].
    Show,
    /// Forget whom a decision was about; the answer is how many that were.
    Forget {
        /// The decision.
        serial: Serial,
    },
    /// The same for all before a time by which nobody is listed or allowed now.
    ForgetBefore {
        /// The time.
        time: Timestamp,
    },
    /// Begin another log; the answer is [`LogShown`].
    Restart {
        /// Its name.
        name: String,
    },
}

/// The public log as it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogShown {
    /// Its name.
    pub(crate) name: String,
    /// The key that its heads are signed with.
    pub(crate) key: String,
    /// How many entries its head has.
    pub(crate) entries: u64,
    /// The signed head; none before the first.
    pub(crate) checkpoint: Option<String>,
    /// Why it stands still, where it does.
    pub(crate) trouble: Option<String>,
    /// The name that the configuration gives, where it is another.
    pub(crate) configured: Option<String>,
}

/// Opens the log, if the configuration wants one.
///
/// # Errors
/// The store failed, or the name cannot be one.
pub(crate) async fn open(
    config: &Config,
    store: &Store,
    clock: &Clock,
) -> anyhow::Result<Option<Arc<PublicLog>>> {
    let publish = &config.publish;
    if !publish.public_log {
        return Ok(None);
    }
    let settings = LogSettings {
        origin: publish
            .log_origin
            .clone()
            .unwrap_or_else(|| origin_at(&config.public_url())),
        head_file: config.in_data(HEAD_FILE),
        keep_salts: publish.log_keep,
    };
    let log = PublicLog::open(store.clone(), clock.clone(), settings)
        .await
        .context("the public log cannot be opened")?;
    Ok(Some(Arc::new(log)))
}

/// The name of the log at an address of the pages: without its scheme, as such names are.
fn origin_at(public_url: &str) -> String {
    let bare = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    format!("{}/log", bare.trim_end_matches('/'))
}

/// Answers about the public log.
///
/// # Errors
/// There is none, or what was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(log: Option<&PublicLog>, asked: LogRequest) -> anyhow::Result<Value> {
    let log = log.context("there is no public log: publish.public_log is false")?;
    Ok(match asked {
        LogRequest::Show => serde_json::to_value(shown(log).await?)?,
        LogRequest::Forget { serial } => {
            ensure!(serial > Serial(0), "decisions are counted from 1");
            serde_json::to_value(u64::from(log.forget(serial).await?))?
        }
        LogRequest::ForgetBefore { time } => serde_json::to_value(log.forget_before(time).await?)?,
        LogRequest::Restart { name } => {
            log.restart(&name).await?;
            serde_json::to_value(shown(log).await?)?
        }
    })
}

/// The log as it stands. Where no server keeps it, what the store holds is shown as it is.
async fn shown(log: &PublicLog) -> anyhow::Result<LogShown> {
    let head = log.stored_head().await?;
    let key = log.key();
    Ok(LogShown {
        entries: head.as_ref().map_or(0, |head| head.size),
        checkpoint: head.map(|head| head.note),
        trouble: log.trouble().map(|why| why.to_string()),
        configured: (log.configured_origin() != key.name()).then(|| log.configured_origin().to_owned()),
        name: key.name().to_owned(),
        key: key.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_named_after_the_address_of_its_pages() {
        for (url, name) in [
            ("https://lists.example.org", "lists.example.org/log"),
            ("https://example.org/rbl/", "example.org/rbl/log"),
            ("http://127.0.0.1:8080", "127.0.0.1:8080/log"),
        ] {
            assert_eq!(origin_at(url), name);
        }
    }
}

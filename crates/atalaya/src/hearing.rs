//! Hearing answers in the binary: the trap's ear, and what the commands `hear` and `replies` ask.

use std::sync::Arc;

use anyhow::Context;
use atalaya_model::{Digest, MailAddress, Prefix, Timestamp};
use atalaya_notify::{Hearer, HearingError, Settlement, Which};
use atalaya_observe::{Ear, Hearing, Taken, Unheard};
use atalaya_store::{Heard, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::config::Config;
use crate::control::Bytes;

/// The trap's ear.
#[derive(Debug)]
struct TrapEar(Hearer);

impl Ear for TrapEar {
    fn takes(&self, recipients: &[String]) -> bool {
        self.0.takes(recipients)
    }

    fn hear<'a>(&'a self, mail: Vec<u8>, recipient: &'a str) -> Hearing<'a> {
        Box::pin(async move {
            let heard = self.0.hear(mail, recipient).await;
            heard
                .map(|heard| Taken {
                    name: heard.id.to_string(),
                    is_about_ours: heard.notice.is_some(),
                })
                .map_err(|error| unheard(&error))
        })
    }
}

/// Why an answer was not heard, as the trap tells it.
fn unheard(error: &HearingError) -> Unheard {
    match error {
        HearingError::Enough => Unheard::Enough,
        HearingError::TooLong(_) => Unheard::TooLong,
        error if error.is_full() => Unheard::Full,
        error => {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "an answer is refused for now"
            );
            Unheard::Trouble
        }
    }
}

/// Whoever hears what comes back to notices.
pub(crate) fn hearer(config: &Config, store: &Store, clock: &atalaya_model::Clock) -> Hearer {
    Hearer::new(
        config.hearing.clone(),
        config.notice.sender.clone(),
        config.notice.return_path.clone(),
        (store.clone(), clock.clone()),
    )
}

/// The trap's ear, which hears with it.
pub(crate) fn ear(hearer: &Hearer) -> Arc<dyn Ear> {
    Arc::new(TrapEar(hearer.clone()))
}

/// What is asked about answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub(crate) enum RepliesRequest {
    /// Hear a mail; the answer is [`HeardMail`](atalaya_notify::HeardMail).
    Hear { mail: Bytes, recipient: String },
    /// What was heard; the answer is a list of [`ReplyLine`].
    List { which: Which, most: u32 },
    /// One of them, with its mail; the answer is [`ReplyShown`].
    Show { id: Uuid },
    /// Do what a person decided about one.
    Settle {
        id: Uuid,
        settlement: Settlement,
        prefixes: Vec<Prefix>,
    },
}

/// Something heard, in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReplyLine {
    /// Its name.
    pub(crate) id: Uuid,
    /// When.
    pub(crate) at: Timestamp,
    /// What it is.
    pub(crate) kind: String,
    /// How sure that is.
    pub(crate) confidence: u8,
    /// What was done.
    pub(crate) action: String,
    /// Who wrote, as the mail says.
    pub(crate) sender: String,
    /// Whom the notice told.
    pub(crate) contact: Option<MailAddress>,
    /// The notice.
    pub(crate) notice: Option<Uuid>,
    /// What speaks for it.
    pub(crate) because: String,
    /// What else was read.
    pub(crate) details: Value,
    /// What a person settled by it.
    pub(crate) settles: Option<Uuid>,
    /// The digest of the mail.
    pub(crate) message: Option<Digest>,
}

impl From<Heard> for ReplyLine {
    fn from(Heard { told, message }: Heard) -> Self {
        Self {
            id: told.id,
            at: told.at,
            kind: told.kind,
            confidence: told.confidence,
            action: told.action,
            sender: told.sender,
            contact: told.contact,
            notice: told.notice,
            because: told.because,
            details: told.details,
            settles: told.settles,
            message,
        }
    }
}

/// Something heard, with its mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReplyShown {
    /// What was made of it.
    #[serde(flatten)]
    pub(crate) line: ReplyLine,
    /// The mail, as long as evidence is kept.
    pub(crate) mail: Option<Bytes>,
}

/// Answers a command.
///
/// # Errors
/// What was refused or failed.
pub(crate) async fn answer(hearer: &Hearer, store: &Store, asked: RepliesRequest) -> anyhow::Result<Value> {
    Ok(match asked {
        RepliesRequest::Hear { mail, recipient } => {
            serde_json::to_value(hearer.hear(mail.0, &recipient).await?)?
        }
        RepliesRequest::List { which, most } => {
            let heard = hearer.replies(which, most).await?;
            serde_json::to_value(heard.into_iter().map(ReplyLine::from).collect::<Vec<_>>())?
        }
        RepliesRequest::Show { id } => {
            let heard = store.heard(id).await?;
            let line =
                ReplyLine::from(heard.with_context(|| format!("nothing was heard under the id {id}"))?);
            let mail = match &line.message {
                Some(digest) => store.message(digest).await?.map(Bytes),
                None => None,
            };
            serde_json::to_value(ReplyShown { line, mail })?
        }
        RepliesRequest::Settle {
            id,
            settlement,
            prefixes,
        } => {
            hearer.settle(id, settlement, &prefixes).await?;
            Value::Null
        }
    })
}

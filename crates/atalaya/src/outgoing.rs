//! What a person does about mails in the outbox, and about addresses that no mail goes to.

use anyhow::Context;
use atalaya_model::{MailAddress, Timestamp};
use atalaya_notify::ShownMail;
use atalaya_store::{Asked, KeptMail, Store, Suppressed};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Mails or addresses in one answer.
const PAGE: u32 = 1_000;

/// What is asked about the outbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "mails", rename_all = "kebab-case")]
pub(crate) enum OutboxRequest {
    /// A page of the mails in a state, or of all; `after` is the last of the page before. The last page is empty. The answer is a list of
    /// [`KeptMail`].
    Show {
        state: Option<String>,
        after: Option<Uuid>,
    },
    /// One with its words; the answer is a [`ShownMail`].
    Read { id: Uuid },
    /// Have one tried at once and anew, or all that failed; the answer is their number.
    Retry { id: Option<Uuid> },
    /// Give one up that waits; the answer is whether it did.
    Drop { id: Uuid },
}

/// What is asked about addresses that no mail goes to.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "addresses", rename_all = "kebab-case")]
pub(crate) enum SuppressRequest {
    /// Send an address no more mail.
    Add {
        address: MailAddress,
        why: String,
        until: Option<Timestamp>,
    },
    /// Mail may go there again; the answer is whether it could not. What the address asked for itself holds, unless `even_if_asked`.
    Remove {
        address: MailAddress,
        even_if_asked: bool,
    },
    /// A page of them, behind the last of the page before. The last page is empty.
    Show { after: String },
}

/// Answers about the outbox.
pub(crate) async fn answer_about_outbox(store: &Store, asked: OutboxRequest) -> anyhow::Result<Value> {
    Ok(match asked {
        OutboxRequest::Show { state, after } => {
            let mails: Vec<KeptMail> = store.mails(state.as_deref(), after, PAGE).await?;
            serde_json::to_value(mails)?
        }
        OutboxRequest::Read { id } => {
            let kept = store.kept_mail(id).await?;
            let (mail, message) = kept.with_context(|| format!("no mail {id} is in the outbox"))?;
            serde_json::to_value(ShownMail::of(mail, &message))?
        }
        OutboxRequest::Retry { id } => serde_json::to_value(store.retry_mails(id).await?)?,
        OutboxRequest::Drop { id } => serde_json::to_value(store.drop_mail(id).await?)?,
    })
}

/// Answers about addresses that no mail goes to.
pub(crate) async fn answer_about_suppressed(
    store: &Store,
    asked: SuppressRequest,
    now: Timestamp,
) -> anyhow::Result<Value> {
    Ok(match asked {
        SuppressRequest::Add { address, why, until } => {
            let suppressed = Suppressed {
                address,
                why,
                since: now,
                until,
            };
            serde_json::to_value(store.suppress_by_hand(&suppressed).await?)?
        }
        SuppressRequest::Remove {
            address,
            even_if_asked,
        } => {
            let asked = match even_if_asked {
                true => Asked::Forgotten,
                false => Asked::Kept,
            };
            serde_json::to_value(store.allow_mail_to(&address, asked).await?)?
        }
        SuppressRequest::Show { after } => serde_json::to_value(store.suppressed(&after, PAGE).await?)?,
    })
}

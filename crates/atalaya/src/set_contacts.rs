//! Contacts that a person sets by hand: setting one, taking it away, showing them.

use anyhow::ensure;
use atalaya_model::{ContactSubject, MailAddress, Timestamp};
use atalaya_store::{SetContact, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most mailboxes of one: a notice goes to the first that can be reached.
const MOST_MAILBOXES: usize = 3;
/// Contacts in one answer.
const PAGE: u32 = 1_000;

/// What is asked about them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "by_hand", rename_all = "kebab-case")]
pub(crate) enum SetContactRequest {
    /// A page of all, behind the last one of the page before. The last page is empty. The answer is a list of [`SetContact`].
    Show { after: String },
    /// Set one, in the place of what was set for the same before.
    Set {
        subject: ContactSubject,
        mailboxes: Vec<MailAddress>,
        reason: String,
        until: Option<Timestamp>,
    },
    /// Take one away; the answer is whether there was one.
    Unset { subject: ContactSubject },
}

/// Answers about contacts that were set by hand. The next search, in whatever process, uses what is set.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(store: &Store, asked: SetContactRequest, now: Timestamp) -> anyhow::Result<Value> {
    Ok(match asked {
        SetContactRequest::Show { after } => serde_json::to_value(store.set_contacts(&after, PAGE).await?)?,
        SetContactRequest::Set {
            subject,
            mailboxes,
            reason,
            until,
        } => {
            ensure!(
                (1..=MOST_MAILBOXES).contains(&mailboxes.len()),
                "a contact has 1 to {MOST_MAILBOXES} mailboxes"
            );
            ensure!(
                until.is_none_or(|until| until > now),
                "the end that was given is over already"
            );
            let set = SetContact {
                subject,
                mailboxes,
                reason,
                since: now,
                until,
            };
            serde_json::to_value(store.set_contact(&set).await?)?
        }
        SetContactRequest::Unset { subject } => serde_json::to_value(store.unset_contact(&subject).await?)?,
    })
}

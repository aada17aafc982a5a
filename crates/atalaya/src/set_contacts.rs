//! Contacts that a person sets by hand: setting one, taking it away, showing them.

use anyhow::ensure;
use atalaya_model::Timestamp;
use atalaya_store::{MOST_MAILBOXES, SetContact, Store};
use atalaya_web::SetContactsOrder;
use serde_json::Value;

/// Contacts in one answer.
const PAGE: u32 = 1_000;

/// Answers about contacts that were set by hand. The next search, in whatever process, uses what is set.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(store: &Store, asked: SetContactsOrder, now: Timestamp) -> anyhow::Result<Value> {
    Ok(match asked {
        SetContactsOrder::Show { after } => serde_json::to_value(store.set_contacts(&after, PAGE).await?)?,
        SetContactsOrder::Set {
            subject,
            mailboxes,
            reason,
            until,
        } => {
            ensure!(
                mailboxes.len() <= MOST_MAILBOXES,
                "a contact has at most {MOST_MAILBOXES} mailboxes"
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
        SetContactsOrder::Unset { subject } => serde_json::to_value(store.unset_contact(&subject).await?)?,
    })
}

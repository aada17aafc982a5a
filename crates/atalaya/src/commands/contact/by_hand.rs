//! `contact set`, `contact unset`, `contact show`: whom a person says is to be told about a prefix or a domain, or that nobody is.

use anyhow::bail;
use atalaya_model::Clock;
use atalaya_store::SetContact;
use atalaya_web::SetContactsOrder;

use super::joined;
use crate::cli::{ContactSet, ContactShow, ContactUnset, Whom};
use crate::commands::{Form, line_to, print, print_json, until_text};
use crate::control::Request;
use crate::folder::Missing;

/// Sets one.
pub(super) async fn set(set: ContactSet) -> anyhow::Result<()> {
    let mailboxes = Whom::mailboxes(set.whom).map_err(anyhow::Error::msg)?;
    let mut line = line_to(&set.place, Missing::Made).await?;
    let until = set.until.map(|end| end.moment(Clock::system().now()));
    let told = match mailboxes.as_slice() {
        [] => format!(
            "No notice is written about {}, {}.",
            set.subject,
            until_text(until)
        ),
        some => format!(
            "Notices about {} go to {} {}.",
            set.subject,
            joined(some),
            until_text(until)
        ),
    };
    let asked = SetContactsOrder::Set {
        subject: set.subject,
        mailboxes,
        reason: set.reason,
        until,
    };
    line.ask::<()>(Request::SetContacts(asked)).await?;
    print(told)
}

/// Takes one away.
pub(super) async fn unset(ContactUnset { place, subject }: ContactUnset) -> anyhow::Result<()> {
    let mut line = line_to(&place, Missing::Refused).await?;
    let asked = SetContactsOrder::Unset {
        subject: subject.clone(),
    };
    match line.ask::<bool>(Request::SetContacts(asked)).await? {
        true => print(format_args!("The contact of {subject} is looked for again.")),
        false => {
            bail!("no contact is set by hand for {subject}; `atalaya contact show` tells for what one is")
        }
    }
}

/// Shows all of them.
pub(super) async fn show(show: &ContactShow) -> anyhow::Result<()> {
    let mut line = line_to(&show.place, Missing::Refused).await?;
    let form = Form::from(show.json);
    let mut after = String::new();
    loop {
        let asked = SetContactsOrder::Show { after: after.clone() };
        let page: Vec<SetContact> = line.ask(Request::SetContacts(asked)).await?;
        let Some(last) = page.last() else { break };
        let last = last.subject.to_string();
        page.iter().try_for_each(|one| match form {
            Form::Json => print_json(one),
            Form::Text => print_one(one),
        })?;
        after = last;
    }
    match (form, after.is_empty()) {
        (Form::Text, true) => print("No contact is set by hand."),
        _ => Ok(()),
    }
}

/// Prints one.
pub(super) fn print_one(one: &SetContact) -> anyhow::Result<()> {
    let whom = if one.is_nobody() {
        "nobody".to_owned()
    } else {
        joined(&one.mailboxes)
    };
    print(format_args!(
        "{:<24} {whom}, set by hand since {} {}: {}",
        one.subject,
        one.since.date(),
        until_text(one.until),
        one.reason
    ))
}

//! Contacts that a person set: for what, which mailboxes or nobody, why and until when; setting one, and taking it away.

use askama::Template;
use atalaya_model::{Act, ContactSubject, MailAddress, Timestamp};
use atalaya_store::{KeptDeed, MOST_MAILBOXES, SetContact};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::act::{CHANGES, Deeds, MAIL, Told, before_of, perform};
use super::forms::{cut, end_of, reason_of};
use super::hand::DAYS;
use super::rows::day;
use super::tabs::{Tab, contact_tabs};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor, in_query};
use crate::console::operations::{Order, SetContactsOrder};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/contacts/by-hand";
/// Rows of a page.
const PAGE: u32 = 50;

/// Which contacts.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The last row of the page before.
    #[serde(default)]
    after: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/set_contacts.html")]
struct SetContactsPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    rows: Vec<SetContactRow>,
    next: Option<String>,
    first: Option<String>,
    may_change: bool,
    days: [u64; 6],
}

/// A contact in the table.
struct SetContactRow {
    subject: String,
    mailboxes: Vec<String>,
    why: String,
    since: Moment,
    until: Option<Moment>,
    is_over: bool,
}

/// `/console/contacts/by-hand`.
pub(super) async fn set_contacts(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(MAIL)?;
    let (t, now) = (visitor.reader.texts(), shared.app.clock.now());
    let mut all = shared.app.store.set_contacts(&asked.after, PAGE + 1).await?;
    let next = cut(&mut all, PAGE).map(|last| {
        let after = in_query(&last.subject.to_string());
        visitor.reader.link_to(&format!("{PATH}?after={after}"))
    });
    let row = |one: &SetContact| SetContactRow {
        subject: one.subject.to_string(),
        mailboxes: one.mailboxes.iter().map(ToString::to_string).collect(),
        why: one.reason.clone(),
        since: day(one.since, t),
        until: one.until.map(|until| t.units.moment(until)),
        is_over: one.is_over(now),
    };
    let template = SetContactsPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: contact_tabs(&visitor, Tab::SetContacts),
        rows: all.iter().map(row).collect(),
        next,
        first: (!asked.after.is_empty()).then(|| visitor.link(PATH)),
        may_change: visitor.may(CHANGES),
        days: DAYS,
        frame: ConsoleFrame::new(&shared, &visitor, Place::Contacts),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// What is typed about a contact.
#[derive(Deserialize)]
pub(super) struct Entry {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    mailboxes: String,
    /// Nobody is to be told.
    nobody: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    days: String,
}

impl Entry {
    fn subject(&self) -> Result<ContactSubject, Failure> {
        self.subject.parse().map_err(|_bad| Failure::BadRequest)
    }

    /// The mailboxes, each once; none where nobody is to be told, which is said and never left out.
    fn mailboxes(&self) -> Result<Vec<MailAddress>, Failure> {
        let mut read = Vec::new();
        let between = |letter: char| letter.is_whitespace() || letter == ',';
        for text in self.mailboxes.split(between).filter(|text| !text.is_empty()) {
            let mailbox: MailAddress = text.parse().map_err(|_bad| Failure::BadRequest)?;
            if !read.contains(&mailbox) {
                read.push(mailbox);
            }
        }
        let is_good = match self.nobody {
            Some(_) => read.is_empty(),
            None => (1..=MOST_MAILBOXES).contains(&read.len()),
        };
        is_good.then_some(read).ok_or(Failure::BadRequest)
    }
}

/// `POST /console/contacts/set`.
pub(super) async fn set(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (subject, mailboxes) = (form.subject()?, form.mailboxes()?);
    let reason = reason_of(&form.reason)?;
    let until = end_of(&form.days, shared.app.clock.now())?;
    let deeds = setting(&shared, subject, (mailboxes, reason, until)).await?;
    perform(&shared, &visitor, deeds, PATH).await
}

/// `POST /console/contacts/unset`.
pub(super) async fn unset(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let deeds = unsetting(&shared, form.subject()?).await?;
    perform(&shared, &visitor, deeds, PATH).await
}

/// Sets a contact.
async fn setting(
    shared: &Inner,
    subject: ContactSubject,
    (mailboxes, reason, until): (Vec<MailAddress>, String, Option<Timestamp>),
) -> Result<Deeds, Failure> {
    let before = before(shared, &subject).await?;
    let act = (Act::SetContact, subject.to_string());
    let details = json!({ "mailboxes": mailboxes, "reason": reason, "until": until, "before": before });
    let order = SetContactsOrder::Set {
        subject,
        mailboxes,
        reason,
        until,
    };
    Ok(Deeds::one(act, details, Order::SetContacts(order)))
}

/// Takes a contact away.
async fn unsetting(shared: &Inner, subject: ContactSubject) -> Result<Deeds, Failure> {
    let before = before(shared, &subject).await?;
    let act = (Act::UnsetContact, subject.to_string());
    let order = SetContactsOrder::Unset { subject };
    Ok(Deeds::one(
        act,
        json!({ "before": before }),
        Order::SetContacts(order),
    ))
}

/// What was set for exactly this and holds, as undoing needs it.
async fn before(shared: &Inner, subject: &ContactSubject) -> Result<Option<SetContact>, Failure> {
    let now = shared.app.clock.now();
    let set = shared.app.store.contact_set_for(subject).await?;
    Ok(set.filter(|set| !set.is_over(now)))
}

/// What takes back that a contact was set or taken away, and the page that it leads to. What has ended in the meantime does not come back.
pub(super) async fn contrary(shared: &Inner, kept: &KeptDeed) -> Result<(Deeds, String), Failure> {
    let subject: ContactSubject = kept.deed.target.parse().map_err(|_bad| Failure::Internal)?;
    let before: Option<SetContact> = before_of(kept)?;
    let now = shared.app.clock.now();
    let mut deeds = match before.filter(|before| !before.is_over(now)) {
        Some(before) => {
            let SetContact {
                mailboxes,
                reason,
                until,
                ..
            } = before;
            setting(shared, subject, (mailboxes, reason, until)).await?
        }
        None => unsetting(shared, subject).await?,
    };
    deeds.undoes = Some(kept.id);
    Ok((deeds, PATH.to_owned()))
}

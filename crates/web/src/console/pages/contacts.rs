//! Whom to tell of an address: the search for its abuse contact, with every question that was asked and what came of it.

use std::net::IpAddr;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::act::{MAIL, ask};
use super::tabs::{Tab, contact_tabs};
use crate::app::Shared;
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{ContactShown, ContactsOrder, Order, StepShown};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::texts::TellingTexts;

/// Searches at the same time: registries want to be asked slowly.
static SEARCHES: Semaphore = Semaphore::const_new(4);

#[derive(Template)]
#[template(path = "console/contacts.html")]
struct ContactsPage {
    frame: ConsoleFrame,
    tabs: Vec<NavLink>,
    address: String,
    wrong: bool,
    found: Option<Found>,
}

/// What a search gave.
struct Found {
    addresses: Vec<String>,
    network: String,
    prefix: String,
    /// Where it was found, and how sure that is.
    by: Option<(String, String)>,
    trouble: Option<String>,
    steps: Vec<StepShown>,
}

impl Found {
    fn new(shown: ContactShown, t: &TellingTexts) -> Self {
        let contact = shown.contact.as_ref();
        Self {
            addresses: contact
                .map(|contact| contact.addresses.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            network: contact.map(|contact| contact.network.clone()).unwrap_or_default(),
            prefix: contact
                .map(|contact| contact.prefix.to_string())
                .unwrap_or_default(),
            by: contact.map(|contact| ((t.named)(&contact.source), contact.confidence.to_string())),
            trouble: shown.trouble,
            steps: shown.steps,
        }
    }
}

/// `/console/contacts`.
pub(super) async fn contacts(State(shared): State<Shared>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(MAIL)?;
    let template = ContactsPage {
        address: String::new(),
        wrong: false,
        found: None,
        tabs: contact_tabs(&visitor, Tab::Search),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Contacts),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// Of which address.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    address: String,
}

/// `POST /console/contacts`: it asks others, so that no link may do it.
pub(super) async fn search(State(shared): State<Shared>, posted: Posted<Which>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(MAIL)?;
    let address: Option<IpAddr> = form.address.trim().parse().ok();
    let found = match address {
        Some(address) => {
            let turn = SEARCHES.acquire().await.map_err(|_closed| Failure::Internal)?;
            let shown: ContactShown = ask(&shared, Order::Contacts(ContactsOrder::One { address })).await?;
            drop(turn);
            Some(Found::new(shown, &visitor.reader.texts().console.telling))
        }
        None => None,
    };
    let template = ContactsPage {
        address: form.address,
        wrong: address.is_none(),
        found,
        tabs: contact_tabs(&visitor, Tab::Search),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Contacts),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

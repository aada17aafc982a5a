//! The page of a network, by the link in its notices and without an account: its addresses, what was seen of them, and what it can do.
//!
//! In: a ticket in the path, which names the contact and is sealed with a key of ours. All that is shown and done is about addresses that this
//! contact was told of. The ticket is the credential: it is in no log, no metric and no `Referer`.

mod actions;
mod evidence;
mod exception;
mod files;
mod link;
mod list;
mod sheet;

use atalaya_formats::{TICKET_SECRET, Ticket, TicketError};
use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::StoreError;
use axum::response::{IntoResponse, Response};

use super::Reader;
use crate::address::BadAddress;
use crate::app::Inner;
use crate::failure::Failure;

pub(crate) use actions::{back_to_network, network_fixed, network_not_ours};
pub(crate) use evidence::network_address;
pub(crate) use exception::network_exception;
pub(crate) use files::{api_network, network_csv};
pub(crate) use link::{ask_link, link_asked};
pub(crate) use list::network;

/// Whose page a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visitor {
    /// The contact.
    pub(super) contact: MailAddress,
    /// Until when the link opens it.
    pub(super) until: Timestamp,
}

/// Why a link opens nothing.
#[derive(Debug)]
pub(super) enum Shut {
    /// It is none of ours.
    Wrong,
    /// It was, for this contact.
    Expired(MailAddress),
    /// Nobody can say now.
    Failed(Failure),
}

impl From<StoreError> for Shut {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Why a request comes to nothing: a page that says what to do, or a failure.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is written.
    Page(Box<Response>),
    /// To be written.
    Failure(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<BadAddress> for Refusal {
    fn from(bad: BadAddress) -> Self {
        Self::Failure(bad.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Page(page) => *page,
            Self::Failure(failure) => failure.into_response(),
        }
    }
}

/// Opens a ticket.
async fn open(shared: &Inner, ticket: &str) -> Result<Visitor, Shut> {
    let key = shared.app.store.secret(TICKET_SECRET).await?;
    match Ticket::open(ticket, &key, shared.app.clock.now()) {
        Ok(Ticket { contact, until }) => Ok(Visitor { contact, until }),
        // At the beginning of time nothing had expired.
        Err(TicketError::Expired) => match Ticket::open(ticket, &key, Timestamp::EPOCH) {
            Ok(ticket) => Err(Shut::Expired(ticket.contact)),
            Err(_older) => Err(Shut::Wrong),
        },
        Err(TicketError::Malformed | TicketError::Forged) => Err(Shut::Wrong),
    }
}

/// Opens a ticket for a page; a link that opens nothing gets the page that says what to do.
async fn enter(shared: &Inner, reader: &Reader, ticket: &str) -> Result<Visitor, Refusal> {
    open(shared, ticket).await.map_err(|shut| match shut {
        Shut::Failed(failure) => Refusal::Failure(failure),
        shut => Refusal::Page(Box::new(link::shut(shared, reader, &shut))),
    })
}

/// A link of the page that keeps the language, with more in its query.
fn link_with(reader: &Reader, path: &str, query: &str) -> String {
    let link = reader.link(path);
    let sign = if link.contains('?') { '&' } else { '?' };
    format!("{link}{sign}{query}")
}

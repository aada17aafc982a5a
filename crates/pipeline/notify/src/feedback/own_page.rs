//! The page of a mailbox: what it asked for, what it is asked about, and what it enrolled. A sealed link opens it, which goes to the mailbox
//! and nowhere else.
//!
//! In: the ticket of a link, which names a mailbox. Out: what belongs to that mailbox and nothing of anybody else.

use std::time::Duration;

use atalaya_formats::{Ticket, TicketError};
use atalaya_model::{FeedbackScope, MailAddress, Timestamp};
use atalaya_store::{Enrolment, EnrolmentRequest, Proof, StoreError};

use super::Feedback;
use super::names::RecordNames;
use super::proofs::is_same;
use super::room::MOST_ENROLLED;

/// Where the page is, before the ticket.
const PATH: &str = "feedback/mine";
/// How long a link opens it.
const LINK_KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Whose page a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The mailbox.
    pub mailbox: MailAddress,
    /// Until when.
    pub until: Timestamp,
}

/// Why a link opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum ShutPage {
    /// It is none of ours.
    #[error("the link is not one of ours")]
    Wrong,
    /// Its time is over.
    #[error("the link has expired")]
    Expired,
    /// Nobody can say now.
    #[error("the link cannot be looked at now")]
    Failed(#[from] StoreError),
}

/// What stands on the page.
#[derive(Debug, Clone, Default)]
pub struct OwnPage {
    /// What the mailbox asked for.
    pub asked: Vec<EnrolmentRequest>,
    /// What others asked for, whom it may vouch for.
    pub to_vouch: Vec<EnrolmentRequest>,
    /// What it enrolled.
    pub enrolled: Vec<Enrolment>,
}

/// What has to stand in DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The token.
    pub token: String,
    /// Where, for a record; the names of the addresses begin with it otherwise.
    pub names: Option<RecordNames>,
}

impl Feedback {
    /// Opens the page of a link.
    ///
    /// # Errors
    /// The link opens nothing, or the store failed.
    pub async fn open_page(&self, ticket: &str) -> Result<Holder, ShutPage> {
        let key = self.page_key().await?;
        match Ticket::open(ticket, &key, self.clock.now()) {
            Ok(Ticket { contact, until }) => Ok(Holder {
                mailbox: contact,
                until,
            }),
            Err(TicketError::Expired) => Err(ShutPage::Expired),
            Err(TicketError::Malformed | TicketError::Forged) => Err(ShutPage::Wrong),
        }
    }

    /// What stands on the page of a mailbox.
    ///
    /// # Errors
    /// The store failed.
    pub async fn own_page(&self, mailbox: &MailAddress) -> Result<OwnPage, StoreError> {
        let now = self.clock.now();
        let mut requests = self.store.enrolment_requests_of(mailbox, MOST_ENROLLED).await?;
        let enrolled = self.store.enrolments_of(mailbox, MOST_ENROLLED).await?;
        // What is proven again waits for somebody else, and stands among what is enrolled.
        requests.retain(|one| one.is_open(now));
        let (asked, to_vouch): (Vec<_>, Vec<_>) = requests
            .into_iter()
            .partition(|one| is_same(&one.mailbox, mailbox));
        let is_new = |one: &EnrolmentRequest| enrolled.iter().all(|other| other.id != one.id);
        Ok(OwnPage {
            asked: asked.into_iter().filter(is_new).collect(),
            to_vouch: to_vouch
                .into_iter()
                .filter(|one| one.proven_at.is_none())
                .collect(),
            enrolled,
        })
    }

    /// What has to stand in DNS for a request, where its proof is one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn record_of(&self, request: &EnrolmentRequest) -> Result<Option<Record>, StoreError> {
        let names = match (request.proof, &request.scope) {
            (Proof::Txt, FeedbackScope::Prefix(prefix)) => Some(RecordNames::of(prefix)),
            (Proof::Txt, FeedbackScope::Domain(domain)) => Some(RecordNames::of_domain(domain)),
            (Proof::Reverse, _) => None,
            _ => return Ok(None),
        };
        let token = self.token(&request.scope, &request.mailbox).await?;
        Ok(Some(Record { token, names }))
    }

    /// The link to the page of a mailbox.
    pub(super) async fn page_link(&self, mailbox: &MailAddress) -> Result<String, StoreError> {
        let ticket = Ticket {
            contact: mailbox.clone(),
            until: self.clock.now().plus(LINK_KEPT),
        };
        let ticket = ticket.seal(&self.page_key().await?);
        Ok(format!("{}/{PATH}/{ticket}", self.names.public_url))
    }

    async fn page_key(&self) -> Result<[u8; 32], StoreError> {
        self.code(&[b"page"]).await
    }
}

//! Asking to be enrolled, by strangers: what they ask for is written down, and the mailbox that they name gets a mail.
//!
//! In: a form that anybody can fill in with anything. Out: a request and one mail for it, both bounded. Whoever asks learns nothing: not who
//! enrolled, not which mailbox is ours. Nothing is told of any message before the mailbox and the scope are proven.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{FeedbackScope, MailAddress, Prefix, Timestamp};
use atalaya_store::{EnrolmentRequest, Proof};
use metrics::counter;
use tracing::info;
use uuid::Uuid;

use super::config::Enrolling;
use super::enrol::{is_name, webhook_server};
use super::names::is_few;
use super::proofs::is_same;
use super::{Feedback, FeedbackError, NewEnrolment};

/// Most requests that wait: some megabytes, and as many mails in the time that they are kept.
const MOST_WAITING: u64 = 1_000;
/// Most of them of one client.
const MOST_OF_CLIENT: u64 = 10;
/// Most of them for one scope: somebody else's do not keep its holder out.
const MOST_FOR_SCOPE: u64 = 5;
/// Most of them that one mailbox has not confirmed, and so most mails that strangers can have sent to it in the time that they are kept.
const MOST_OF_MAILBOX: u64 = 3;
/// Most enrolments of one mailbox that made themselves.
pub(super) const MOST_ENROLLED: u32 = 50;
/// How long a request waits for its mailbox to confirm it: as long as the link in its mail works.
const UNCONFIRMED_KEPT: Duration = Duration::from_secs(7 * 86_400);
/// The IPv6 prefix that one site is commonly given (RFC 6177).
const SITE: u8 = 48;

/// What of a form cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// The name.
    Name,
    /// The address of the webhook.
    Webhook,
    /// The scope cannot be proven in that way.
    Proof,
}

impl Feedback {
    /// What of a form cannot be, as far as whoever filled it in may know.
    #[must_use]
    pub fn unfit(&self, new: &NewEnrolment, proof: Proof) -> Option<Unfit> {
        if !is_name(new.name.trim()) {
            return Some(Unfit::Name);
        }
        if !new.ways.webhook.as_deref().is_none_or(|url| self.is_public(url)) {
            return Some(Unfit::Webhook);
        }
        let fits = match (proof, &new.scope) {
            (Proof::Mail, FeedbackScope::Prefix(_) | FeedbackScope::Network(_))
            | (Proof::Txt, FeedbackScope::Prefix(_) | FeedbackScope::Domain(_)) => true,
            (Proof::Reverse, FeedbackScope::Prefix(prefix)) => is_few(prefix),
            _ => false,
        };
        (!fits).then_some(Unfit::Proof)
    }

    /// Whether a webhook leads to a public server, as far as that goes without resolving its name. What the operator opened inside his own
    /// network is for those whom he enrols.
    fn is_public(&self, url: &str) -> bool {
        webhook_server(url).is_some_and(|(host, port)| {
            url.starts_with("https://")
                && !self.reach.has(&host, port)
                && self.reach.check(&host, port, &[443]).is_ok()
        })
    }

    /// Writes a request down and a mail to its mailbox, if there is room for both; whoever asked is told the same either way.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ask(&self, new: NewEnrolment, proof: Proof, client: IpAddr) -> Result<(), FeedbackError> {
        let ended = |why: &'static str| {
            counter!("atalaya_notify_feedback_requests_total", "outcome" => why).increment(1);
            Ok(())
        };
        if self.config.enrol == Enrolling::Closed || self.unfit(&new, proof).is_some() {
            return ended("unfit");
        }
        if self.is_our_own(&new.mailbox) || self.store.is_left_alone(&new.mailbox).await? {
            return ended("no-mail");
        }
        let now = self.clock.now();
        let request = request(new, proof, (client, now));
        if self.is_known(&request).await? {
            // Whoever has a page is reminded of it; nobody else is written to twice.
            self.ask_for_page(&request.mailbox).await?;
            return ended("known");
        }
        if !self.has_room(&request).await? {
            return ended("no-room");
        }
        let mail = self.asked_mail(&request).await?;
        self.put_request(&request, Some(&mail)).await?;
        info!(request = %request.id, scope = %request.scope, "somebody asks to be enrolled");
        ended("taken")
    }

    /// Whether that mailbox asked for the same before, or has it.
    async fn is_known(&self, request: &EnrolmentRequest) -> Result<bool, FeedbackError> {
        let mailbox = &request.mailbox;
        let asked = self.store.enrolment_requests_of(mailbox, MOST_ENROLLED).await?;
        let is_it = |one: &EnrolmentRequest| one.scope == request.scope && is_same(&one.mailbox, mailbox);
        if asked.iter().any(is_it) {
            return Ok(true);
        }
        let enrolled = self.store.enrolments_of(mailbox, MOST_ENROLLED).await?;
        Ok(enrolled.iter().any(|one| one.scope == request.scope))
    }

    /// Whether one more may wait.
    async fn has_room(&self, request: &EnrolmentRequest) -> Result<bool, FeedbackError> {
        let EnrolmentRequest {
            client,
            scope,
            mailbox,
            ..
        } = request;
        let now = self.clock.now();
        self.store.delete_enrolment_requests(now).await?;
        let counts = self
            .store
            .count_enrolment_requests(client, scope, mailbox)
            .await?;
        Ok(counts.all < MOST_WAITING
            && counts.of_client < MOST_OF_CLIENT
            && counts.for_scope < MOST_FOR_SCOPE
            && counts.of_mailbox < MOST_OF_MAILBOX)
    }

    /// Sends a mailbox the link to its page, once a day, if it has confirmed or enrolled anything.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ask_for_page(&self, mailbox: &MailAddress) -> Result<(), FeedbackError> {
        if self.is_our_own(mailbox) || self.store.is_left_alone(mailbox).await? {
            return Ok(());
        }
        let asked = self.store.enrolment_requests_of(mailbox, MOST_ENROLLED).await?;
        let is_his = |one: &EnrolmentRequest| one.confirmed_at.is_some() && is_same(&one.mailbox, mailbox);
        if !asked.iter().any(is_his) && self.store.enrolments_of(mailbox, 1).await?.is_empty() {
            return Ok(());
        }
        let mail = self.page_mail(mailbox).await?;
        let mut transaction = self.store.begin().await?;
        transaction.add_mail(&mail).await?;
        Ok(transaction.commit().await?)
    }
}

fn request(new: NewEnrolment, proof: Proof, (client, now): (IpAddr, Timestamp)) -> EnrolmentRequest {
    let client = client.to_canonical();
    let site = if client.is_ipv4() {
        Prefix::single(client)
    } else {
        Prefix::new(client, SITE)
    };
    EnrolmentRequest {
        id: Uuid::new_v4(),
        scope: new.scope,
        name: new.name.trim().to_owned(),
        mailbox: new.mailbox,
        ways: new.ways,
        proof,
        client: site.to_string(),
        confirmed_at: None,
        contact: None,
        proven_at: None,
        approved_at: None,
        created_at: now,
        ends_at: now.plus(UNCONFIRMED_KEPT),
    }
}

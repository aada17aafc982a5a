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
use super::room::{MOST_ENROLLED, Room, room};
use super::{Feedback, FeedbackError, NewEnrolment};

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
        let enrolled = self.store.enrolments_of(&request.mailbox, MOST_ENROLLED).await?;
        let room = match enrolled.iter().any(|one| one.scope == request.scope) {
            true => Room::Known,
            false => self.write_down(&request).await?,
        };
        match room {
            Room::Known => {
                // Whoever has a page is reminded of it; nobody else is written to twice.
                self.ask_for_page(&request.mailbox).await?;
                ended("known")
            }
            Room::Taken => ended("no-room"),
            Room::Full => {
                self.tell_that_it_is_full();
                ended("full")
            }
            Room::Free | Room::Instead(_) => {
                info!(request = %request.id, scope = %request.scope, "somebody asks to be enrolled");
                ended("taken")
            }
        }
    }

    /// Writes a request and its mail down if there is room. Nobody else counts meanwhile, so that many at once are not more.
    async fn write_down(&self, request: &EnrolmentRequest) -> Result<Room, FeedbackError> {
        let mail = self.asked_mail(request).await?;
        let mut transaction = self.store.begin().await?;
        transaction.hold_requests().await?;
        let waiting = transaction.all_requests().await?;
        let room = room(&waiting, request, self.clock.now());
        match room {
            Room::Free => {}
            Room::Instead(other) => {
                self.tell_that_it_is_full();
                transaction.remove_enrolment_request(other).await?;
            }
            Room::Known | Room::Taken | Room::Full => {
                transaction.rollback().await?;
                return Ok(room);
            }
        }
        transaction.add_enrolment_request(request).await?;
        transaction.add_mail(&mail).await?;
        transaction.commit().await?;
        Ok(room)
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
        let now = self.clock.now();
        let is_his = |one: &EnrolmentRequest| {
            one.confirmed_at.is_some() && one.is_open(now) && is_same(&one.mailbox, mailbox)
        };
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
        dropped_at: None,
        refused_at: None,
        created_at: now,
        ends_at: now.plus(UNCONFIRMED_KEPT),
    }
}

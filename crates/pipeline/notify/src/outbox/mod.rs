//! The outbox: every mail that was written is carried away, once if the world allows.
//!
//! In: mails in the store, each taken under a lease. Out: mails at the relay, or files in a folder where there is no relay. A refusal for
//! now, and any trouble with the connection, is tried again with growing waits; a refusal for good, or trouble for too long, ends the
//! mail with the reason kept. So does a recipient who asked to be left alone while the mail waited.
//!
//! A mail leaves twice if this process dies after the relay took it and before that was noted, if the noting fails, and if the relay
//! took it but its answer was lost. Nothing on this side can rule that out (RFC 5321 section 4.5.3.2.6); the Message-ID is the same, so
//! that readers can.

mod folder;
mod relay;
mod retry;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use atalaya_model::Clock;
use atalaya_store::{OutgoingMail, Store, StoreError, Subscription, Topic};
use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::notice::NoticeConfig;
use folder::Folder;
use relay::Relay;

pub use relay::RelayError;

/// The longest wait for news of the outbox: other processes write to the store too, and postponed mails come due.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// How long a mail that was begun may go on when the program is to end.
const GRACE: Duration = Duration::from_secs(10);
/// What a lease is longer than the time that handing over a mail may take: time to note the outcome.
const LEASE_MARGIN: Duration = Duration::from_secs(60);
/// What is kept of a mail whose recipient asked for no more.
const LEFT_ALONE: &str = "the recipient asked to be left alone";

/// Carries the mails of the outbox away.
#[derive(Debug)]
pub struct Sender {
    config: NoticeConfig,
    store: Store,
    clock: Clock,
    way: Way,
}

/// Where mails go.
#[derive(Debug)]
enum Way {
    /// To the relay.
    Relay(Box<Relay>),
    /// Into a folder.
    Folder(Folder),
}

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    /// It may leave later.
    ForNow(String),
    /// The relay refuses to work for us, which the operator can mend; then it leaves.
    OfUs(String),
    /// It never will.
    ForGood(String),
}

impl Sender {
    /// Sends through the relay that the configuration names; without one, `folder` takes the mails as files.
    ///
    /// # Errors
    /// The relay cannot be used as configured.
    pub fn new(
        config: NoticeConfig,
        store: Store,
        clock: Clock,
        folder: PathBuf,
    ) -> Result<Self, RelayError> {
        let way = match Relay::new(&config)? {
            Some(relay) => Way::Relay(Box::new(relay)),
            None => Way::Folder(Folder::new(folder)),
        };
        Ok(Self {
            config,
            store,
            clock,
            way,
        })
    }

    /// Works until `stop` is cancelled. A mail that was begun gets a little time to end; after that its lease runs out and it is tried
    /// again, so that a relay that hangs cannot hold up the end of the program.
    pub async fn run(self, stop: CancellationToken) {
        let mut news = self.store.subscribe(Topic::Outbox);
        let patience = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::pin!(patience);
        while !stop.is_cancelled() {
            let sent = tokio::select! {
                sent = self.send_next() => sent,
                () = &mut patience => break,
            };
            tokio::select! {
                () = rest(sent, &mut news) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Carries one mail away. Says whether there was one.
    ///
    /// # Errors
    /// The store failed.
    async fn send_next(&self) -> Result<bool, StoreError> {
        let lease = self.config.timeout.duration().saturating_add(LEASE_MARGIN);
        let Some(mail) = self.store.take_mail(lease).await? else {
            return Ok(false);
        };
        if self.store.is_left_alone(&mail.recipient).await? {
            self.leave_alone(&mail).await?;
            return Ok(true);
        }
        let outcome = match &self.way {
            Way::Relay(relay) => relay.hand_over(&mail).await,
            Way::Folder(folder) => folder.keep(&mail).await,
        };
        self.note(&mail, outcome).await?;
        Ok(true)
    }

    /// Ends a mail whose recipient asked for no more after it was written.
    async fn leave_alone(&self, mail: &OutgoingMail) -> Result<(), StoreError> {
        count("left-alone");
        info!(mail.id = %mail.id, "a mail is not sent: its recipient asked to be left alone");
        self.store.mail_failed(mail.id, LEFT_ALONE).await
    }

    async fn note(&self, mail: &OutgoingMail, outcome: Result<(), Refusal>) -> Result<(), StoreError> {
        let is_old = self.clock.now().since(mail.created_at) >= self.config.give_up_after.duration();
        match outcome {
            Ok(()) => self.note_that_it_left(mail).await,
            Err(Refusal::ForGood(why)) => self.give_up(mail, &why).await,
            Err(Refusal::ForNow(why) | Refusal::OfUs(why)) if is_old => self.give_up(mail, &why).await,
            Err(Refusal::ForNow(why)) => {
                warn!(mail.id = %mail.id, attempts = mail.attempts, why, "a mail could not leave yet");
                self.postpone(mail, &why).await
            }
            Err(Refusal::OfUs(why)) => {
                blame_the_set_up(mail, &why);
                self.postpone(mail, &why).await
            }
        }
    }

    async fn note_that_it_left(&self, mail: &OutgoingMail) -> Result<(), StoreError> {
        count("sent");
        info!(mail.id = %mail.id, attempts = mail.attempts, "a mail left");
        match &self.way {
            Way::Relay(_) => self.store.mail_sent(mail.id).await,
            Way::Folder(_) => self.store.mail_filed(mail.id).await,
        }
    }

    async fn give_up(&self, mail: &OutgoingMail, why: &str) -> Result<(), StoreError> {
        count("failed");
        error!(mail.id = %mail.id, attempts = mail.attempts, why, "a mail will never leave");
        self.store.mail_failed(mail.id, why).await
    }

    async fn postpone(&self, mail: &OutgoingMail, why: &str) -> Result<(), StoreError> {
        let (first, longest) = (
            self.config.first_retry.duration(),
            self.config.longest_retry.duration(),
        );
        let until = self.clock.now().plus(retry::wait(mail, first, longest));
        count("postponed");
        self.store.mail_postponed(mail.id, until, why).await
    }
}

/// Goes on at once where there was a mail; else waits for more, or for the store to recover.
async fn rest(sent: Result<bool, StoreError>, news: &mut Subscription) {
    match sent {
        Ok(true) => {}
        Ok(false) => news.changed(LOOK_AGAIN).await,
        Err(failed) => {
            error!(
                error = &failed as &dyn std::error::Error,
                "the outbox cannot be worked"
            );
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }
}

/// Tells the operator, who alone can mend it.
fn blame_the_set_up(mail: &OutgoingMail, why: &str) {
    error!(mail.id = %mail.id, why, "the relay refuses us, not the mail: see notice.relay, notice.tls and notice.username");
}

fn count(outcome: &'static str) {
    counter!("atalaya_notify_mails_total", "outcome" => outcome).increment(1);
}

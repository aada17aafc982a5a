//! The outbox: every mail that was written is carried away, once if the world allows.
//!
//! In: mails in the store, taken many at a time under a lease. Out: mails at the relay or at the servers of their recipients, or files in a folder.
//! A refusal for now, and any trouble with the connection, is tried again with growing waits; a refusal for good, or trouble for too long,
//! ends the mail with the reason kept. So does a recipient who asked to be left alone, or where there is no mailbox, while the mail waited.
//!
//! Exactly once ends between the relay's `250` and the note of it in the store. A mail leaves twice if this process dies in between, if the
//! note fails until its lease is over, or if the relay took the mail but its answer was lost: then it is tried three times at most. Nothing on
//! this side can rule that out (RFC 5321 section 4.5.3.2.6); the Message-ID is the same, so that readers can. A connection carries its
//! next mail only when the note of the last one is durable: a crash doubles no more than one mail for each connection.

mod answers;
mod bounded;
mod config;
mod direct;
mod dkim;
mod folder;
mod limits;
mod notes;
mod pace;
mod parcel;
mod policies;
mod pool;
mod refusal;
mod relay;
mod retry;
mod server;
mod shown;
mod transfer;
mod work;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Clock;
use atalaya_store::{Store, StoreError, Topic};
use lettre::transport::smtp::Error as SmtpError;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::error;

use crate::notice::NoticeConfig;
use work::Work;

pub use config::{Delivery, DkimKey};
pub use dkim::{DkimError, DkimSigner, new_ed25519_key};
pub use shown::{ShownMail, text_without_secrets, words_without_secrets};

/// The longest wait for news of the outbox: other processes write to the store too, and postponed mails come due.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// How long mails that were begun may go on when the program is to end.
const GRACE: Duration = Duration::from_secs(10);
/// Mails taken for each connection: enough that none waits for the store, few enough that they fit into memory, also where they are large.
const AHEAD: u32 = 2;

/// The outbox cannot be worked as configured. Give up: the operator must act.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The name is no `host:port`.
    #[error("notice.relay `{0}` is not host:port")]
    BadName(String),
    /// TLS cannot be set up: see the certificates of this machine.
    #[error("TLS to notice.relay cannot be set up")]
    Tls(#[source] SmtpError),
    /// The mailbox that notices come from cannot be used.
    #[error("notice.sender cannot be used")]
    Sender(#[from] atalaya_model::BadMailAddress),
    /// The client that fetches policies cannot be made.
    #[error("MTA-STS policies cannot be fetched")]
    Http(#[from] atalaya_net::HttpError),
    /// A key cannot be used.
    #[error("notice.dkim cannot be used")]
    Dkim(#[from] DkimError),
}

/// Carries the mails of the outbox away.
#[derive(Debug)]
pub struct Sender {
    work: Arc<Work>,
    most: usize,
}

impl Sender {
    /// Sends as the configuration says; where mails are to stay, `folder` takes them as files.
    ///
    /// # Errors
    /// The relay or a key cannot be used as configured.
    pub fn new(
        config: NoticeConfig,
        store: Store,
        clock: Clock,
        folder: PathBuf,
    ) -> Result<Self, SenderError> {
        let most = config.connections.saturating_mul(AHEAD);
        Ok(Self {
            most: usize::try_from(most).unwrap_or(usize::MAX),
            work: Arc::new(Work::new(config, store, clock, folder, most)?),
        })
    }

    /// Works until `stop` is cancelled. Mails that were begun get a little time to end; after that their leases run out and they are tried
    /// again, so that a relay that hangs cannot hold up the end of the program.
    pub async fn run(self, stop: CancellationToken) {
        let mut busy = JoinSet::new();
        let patience = async {
            stop.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = self.hand_out(&mut busy, &stop) => {}
            () = patience => {}
        }
        let all = async { while busy.join_next().await.is_some() {} };
        drop(tokio::time::timeout(GRACE, all).await);
        busy.shutdown().await;
        self.work.close().await;
    }

    /// Takes mails and begins them, as many at a time as there may be, until `stop` is cancelled.
    async fn hand_out(&self, busy: &mut JoinSet<()>, stop: &CancellationToken) {
        let mut news = self.work.store().subscribe(Topic::Outbox);
        while !stop.is_cancelled() {
            while busy.try_join_next().is_some() {}
            let room = self.most.saturating_sub(busy.len());
            // Many at a time: each taking is a transaction. No more than a quarter: domains that are slow may keep the rest.
            if room.saturating_mul(4) < self.most {
                tokio::select! {
                    _one = busy.join_next() => {}
                    () = stop.cancelled() => {}
                }
                continue;
            }
            let is_more = self.begin(room, busy, stop).await.unwrap_or_else(|failed| {
                tell(&failed);
                false
            });
            if !is_more {
                tokio::select! {
                    () = news.changed(LOOK_AGAIN) => {}
                    () = stop.cancelled() => {}
                }
            }
            self.work.sweep();
        }
    }

    /// Takes up to `room` mails and begins them. Says whether there may be more.
    async fn begin(
        &self,
        room: usize,
        busy: &mut JoinSet<()>,
        stop: &CancellationToken,
    ) -> Result<bool, StoreError> {
        let batch = self.work.take(room).await?;
        for mail in batch.mails {
            let work = Arc::clone(&self.work);
            busy.spawn(work.carry(mail, stop.clone()));
        }
        Ok(batch.is_full)
    }
}

fn tell(failed: &StoreError) {
    error!(
        error = failed as &dyn std::error::Error,
        "the outbox cannot be worked"
    );
}

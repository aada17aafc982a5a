//! One mail of the outbox: from its lease to the note of what became of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Clock, Timestamp};
use atalaya_store::{MailNote, MailOutcome, OutgoingMail, Store, StoreError, Suppressed};
use metrics::counter;
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::config::Delivery;
use super::direct::Direct;
use super::dkim::{DkimError, DkimSigner};
use super::folder::Folder;
use super::limits::Limits;
use super::notes::Notes;
use super::pace::{Pace, Share};
use super::parcel::{Parcel, Wrapping};
use super::pool::Pool;
use super::refusal::Refusal;
use super::relay::{Handed, Reached, Relay};
use super::{SenderError, retry, tell};
use crate::notice::NoticeConfig;

/// How long a mail may wait for a connection after it was taken.
const QUEUE: Duration = Duration::from_secs(300);
/// What a lease is longer than waiting and handing over may take: time to note the outcome.
const LEASE_MARGIN: Duration = Duration::from_secs(60);
/// The wait after the store failed to note something.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// How often a mail is given to servers that do not say whether they took it.
const MOST_UNANSWERED: u32 = 3;
/// The wait between two of these times.
const UNANSWERED_WAIT: Duration = Duration::from_secs(4 * 3_600);
/// Mails under way for each connection to a domain.
const WAITING: u32 = 4;
/// A domain that takes longer for a mail is left alone for a while: whoever waits for it holds a connection and a place that others need.
const SLOW: Duration = Duration::from_secs(120);
/// What pace is told in.
const MINUTE: Duration = Duration::from_secs(60);
/// The name of the secret that return paths are sealed with.
const SECRET_NAME: &str = "return-path";

/// What it takes to carry mails away.
#[derive(Debug)]
pub(super) struct Work {
    config: NoticeConfig,
    limits: Limits,
    store: Store,
    clock: Clock,
    way: Way,
    wrapping: Wrapping,
    key: OnceCell<Vec<u8>>,
    notes: Notes,
    pace: Pace,
    /// One for each mail that is just being handed over.
    slots: Semaphore,
}

/// Where mails go.
#[derive(Debug)]
pub(super) enum Way {
    /// To the relay.
    Relay(Box<Relay>),
    /// To the servers of each recipient.
    Direct(Box<Direct>),
    /// Into a folder.
    Folder(Folder),
}

/// Mails that were taken.
#[derive(Debug)]
pub(super) struct Batch {
    /// Those that go.
    pub(super) mails: Vec<OutgoingMail>,
    /// Whether as many were taken as could be: there may be more.
    pub(super) is_full: bool,
}

impl Work {
    /// `most`: mails that are under way at once.
    pub(super) fn new(
        config: NoticeConfig,
        store: Store,
        clock: Clock,
        folder: PathBuf,
        most: u32,
    ) -> Result<Self, SenderError> {
        let way = match (config.way(), &config.relay) {
            (Delivery::Relay, Some(name)) => Way::Relay(Box::new(Relay::new(name, &config, &clock)?)),
            (Delivery::Relay, None) => return Err(SenderError::BadName(String::new())),
            (Delivery::Direct, _) => Way::Direct(Box::new(Direct::new(&config, &clock)?)),
            (Delivery::Folder, _) => Way::Folder(Folder::new(folder)),
        };
        let share = share(&way, &config, most);
        let signers = config.dkim.iter().map(DkimSigner::load);
        let wrapping = Wrapping {
            signers: signers.collect::<Result<_, DkimError>>()?,
            return_path: config.return_path.clone(),
        };
        Ok(Self {
            slots: Semaphore::new(usize::try_from(config.connections).unwrap_or(1)),
            limits: Limits::new(config.timeout.duration()),
            config,
            store,
            clock,
            way,
            wrapping,
            key: OnceCell::new(),
            notes: Notes::default(),
            pace: Pace::new(share),
        })
    }

    pub(super) const fn store(&self) -> &Store {
        &self.store
    }

    /// Takes up to `most` mails, and ends those at once that nobody wants any more.
    ///
    /// # Errors
    /// The store failed.
    pub(super) async fn take(&self, most: usize) -> Result<Batch, StoreError> {
        let lease = self.limits.total().saturating_add(QUEUE + LEASE_MARGIN);
        let limit = u32::try_from(most).unwrap_or(u32::MAX);
        let mut mails = self.store.take_mails(limit, lease).await?;
        let is_full = mails.len() >= most;
        let recipients: Vec<_> = mails.iter().map(|mail| &mail.recipient).collect();
        let unwanted = self.store.unwanted(&recipients).await?;
        let mut ended = Vec::new();
        mails.retain(|mail| {
            let why = unwanted.get(&mail.recipient.as_str().to_ascii_lowercase());
            ended.extend(why.map(|why| unsent(mail, why)));
            why.is_none()
        });
        if !ended.is_empty() {
            self.store.note_mails(&ended).await?;
        }
        Ok(Batch { mails, is_full })
    }

    /// Carries one mail away, and notes what became of it.
    pub(super) async fn carry(self: Arc<Self>, mail: OutgoingMail, stop: CancellationToken) {
        let destination = self.destination(&mail);
        let connections = match self.pace.go(destination, self.clock.now()) {
            Ok(connections) => connections,
            Err(later) => return self.hold(&mail, later).await,
        };
        // In this order: who waits for a slow domain must not keep a slot from the others.
        let turn = async {
            let connection = connections.acquire().await.ok()?;
            Some((connection, self.slots.acquire().await.ok()?))
        };
        let turn = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            turn = turn => turn,
        };
        let now = || self.clock.now();
        // So near the end of its lease it could be taken again while it leaves.
        let needed = self.limits.total().saturating_add(LEASE_MARGIN);
        let is_late = now().plus(needed) >= mail.leased_until;
        if is_late || turn.is_none() {
            self.pace.tried(destination, Reached::Unknown, now());
            return self.hold(&mail, now()).await;
        }
        let begin = now();
        match self.try_once(&mail).await {
            Ok(handed) => {
                let is_slow = matches!(self.way, Way::Direct(_)) && now().since(begin) > SLOW;
                let reached = if is_slow { Reached::Slowly } else { handed.reached };
                self.pace.tried(destination, reached, now());
                self.settle(&mail, handed).await;
            }
            // Its lease runs out.
            Err(failed) => {
                self.pace.tried(destination, Reached::Unknown, now());
                tell(&failed);
            }
        }
    }

    /// Gives a mail back that was not tried.
    async fn hold(&self, mail: &OutgoingMail, until: Timestamp) {
        let outcome = MailOutcome::Held { until };
        self.note(note(mail, outcome)).await;
    }

    /// Ends connections that nobody has used for a while.
    pub(super) fn sweep(&self) {
        if let Some(pool) = self.pool() {
            pool.sweep();
        }
    }

    /// Ends all connections.
    pub(super) async fn close(&self) {
        if let Some(pool) = self.pool() {
            pool.close().await;
        }
    }

    fn pool(&self) -> Option<&Pool> {
        match &self.way {
            Way::Relay(relay) => Some(relay.pool()),
            Way::Direct(direct) => Some(direct.pool()),
            Way::Folder(_) => None,
        }
    }

    /// Where a mail goes: what is in trouble together.
    fn destination<'a>(&self, mail: &'a OutgoingMail) -> &'a str {
        match self.way {
            Way::Relay(_) | Way::Folder(_) => "",
            Way::Direct(_) => mail.recipient.domain(),
        }
    }

    async fn try_once(&self, mail: &OutgoingMail) -> Result<Handed, StoreError> {
        Ok(match &self.way {
            Way::Folder(folder) => Handed {
                outcome: folder.keep(mail).await,
                reached: Reached::Yes,
                kept: None,
            },
            Way::Relay(relay) => match self.pack(mail).await? {
                Ok(parcel) => relay.hand_over(&parcel).await,
                Err(refusal) => Handed::failed(refusal, Reached::Unknown),
            },
            Way::Direct(direct) => match self.pack(mail).await? {
                Ok(parcel) => direct.hand_over(&parcel, mail.recipient.domain()).await,
                Err(refusal) => Handed::failed(refusal, Reached::Unknown),
            },
        })
    }

    async fn pack(&self, mail: &OutgoingMail) -> Result<Result<Parcel, Refusal>, StoreError> {
        let key = self
            .key
            .get_or_try_init(|| self.store.secret(SECRET_NAME))
            .await?;
        Ok(self.wrapping.pack(mail, key, self.clock.now()))
    }

    /// Notes what became of a mail, and then lets its connection go on.
    async fn settle(&self, mail: &OutgoingMail, handed: Handed) {
        if let Err(Refusal::NoMailbox(why)) = &handed.outcome {
            self.suppress(mail, why).await;
        }
        let outcome = self.outcome(mail, handed.outcome);
        let is_noted = self.note(note(mail, outcome)).await;
        if let (true, Some(kept), Some(pool)) = (is_noted, handed.kept, self.pool()) {
            pool.give_back(kept);
        }
    }

    /// What is noted of a try.
    fn outcome(&self, mail: &OutgoingMail, outcome: Result<(), Refusal>) -> MailOutcome {
        let now = self.clock.now();
        let is_old = now.since(mail.created_at) >= self.config.give_up_after.duration();
        let (why, is_ours) = match outcome {
            Ok(()) => return self.left(mail),
            Err(Refusal::ForGood(why) | Refusal::NoMailbox(why)) => return given_up(mail, why),
            Err(Refusal::Unanswered(why)) => return self.unanswered(mail, &why),
            Err(Refusal::ForNow(why) | Refusal::OfUs(why)) if is_old => return given_up(mail, why),
            Err(Refusal::ForNow(why)) => (why, false),
            Err(Refusal::OfUs(why)) => (why, true),
        };
        if is_ours {
            // Tells the operator, who alone can mend it.
            error!(mail.id = %mail.id, why, "the server refuses us, not the mail: see notice.relay, notice.tls, notice.username and notice.dkim");
        } else {
            warn!(mail.id = %mail.id, attempts = mail.attempts, why, "a mail could not leave yet");
        }
        count("postponed");
        let (first, longest) = (
            self.config.first_retry.duration(),
            self.config.longest_retry.duration(),
        );
        let until = now.plus(retry::wait(mail, first, longest));
        MailOutcome::Postponed { until, why }
    }

    /// What may have left is tried again hours apart and not often: each try may be one mail more for the recipient.
    fn unanswered(&self, mail: &OutgoingMail, why: &str) -> MailOutcome {
        let times = mail.unanswered.saturating_add(1);
        let why = format!(
            "it may have arrived: {times} of {MOST_UNANSWERED} times the server got it whole and did not say whether it took it: {why}"
        );
        if times >= MOST_UNANSWERED {
            return given_up(mail, why);
        }
        warn!(mail.id = %mail.id, attempts = mail.attempts, why, "a mail may have left");
        count("unanswered");
        let wait = retry::wait(mail, UNANSWERED_WAIT, UNANSWERED_WAIT);
        let until = self.clock.now().plus(wait);
        MailOutcome::Unanswered { until, why }
    }

    fn left(&self, mail: &OutgoingMail) -> MailOutcome {
        count("sent");
        info!(mail.id = %mail.id, attempts = mail.attempts, "a mail left");
        match self.way {
            Way::Relay(_) | Way::Direct(_) => MailOutcome::Sent,
            Way::Folder(_) => MailOutcome::Filed,
        }
    }

    /// Nothing goes for a while to where there is no mailbox. If that cannot be noted, the next mail finds out again.
    async fn suppress(&self, mail: &OutgoingMail, why: &str) {
        let now = self.clock.now();
        let suppressed = Suppressed {
            address: mail.recipient.clone(),
            why: why.to_owned(),
            since: now,
            until: Some(now.plus(self.config.suppress_for.duration())),
        };
        if let Err(failed) = self.store.suppress(&suppressed).await {
            tell(&failed);
        }
    }

    /// Notes what became of a mail, again and again until it is durable or the lease is over: while that fails, the connection carries nothing
    /// else. Tells whether it is durable.
    async fn note(&self, note: MailNote) -> bool {
        while let Err(failed) = self.notes.write(&self.store, note.clone()).await {
            tell(&failed);
            if !failed.is_temporary() || self.clock.now() >= note.lease {
                return false;
            }
            tokio::time::sleep(STORE_PAUSE).await;
        }
        true
    }
}

/// What a destination is given. A domain has a quarter of all at most, so that a few slow ones do not stop all.
fn share(way: &Way, config: &NoticeConfig, most: u32) -> Share {
    match way {
        Way::Direct(_) => Share {
            connections: config.connections_per_domain.min(config.connections / 4).max(1),
            under_way: config
                .connections_per_domain
                .saturating_mul(WAITING)
                .min(most / 4)
                .max(1),
            interval: MINUTE / config.mails_per_minute.max(1),
        },
        // The slots are its share.
        Way::Relay(_) | Way::Folder(_) => Share {
            connections: u32::from(u16::MAX),
            under_way: u32::MAX,
            interval: Duration::ZERO,
        },
    }
}

/// Ends a mail that its recipient does not want.
fn unsent(mail: &OutgoingMail, why: &str) -> MailNote {
    count("unwanted");
    info!(mail.id = %mail.id, why, "a mail is not sent");
    note(mail, MailOutcome::Failed { why: why.to_owned() })
}

const fn note(mail: &OutgoingMail, outcome: MailOutcome) -> MailNote {
    MailNote {
        id: mail.id,
        lease: mail.leased_until,
        outcome,
    }
}

fn given_up(mail: &OutgoingMail, why: String) -> MailOutcome {
    count("failed");
    error!(mail.id = %mail.id, attempts = mail.attempts, why, "a mail will never leave");
    MailOutcome::Failed { why }
}

fn count(outcome: &'static str) {
    counter!("atalaya_notify_mails_total", "outcome" => outcome).increment(1);
}

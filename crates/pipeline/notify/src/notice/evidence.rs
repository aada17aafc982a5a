//! The evidence that goes into a notice: what was seen of an address, and one mail with all recipients hidden.
//!
//! Only spam whose sender completed a TCP handshake counts: whatever could be spoofed may never accuse anybody. Without a kept message
//! there is no evidence, and without evidence no notice. What is shown is the network's view (`formats::view`), but for the conversation: a
//! feedback report has three parts, and its reader needs none of it to find his machine. Who asks for it gets it from the operator.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_formats::redact::{HiddenMessage, TrapNames};
use atalaya_formats::signatures::Matcher;
use atalaya_formats::view::{self, HiddenEnvelope, Material, System, View};
use atalaya_model::{Handshake, MailAddress, Observation, Prefix, Timestamp};
use atalaya_store::Store;

use super::error::NoticeError;

/// Most observations that are looked at, the newest first.
const LOOK_AT: u32 = 200;
/// Most messages that are fetched to find one that can be shown.
const TRY_MESSAGES: usize = 5;
/// Most observations of the same message whose recipients are hidden in it, the newest first. A message that reaches more traps is the
/// same for all, and names them in its header at most.
const SAME_MESSAGE: u32 = 500;

/// What is hidden, how much is shown, and what names the systems of clients.
#[derive(Debug, Clone)]
pub(super) struct Hiding {
    /// The names of the traps.
    pub(super) traps: Arc<TrapNames>,
    /// The key of the pseudonyms of this network.
    pub(super) key: Vec<u8>,
    /// The largest message that is shown whole, in bytes.
    pub(super) most: usize,
    /// Names network stacks.
    pub(super) signatures: Arc<Matcher>,
}

/// What is shown to the contact.
#[derive(Debug)]
pub(super) struct Evidence {
    /// The observation whose message is shown.
    pub(super) shown: Observation,
    /// Its message, recipients hidden.
    pub(super) message: HiddenMessage,
    /// Its envelope, recipients hidden.
    pub(super) envelope: HiddenEnvelope,
    /// What opened the connection, where a signature knows it.
    pub(super) system: Option<System>,
    /// How many observations there are.
    pub(super) count: usize,
    /// Whether there are more than were counted.
    pub(super) has_more: bool,
    /// When the first and the last of them were seen.
    pub(super) first_seen: Timestamp,
    /// See `first_seen`.
    pub(super) last_seen: Timestamp,
}

/// What is noted of the evidence when an incident is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sighting {
    /// The address that was seen last.
    pub(super) address: IpAddr,
    /// When the first and the last of what speaks against it were seen.
    pub(super) first_seen: Timestamp,
    /// See `first_seen`.
    pub(super) last_seen: Timestamp,
}

impl Sighting {
    /// The address under `prefix` that was seen last with evidence of which a message is kept; none where there is no such evidence.
    pub(super) async fn of(store: &Store, prefix: &Prefix) -> Result<Option<Self>, NoticeError> {
        let seen = store.observations_of(prefix, LOOK_AT).await?;
        let proven: Vec<&Observation> = seen.iter().filter(|seen| is_proof(seen)).collect();
        for shown in proven.iter().take(TRY_MESSAGES) {
            let Some(digest) = &shown.message else { continue };
            if store.message(digest).await?.is_none() {
                continue;
            }
            let of_address = || proven.iter().filter(|seen| seen.address == shown.address);
            let times = || of_address().map(|seen| seen.seen_at);
            return Ok(Some(Self {
                address: shown.address,
                first_seen: times().min().unwrap_or(shown.seen_at),
                last_seen: times().max().unwrap_or(shown.seen_at),
            }));
        }
        Ok(None)
    }
}

impl Evidence {
    /// Loads the evidence against the part of `prefix` that lies in `network`; none where there is nothing to show.
    pub(super) async fn load(
        store: &Store,
        prefix: &Prefix,
        network: &Prefix,
        hiding: &Hiding,
    ) -> Result<Option<Self>, NoticeError> {
        let seen = store.observations_of(prefix, LOOK_AT).await?;
        let has_more = seen.len() >= usize::try_from(LOOK_AT).unwrap_or(usize::MAX);
        let is_theirs = |seen: &Observation| is_proof(seen) && network.contains(seen.address);
        let proven: Vec<Observation> = seen.into_iter().filter(is_theirs).collect();
        let (Some(newest), Some(oldest)) = (proven.first(), proven.last()) else {
            return Ok(None);
        };
        for shown in best_first(&proven).into_iter().take(TRY_MESSAGES) {
            let Some(digest) = &shown.message else { continue };
            let Some(raw) = store.message(digest).await? else {
                continue;
            };
            let others = store.recipients_of(digest, SAME_MESSAGE).await?;
            let (shown, hiding) = (shown.clone(), hiding.clone());
            // A message may be of some MiB, and is read in many ways.
            let hide = move || Self::of(&shown, (&raw, &others), &hiding);
            let Some(evidence) = tokio::task::spawn_blocking(hide).await? else {
                continue;
            };
            return Ok(Some(Self {
                count: proven.len(),
                has_more,
                first_seen: oldest.seen_at,
                last_seen: newest.seen_at,
                ..evidence
            }));
        }
        Ok(None)
    }

    /// One observation with its message and everybody whom that reached; none where the message cannot be made safe to show.
    pub(super) fn of(
        shown: &Observation,
        (raw, recipients): (&[u8], &[String]),
        hiding: &Hiding,
    ) -> Option<Self> {
        let material = Material {
            seen: shown,
            message: Some(raw),
            reached: recipients,
            conversation: None,
            dialect: None,
            shape: None,
        };
        let names = view::Hiding {
            key: &hiding.key,
            traps: &hiding.traps,
        };
        let redactor = material.redactor(View::Network, names);
        Some(Self {
            message: redactor.hide_message(raw, hiding.most)?,
            envelope: HiddenEnvelope::of(shown, View::Network, &redactor),
            system: System::of(shown, &hiding.signatures).filter(|system| system.label.is_some()),
            shown: shown.clone(),
            count: 1,
            has_more: false,
            first_seen: shown.seen_at,
            last_seen: shown.seen_at,
        })
    }

    /// The envelope sender, where it is a mailbox as X-ARF wants it.
    pub(super) fn mail_from(&self) -> Option<MailAddress> {
        self.envelope.mail_from.parse().ok()
    }
}

/// Whether an observation may accuse its address. What others reported is kept with their names and those of their users in it, and is not
/// shown.
fn is_proof(observation: &Observation) -> bool {
    observation.counts() && observation.handshake == Handshake::Completed && observation.message.is_some()
}

/// The newest first, but before them those whose port and sender are known: a network behind one address needs the port to find its
/// customer, and X-ARF asks for both.
fn best_first(proven: &[Observation]) -> Vec<&Observation> {
    let is_complete = |observation: &&Observation| {
        observation.source_port.is_some_and(|port| port != 0)
            && observation.envelope.mail_from.parse::<MailAddress>().is_ok()
    };
    let complete = proven.iter().filter(is_complete);
    let rest = proven.iter().filter(|observation| !is_complete(observation));
    complete.chain(rest).collect()
}

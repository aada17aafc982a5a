//! What all parts of the feedback loop share: the configuration, the store, and the secrets that follow from the store's.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use atalaya_formats::redact::{SharedTrapNames, keyed_hash};
use atalaya_model::{Clock, Digest, MailAddress};
use atalaya_net::{ExchangeLimits, HttpClient, HttpError, Reach, Resolver};
use atalaya_store::{Enrolment, Store, StoreError};
use data_encoding::BASE64;
use tracing::warn;
use uuid::{Builder, Uuid};

use super::FeedbackConfig;
use super::proofs::Provers;
use super::signed::Keys;
use crate::notice::{NoticeConfig, host_and_port};
use crate::{DkimKey, FeedbackError, ListNames};

/// The name of the secret that all others follow from.
const SECRET: &str = "feedback";
/// What the secrets of webhooks begin with, by the convention of Standard Webhooks.
const WEBHOOK_SECRET: &str = "whsec_";

/// The feedback loop. Cheap to share in an `Arc`.
pub struct Feedback {
    pub(super) config: FeedbackConfig,
    pub(super) organisation: String,
    pub(super) sender: MailAddress,
    /// The largest message that is shown whole, in bytes.
    pub(super) max_evidence: usize,
    pub(super) names: ListNames,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) traps: SharedTrapNames,
    pub(super) http: HttpClient,
    pub(super) reach: Arc<Reach>,
    pub(super) provers: Provers,
    /// The keys of those who sign.
    pub(super) keys: Keys,
    /// The day (since 1970) on which the operator was told last that there is no room for requests.
    pub(super) told_full: AtomicU64,
}

impl Feedback {
    /// The loop of the list of that name. Its mails come from where notices come from.
    ///
    /// # Errors
    /// The HTTPS client cannot be made, or the mailbox of notices cannot be used.
    pub fn new(
        config: FeedbackConfig,
        notice: &NoticeConfig,
        names: ListNames,
        (store, clock): (Store, Clock),
        traps: SharedTrapNames,
    ) -> Result<Self, FeedbackError> {
        let mut reach = Reach::default();
        let servers = config.webhook_servers.iter();
        for (host, port) in servers.filter_map(|server| host_and_port(server)) {
            reach.allow(host, port);
        }
        let reach = Arc::new(reach);
        let sender = notice.sender()?;
        // RFC 9477 section 3.5: a report that its own domain has not signed is thrown away.
        let is_own = |key: &DkimKey| key.domain.eq_ignore_ascii_case(sender.domain());
        if config.cfbl && !notice.dkim.iter().any(is_own) {
            warn!(
                domain = sender.domain(),
                "feedback.cfbl is on, and no key in notice.dkim is of the domain of notice.sender: the relay has to sign"
            );
        }
        let limits = ExchangeLimits {
            timeout: config.webhook_timeout.duration(),
            max_answer: 0,
        };
        Ok(Self {
            keys: Keys::new(Resolver::new(config.resolvers.clone()), clock.clone()),
            http: HttpClient::new(limits, 0, Arc::clone(&reach)).map_err(|failed: HttpError| {
                FeedbackError::Refused(format!("webhooks cannot be called: {failed}"))
            })?,
            reach,
            provers: Provers::new(None, None),
            told_full: AtomicU64::default(),
            organisation: notice.organisation.clone(),
            sender,
            max_evidence: notice.max_evidence.bytes(),
            config,
            names,
            store,
            clock,
            traps,
        })
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &FeedbackConfig {
        &self.config
    }

    /// A code that nobody without the secret of this store can make.
    pub(super) async fn code(&self, pieces: &[&[u8]]) -> Result<[u8; 32], StoreError> {
        let secret = self.store.secret(SECRET).await?;
        Ok(keyed_hash(&secret, pieces))
    }

    /// An id that follows from what it names, and that nobody else can find.
    pub(super) async fn id(&self, pieces: &[&[u8]]) -> Result<Uuid, StoreError> {
        let code = self.code(pieces).await?;
        let mut bytes = [0; 16];
        for (slot, byte) in bytes.iter_mut().zip(code) {
            *slot = byte;
        }
        // X-ARF wants the form of version 4; the bytes are as good as random.
        Ok(Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The digest under which the store keeps the key of a feed.
    pub(super) async fn key_digest(&self, key: &str) -> Result<Digest, StoreError> {
        Ok(Digest(self.code(&[b"pull", key.as_bytes()]).await?))
    }

    /// The bytes that the calls of a webhook are signed with.
    pub(super) async fn webhook_key(&self, enrolment: &Enrolment) -> Result<[u8; 32], StoreError> {
        let generation = enrolment.generation.to_be_bytes();
        self.code(&[b"webhook", enrolment.id.as_bytes(), &generation])
            .await
    }

    /// The same as its receiver is given it.
    pub(super) async fn webhook_secret(&self, enrolment: &Enrolment) -> Result<String, StoreError> {
        let key = self.webhook_key(enrolment).await?;
        Ok(format!("{WEBHOOK_SECRET}{}", BASE64.encode(&key)))
    }
}

impl fmt::Debug for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feedback")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

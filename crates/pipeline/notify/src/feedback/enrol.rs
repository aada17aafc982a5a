//! Enrolling, proving, and ending. What the operator says needs no other proof.

use atalaya_model::{BadMailAddress, Digest, FeedbackScope, MailAddress, Timestamp};
use atalaya_net::server_of;
use atalaya_store::{Delivery, Enrolment, EnrolmentState, Proof, RequestStep, StoreError, Ways};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Feedback;
use super::proofs::is_same;

/// The longest name of an enroller.
const MAX_NAME: usize = 80;
/// The longest URL of a webhook.
const MAX_URL: usize = 500;
/// What the keys of feeds begin with, so that whoever finds one knows where it belongs.
const PULL_KEY: &str = "atf_";

/// Why something about the feedback loop could not be done.
#[derive(Debug, thiserror::Error)]
pub enum FeedbackError {
    /// What was asked for cannot be: a sentence for who asked.
    #[error("{0}")]
    Refused(String),
    /// There is no such enrolment.
    #[error("there is no enrolment {0}")]
    Unknown(Uuid),
    /// The store failed. Try again.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Hiding the recipients was cut short. Try again.
    #[error("the evidence could not be made ready")]
    Hiding(#[from] tokio::task::JoinError),
    /// The mailbox that mails come from cannot be used. The operator must act.
    #[error("notice.sender cannot be used")]
    Sender(#[from] BadMailAddress),
}

/// Who enrols, and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEnrolment {
    /// What he is to be told of.
    pub scope: FeedbackScope,
    /// Who he is.
    pub name: String,
    /// His mailbox.
    pub mailbox: MailAddress,
    /// In which ways he is told.
    pub ways: Ways,
}

/// What the enroller needs and nobody else may know. It is shown once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// The key of his feed.
    pub pull_key: String,
    /// What the calls of his webhook are signed with, where he has one.
    pub webhook_secret: Option<String>,
}

/// Shows nothing.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Feedback {
    /// Enrols somebody by the operator's word.
    ///
    /// # Errors
    /// What was asked for cannot be, or the store failed.
    pub async fn add(&self, new: NewEnrolment) -> Result<(Enrolment, Secrets), FeedbackError> {
        self.check(&new)?;
        let (all, _his) = self.store.count_enrolments(&new.mailbox).await?;
        if self.is_full(all) {
            let most = self.config.most_enrolments;
            return Err(FeedbackError::Refused(format!(
                "there are {most} enrolments, and no more are taken (feedback.most_enrolments)"
            )));
        }
        let now = self.clock.now();
        let enrolment = Enrolment {
            id: Uuid::new_v4(),
            scope: new.scope,
            name: new.name.trim().to_owned(),
            mailbox: new.mailbox,
            state: EnrolmentState::Active,
            proof: Some(Proof::Operator),
            ways: new.ways,
            pull_key: None,
            generation: 0,
            created_at: now,
            ends_at: self.proven_until(now),
            warned_at: None,
            client: None,
        };
        let enrolment = self.with_key(enrolment).await?;
        let mut transaction = self.store.begin().await?;
        transaction.put_enrolment(&enrolment.0).await?;
        transaction.commit().await?;
        self.with_secrets(enrolment).await
    }

    /// Gives an enrolment another key and another secret; the old ones end.
    ///
    /// # Errors
    /// There is no such enrolment, or the store failed.
    pub async fn rotate(&self, id: Uuid) -> Result<(Enrolment, Secrets), FeedbackError> {
        let (pull_key, digest) = self.new_key().await?;
        let mut transaction = self.store.begin().await?;
        if !transaction.rotate_enrolment(id, digest).await? {
            transaction.rollback().await?;
            return Err(FeedbackError::Unknown(id));
        }
        transaction.commit().await?;
        self.with_secrets((self.find(id).await?, pull_key)).await
    }

    /// Proves an enrolment again by the operator's word. A webhook that counts as dead is called again.
    ///
    /// # Errors
    /// There is no such enrolment, or the store failed.
    pub async fn prove(&self, id: Uuid) -> Result<Enrolment, FeedbackError> {
        let enrolment = self.find(id).await?;
        self.prove_again(&enrolment, Proof::Operator).await
    }

    /// An enrolment is proven again, if it is there still; whatever waited for it does so no more.
    pub(super) async fn prove_again(
        &self,
        enrolment: &Enrolment,
        proof: Proof,
    ) -> Result<Enrolment, FeedbackError> {
        let (id, now) = (enrolment.id, self.clock.now());
        let until = self.proven_until(now);
        let mut transaction = self.store.begin().await?;
        if !transaction.prove_enrolment(enrolment, proof, until).await? {
            transaction.rollback().await?;
            return Err(FeedbackError::Unknown(id));
        }
        transaction.wake_deliveries(id).await?;
        transaction.note_request(id, RequestStep::Proven, now).await?;
        transaction.commit().await?;
        self.find(id).await
    }

    /// Ends an enrolment and forgets it.
    ///
    /// # Errors
    /// There is no such enrolment, or the store failed.
    pub async fn remove(&self, id: Uuid) -> Result<Enrolment, FeedbackError> {
        let enrolment = self.find(id).await?;
        let mut transaction = self.store.begin().await?;
        transaction.remove_enrolment(id).await?;
        transaction.commit().await?;
        Ok(enrolment)
    }

    /// An enrolment, and how each of its ways stands.
    ///
    /// # Errors
    /// There is no such enrolment, or the store failed.
    pub async fn show(&self, id: Uuid) -> Result<(Enrolment, Vec<Delivery>), FeedbackError> {
        Ok((self.find(id).await?, self.store.deliveries(id).await?))
    }

    /// A page of all enrolments, after the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<Enrolment>, FeedbackError> {
        Ok(self.store.enrolments(after, limit).await?)
    }

    /// The enrolment of that name.
    pub(super) async fn find(&self, id: Uuid) -> Result<Enrolment, FeedbackError> {
        let found = self.store.enrolment(id).await?;
        found.ok_or(FeedbackError::Unknown(id))
    }

    /// Until when a proof of now holds.
    pub(super) fn proven_until(&self, now: Timestamp) -> Timestamp {
        now.plus(self.config.prove_again.duration())
    }

    /// Whether so many enrolments leave no place.
    pub(super) fn is_full(&self, enrolments: u64) -> bool {
        enrolments >= u64::from(self.config.most_enrolments)
    }

    /// A new key of a feed, and the digest under which it is kept.
    async fn new_key(&self) -> Result<(String, Digest), StoreError> {
        let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        let pull_key = format!("{PULL_KEY}{}", BASE64URL_NOPAD.encode(&random));
        let digest = self.key_digest(&pull_key).await?;
        Ok((pull_key, digest))
    }

    /// An enrolment with its first key.
    pub(super) async fn with_key(&self, enrolment: Enrolment) -> Result<(Enrolment, String), StoreError> {
        let (pull_key, digest) = self.new_key().await?;
        let enrolment = Enrolment {
            pull_key: Some(digest),
            ..enrolment
        };
        Ok((enrolment, pull_key))
    }

    /// An enrolment that is written, and its secrets.
    pub(super) async fn with_secrets(
        &self,
        (enrolment, pull_key): (Enrolment, String),
    ) -> Result<(Enrolment, Secrets), FeedbackError> {
        let webhook_secret = match enrolment.ways.webhook {
            Some(_) => Some(self.webhook_secret(&enrolment).await?),
            None => None,
        };
        let secrets = Secrets {
            pull_key,
            webhook_secret,
        };
        Ok((enrolment, secrets))
    }

    /// Whether somebody may be told so.
    fn check(&self, new: &NewEnrolment) -> Result<(), FeedbackError> {
        let refused = |why: &str| Err(FeedbackError::Refused(why.to_owned()));
        if !is_name(new.name.trim()) {
            return refused("a name is one line of up to 80 characters");
        }
        if self.is_our_own(&new.mailbox) {
            return refused("that mailbox is one of our own");
        }
        new.ways
            .webhook
            .as_deref()
            .map_or(Ok(()), |url| self.check_webhook(url))
    }

    /// Whether a mailbox is one of ours. Strangers must not learn it: our traps are among them.
    pub(super) fn is_our_own(&self, mailbox: &MailAddress) -> bool {
        self.traps.get().has_mailbox(mailbox.as_str()) || is_same(mailbox, &self.sender)
    }

    /// Whether a webhook may lead there, as far as that goes without resolving its name. The rest is looked at whenever it is called.
    fn check_webhook(&self, url: &str) -> Result<(), FeedbackError> {
        let refused = |why: String| Err(FeedbackError::Refused(why));
        let Some((host, port)) = webhook_server(url) else {
            return refused(
                "the address of a webhook has the form https://host/path, without a user in it".to_owned(),
            );
        };
        if !url.starts_with("https://") && !self.reach.has(&host, port) {
            return refused("a webhook is called by HTTPS only".to_owned());
        }
        self.reach
            .check(&host, port, &[443])
            .or_else(|out| refused(out.to_string()))
    }
}

/// Whether a text can be a name: one line, and not too long.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(char::is_control) && name.chars().count() <= MAX_NAME
}

/// The server that the URL of a webhook leads to, and its port; none where it is no such URL.
pub(super) fn webhook_server(url: &str) -> Option<(String, u16)> {
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic()) && url.len() <= MAX_URL;
    server_of(url).filter(|_| is_plain)
}

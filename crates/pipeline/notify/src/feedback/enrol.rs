//! Enrolling, proving, and ending: the operator's word is proof.

use atalaya_model::{BadMailAddress, FeedbackScope, MailAddress, Timestamp};
use atalaya_net::server_of;
use atalaya_store::{Delivery, Enrolment, EnrolmentState, Proof, StoreError, Ways};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Feedback;

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
        if all >= u64::from(self.config.most_enrolments) {
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
        };
        self.renew(enrolment).await
    }

    /// Gives an enrolment another key and another secret; the old ones end.
    ///
    /// # Errors
    /// There is no such enrolment, or the store failed.
    pub async fn rotate(&self, id: Uuid) -> Result<(Enrolment, Secrets), FeedbackError> {
        let enrolment = self.find(id).await?;
        let generation = enrolment.generation.saturating_add(1);
        self.renew(Enrolment {
            generation,
            ..enrolment
        })
        .await
    }

    /// Proves an enrolment again by the operator's word. A webhook that counts as dead is called again.
    ///
    /// # Errors
    /// There is no such enrolment, or the store failed.
    pub async fn prove(&self, id: Uuid) -> Result<Enrolment, FeedbackError> {
        let enrolment = Enrolment {
            state: EnrolmentState::Active,
            proof: Some(Proof::Operator),
            ends_at: self.proven_until(self.clock.now()),
            warned_at: None,
            ..self.find(id).await?
        };
        let mut transaction = self.store.begin().await?;
        transaction.put_enrolment(&enrolment).await?;
        transaction.wake_deliveries(id).await?;
        transaction.commit().await?;
        Ok(enrolment)
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

    /// Writes an enrolment with a new key.
    async fn renew(&self, enrolment: Enrolment) -> Result<(Enrolment, Secrets), FeedbackError> {
        let random = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        let pull_key = format!("{PULL_KEY}{}", BASE64URL_NOPAD.encode(&random));
        let enrolment = Enrolment {
            pull_key: Some(self.key_digest(&pull_key).await?),
            ..enrolment
        };
        self.put(&enrolment).await?;
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

    pub(super) async fn put(&self, enrolment: &Enrolment) -> Result<(), FeedbackError> {
        let mut transaction = self.store.begin().await?;
        transaction.put_enrolment(enrolment).await?;
        Ok(transaction.commit().await?)
    }

    /// Whether somebody may be told so.
    fn check(&self, new: &NewEnrolment) -> Result<(), FeedbackError> {
        let refused = |why: &str| Err(FeedbackError::Refused(why.to_owned()));
        let name = new.name.trim();
        let is_line = !name.is_empty() && !name.chars().any(char::is_control);
        if !is_line || name.chars().count() > MAX_NAME {
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

    /// Whether a mailbox is a trap, or the one that all mails come from.
    pub(super) fn is_our_own(&self, mailbox: &MailAddress) -> bool {
        self.traps.get().has_mailbox(mailbox.as_str())
            || mailbox.as_str().eq_ignore_ascii_case(self.sender.as_str())
    }

    /// Whether a webhook may lead there, as far as that goes without resolving its name. The rest is looked at whenever it is called.
    fn check_webhook(&self, url: &str) -> Result<(), FeedbackError> {
        let refused = |why: String| Err(FeedbackError::Refused(why));
        let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic()) && url.len() <= MAX_URL;
        let Some((host, port)) = server_of(url).filter(|_| is_plain) else {
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

//! The feed that an enroller pulls: events after a cursor, in order and without gaps, and the summary of a day.

use atalaya_model::Timestamp;
use atalaya_store::{Enrolment, StoreError};
use serde_json::{Value, json};

use super::{Feedback, FeedbackError, summary};

/// Most events of one answer: each may have a message in it.
pub const MOST_PULLED: u32 = 100;
/// The longest key that is looked at.
const MAX_KEY: usize = 100;
/// Most bytes of events of one answer; the first goes in any case.
const MOST_BYTES: usize = 8 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The key is nobody's.
    #[error("the key is missing, wrong, or no longer valid")]
    NoKey,
    /// The enrolment has lapsed.
    #[error("the enrolment is not active")]
    Inactive,
    /// It cannot be answered now.
    #[error("the feed cannot be read now")]
    Failed(#[from] FeedbackError),
}

impl From<StoreError> for PullError {
    fn from(failed: StoreError) -> Self {
        Self::Failed(failed.into())
    }
}

impl Feedback {
    /// The enrolment whose feed has that key.
    ///
    /// # Errors
    /// There is none, it is not active, or the store failed.
    pub async fn holder(&self, key: &str) -> Result<Enrolment, PullError> {
        if key.is_empty() || key.len() > MAX_KEY {
            return Err(PullError::NoKey);
        }
        let digest = self.key_digest(key).await?;
        let found = self
            .store
            .enrolment_by_key(&digest)
            .await?
            .ok_or(PullError::NoKey)?;
        match found.is_active(self.clock.now()) {
            true => Ok(found),
            false => Err(PullError::Inactive),
        }
    }

    /// The events after a cursor, and the cursor to go on with. An event whose message is kept no more has no `xarf`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn pull(&self, enrolment: &Enrolment, after: u64, limit: u32) -> Result<Value, PullError> {
        let limit = limit.clamp(1, MOST_PULLED);
        let events = self.store.feedback_events(enrolment.id, after, limit).await?;
        let (mut told, mut next, mut bytes) = (Vec::with_capacity(events.len()), after, 0_usize);
        for event in &events {
            let ready = self.told(enrolment, event).await?;
            let text = ready.as_ref().map(|ready| self.xarf(ready)).unwrap_or_default();
            bytes = bytes.saturating_add(text.len());
            if bytes > MOST_BYTES && !told.is_empty() {
                break;
            }
            let xarf: Value = serde_json::from_str(&text).unwrap_or_default();
            next = event.position;
            told.push(json!({
                "cursor": event.position,
                "id": ready.map(|ready| ready.id),
                "address": event.address,
                "seen_at": event.seen_at,
                "xarf": xarf,
            }));
        }
        let has_more = told.len() < events.len() || events.len() >= limit as usize;
        Ok(json!({ "events": told, "next": next, "more": has_more }))
    }

    /// The summary of a day as CSV.
    ///
    /// # Errors
    /// The store failed.
    pub async fn summary(&self, enrolment: &Enrolment, day: Timestamp) -> Result<String, PullError> {
        let (day, now) = (summary::day_of(day), self.clock.now());
        let lines = self
            .store
            .feedback_day(enrolment.id, day, now, summary::MOST_LINES)
            .await?;
        Ok(summary::table(&lines, &self.config))
    }
}

//! Keeping: enrolments end unless they are proven again. Their end is announced, and what ended is forgotten in time.

use std::sync::Arc;
use std::time::Duration;

use atalaya_store::{Enrolment, EnrolmentState};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::{Feedback, FeedbackError};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// Enrolments of one look; the next one comes at once where there are more.
const MOST: u32 = 100;
/// How long an enrolment that lapsed can still be proven again.
const LAPSED_KEPT: Duration = Duration::from_secs(30 * 86_400);

impl Feedback {
    /// Works until `stop` is cancelled.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.look().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => LOOK_EVERY,
                Err(failed) => {
                    error!(
                        error = &failed as &dyn std::error::Error,
                        "enrolments cannot be looked at"
                    );
                    LOOK_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Warns, lapses and forgets. Says whether there may be more.
    pub(super) async fn look(&self) -> Result<bool, FeedbackError> {
        let now = self.clock.now();
        let soon = now.plus(self.config.warn_before.duration());
        let ending = self.store.enrolments_ending(soon, now, MOST).await?;
        let has_more = ending.len() >= MOST as usize;
        for enrolment in ending {
            self.end(enrolment).await?;
        }
        let old = now.minus(self.config.keep_events.duration());
        Ok(self.store.delete_feedback(old).await? || has_more)
    }

    async fn end(&self, enrolment: Enrolment) -> Result<(), FeedbackError> {
        let now = self.clock.now();
        let is_over = enrolment.ends_at <= now;
        if is_over && enrolment.state != EnrolmentState::Active {
            self.remove(enrolment.id).await?;
            return Ok(());
        }
        let mail = self.ending_mail(&enrolment, now).await?;
        let changed = if is_over {
            info!(enrolment = %enrolment.id, "an enrolment has lapsed");
            Enrolment {
                state: EnrolmentState::Lapsed,
                ends_at: now.plus(LAPSED_KEPT),
                ..enrolment
            }
        } else {
            Enrolment {
                warned_at: Some(now),
                ..enrolment
            }
        };
        let mut transaction = self.store.begin().await?;
        transaction.put_enrolment(&changed).await?;
        transaction.add_mail(&mail).await?;
        Ok(transaction.commit().await?)
    }
}

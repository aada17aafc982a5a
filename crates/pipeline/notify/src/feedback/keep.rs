//! Keeping: enrolments end unless they are proven again. What proves them in DNS is looked at before that; else their end is announced, and what
//! ended is forgotten in time.

use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_store::{Enrolment, EnrolmentState, Proof};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use super::proofs::Checked;
use super::{Feedback, FeedbackError};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// How often proofs in DNS are looked at again after the end was announced.
const LOOK_AT_PROOFS: Duration = Duration::from_secs(86_400);
/// Enrolments of one look; the next one comes at once where there are more.
const MOST: u32 = 100;
/// How long an enrolment that lapsed can still be proven again.
const LAPSED_KEPT: Duration = Duration::from_secs(30 * 86_400);

impl Feedback {
    /// Works until `stop` is cancelled.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let mut looked_at = Timestamp::EPOCH;
        while !stop.is_cancelled() {
            let work = async {
                self.look_at_proofs(&mut looked_at).await?;
                self.look().await
            };
            let done = tokio::select! {
                done = work => done,
                () = stop.cancelled() => return,
            };
            let pause = match done {
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
        self.store.delete_enrolment_requests(now).await?;
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
        if self.proves_itself(&enrolment).await? {
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

    /// Looks once a day at the proofs of those whose end was announced, or has come.
    pub(super) async fn look_at_proofs(&self, looked_at: &mut Timestamp) -> Result<(), FeedbackError> {
        let now = self.clock.now();
        if now.since(*looked_at) < LOOK_AT_PROOFS && now >= *looked_at {
            return Ok(());
        }
        *looked_at = now;
        let mut after = None;
        loop {
            let page = self.store.enrolments_to_look_at(after, now, MOST).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            for enrolment in page {
                self.proves_itself(&enrolment).await?;
            }
        }
    }

    /// Proves an enrolment again if what proved it stands in DNS still; says whether it does.
    async fn proves_itself(&self, enrolment: &Enrolment) -> Result<bool, FeedbackError> {
        let Some(proof @ (Proof::Txt | Proof::Reverse)) = enrolment.proof else {
            return Ok(false);
        };
        let whose = (&enrolment.scope, &enrolment.mailbox);
        if self.look_at(whose, proof).await?.await != Checked::Proven {
            return Ok(false);
        }
        info!(enrolment = %enrolment.id, "the proof of an enrolment stands still");
        self.prove_again(enrolment.clone(), proof).await?;
        Ok(true)
    }
}

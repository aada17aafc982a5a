//! Keeping: enrolments end unless they are proven again. What proves them in DNS is looked at before that; else their end is announced, and what
//! ended is forgotten in time.

use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_store::{Enrolment, EnrolmentState, Proof};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use uuid::Uuid;

use super::proofs::Checked;
use super::{Feedback, FeedbackError};

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// How often proofs in DNS are looked at from a day before the end is announced on.
const LOOK_AT_PROOFS: Duration = Duration::from_secs(86_400);
/// Enrolments of one look; the next one comes at once where there are more.
const MOST: u32 = 100;
/// Pages of them that are looked at before the next pause.
const MOST_PAGES: u32 = 10;
/// Proofs that are looked at at the same time: most of it is waiting for somebody's name server.
const LOOKS_AT_ONCE: usize = 8;
/// How long an enrolment that lapsed can still be proven again.
const LAPSED_KEPT: Duration = Duration::from_secs(30 * 86_400);

impl Feedback {
    /// Works until `stop` is cancelled. Name servers of strangers are waited for apart, so that nothing else waits for them.
    pub async fn keep(self: Arc<Self>, stop: CancellationToken) {
        let work = async { tokio::join!(self.look_for_ever(), Arc::clone(&self).prove_for_ever()) };
        tokio::select! {
            _ended = work => {}
            () = stop.cancelled() => {}
        }
    }

    async fn look_for_ever(&self) {
        loop {
            let pause = match self.look().await {
                Ok(true) => Duration::ZERO,
                Ok(false) => LOOK_EVERY,
                Err(failed) => {
                    tell(&failed);
                    LOOK_EVERY
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn prove_for_ever(self: Arc<Self>) {
        let mut round = Round::default();
        loop {
            if let Err(failed) = self.look_at_proofs(&mut round).await {
                tell(&failed);
            }
            tokio::time::sleep(LOOK_EVERY).await;
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
        let mail = self.ending_mail(&enrolment, now).await?;
        let mut transaction = self.store.begin().await?;
        if is_over && enrolment.state != EnrolmentState::Active {
            transaction.forget_lapsed(enrolment.id).await?;
            return Ok(transaction.commit().await?);
        }
        let is_new = match is_over {
            true => {
                let until = now.plus(LAPSED_KEPT);
                transaction.lapse_enrolment(enrolment.id, until).await?
            }
            false => {
                transaction
                    .warn_enrolment(enrolment.id, enrolment.ends_at)
                    .await?
            }
        };
        // Whoever proved it, or ended it, meanwhile, gets no mail.
        if !is_new {
            return Ok(transaction.rollback().await?);
        }
        transaction.add_mail(&mail).await?;
        transaction.commit().await?;
        if is_over {
            info!(enrolment = %enrolment.id, "an enrolment has lapsed");
        }
        Ok(())
    }

    /// Looks once a day at the proofs of those who are to be warned the next day, were warned, or have lapsed: some of them now, where they are many.
    pub(super) async fn look_at_proofs(self: &Arc<Self>, round: &mut Round) -> Result<(), FeedbackError> {
        let now = self.clock.now();
        if round.is_done {
            if now.since(round.began_at) < LOOK_AT_PROOFS && now >= round.began_at {
                return Ok(());
            }
            *round = Round::default();
        }
        if round.after.is_none() {
            round.began_at = now;
        }
        let soon = now.plus(self.config.warn_before.duration()).plus(LOOK_AT_PROOFS);
        for _ in 0..MOST_PAGES {
            let page = self
                .store
                .enrolments_to_look_at(round.after, (now, soon), MOST)
                .await?;
            let Some(last) = page.last() else {
                round.is_done = true;
                return Ok(());
            };
            round.after = Some(last.id);
            self.prove_all(page).await?;
        }
        Ok(())
    }

    /// Looks at the proofs of these, some at the same time.
    async fn prove_all(self: &Arc<Self>, page: Vec<Enrolment>) -> Result<(), FeedbackError> {
        let mut looks = JoinSet::new();
        for enrolment in page {
            if looks.len() >= LOOKS_AT_ONCE {
                looks.join_next().await.transpose()?.transpose()?;
            }
            let feedback = Arc::clone(self);
            looks.spawn(async move { feedback.proves_itself(&enrolment).await });
        }
        while let Some(looked) = looks.join_next().await {
            looked??;
        }
        Ok(())
    }

    /// Proves an enrolment again if what proved it stands in DNS still.
    async fn proves_itself(&self, enrolment: &Enrolment) -> Result<(), FeedbackError> {
        let Some(proof @ (Proof::Txt | Proof::Reverse)) = enrolment.proof else {
            return Ok(());
        };
        let whose = (&enrolment.scope, &enrolment.mailbox);
        if self.look_at(whose, proof).await?.await != Checked::Proven {
            return Ok(());
        }
        match self.prove_again(enrolment, proof).await {
            // It was ended meanwhile.
            Err(FeedbackError::Unknown(_)) => Ok(()),
            proven => {
                info!(enrolment = %proven?.id, "the proof of an enrolment stands still");
                Ok(())
            }
        }
    }
}

/// How far the looks at proofs of a day have come.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) began_at: Timestamp,
    pub(super) after: Option<Uuid>,
    pub(super) is_done: bool,
}

fn tell(failed: &FeedbackError) {
    error!(
        error = failed as &dyn std::error::Error,
        "enrolments cannot be looked at"
    );
}

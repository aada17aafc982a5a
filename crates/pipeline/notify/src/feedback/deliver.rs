//! Delivering: each way of each enrolment is taken in turn, tells some events, and notes how far it came.
//!
//! A way belongs to one worker at a time. Of mails, the mail and the note of it are one transaction, so that an event is one mail. A call of a webhook
//! cannot be: what was taken and not noted is told again under the same identifier.

use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_store::{Delivery, Enrolment, NewMail, StoreError, Topic, Way};
use metrics::counter;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::webhook::Called;
use super::{Feedback, FeedbackError, summary};

/// Events of one turn: then others come first.
const TURN: u32 = 20;
/// Ways that are worked at the same time, of each kind: most calls wait for somebody's server.
const WORKERS: usize = 8;
/// What a lease is longer than the calls of a turn may take.
const LEASE_MARGIN: Duration = Duration::from_secs(120);
/// The longest wait for news: others write to the store too, and what was postponed comes due.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// How long after midnight (UTC) the summary of a day is written: what came late is in.
const AFTER_MIDNIGHT: Duration = Duration::from_secs(15 * 60);
/// Days whose summary is written later, after a longer stop.
const MOST_DAYS: u64 = 7;
/// When a way is due that has given up.
const NEVER: Timestamp = Timestamp::from_seconds(253_402_300_799);

impl Feedback {
    /// Works until `stop` is cancelled. Whatever was begun is dropped then: its lease runs out.
    pub async fn deliver(self: Arc<Self>, stop: CancellationToken) {
        let ways = Way::ALL.map(|way| Arc::clone(&self).work(way));
        let [mail, webhook, summary] = ways;
        tokio::select! {
            _ended = async { tokio::join!(mail, webhook, summary) } => {}
            () = stop.cancelled() => {}
        }
    }

    /// Gives each delivery of a way that is due to a worker of its own.
    async fn work(self: Arc<Self>, way: Way) {
        let mut news = self.store.subscribe(Topic::Feedback);
        let mut workers = JoinSet::new();
        let calls = self.config.webhook_timeout.duration().saturating_mul(TURN);
        let lease = calls.saturating_add(LEASE_MARGIN);
        loop {
            while workers.try_join_next().is_some() {}
            if workers.len() >= WORKERS {
                workers.join_next().await;
            }
            match self.store.take_delivery(way, lease).await {
                Ok(Some(delivery)) => drop(workers.spawn(Arc::clone(&self).turn_to_the_end(delivery))),
                Ok(None) => news.changed(LOOK_AGAIN).await,
                Err(failed) => pause_after(Err(failed.into())).await,
            }
        }
    }

    async fn turn_to_the_end(self: Arc<Self>, delivery: Delivery) {
        pause_after(self.turn(delivery).await).await;
    }

    /// Works one turn of a delivery that was taken.
    pub(super) async fn turn(&self, mut delivery: Delivery) -> Result<(), FeedbackError> {
        let now = self.clock.now();
        delivery.due_at = now;
        let enrolment = self.store.enrolment(delivery.enrolment).await?;
        let Some(enrolment) = enrolment.filter(|enrolment| enrolment.is_active(now)) else {
            // Whoever lapsed is told nothing, also later, of what was seen meanwhile.
            delivery.position = match delivery.way {
                Way::Summary => summary::day_of(now),
                Way::Mail | Way::Webhook => delivery.latest,
            };
            delivery.due_at = now.plus(AFTER_MIDNIGHT);
            return self.note(&delivery).await;
        };
        match delivery.way {
            Way::Mail => self.turn_of_mail(&enrolment, delivery).await,
            Way::Webhook => self.turn_of_webhook(&enrolment, delivery).await,
            Way::Summary => self.turn_of_summary(&enrolment, delivery, now).await,
        }
    }

    /// One mail for each event, as many as a day may have.
    async fn turn_of_mail(&self, enrolment: &Enrolment, mut delivery: Delivery) -> Result<(), FeedbackError> {
        let events = self
            .store
            .feedback_events(enrolment.id, delivery.position, TURN)
            .await?;
        if events.is_empty() {
            delivery.position = delivery.latest;
            return self.note(&delivery).await;
        }
        for event in events {
            let today = summary::day_of(self.clock.now());
            if delivery.day != today {
                (delivery.day, delivery.told) = (today, 0);
            }
            delivery.position = event.position;
            let may_leave = delivery.told < u64::from(self.config.mails_per_day);
            let told = match may_leave {
                true => self.told(enrolment, &event).await?,
                false => None,
            };
            let Some(told) = told else {
                let unmailed = (!may_leave).then(|| summary::day_of(event.seen_at));
                self.note_with(&delivery, None, unmailed).await?;
                continue;
            };
            delivery.told = delivery.told.saturating_add(1);
            let mail = self.report_mail(enrolment, &told);
            self.note_with(&delivery, Some(mail), None).await?;
            count("mail", "sent");
        }
        Ok(())
    }

    /// One call for each event, in their order, until one fails.
    async fn turn_of_webhook(
        &self,
        enrolment: &Enrolment,
        mut delivery: Delivery,
    ) -> Result<(), FeedbackError> {
        let (Some(url), key) = (&enrolment.ways.webhook, self.webhook_key(enrolment).await?) else {
            return Ok(());
        };
        let events = self
            .store
            .feedback_events(enrolment.id, delivery.position, TURN)
            .await?;
        if events.is_empty() {
            delivery.position = delivery.latest;
            return self.note(&delivery).await;
        }
        for event in events {
            let called = match self.told(enrolment, &event).await? {
                Some(told) => self.call(url, &key, told.id, self.xarf(&told)).await,
                None => Called::Taken,
            };
            if called != Called::Taken {
                return self.failed(enrolment, delivery, called).await;
            }
            delivery.position = event.position;
            (delivery.attempts, delivery.failing_since, delivery.last_error) = (0, None, None);
            self.note(&delivery).await?;
            count("webhook", "sent");
        }
        Ok(())
    }

    /// A call was not taken: it is made again later, or never.
    async fn failed(
        &self,
        enrolment: &Enrolment,
        mut delivery: Delivery,
        called: Called,
    ) -> Result<(), FeedbackError> {
        let now = self.clock.now();
        let since = *delivery.failing_since.get_or_insert(now);
        let is_late = now.since(since) >= self.config.give_up_after.duration();
        let (why, after, is_dead) = match called {
            Called::Later { why, after } => (why, after, is_late),
            Called::Taken | Called::Gone => ("the server answered 410".to_owned(), None, true),
        };
        delivery.last_error = Some(why.clone());
        if is_dead {
            delivery.due_at = NEVER;
            warn!(enrolment = %enrolment.id, why, "a webhook is called no more");
            count("webhook", "dead");
            let mail = self.dead_webhook_mail(enrolment, &delivery, &why).await?;
            return self.note_with(&delivery, Some(mail), None).await;
        }
        let wait = after.map_or_else(|| self.wait(delivery.attempts), |after| self.bounded(after));
        delivery.attempts = delivery.attempts.saturating_add(1);
        delivery.due_at = now.plus(wait);
        info!(enrolment = %enrolment.id, why, attempts = delivery.attempts, "a call of a webhook failed");
        count("webhook", "failed");
        self.note(&delivery).await
    }

    /// The wait after so many failures in a row: twice as long each time, varied by a quarter so that not all come back at once.
    fn wait(&self, failures: u32) -> Duration {
        let first = self.config.first_retry.duration();
        let longer = first.saturating_mul(2_u32.saturating_pow(failures.min(20)));
        let wait = longer.min(self.config.longest_retry.duration());
        let [random, ..] = uuid::Uuid::new_v4().into_bytes();
        wait.saturating_mul(1_024_u32.saturating_sub(u32::from(random))) / 1_024
    }

    /// What a server asks for, within what we do.
    fn bounded(&self, after: Duration) -> Duration {
        let (first, longest) = (&self.config.first_retry, &self.config.longest_retry);
        after.clamp(first.duration(), longest.duration())
    }

    /// The summary of the next day that is over.
    async fn turn_of_summary(
        &self,
        enrolment: &Enrolment,
        mut delivery: Delivery,
        now: Timestamp,
    ) -> Result<(), FeedbackError> {
        let today = summary::day_of(now.minus(AFTER_MIDNIGHT));
        let day = delivery
            .position
            .max(today.saturating_sub(MOST_DAYS))
            .saturating_add(1);
        if day >= today {
            if let Some(late) = self.store.unmailed_day(enrolment.id, today).await? {
                return self.tell_late(enrolment, &delivery, (late, now)).await;
            }
            delivery.due_at = summary::start_of(today.saturating_add(1)).plus(AFTER_MIDNIGHT);
            return self.note(&delivery).await;
        }
        delivery.position = day;
        let lines = self
            .store
            .feedback_day(enrolment.id, day, now, summary::MOST_LINES)
            .await?;
        let unmailed = self
            .store
            .unmailed_day(enrolment.id, day.saturating_add(1))
            .await?;
        let is_unmailed = unmailed == Some(day);
        if lines.is_empty() || !(enrolment.ways.summary || is_unmailed) {
            return self.note(&delivery).await;
        }
        let name: [&[u8]; 3] = [b"summary", enrolment.id.as_bytes(), &day.to_be_bytes()];
        let mail = self.summary_mail(enrolment, &name, day, &lines).await?;
        count("summary", "sent");
        let mut transaction = self.store.begin().await?;
        transaction.forget_unmailed(enrolment.id, day).await?;
        transaction.add_mail(&mail).await?;
        transaction.note_delivery(&delivery).await?;
        Ok(transaction.commit().await?)
    }

    /// The summary of a day whose turn is over, once it came out that some of its events were more than a later day had mails for.
    async fn tell_late(
        &self,
        enrolment: &Enrolment,
        delivery: &Delivery,
        (day, now): (u64, Timestamp),
    ) -> Result<(), FeedbackError> {
        let lines = self
            .store
            .feedback_day(enrolment.id, day, now, summary::MOST_LINES)
            .await?;
        let today = summary::day_of(now).to_be_bytes();
        let name: [&[u8]; 4] = [
            b"late summary",
            enrolment.id.as_bytes(),
            &day.to_be_bytes(),
            &today,
        ];
        let mail = self.summary_mail(enrolment, &name, day, &lines).await?;
        let mut transaction = self.store.begin().await?;
        transaction.forget_unmailed(enrolment.id, day).await?;
        if !lines.is_empty() {
            count("summary", "sent");
            transaction.add_mail(&mail).await?;
        }
        transaction.note_delivery(delivery).await?;
        Ok(transaction.commit().await?)
    }

    async fn note(&self, delivery: &Delivery) -> Result<(), FeedbackError> {
        self.note_with(delivery, None, None).await
    }

    /// Notes how a delivery stands, together with a mail, or with the day of an event that no mail told.
    async fn note_with(
        &self,
        delivery: &Delivery,
        mail: Option<NewMail>,
        unmailed: Option<u64>,
    ) -> Result<(), FeedbackError> {
        let mut transaction = self.store.begin().await?;
        if let Some(day) = unmailed {
            transaction.note_unmailed(delivery.enrolment, day).await?;
        }
        if let Some(mail) = mail {
            transaction.add_mail(&mail).await?;
        }
        transaction.note_delivery(delivery).await?;
        Ok(transaction.commit().await?)
    }
}

fn count(way: &'static str, outcome: &'static str) {
    counter!("atalaya_notify_feedback_told_total", "way" => way, "outcome" => outcome).increment(1);
}

/// Waits for the store to recover, if it failed.
async fn pause_after(worked: Result<(), FeedbackError>) {
    if let Err(failed) = worked {
        let is_closed = matches!(failed, FeedbackError::Store(StoreError::Closed));
        if !is_closed {
            error!(
                error = &failed as &dyn std::error::Error,
                "the feedback loop cannot tell what it should"
            );
        }
        tokio::time::sleep(STORE_PAUSE).await;
    }
}

//! An answer to mail of our own that came in: it is handed over to whoever hears it.

use std::sync::Arc;

use atalaya_model::Envelope;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Session, count_refused};
use crate::trap::ear::{Ear, Taken, Unheard};
use crate::trap::keep::Record;
use crate::trap::reply::{self, Reply};

impl<S: AsyncRead + AsyncWrite + Unpin, R: Record> Session<S, R> {
    /// Whoever hears mail to these recipients, if somebody does.
    pub(super) fn ear_for(&self, envelope: &Envelope) -> Option<Arc<dyn Ear>> {
        let ear = self.shared.ear.as_ref();
        ear.filter(|ear| ear.takes(&envelope.recipients)).map(Arc::clone)
    }

    /// Hands the message over; it is durable when it is taken. A connection that brings nothing but answers about our own mail is not observed.
    pub(super) async fn keep_answer(&mut self, ear: &dyn Ear, envelope: &Envelope) -> Reply {
        let message = self.body.take();
        let recipient = envelope.recipients.first().map_or("", String::as_str);
        let limit = self.shared.script.config.store_timeout.duration();
        let heard = tokio::time::timeout(limit, ear.hear(message, recipient)).await;
        match heard.unwrap_or(Err(Unheard::Trouble)) {
            Ok(Taken { name, is_about_ours }) => {
                self.has_only_answers = Some(is_about_ours && self.has_only_answers != Some(false));
                self.dialogue.count_message();
                metrics::counter!("atalaya_observe_answers_total").increment(1);
                reply::heard(&name)
            }
            Err(why) => {
                count_refused(why.word());
                match why {
                    Unheard::Full => reply::STORE_FULL,
                    Unheard::Trouble => reply::STORE_TROUBLE,
                    Unheard::Enough => reply::ENOUGH_ANSWERS,
                    Unheard::TooLong => reply::TOO_BIG,
                }
            }
        }
    }
}

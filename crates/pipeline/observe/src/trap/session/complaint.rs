//! A complaint that came in: the address that it is about is recorded, instead of the one that brought it.
//!
//! What cannot be read is refused, so that a person learns of it. What can be read and makes no observation is taken and told to be of no use:
//! feedback loops end where their reports are refused.

use tokio::io::{AsyncRead, AsyncWrite};

use super::{Session, count_refused};
use crate::complaints::{Brought, Unusable, complaint, observation};
use crate::trap::keep::Record;
use crate::trap::reply::{self, Reply};

impl<S: AsyncRead + AsyncWrite + Unpin, R: Record> Session<S, R> {
    /// Keeps the observation that the complaint makes, or says why it makes none.
    pub(super) async fn keep_complaint(&mut self) -> Reply {
        let message = self.body.take();
        let rules = &self.shared.complaints;
        let brought = Brought {
            by: Some(self.peer.address),
            at: self.shared.clock.now(),
        };
        let made = complaint(&message, rules, brought, &[])
            .and_then(|complaint| observation(&complaint, &message, rules, brought));
        match made {
            Ok(observation) => {
                let recorded = self.record(observation, Some(message).into()).await;
                recorded.map_or_else(|refusal| refusal, reply::kept)
            }
            Err(why) => {
                tracing::debug!(why = %why, size = message.len(), "a complaint is of no use");
                count_refused(why.word());
                match why {
                    Unusable::Unread(_) => reply::unread_complaint(&why),
                    _ => reply::useless_complaint(&why),
                }
            }
        }
    }
}

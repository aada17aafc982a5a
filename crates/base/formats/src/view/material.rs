//! What there is of an observation, and the redactor of it that each view asks for.

use atalaya_model::Observation;
use serde::{Deserialize, Serialize};

use super::View;
use crate::conversation::Conversation;
use crate::redact::{Recipients, Redactor, RedactorBuilder, TrapNames};

/// What evidence is hidden with.
#[derive(Debug, Clone, Copy)]
pub struct Hiding<'a> {
    /// The key of the pseudonyms ([`network_key`](super::network_key)).
    pub key: &'a [u8],
    /// The names of our traps.
    pub traps: &'a TrapNames,
}

/// An observation with what was kept of it.
#[derive(Debug, Clone, Copy)]
pub struct Material<'a> {
    /// The observation.
    pub seen: &'a Observation,
    /// The message, or the report of others.
    pub message: Option<&'a [u8]>,
    /// Whom the same message reached, in this and other observations.
    pub reached: &'a [String],
    /// The conversation.
    pub conversation: Option<&'a Conversation>,
    /// The text of the dialect.
    pub dialect: Option<&'a str>,
    /// The text of the shape.
    pub shape: Option<&'a str>,
}

impl Material<'_> {
    /// Hides what a view must not show.
    #[must_use]
    pub fn redactor(&self, view: View, hiding: Hiding<'_>) -> Redactor {
        let builder = RedactorBuilder::new(hiding.key)
            .traps(hiding.traps)
            .observation(self.seen);
        let mut builder = self
            .reached
            .iter()
            .fold(builder, |builder, address| builder.recipient(address));
        if let Some(message) = self.message {
            builder = builder.mentioned_in(message);
        }
        if let Some(conversation) = self.conversation {
            builder = builder.said_in(conversation);
        }
        match view.recipients(self.seen) {
            Recipients::Hidden if view == View::Desk => builder.build(),
            Recipients::Hidden => builder.every_address().build(),
            Recipients::Shown => builder.only_traps().build(),
        }
    }
}

/// The envelope and the subject as they may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HiddenEnvelope {
    /// What the client called itself.
    pub helo: String,
    /// The reverse path.
    pub mail_from: String,
    /// The forward paths, or what stands for them.
    pub recipients: Vec<String>,
    /// The subject of the message.
    pub subject: String,
}

impl HiddenEnvelope {
    /// That of an observation, as a view shows it.
    #[must_use]
    pub fn of(seen: &Observation, view: View, redactor: &Redactor) -> Self {
        let envelope = &seen.envelope;
        let recipient = |address: &String| match view.recipients(seen) {
            Recipients::Hidden => redactor.pseudonym(address),
            Recipients::Shown => redactor.recipient_shown(address),
        };
        Self {
            helo: redactor.hide_text(&envelope.helo),
            mail_from: redactor.hide_text(&envelope.mail_from),
            recipients: envelope.recipients.iter().map(recipient).collect(),
            subject: redactor.hide_text(&seen.subject),
        }
    }
}

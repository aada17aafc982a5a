//! What a message proves about a client: it is one to a trap. And what a greeting proves: the client calls itself by our name.

use std::net::IpAddr;

use atalaya_formats::smtp::Oddities;
use atalaya_model::{Envelope, Kind, Observation, Sensor};

use super::Shared;
use super::message::Message;
use crate::advice::{Advice, is_fooled};
use crate::behind::Waiting;
use crate::trap::{Delivery, Hit, Peer, of_connection, of_message};

/// Most characters kept of what a client said.
const MOST_TEXT: usize = 512;
/// Most recipients kept of a message.
pub(super) const MOST_RECIPIENTS: usize = 100;
/// The word for a message that is not kept whole.
pub(crate) const TRUNCATED: &str = "truncated";
/// The word for a client that calls itself by our name.
const OWN_NAME: &str = "helo-is-our-name";

/// A client that is looked at.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) address: IpAddr,
    pub(super) port: Option<u16>,
    pub(super) helo: String,
    /// Whether its greeting was seen.
    pub(super) is_seen: bool,
    /// How often something new was observed of it on this connection.
    pub(super) observed: u32,
}

/// A message on its way.
#[derive(Debug, Default)]
pub(super) struct Mail {
    pub(super) sender: String,
    /// What the list says to do about it.
    pub(super) advice: Advice,
    /// Those that were not refused.
    pub(super) recipients: Vec<String>,
    /// The strongest trap among them.
    pub(super) trap: Option<Hit>,
    /// Those among them that are traps and count.
    pub(super) traps: Vec<String>,
    /// The strongest trap among those that were refused.
    pub(super) refused: Option<Hit>,
    pub(super) message: Option<Message>,
}

impl Shared {
    /// The observation that a message is, where it is one to a trap.
    pub(super) fn seen(&self, stranger: &mut Stranger, mail: Mail) -> Option<Box<Waiting>> {
        let trap = mail.trap?;
        let is_whole = mail.message.as_ref().is_some_and(|message| !message.is_cut());
        let (message, memory) = mail.message.map(Message::finish).unzip();
        let envelope = Envelope {
            helo: stranger.helo.clone(),
            mail_from: mail.sender,
            // All of them: those that are no traps are to be hidden in the evidence too.
            recipients: mail.recipients,
        };
        let delivery = Delivery {
            trap: Some(trap),
            traps: mail.traps,
            ..self.delivery(stranger, envelope)
        };
        let (mut observation, shape) = of_message(delivery, message.as_deref().unwrap_or_default());
        if is_fooled(&observation.envelope.mail_from) {
            observation.kind = Kind::Backscatter;
        }
        if !is_whole {
            observation.headers = None;
            observation.oddities.push(TRUNCATED.to_owned());
        }
        let message = message.filter(|message| !message.is_empty());
        Some(Box::new(Waiting {
            observation: self.of_ours(observation, stranger, message.as_deref()),
            message,
            shape: is_whole.then(|| shape.into_text()),
            memory,
        }))
    }

    /// The observation that a client wrote to a trap and was refused, unless one as strong was noted with the same mail.
    pub(super) fn refused(
        &self,
        stranger: &mut Stranger,
        mail: &mut Mail,
        recipient: &str,
        trap: Hit,
    ) -> Option<Box<Waiting>> {
        if mail.refused.is_some_and(|noted| noted.stronger(trap) == noted) {
            return None;
        }
        mail.refused = Some(trap);
        let envelope = Envelope {
            helo: stranger.helo.clone(),
            mail_from: mail.sender.clone(),
            recipients: vec![cut(recipient)],
        };
        let delivery = Delivery {
            trap: Some(trap),
            traps: trap.counts().then(|| cut(recipient)).into_iter().collect(),
            ..self.delivery(stranger, envelope)
        };
        let mut observation = of_connection(delivery);
        observation.kind = if is_fooled(&mail.sender) {
            Kind::Backscatter
        } else {
            Kind::UnknownRecipient
        };
        let observation = self.of_ours(observation, stranger, Some(recipient.as_bytes()));
        Some(Box::new(observation.into()))
    }

    /// The observation that a client is by its greeting, once.
    pub(super) fn liar(&self, stranger: &mut Stranger, sender: &str) -> Option<Box<Waiting>> {
        let is_lie = self.adviser.is_own_name(&stranger.helo);
        if !is_lie || std::mem::replace(&mut stranger.is_seen, true) {
            return None;
        }
        let envelope = Envelope {
            helo: stranger.helo.clone(),
            mail_from: cut(sender),
            recipients: Vec::new(),
        };
        let mut observation = of_connection(self.delivery(stranger, envelope));
        observation.kind = Kind::Protocol;
        observation.oddities.push(OWN_NAME.to_owned());
        Some(Box::new(self.of_ours(observation, stranger, None).into()))
    }

    fn delivery(&self, stranger: &Stranger, envelope: Envelope) -> Delivery {
        Delivery {
            peer: Peer {
                address: stranger.address,
                port: stranger.port.unwrap_or_default(),
                fingerprint: None,
            },
            listener: self.config.name.clone(),
            at: self.clock.now(),
            envelope,
            trap: None,
            traps: Vec::new(),
            nth: stranger.observed.saturating_add(1),
            dialect: None,
            tls: None,
            oddities: Oddities::NONE,
        }
    }

    /// The same as what this sensor saw, through the eyes of a mail server. What was told before, which `what` may show, takes no number on its
    /// connection: it is kept once.
    fn of_ours(&self, observation: Observation, stranger: &mut Stranger, what: Option<&[u8]>) -> Observation {
        let mut observation = Observation {
            sensor: Sensor::Milter,
            source_port: stranger.port,
            ..observation
        };
        let sight = what.map(|what| self.again.sight(&observation, what));
        if let Some(sight) = sight {
            observation.id = sight.id;
        }
        if sight.is_none_or(|sight| sight.is_first) {
            stranger.observed = stranger.observed.saturating_add(1);
        }
        observation
    }
}

/// The start of what a client said.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MOST_TEXT).collect()
}

//! An observation as the network or the desk sees it.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Handshake, Kind, Observation, ObservationId, Sensor, ShapeId, Timestamp, Tls, Trap};
use serde::{Deserialize, Serialize};

use super::{HiddenEnvelope, Hiding, Material, PublicObservation, Spoken, System, Veil, View};
use crate::redact::{Extent, HiddenMessage, Redactor};
use crate::signatures::Matcher;
use crate::syn::Syn;

/// An observation in a view that hides something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "kebab-case")]
pub enum Shown {
    /// For anybody.
    Public(Box<PublicObservation>),
    /// For the network of the address.
    Network(Box<ShownObservation>),
    /// For the desk.
    Desk(Box<ShownObservation>),
}

/// What network and desk see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownObservation {
    /// Its name.
    pub id: ObservationId,
    /// The address that did it.
    pub address: IpAddr,
    /// The port that it spoke from.
    pub source_port: Option<u16>,
    /// When it was seen.
    pub seen_at: Timestamp,
    /// Which kind of sensor saw it.
    pub sensor: Sensor,
    /// Which one of that kind, for the desk: it may be the name of a reporter.
    pub source: Option<String>,
    /// What was seen.
    pub kind: Kind,
    /// How well the address is proven.
    pub handshake: Handshake,
    /// Whether the rules count it.
    pub counted: bool,
    /// What kind of trap was hit, for the desk.
    pub trap: Option<Trap>,
    /// Envelope and subject.
    #[serde(flatten)]
    pub envelope: HiddenEnvelope,
    /// Bytes of the message.
    pub size: u64,
    /// The TLS session.
    pub tls: Option<String>,
    /// The first packet of the connection, in the notation of p0f version 3.
    pub fingerprint: Option<String>,
    /// What that packet tells of the system.
    pub system: Option<System>,
    /// The dialect.
    pub dialect: Option<Spoken>,
    /// Its text, in which nothing belongs to the mail.
    pub dialect_text: Option<String>,
    /// The shape of the message's head.
    pub shape: Option<ShapeId>,
    /// Its text, for the operator's own people.
    pub shape_text: Option<String>,
    /// What was odd.
    pub oddities: Vec<String>,
    /// The message; none where none is kept, or where it may not be shown.
    pub message: Option<ShownMessage>,
    /// The conversation, in the text form of [`Conversation`](crate::conversation::Conversation).
    pub conversation: Option<String>,
}

/// A message in which everything is hidden that the view must not show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownMessage {
    /// Whether this is all of it, or its header alone.
    pub is_whole: bool,
    /// Parts that are no text, each with a note in its place.
    pub parts_left_out: usize,
    /// Its source. What is not UTF-8 is replaced.
    pub text: String,
}

impl Shown {
    /// Shows an observation; none in the sealed view, which hides nothing and has a form of its own. A message above `limit` bytes is cut to its
    /// header.
    #[must_use]
    pub fn of(
        material: &Material<'_>,
        view: View,
        hiding: Hiding<'_>,
        signatures: &Arc<Matcher>,
        limit: usize,
    ) -> Option<Self> {
        let shown = || Box::new(ShownObservation::of(material, view, hiding, (signatures, limit)));
        match view {
            View::Public => {
                let veil = Veil::new(
                    hiding,
                    std::slice::from_ref(material.seen),
                    Arc::clone(signatures),
                );
                Some(Self::Public(Box::new(veil.show(material.seen))))
            }
            View::Network => Some(Self::Network(shown())),
            View::Desk => Some(Self::Desk(shown())),
            View::Sealed => None,
        }
    }
}

impl ShownObservation {
    fn of(
        material: &Material<'_>,
        view: View,
        hiding: Hiding<'_>,
        (signatures, limit): (&Matcher, usize),
    ) -> Self {
        let seen = material.seen;
        let redactor = material.redactor(view, hiding);
        let is_for_desk = view == View::Desk;
        let message = material
            .message
            .filter(|_| view.shows_message(seen))
            .and_then(|raw| redactor.hide_message(raw, limit));
        let envelope = HiddenEnvelope::of(seen, view, &redactor);
        // Of a name that was hidden its text would tell the form.
        let shows_names =
            envelope.helo == seen.envelope.helo && envelope.mail_from == seen.envelope.mail_from;
        let conversation = material.conversation.map(|talk| {
            let hidden = redactor.hide_conversation(talk, view.recipients(seen));
            hidden.to_text()
        });
        Self {
            id: seen.id,
            address: seen.address.to_canonical(),
            source_port: seen.source_port,
            seen_at: seen.seen_at,
            sensor: seen.sensor,
            source: Some(seen.source.clone()).filter(|source| is_for_desk && !source.is_empty()),
            kind: seen.kind,
            handshake: seen.handshake,
            counted: seen.counts(),
            trap: seen.trap.filter(|_| is_for_desk),
            envelope,
            size: seen.message_size,
            tls: seen.tls.as_ref().map(|tls| session(tls, &redactor)),
            fingerprint: packet(seen),
            system: System::of(seen, signatures),
            dialect: Spoken::of(seen),
            dialect_text: material
                .dialect
                .filter(|_| is_for_desk || shows_names)
                .map(str::to_owned),
            shape: seen.headers,
            shape_text: material.shape.filter(|_| is_for_desk).map(str::to_owned),
            oddities: seen.oddities.clone(),
            message: message.map(ShownMessage::from),
            conversation,
        }
    }
}

impl From<HiddenMessage> for ShownMessage {
    fn from(HiddenMessage { bytes, extent }: HiddenMessage) -> Self {
        let (is_whole, parts_left_out) = match extent {
            Extent::Message { parts_left_out } => (true, parts_left_out),
            Extent::Header => (false, 0),
        };
        Self {
            is_whole,
            parts_left_out,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// The session. The name that the client asked for is often that of the trap.
fn session(tls: &Tls, redactor: &Redactor) -> String {
    let name = tls
        .server_name
        .as_deref()
        .map_or_else(|| "-".to_owned(), |name| redactor.hide_text(name));
    format!("{} {} {name}", tls.version, tls.cipher)
}

/// The first packet, or that there was none to be had.
fn packet(seen: &Observation) -> Option<String> {
    let kept = seen.fingerprint.as_ref()?;
    Some(Syn::of(kept).map_or_else(|| kept.to_string(), |syn| syn.v3()))
}

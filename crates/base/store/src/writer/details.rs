//! What an observation says beside what it is looked for by: one JSON text, without what is empty.
//!
//! A field may be added with a default, and needs no step of the schema.

use std::borrow::Cow;
use std::net::IpAddr;

use atalaya_model::{
    DialectId, Digest, Envelope, Fingerprint, Handshake, Kind, Observation, ObservationId, Sensor, ShapeId,
    Timestamp, Tls, Trap, TrapWeight,
};
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// The details as they are kept.
#[derive(Serialize, Deserialize)]
pub(crate) struct Details<'a> {
    address: IpAddr,
    kind: Kind,
    handshake: Handshake,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trap: Option<Trap>,
    #[serde(default, skip_serializing_if = "TrapWeight::is_full")]
    trap_weight: TrapWeight,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    traps: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    helo: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    mail_from: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    subject: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source_port: Option<u16>,
    #[serde(default)]
    message_size: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    oddities: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<Cow<'a, Fingerprint>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dialect: Option<DialectId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    headers: Option<ShapeId>,
    /// Its place in its connection, where it is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<Cow<'a, Tls>>,
}

/// What stands in columns of its own.
pub(crate) struct Columns {
    pub(crate) id: ObservationId,
    pub(crate) seen_at: Timestamp,
    pub(crate) sensor: Sensor,
    pub(crate) source: String,
    pub(crate) message: Option<Digest>,
    pub(crate) conversation: Option<Digest>,
}

/// Of an observation that is [`storable`].
impl<'a> From<&'a Observation> for Details<'a> {
    fn from(observation: &'a Observation) -> Self {
        let envelope = &observation.envelope;
        let texts = |texts: &'a [String]| texts.iter().map(|text| text.as_str().into()).collect();
        Self {
            address: observation.address,
            kind: observation.kind,
            handshake: observation.handshake,
            trap: observation.trap,
            trap_weight: observation.trap_weight,
            traps: texts(&observation.traps),
            helo: envelope.helo.as_str().into(),
            mail_from: envelope.mail_from.as_str().into(),
            recipients: texts(&envelope.recipients),
            subject: observation.subject.as_str().into(),
            source_port: observation.source_port,
            message_size: observation.message_size,
            oddities: texts(&observation.oddities),
            fingerprint: observation.fingerprint.as_ref().map(Cow::Borrowed),
            dialect: observation.dialect,
            headers: observation.headers,
            nth: Some(observation.nth).filter(|nth| *nth != 1),
            tls: observation.tls.as_ref().map(Cow::Borrowed),
        }
    }
}

impl Details<'_> {
    /// The text that is kept.
    pub(crate) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(StoreError::unexpected)
    }

    /// Reads the text that was kept.
    pub(crate) fn from_json(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(StoreError::corrupt)
    }

    /// The recipients.
    pub(crate) fn into_recipients(self) -> impl Iterator<Item = String> {
        self.recipients.into_iter().map(Cow::into_owned)
    }

    /// The whole observation.
    pub(crate) fn with(self, columns: Columns) -> Observation {
        let owned = |texts: Vec<Cow<'_, str>>| texts.into_iter().map(Cow::into_owned).collect();
        Observation {
            id: columns.id,
            address: self.address,
            seen_at: columns.seen_at,
            sensor: columns.sensor,
            source: columns.source,
            kind: self.kind,
            handshake: self.handshake,
            trap: self.trap,
            trap_weight: self.trap_weight,
            traps: owned(self.traps),
            envelope: Envelope {
                helo: self.helo.into_owned(),
                mail_from: self.mail_from.into_owned(),
                recipients: owned(self.recipients),
            },
            subject: self.subject.into_owned(),
            source_port: self.source_port,
            fingerprint: self.fingerprint.map(Cow::into_owned),
            dialect: self.dialect,
            headers: self.headers,
            nth: self.nth.unwrap_or(1),
            tls: self.tls.map(Cow::into_owned),
            message: columns.message,
            message_size: self.message_size,
            conversation: columns.conversation,
            oddities: owned(self.oddities),
        }
    }
}

/// The observation as it will be read back: NUL is replaced as in every other text (escaped in JSON it would come back), and an IPv4
/// address has its own form.
pub(super) fn storable(mut observation: Observation) -> Observation {
    observation.address = observation.address.to_canonical();
    let envelope = &mut observation.envelope;
    let lists = envelope
        .recipients
        .iter_mut()
        .chain(&mut observation.traps)
        .chain(&mut observation.oddities);
    let texts = [
        &mut envelope.helo,
        &mut envelope.mail_from,
        &mut observation.subject,
        &mut observation.source,
    ];
    for text in lists.chain(texts).filter(|text| text.contains('\0')) {
        *text = text.replace('\0', "\u{FFFD}");
    }
    observation
}

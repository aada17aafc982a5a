//! What an observation says beside what it is looked for by: one JSON text, without what is empty.
//!
//! A field may be added with a default, and needs no step of the schema.

use std::borrow::Cow;
use std::net::IpAddr;

use atalaya_model::{
    DialectId, Digest, Envelope, Fingerprint, Handshake, Kind, Observation, ObservationId, Sensor, Timestamp,
    Tls, Trap, TrapWeight,
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

impl<'a> From<&'a Observation> for Details<'a> {
    fn from(observation: &'a Observation) -> Self {
        let envelope = &observation.envelope;
        Self {
            address: observation.address.to_canonical(),
            kind: observation.kind,
            handshake: observation.handshake,
            trap: observation.trap,
            trap_weight: observation.trap_weight,
            helo: storable(&envelope.helo),
            mail_from: storable(&envelope.mail_from),
            recipients: envelope.recipients.iter().map(|text| storable(text)).collect(),
            subject: storable(&observation.subject),
            source_port: observation.source_port,
            message_size: observation.message_size,
            oddities: observation.oddities.iter().map(|text| storable(text)).collect(),
            fingerprint: observation.fingerprint.as_ref().map(Cow::Borrowed),
            dialect: observation.dialect,
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
            envelope: Envelope {
                helo: self.helo.into_owned(),
                mail_from: self.mail_from.into_owned(),
                recipients: owned(self.recipients),
            },
            subject: self.subject.into_owned(),
            source_port: self.source_port,
            fingerprint: self.fingerprint.map(Cow::into_owned),
            dialect: self.dialect,
            tls: self.tls.map(Cow::into_owned),
            message: columns.message,
            message_size: self.message_size,
            conversation: columns.conversation,
            oddities: owned(self.oddities),
        }
    }
}

/// A text with NUL replaced as in every other text: escaped in JSON it would come back.
fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

//! From a message and how it came to the observation that is kept.

use std::net::IpAddr;

use atalaya_formats::message::{FORWARDED, Glance, Head, Setting, Shape, is_passed_on};
use atalaya_formats::smtp::Oddities;
use atalaya_model::{
    DialectId, Envelope, Fingerprint, Handshake, Kind, Observation, ObservationId, Sensor, Timestamp, Tls,
};
use uuid::Uuid;

use super::book::Hit;

/// The client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Its address, or the one that it stands for.
    pub(crate) address: IpAddr,
    /// The port that it speaks from.
    pub(crate) port: u16,
    /// How its operating system began the connection.
    pub(crate) fingerprint: Option<Fingerprint>,
}

/// How a message came, or a conversation went.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// Who brought it.
    pub(crate) peer: Peer,
    /// The listener that it came to.
    pub(crate) listener: String,
    /// When it was complete.
    pub(crate) at: Timestamp,
    /// The envelope.
    pub(crate) envelope: Envelope,
    /// The strongest trap that it hit.
    pub(crate) trap: Option<Hit>,
    /// Those among the recipients that are traps and count.
    pub(crate) traps: Vec<String>,
    /// Its place among the observations of its connection, from 1.
    pub(crate) nth: u32,
    /// The dialect in which it came.
    pub(crate) dialect: Option<DialectId>,
    /// The TLS session in which it came.
    pub(crate) tls: Option<Tls>,
    /// What was odd about the conversation and the bytes of the message.
    pub(crate) oddities: Oddities,
}

/// Makes an observation of a message, and tells the shape of it. The store adds the digests of the evidence.
pub(crate) fn of_message(delivery: Delivery, message: &[u8]) -> (Observation, Shape) {
    let head = Head::read(message);
    let glance = Glance::of(&head);
    let kind = kind(&delivery.envelope, &glance);
    let shape = Shape::of(head.fields(), Setting::of(&delivery.envelope));
    let mut observation = of_connection(delivery);
    observation.kind = kind;
    observation
        .oddities
        .extend(glance.oddities.words().map(str::to_owned));
    if is_passed_on(head.fields()) {
        observation.oddities.push(FORWARDED.to_owned());
    }
    observation.headers = Some(shape.id());
    observation.subject = glance.subject;
    observation.message_size = u64::try_from(message.len()).unwrap_or(u64::MAX);
    (observation, shape)
}

/// Makes an observation of a conversation without a message.
pub(crate) fn of_connection(delivery: Delivery) -> Observation {
    Observation {
        source: delivery.listener,
        kind: Kind::Connection,
        // The client answered over TCP for as long as the conversation took.
        handshake: Handshake::Completed,
        trap: delivery.trap.map(|trap| trap.kind),
        trap_weight: delivery.trap.map(|trap| trap.weight).unwrap_or_default(),
        traps: delivery.traps,
        oddities: delivery.oddities.words().map(str::to_owned).collect(),
        envelope: delivery.envelope,
        source_port: Some(delivery.peer.port),
        fingerprint: delivery.peer.fingerprint,
        nth: delivery.nth,
        dialect: delivery.dialect,
        tls: delivery.tls,
        ..Observation::new(
            new_id(delivery.at),
            delivery.peer.address,
            delivery.at,
            Sensor::Trap,
        )
    }
}

/// A null sender or a delivery report is backscatter: it was sent by somebody who was fooled by a forged sender himself.
fn kind(envelope: &Envelope, glance: &Glance) -> Kind {
    if envelope.mail_from.is_empty() || glance.is_report {
        Kind::Backscatter
    } else {
        Kind::Spam
    }
}

/// An id whose order is that of time (RFC 9562 section 5.7).
fn new_id(at: Timestamp) -> ObservationId {
    let seconds = u64::try_from(at.seconds()).unwrap_or(0);
    let micros = u32::try_from(at.micros().rem_euclid(1_000_000)).unwrap_or(0);
    let moment = uuid::Timestamp::from_unix(uuid::NoContext, seconds, micros.saturating_mul(1_000));
    ObservationId(Uuid::new_v7(moment))
}

#[cfg(test)]
mod tests {
    use atalaya_model::Trap;

    use super::*;

    fn delivery(mail_from: &str) -> Delivery {
        Delivery {
            peer: Peer {
                address: IpAddr::from([192, 0, 2, 1]),
                port: 4711,
                fingerprint: None,
            },
            listener: "smtp".to_owned(),
            at: Timestamp::from_micros(1_795_435_200_123_456),
            envelope: Envelope {
                mail_from: mail_from.to_owned(),
                ..Envelope::default()
            },
            trap: Some(Hit::of(Trap::Typo)),
            traps: Vec::new(),
            nth: 1,
            dialect: None,
            tls: None,
            oddities: atalaya_formats::smtp::Oddity::BareLf.into(),
        }
    }

    #[test]
    fn the_observation_tells_how_the_message_came() {
        let (seen, shape) = of_message(
            delivery("a@b.example"),
            b"From: a@b.example\r\nSubject: Hi\r\n\r\nx\n",
        );
        assert_eq!((seen.subject.as_str(), seen.source.as_str()), ("Hi", "smtp"));
        assert_eq!(
            (seen.kind, seen.trap, seen.source_port),
            (Kind::Spam, Some(Trap::Typo), Some(4711))
        );
        assert_eq!(seen.oddities, ["bare-lf", "no-date"]);
        assert_eq!(seen.message_size, 36);
        assert!(
            shape.text().starts_with("mail/1 received=0 order=From,Subject "),
            "{}",
            shape.text()
        );
        assert_eq!(seen.headers, Some(shape.id()));
        let (seconds, nanos) = seen.id.0.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (1_795_435_200, 123_000_000));
    }

    #[test]
    fn a_mail_that_somebody_passed_on_says_so() {
        let mail = b"X-Forwarded-To: trap@d.example\r\nFrom: a@b.example\r\n\r\nx\n";
        let (seen, _shape) = of_message(delivery("a@b.example"), mail);
        assert_eq!(seen.oddities, ["bare-lf", "no-date", "forwarded"]);
    }

    #[test]
    fn a_null_sender_and_a_report_are_backscatter() {
        let report = b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n";
        assert_eq!(
            of_message(delivery(""), b"Subject: x\r\n\r\n").0.kind,
            Kind::Backscatter
        );
        assert_eq!(
            of_message(delivery("a@b.example"), report).0.kind,
            Kind::Backscatter
        );
    }
}

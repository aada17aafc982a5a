//! One spam, one listing, one contact: what the tests write about.

use std::sync::Arc;

use atalaya_model::{
    Class, Confidence, Contact, ContactSource, Decided, Decision, Envelope, Handshake, Kind, Listing,
    MailAddress, Observation, ObservationId, Prefix, Rule, Sensor, Serial, Timestamp, Trap, Verdict,
};
use uuid::{Builder, Uuid};

use crate::notice::config::NoticeConfig;
use crate::notice::evidence::{Evidence, Hiding};
use crate::notice::letter::Shown;
use crate::notice::mail;
use crate::notice::table::{Incident, Row};
use crate::notice::text::{Facts, Templates};
use crate::notice::thread::Thread;

/// The key of pseudonyms in tests.
pub(super) const KEY: &[u8] = b"a key of the test";

/// A spam as a trap keeps it, with the trap's address in several places.
pub(super) const SPAM: &str = "Received: from mail.cheap.example (unknown [192.0.2.7])\r\n\
    \tby mx.trap.example with ESMTP id 1 for <maria.trap@trap.example>; Mon, 23 Nov 2026 11:58:00 +0000\r\n\
    From: \"Best Offers\" <offers@cheap.example>\r\n\
    To: maria.trap@trap.example\r\n\
    Subject: =?utf-8?Q?Oferta_=C3=BAnica?= for maria.trap\r\n\
    Date: Mon, 23 Nov 2026 11:57:30 +0000\r\n\
    Message-ID: <1@cheap.example>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/html; charset=utf-8\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\
    \r\n\
    <p>Hola maria.trap, <a href=3D\"http://cheap.example/?u=3Dmaria.trap%40trap.ex=\r\nample\">compra ya</a></p>\r\n";

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn config() -> NoticeConfig {
    NoticeConfig {
        sender: Some("abuse@list.example".parse().unwrap()),
        organisation: "Proveedor de Ejemplo, S. L.".to_owned(),
        trap_names: vec!["mx.trap.example".to_owned()],
        ..NoticeConfig::default()
    }
}

pub(super) fn observation(number: u128) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        envelope: Envelope {
            helo: "mail.cheap.example".to_owned(),
            mail_from: "offers@cheap.example".to_owned(),
            recipients: vec!["maria.trap@trap.example".to_owned()],
        },
        subject: "Oferta única for maria.trap".to_owned(),
        source_port: Some(40_125),
        message_size: SPAM.len() as u64,
        ..Observation::new(
            ObservationId(Uuid::from_u128(number)),
            "192.0.2.7".parse().unwrap(),
            at("2026-11-23T11:58:00Z"),
            Sensor::Trap,
        )
    }
}

pub(super) fn contact(address: &str) -> Contact {
    Contact {
        prefix: "192.0.2.0/24".parse().unwrap(),
        addresses: vec![address.parse().unwrap()],
        network: "CHEAP-NET".to_owned(),
        source: ContactSource::Rdap {
            url: "https://rdap.example/ip/192.0.2.7".to_owned(),
        },
        confidence: Confidence::percent(90),
        found_at: at("2026-11-22T08:00:00Z"),
    }
}

pub(super) fn decision() -> Decision {
    Decision {
        prefix: "192.0.2.7".parse().unwrap(),
        verdict: Verdict::List {
            class: Class::Spam,
            until: Some(at("2026-11-26T11:58:00Z")),
        },
        rule: Rule::new("trap-spam", 1),
        score: 1.0,
        reason: "Spam reached our traps: 1 message, the last on 2026-11-23.".to_owned(),
    }
}

pub(super) fn listing() -> Listing {
    let decision = decision();
    Listing {
        prefix: decision.prefix,
        class: Class::Spam,
        reason: decision.reason,
        rule: decision.rule,
        since: at("2026-11-23T11:58:01Z"),
        until: decision.verdict.until(),
        serial: Serial(42),
    }
}

/// The mail about `observation` with that message, standing for so many incidents.
pub(super) fn letter(
    observation: &Observation,
    raw: &[u8],
    config: &NoticeConfig,
    incidents: u64,
) -> Vec<u8> {
    let stop = "https://list.example/notices/stop/0123456789abcdef0123456789abcdef";
    letter_with_link(observation, raw, config, incidents, stop)
}

/// The same with another link that stops notices.
pub(super) fn letter_with_link(
    observation: &Observation,
    raw: &[u8],
    config: &NoticeConfig,
    incidents: u64,
    stop: &str,
) -> Vec<u8> {
    written(&[shown(observation, raw, config)], config, incidents, stop)
}

/// The mail about three addresses.
pub(super) fn digest(config: &NoticeConfig) -> Vec<u8> {
    let of = |number: u8| {
        let mut seen = observation(number.into());
        seen.address = [192, 0, 2, number].into();
        let mut shown = shown(&seen, SPAM.as_bytes(), config);
        shown.listing.prefix = Prefix::single(seen.address);
        shown
    };
    let stop = "https://list.example/notices/stop/0123456789abcdef0123456789abcdef";
    written(&[of(9), of(8), of(7)], config, 3, stop)
}

/// An incident as a letter shows it.
pub(super) fn shown(observation: &Observation, raw: &[u8], config: &NoticeConfig) -> Shown {
    let hiding = Hiding {
        traps: config.traps().into(),
        key: KEY.to_vec(),
        most: config.max_evidence.bytes(),
        signatures: Arc::default(),
    };
    let listing = listing();
    Shown {
        id: Builder::from_random_bytes(observation.id.0.into_bytes()).into_uuid(),
        token: String::new(),
        incident: Incident {
            address: observation.address,
            contact: contact("abuse@cheap.example"),
            class: listing.class,
            reason: listing.reason.clone(),
            first_seen: observation.seen_at,
            last_seen: observation.seen_at,
        },
        decided: Decided {
            serial: listing.serial,
            at: listing.since,
            decision: decision(),
        },
        listing,
        evidence: Evidence::of(observation, (raw, &[]), &hiding).unwrap(),
    }
}

/// The mail about incidents, the newest first.
fn written(shown: &[Shown], config: &NoticeConfig, incidents: u64, stop: &str) -> Vec<u8> {
    let (sender, recipient): (MailAddress, MailAddress) =
        (config.sender().unwrap(), "abuse@cheap.example".parse().unwrap());
    let (newest, others) = shown.split_first().unwrap();
    let row = |one: &Shown| Row {
        prefix: one.listing.prefix,
        serial: one.listing.serial,
        incident: one.incident.clone(),
    };
    let rows: Vec<Row> = shown.iter().map(row).collect();
    let facts = Facts {
        zone: "bl.atalaya.test",
        organisation: &config.organisation,
        sender: &sender,
        recipient: &recipient,
        tongues: config.language.tongues(None),
        templates: &Templates::default(),
        newest,
        others,
        rows: &rows,
        incidents,
        thread: &Thread::new(KEY, &recipient, &newest.incident.contact.prefix, sender.domain()),
        public_url: "https://list.example",
        network_page: "https://list.example/network/TICKET",
        stop,
    };
    mail::write(&facts, config, Uuid::from_u128(7), at("2026-11-23T12:00:00Z"))
}

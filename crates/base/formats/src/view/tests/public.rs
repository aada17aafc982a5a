//! What the veil hides, over made and over random observations.

use std::sync::Arc;

use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Trap};
use proptest::prelude::*;

use crate::redact::TrapNames;
use crate::view::public::MAX_TEXT;
use crate::view::{Hiding, PublicObservation, Veil};

fn observation(helo: &str, mail_from: &str, subject: &str, recipients: &[&str]) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        envelope: Envelope {
            helo: helo.to_owned(),
            mail_from: mail_from.to_owned(),
            recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
        },
        subject: subject.to_owned(),
        source_port: Some(40_000),
        message_size: 812,
        ..Observation::new(
            ObservationId(uuid::Uuid::from_u128(1)),
            "::ffff:192.0.2.7".parse().unwrap(),
            "2026-11-23T22:10:42Z".parse().unwrap(),
            Sensor::Trap,
        )
    }
}

fn veil(traps: &TrapNames, observations: &[Observation]) -> Veil {
    let hiding = Hiding {
        key: b"a key of the tests",
        traps,
    };
    Veil::new(hiding, observations, Arc::default())
}

fn show(observation: &Observation) -> PublicObservation {
    let traps = TrapNames::new(["@trap.example"]);
    veil(&traps, std::slice::from_ref(observation)).show(observation)
}

#[test]
fn trap_addresses_are_hidden_wherever_the_sender_put_them() {
    let seen = observation(
        "mx.trap.example",
        "bounce+marta.trampa=trap.example@trap.example",
        "Marta.Trampa, your account Marta.Trampa@TRAP.example",
        &["marta.trampa@trap.example"],
    );
    let public = serde_json::to_string(&show(&seen)).unwrap().to_lowercase();
    assert!(!public.contains("trampa"), "{public}");
    assert!(!public.contains("trap.example"), "{public}");
}

#[test]
fn the_traps_of_one_message_are_hidden_in_the_others_too() {
    let one = observation("h", "", "Hello", &["marta.trampa@second.example"]);
    let other = observation(
        "h",
        "",
        "for marta.trampa and all of third.example",
        &["juana@trap.example"],
    );
    let traps = TrapNames::new(["third.example"]);
    let veil = veil(&traps, &[one, other.clone()]);
    let subject = veil.show(&other).subject;
    assert!(
        !subject.contains("trampa") && !subject.contains("third"),
        "{subject}"
    );
}

#[test]
fn an_address_cannot_hide_behind_invisible_characters_or_the_cut() {
    let seen = observation(
        "marta\u{200b}.trampa@trap.example",
        "",
        &format!("{}marta.trampa@trap.example", "x ".repeat(MAX_TEXT / 2 - 4)),
        &["marta.trampa@trap.example"],
    );
    let public = show(&seen);
    assert!(!public.helo.contains("trampa"), "{}", public.helo);
    assert!(!public.subject.contains("marta"), "{}", public.subject);
    assert!(public.subject.ends_with('…') && public.subject.chars().count() <= MAX_TEXT + 1);
}

#[test]
fn of_the_sender_only_the_domain_is_shown() {
    let of = |mail_from| show(&observation("h", mail_from, "", &[])).sender_domain;
    assert_eq!(of("juana@spam.example").as_deref(), Some("spam.example"));
    assert_eq!(of(""), None);
    assert_eq!(of("odd"), None);
}

#[test]
fn times_are_told_to_the_minute_and_directions_cannot_be_turned() {
    let public = show(&observation("a\u{202e}b\r\nc", "", "", &[]));
    assert_eq!(public.seen_at.to_string(), "2026-11-23T22:10:00Z");
    assert_eq!(public.helo, "ab  c");
    assert_eq!(public.address.to_string(), "192.0.2.7");
}

#[test]
fn what_could_be_forged_is_shown_as_not_counted() {
    let mut seen = observation("h", "", "", &[]);
    assert!(show(&seen).counted);
    seen.kind = Kind::Backscatter;
    assert!(!show(&seen).counted);
    seen.kind = Kind::Spam;
    seen.handshake = Handshake::Unproven;
    assert!(!show(&seen).counted);
}

proptest! {
    #[test]
    fn no_recipient_is_ever_shown(
        local in "[a-zA-Z][a-zA-Z0-9._+-]{0,20}[a-z0-9]",
        domain in "[a-z][a-z0-9-]{1,10}[a-z]\\.(example|test)",
        before in "\\PC{0,40}",
        between in "\\PC{0,40}",
        after in "\\PC{0,200}",
    ) {
        let address = format!("{local}@{domain}");
        let text = format!("{before} {address}{between}<{}>{after} {address}", address.to_uppercase());
        let seen = observation(&text, &text, &text, &[&address]);
        let traps = TrapNames::new([domain.as_str()]);
        let public = veil(&traps, std::slice::from_ref(&seen)).show(&seen);
        let shown = serde_json::to_string(&public).unwrap().to_lowercase();
        prop_assert!(!shown.contains(&address.to_lowercase()), "{}", shown);
    }
}

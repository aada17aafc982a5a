//! The same observation in each view.

use std::sync::Arc;

use atalaya_model::{
    DialectId, Envelope, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, ShapeId, Trap,
};

use crate::conversation::{Conversation, Ends, Side};
use crate::redact::TrapNames;
use crate::view::{Hiding, Material, Shown, ShownObservation, View, network_key, printable, transcript};

const SECRET: &[u8] = b"the secret of the list";
const TRAP: &str = "maria.trap@trap.example";
const CUSTOMER: &str = "ana.perez@customer.example";
const MESSAGE: &[u8] = b"From: x@spam.example\r\nTo: maria.trap@trap.example, ana.perez@customer.example\r\n\
    List-Unsubscribe: <https://list.example/notices/stop/0123456789abcdef0123456789abcdef>\r\n\r\n\
    Hola ana.perez y maria.trap\r\n";

fn observation(recipients: &[&str], trap: Option<Trap>) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap,
        source: "mx2".to_owned(),
        envelope: Envelope {
            helo: "pc.example".to_owned(),
            mail_from: "x@spam.example".to_owned(),
            recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
        },
        subject: "for ana.perez and maria.trap".to_owned(),
        tls: Some(
            "TLSv1.3 TLS13_AES_256_GCM_SHA384 mx.trap.example"
                .parse()
                .unwrap(),
        ),
        fingerprint: Some(
            "4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+"
                .parse()
                .unwrap(),
        ),
        dialect: Some(DialectId([0xba, 0x75, 0x0a, 0xe2, 0x77, 0x2a, 0x54, 0x9a])),
        headers: Some(ShapeId([7; 8])),
        ..Observation::new(
            ObservationId(uuid::Uuid::from_u128(1)),
            "192.0.2.7".parse().unwrap(),
            "2026-11-23T11:58:42Z".parse().unwrap(),
            trap.map_or(Sensor::Complaint, |_| Sensor::Trap),
        )
    }
}

fn conversation() -> Conversation {
    let mut talk = Conversation::new(4_096);
    talk.say(0, Side::Server, b"220 mx.trap.example ESMTP\r\n");
    talk.say(
        20,
        Side::Client,
        b"EHLO pc.example\r\nAUTH PLAIN AGFuYQBodW50ZXIy\r\n",
    );
    talk.say(20, Side::Server, b"250-mx.trap.example\r\n250 SIZE 9\r\n");
    talk.say(20, Side::Server, b"535 5.7.8 no\r\n");
    talk.say(20, Side::Client, b"RCPT TO:<ana.perez@customer.example>\r\n");
    talk.say(21, Side::Server, b"250 2.1.5 <maria.trap@trap.example> Ok\r\n");
    talk.send(40, 99, Ends::Bare);
    talk
}

fn shown(seen: &Observation, view: View, contact: &str) -> Shown {
    let talk = conversation();
    let material = Material {
        seen,
        message: Some(MESSAGE),
        reached: &[],
        conversation: Some(&talk),
        dialect: None,
        shape: None,
    };
    let unit = Prefix::unit(seen.address);
    let hiding = Hiding {
        key: &network_key(SECRET, Some(&contact.parse().unwrap()), &unit),
        traps: &TrapNames::new(["@trap.example"]),
    };
    Shown::of(&material, view, hiding, &Arc::default(), 1 << 20).unwrap()
}

fn observed(shown: &Shown) -> &ShownObservation {
    match shown {
        Shown::Network(shown) | Shown::Desk(shown) => shown,
        Shown::Public(_) => panic!("not with all facts"),
    }
}

fn text(shown: &Shown) -> String {
    serde_json::to_string(shown).unwrap().to_lowercase()
}

#[test]
fn no_view_but_the_sealed_one_shows_traps_passwords_and_tokens() {
    for trap in [Some(Trap::Pristine), None] {
        for view in [View::Public, View::Network, View::Desk] {
            let all = text(&shown(
                &observation(&[TRAP, CUSTOMER], trap),
                view,
                "abuse@isp.example",
            ));
            for gone in [
                "maria",
                "trap.example",
                "agfuyq",
                "hunter2",
                "0123456789abcdef0123456789abcdef",
            ] {
                assert!(!all.contains(gone), "{view} shows {gone}: {all}");
            }
        }
    }
    let seen = observation(&[TRAP], None);
    let material = Material {
        seen: &seen,
        message: None,
        reached: &[],
        conversation: None,
        dialect: None,
        shape: None,
    };
    let hiding = Hiding {
        key: SECRET,
        traps: &TrapNames::default(),
    };
    assert_eq!(
        Shown::of(&material, View::Sealed, hiding, &Arc::default(), 0),
        None
    );
}

#[test]
fn the_desk_sees_recipients_where_no_trap_was_hit_and_the_network_never() {
    let mut refused = observation(&[], None);
    refused.sensor = Sensor::Trap;
    let all = text(&shown(&refused, View::Desk, "abuse@isp.example"));
    assert!(
        !all.contains("customer"),
        "the trap did not keep its recipient: {all}"
    );
    let of_customer = observation(&[TRAP, CUSTOMER], None);
    let desk = shown(&of_customer, View::Desk, "abuse@isp.example");
    let all = text(&desk);
    assert!(all.contains("to:<ana.perez@customer.example>"), "{all}");
    assert!(all.contains("hola ana.perez"), "{all}");
    assert_eq!(observed(&desk).envelope.recipients[1], CUSTOMER);
    assert!(observed(&desk).envelope.recipients[0].starts_with("hidden-"));
    for (view, trap) in [(View::Network, None), (View::Desk, Some(Trap::Typo))] {
        let all = text(&shown(
            &observation(&[TRAP, CUSTOMER], trap),
            view,
            "abuse@isp.example",
        ));
        assert!(
            !all.contains("perez") && !all.contains("customer"),
            "{view}: {all}"
        );
    }
}

#[test]
fn pseudonyms_are_the_same_everywhere_in_one_network_and_others_in_another() {
    let seen = observation(&[TRAP], Some(Trap::Pristine));
    let isp = shown(&seen, View::Network, "abuse@isp.example");
    let pseudonym = observed(&isp).envelope.recipients[0].clone();
    let local = pseudonym.split_once('@').unwrap().0;
    let message = &observed(&isp).message.as_ref().unwrap().text;
    assert!(
        message.contains(&pseudonym) && message.contains(&format!("y {local}")),
        "{message}"
    );
    assert!(observed(&isp).conversation.as_ref().unwrap().contains(&pseudonym));
    assert!(text(&shown(&seen, View::Public, "Abuse@ISP.example")).contains(local));
    assert!(text(&shown(&seen, View::Desk, "abuse@isp.example")).contains(local));
    assert!(!text(&shown(&seen, View::Network, "abuse@other.example")).contains(local));
    let alone = |unit: &str| network_key(SECRET, None, &unit.parse().unwrap());
    assert_ne!(alone("192.0.2.7"), alone("192.0.2.8"));
}

#[test]
fn what_a_client_runs_is_shown_to_all_and_what_is_the_operators_to_the_desk_alone() {
    let seen = observation(&[TRAP], Some(Trap::Typo));
    for view in [View::Public, View::Network, View::Desk] {
        let all = text(&shown(&seen, view, "abuse@isp.example"));
        assert!(
            all.contains(r#""system":{"label":"linux 4.20 and newer","certain":true}"#),
            "{all}"
        );
        assert!(
            all.contains(r#""dialect":{"id":"ba750ae2772a549a","programs":"postfix smtp"}"#),
            "{all}"
        );
        assert_eq!(all.contains("\"mx2\""), view == View::Desk, "{all}");
        assert_eq!(all.contains("\"typo\""), view == View::Desk, "{all}");
        assert_eq!(all.contains("hola "), view != View::Public, "{all}");
    }
}

#[test]
fn a_report_of_others_is_not_for_the_network_that_it_complains_of() {
    let mut seen = observation(&[CUSTOMER], None);
    seen.handshake = Handshake::Reported;
    assert!(
        observed(&shown(&seen, View::Network, "abuse@isp.example"))
            .message
            .is_none()
    );
    assert!(
        observed(&shown(&seen, View::Desk, "abuse@isp.example"))
            .message
            .is_some()
    );
}

#[test]
fn views_are_read_by_name() {
    for view in View::ALL {
        assert_eq!(view.to_string().parse(), Ok(view));
    }
    assert!("Public".parse::<View>().is_err());
}

#[test]
fn a_transcript_is_readable_and_moves_no_cursor() {
    let mut talk = conversation();
    talk.say(61_234, Side::Client, b"\x1b[2J\x9b1m\nQUIT\r\n");
    let text = transcript(&talk);
    assert!(
        text.starts_with("     0.000 S  220 mx.trap.example ESMTP\n     0.020 C  EHLO pc.example\n"),
        "{text}"
    );
    assert!(
        text.contains("    61.234 C  \\x1b[2J\\x9b1m\\n\n    61.234 C  QUIT\n"),
        "{text}"
    );
    assert!(text.contains("99 bytes, with a CR or LF alone"), "{text}");
    assert!(text.chars().all(|sign| sign == '\n' || !sign.is_control()));
    assert_eq!(
        printable("a\r\nb\tc\u{1b}[2J\u{9b}\u{202e}\r"),
        "a\nb\tc\\u{1b}[2J\\u{9b}\\u{202e}\\u{d}"
    );
}

#[test]
fn the_text_of_a_dialect_is_not_for_the_network_where_a_name_was_hidden() {
    let mut seen = observation(&[TRAP], Some(Trap::Pristine));
    let key = network_key(SECRET, None, &Prefix::unit(seen.address));
    let hiding = Hiding {
        key: &key,
        traps: &TrapNames::default(),
    };
    for (helo, is_shown) in [("pc.example", true), ("trap.example", false)] {
        seen.envelope.helo = helo.to_owned();
        let material = Material {
            seen: &seen,
            message: None,
            reached: &[],
            conversation: None,
            dialect: Some("EHLO"),
            shape: None,
        };
        let shown = Shown::of(&material, View::Network, hiding, &Arc::default(), 0).unwrap();
        assert_eq!(observed(&shown).dialect_text.is_some(), is_shown, "{helo}");
    }
}

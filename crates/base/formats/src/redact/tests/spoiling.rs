//! What a sender can do by its choice of recipients: nothing to what the evidence stands on.

use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Trap};

use super::super::TrapNames;
use super::{Extent, LIMIT, Redactor, RedactorBuilder};

const KEY: &[u8] = b"a key of the test";
const SPAM: &str = "Received: from mail.cheap.example (helo=mail.cheap.example [192.0.2.7])\r\n\
    \tby mx.example.net with ESMTP id 1 for <other.trap@second.example>; Mon, 23 Nov 2026 11:58:00 +0000\r\n\
    From: \"Best Offers\" <offers@cheap.example>\r\n\
    To: maria.trap@trap.example, \"Third\" <third.trap@third.example>\r\n\
    Message-ID: <1@elsewhere.com>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: text/plain; charset=utf-8\r\n\
    \r\n\
    Dear maria.trap, other.trap and third.trap: content received by www.elsewhere.com\r\n";

fn observation(recipients: &[&str]) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        envelope: Envelope {
            helo: "mail.cheap.example".to_owned(),
            mail_from: "offers@cheap.example".to_owned(),
            recipients: recipients.iter().map(|&recipient| recipient.to_owned()).collect(),
        },
        ..Observation::new(
            ObservationId(uuid::Uuid::from_u128(1)),
            "192.0.2.7".parse().unwrap(),
            "2026-11-23T11:58:00Z".parse().unwrap(),
            Sensor::Trap,
        )
    }
}

fn redactor(recipients: &[&str]) -> Redactor {
    RedactorBuilder::new(KEY)
        .observation(&observation(recipients))
        .build()
}

fn shown(redactor: &Redactor) -> String {
    let hidden = redactor.hide_message(SPAM.as_bytes(), LIMIT).unwrap();
    assert_eq!(hidden.extent, Extent::Message { parts_left_out: 0 });
    String::from_utf8(hidden.bytes).unwrap()
}

#[test]
fn no_choice_of_recipients_changes_what_the_evidence_stands_on() {
    for recipient in [
        "x@invalid",
        "192.0.2.7@com",
        "192.0.2.7@third.example",
        "x@[192.0.2.7]",
        "x@192.0.2.7",
        "received@third.example",
        "content@third.example",
        "content-type@third.example",
        "charset@utf-8",
        "text/plain@third.example",
        "x@cheap.example",
        "s@cheap.example",
        "helo@mail.cheap.example",
        "x@mail.cheap.example",
        "cheap.example@third.example",
        "mail.cheap.example@third.example",
        "2026@third.example",
        "hidden@third.example",
    ] {
        let text = shown(&redactor(&["maria.trap@trap.example", recipient]));
        for kept in [
            "Received: from mail.cheap.example (helo=mail.cheap.example [192.0.2.7])\r\n",
            "with ESMTP id 1 for <",
            "Mon, 23 Nov 2026 11:58:00 +0000\r\n",
            "\r\nFrom: \"Best Offers\" <offers@cheap.example>\r\n",
            "\r\nMessage-ID: <1@elsewhere.com>\r\n",
            "\r\nContent-Type: text/plain; charset=utf-8\r\n",
            "content received by www.elsewhere.com",
        ] {
            assert!(text.contains(kept), "{recipient} hides {kept:?}: {text}");
        }
        assert!(!text.contains("maria"), "{text}");
    }
}

#[test]
fn recipients_that_look_like_pseudonyms_do_not_spoil_the_result() {
    let plain = redactor(&[]);
    let pseudonym = plain.pseudonym("maria.trap@trap.example");
    let (local, domain) = pseudonym.split_once('@').unwrap();
    let code = local.trim_start_matches("hidden-");
    for recipient in [
        format!("{local}@third.example"),
        format!("{code}@third.example"),
        format!("x@{domain}"),
        pseudonym.clone(),
    ] {
        let text = shown(&redactor(&["maria.trap@trap.example", &recipient]));
        assert!(text.contains(&format!("To: {pseudonym}")), "{recipient}: {text}");
    }
}

#[test]
fn hiding_twice_is_hiding_once() {
    let redactor = redactor(&["maria.trap@trap.example"]);
    let once = shown(&redactor);
    assert_eq!(redactor.hide_text(&once), once);
}

#[test]
fn a_sender_that_calls_itself_by_a_name_of_our_traps_does_not_uncover_it() {
    let mut seen = observation(&["maria.trap@trap.example"]);
    seen.envelope.helo = "trap.example".to_owned();
    let traps = TrapNames::new(["@trap.example"]);
    let known = RedactorBuilder::new(KEY).traps(&traps).observation(&seen).build();
    assert!(known.hide_text("HELO trap.example").contains("hidden-"));
    seen.envelope.helo = "h.example".to_owned();
    seen.envelope.mail_from = "maria.trap@trap.example".to_owned();
    let forged = RedactorBuilder::new(KEY).observation(&seen).build();
    assert!(forged.hide_text("<1@trap.example>").contains("hidden-"));
}

#[test]
fn other_traps_that_the_header_or_the_operator_names_are_hidden() {
    let traps = TrapNames::new(["mx.example.net", "@fourth.example", "fifth.trap@fifth.example"]);
    let redactor = RedactorBuilder::new(KEY)
        .traps(&traps)
        .observation(&observation(&["maria.trap@trap.example"]))
        .mentioned_in(SPAM.as_bytes())
        .build();
    let text = shown(&redactor);
    for gone in ["other.trap", "third.trap", "maria.trap", "mx.example.net"] {
        assert!(!text.contains(gone), "{gone}: {text}");
    }
    assert!(text.contains("offers@cheap.example"), "{text}");
    for name in [
        "a@fourth.example",
        "fifth.trap",
        "x.fifth.example",
        "mx.example.net",
    ] {
        assert!(redactor.hide_text(name).contains("hidden-"), "{name}");
    }
    assert!(traps.has_mailbox("any@sub.fourth.example") && traps.has_mailbox("Fifth.Trap@fifth.example"));
    assert!(!traps.has_mailbox("other@fifth.example") && !traps.has_mailbox("x@example.net"));
}

#[test]
fn a_sender_that_writes_itself_into_the_header_stays() {
    let raw =
        "From: a\r\nTo: <offers@cheap.example>\r\nCc: =?utf-8?Q?third.trap=40third.example?=\r\n\r\nx\r\n";
    let redactor = RedactorBuilder::new(KEY)
        .observation(&observation(&["maria.trap@trap.example"]))
        .mentioned_in(raw.as_bytes())
        .build();
    assert_eq!(redactor.hide_text("offers@cheap.example"), "offers@cheap.example");
    assert!(redactor.hide_text("third.trap@third.example").contains("hidden-"));
}

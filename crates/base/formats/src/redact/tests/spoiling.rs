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

#[test]
fn of_many_addresses_in_one_mail_none_is_told_to_be_a_trap() {
    let candidates = ["maria.trap@trap.example", "juana@other.example"];
    let redactor = RedactorBuilder::new(KEY)
        .observation(&observation(&candidates[..1]))
        .every_address()
        .build();
    for form in ["<A>", "a A b", "https://x.example/?e=A&y", "q=A", "x-A"] {
        for at in ["@", "%40", "&#64;", "=40"] {
            let shown = candidates.map(|address| {
                let text = form.replace('A', &address.replace('@', at));
                let hidden = redactor.hide_text(&text);
                assert!(!hidden.contains("trap") && !hidden.contains("juana"), "{hidden}");
                assert_eq!(redactor.hide_text(&hidden), hidden);
                hidden.len()
            });
            assert_eq!(shown[0], shown[1], "{form} {at}");
        }
    }
    assert_eq!(
        redactor.hide_text("<offers@cheap.example>"),
        "<offers@cheap.example>"
    );
    assert_eq!(
        redactor.hide_text("x@192.0.2.7 root@localhost"),
        "x@192.0.2.7 root@localhost"
    );
}

#[test]
fn a_network_finds_the_message_id_in_its_logs_unless_it_names_a_trap() {
    let shown = |id: &str| {
        let message = format!("Message-ID: <{id}>\nFrom: a@cheap.example\n\n<1@list.example>\n");
        let redactor = RedactorBuilder::new(b"key")
            .recipient("juana@trap.example")
            .mentioned_in(message.as_bytes())
            .every_address()
            .build();
        redactor.hide_text(&message)
    };
    let text = shown("77.a1@pc.example");
    assert!(
        text.contains("<77.a1@pc.example>") && text.contains("a@cheap.example"),
        "{text}"
    );
    assert!(!text.contains("list.example"), "{text}");
    assert!(!shown("juana@trap.example").contains("juana"));
}

#[test]
fn the_addresses_of_our_hosts_are_hidden() {
    let traps = TrapNames::new(["192.0.2.25", "2001:db8::25", "192.0.2.7"]);
    let redactor = RedactorBuilder::new(KEY)
        .traps(&traps)
        .observation(&observation(&[]))
        .build();
    for text in [
        "EHLO [192.0.2.25]",
        "192.0.2.25:25.",
        "[IPv6:2001:DB8::25]",
        "2001:db8:0:0:0:0:0:25",
    ] {
        assert!(redactor.hide_text(text).contains("hidden-"), "{text}");
    }
    for text in [
        "192.0.2.250",
        "1192.0.2.25",
        "192.0.2.25.1",
        "2001:db8::251",
        "[192.0.2.7]",
    ] {
        assert_eq!(redactor.hide_text(text), text);
    }
}

#[test]
fn the_domain_of_a_recipient_at_a_trap_is_hidden_though_the_sender_calls_itself_by_it() {
    let mut seen = observation(&["maria.trap@trap.example"]);
    seen.envelope.helo = "trap.example".to_owned();
    let hide = |seen: &Observation| {
        let redactor = RedactorBuilder::new(KEY).observation(seen).build();
        redactor.hide_text("trap.example")
    };
    assert!(hide(&seen).contains("hidden-"));
    seen.trap = None;
    seen.sensor = Sensor::Complaint;
    assert_eq!(hide(&seen), "trap.example");
}

#[test]
fn a_source_that_is_a_part_of_another_address_exempts_nothing() {
    let redactor = redactor(&["maria192.0.2.77@trap.example"]);
    assert!(
        redactor
            .hide_text("maria192.0.2.77@trap.example")
            .contains("hidden-")
    );
}

#[test]
fn invisible_characters_hide_no_address() {
    let redactor = redactor(&["maria.trap@trap.example"]);
    for sign in [
        '\u{200e}',
        '\u{202e}',
        '\u{2066}',
        '\u{61c}',
        '\u{180e}',
        '\u{34f}',
        '\u{fe0f}',
        '\u{e0041}',
    ] {
        let text = format!("mar{sign}ia.trap@trap.example");
        assert!(redactor.hide_text(&text).starts_with("hidden-"), "{sign:?}");
    }
}

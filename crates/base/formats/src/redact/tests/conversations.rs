//! Hiding in conversations, however they were cut.

use data_encoding::BASE64;
use proptest::prelude::*;

use super::super::{Recipients, TrapNames};
use super::{Redactor, RedactorBuilder};
use crate::conversation::{Conversation, Side, What};

/// What must never be shown: trap, recipient, user name and password, token.
const GONE: [&str; 8] = [
    "maria.trap",
    "trap.example",
    "juan.second",
    "second.example",
    "ana.login",
    "hunter2",
    "AGFuYS5sb2dpbgBodW50ZXIy",
    "0123456789abcdef",
];

/// What a client says that wants to show all of it.
fn said() -> Vec<Vec<u8>> {
    let trap = "maria.trap@trap.example";
    let login = BASE64.encode(b"\0ana.login\0hunter2");
    let lines = [
        format!("EHLO {}\r\n", BASE64.encode(trap.as_bytes())),
        format!("helo maria.trap%40trap.example\r\nHELO {trap}\r\n"),
        "ehlo x.trap.example\r\n".to_owned(),
        format!("AUTH PLAIN {login}\r\n"),
        format!(
            "auth  LOGIN\r\n{}\r\n{}\r\n",
            BASE64.encode(b"ana.login"),
            BASE64.encode(b"hunter2")
        ),
        "AUTH hunter2\r\nPASS hunter2\r\nhunter2\r\n".to_owned(),
        format!("GET /?k=hunter2 HTTP/1.1\r\nAuthorization: Basic {login}\r\nTo: {trap}\r\n"),
        format!(
            "MAIL FROM:<bounce-maria.trap=trap.example@list.example> SIZE=9 AUTH={trap} ENVID=maria+2Etrap\r\n"
        ),
        format!("MAIL FROM:<x@spam.example> X={login}\r\nRCPT TO:<{trap}> ORCPT=rfc822;{trap}\r\n"),
        "rcpt  to : juan.second@second.example \r\nRCPT TO:<@relay.example:juan.second@second.example>\n"
            .to_owned(),
        "VRFY maria.trap\r\nEXPN juan.second\r\nNOOP maria.trap\r\nRCPT maria.trap\r\nMAIL maria.trap\r\n"
            .to_owned(),
        "EHLO x/notices/stop/0123456789abcdef0123456789abcdef\r\nDATA\r\n".to_owned(),
    ];
    lines.into_iter().map(String::into_bytes).collect()
}

fn talk(pieces: &[Vec<u8>], limit: usize) -> Conversation {
    let mut talk = Conversation::new(limit);
    for (at, piece) in (0..).zip(pieces) {
        talk.say(at, Side::Client, piece);
        talk.say(
            at,
            Side::Server,
            b"250 2.1.5 <maria.trap@trap.example> juan.second@second.example Ok\r\n",
        );
    }
    talk
}

fn redactor(talk: &Conversation) -> Redactor {
    RedactorBuilder::new(b"k")
        .traps(&TrapNames::new(["@trap.example"]))
        .recipient("maria.trap@trap.example")
        .recipient("juan.second@second.example")
        .said_in(talk)
        .build()
}

fn hidden(talk: &Conversation) -> Conversation {
    redactor(talk).hide_conversation(talk, Recipients::Hidden)
}

fn said_by_client(talk: &Conversation) -> String {
    let said = talk.segments().filter_map(|segment| match segment.what {
        What::Said(Side::Client, said) => Some(String::from_utf8_lossy(said).into_owned()),
        _ => None,
    });
    said.collect()
}

/// Nothing shows, neither as it stands nor in base64.
fn assert_nothing_shows(talk: &Conversation) {
    let shown = hidden(talk);
    let text = shown.to_text().to_lowercase();
    for gone in GONE {
        assert!(!text.contains(&gone.to_lowercase()), "{gone} in {text}");
        let code = BASE64.encode(gone.as_bytes());
        assert!(
            !text.contains(&code.trim_end_matches('=').to_lowercase()),
            "{gone} in {text}"
        );
    }
    let redactor = redactor(talk);
    for line in said_by_client(&shown).lines() {
        assert!(!redactor.finds_in(line.as_bytes()), "{line:?} in {text}");
    }
    let again = redactor.hide_conversation(&shown, Recipients::Shown);
    assert_eq!(
        said_by_client(&again).lines().count(),
        said_by_client(&shown).lines().count()
    );
}

#[test]
fn what_is_harmless_is_shown_as_it_was_said() {
    let said = b"ehlo  pc.example\r\n MAIL from:<x@spam.example>  SIZE=9 body=8BITMIME\nDATA\r\nBDAT 12 LAST\r\nQUIT\r\nAUTH LOGIN\r\n";
    let talk = talk(&[said.to_vec()], 4_096);
    let shown = hidden(&talk);
    let kept = "ehlo  pc.example\r\n MAIL from:<x@spam.example> SIZE=9 body=8BITMIME\nDATA\r\nBDAT 12 LAST\r\nQUIT\r\nAUTH LOGIN\r\n";
    assert_eq!(said_by_client(&shown), kept);
    assert!(shown.segments().all(|segment| segment.at == 0));
}

#[test]
fn secrets_recipients_and_what_is_no_command_are_left_out() {
    let redactor = redactor(&talk(&[], 0));
    let pseudonym = redactor.pseudonym("juan.second@second.example");
    for (line, shown) in [
        ("AUTH PLAIN AGEAYg==", "AUTH PLAIN [left out]"),
        ("auth hunter2", "auth [left out]"),
        ("dXNlcg==", "[left out]"),
        ("NOOP", "NOOP"),
        ("NOOP x", "NOOP [left out]"),
        (
            "RCPT TO:<Juan.Second@second.example> NOTIFY=NEVER",
            &format!("RCPT TO:<{pseudonym}> [left out]"),
        ),
        (
            "rcpt to : juan.second@second.example",
            &format!("rcpt to : {pseudonym}"),
        ),
        ("RCPT", "RCPT"),
        ("RCPT TO:", "RCPT TO:[left out]"),
        ("MAIL FROM:<>", "MAIL FROM:<>"),
        (
            "MAIL FROM:<a@b.example> SIZE=x@y RET=HDRS",
            "MAIL FROM:<a@b.example> [left out] RET=HDRS",
        ),
        ("BDAT 12 hunter2", "BDAT [left out]"),
        ("HELO", "HELO"),
        ("GET / HTTP/1.1", "GET [left out]"),
        ("", ""),
    ] {
        let one = talk(&[format!("{line}\r\n").into_bytes()], 4_096);
        let out = redactor.hide_conversation(&one, Recipients::Hidden);
        assert_eq!(said_by_client(&out), format!("{shown}\r\n"));
    }
}

#[test]
fn a_recipient_has_one_pseudonym_in_whatever_spelling() {
    let shown = |path: &str| {
        let plain = talk(&[b"RCPT TO:<maria.trap@trap.example>\r\n".to_vec()], 4_096);
        let other = talk(&[format!("RCPT TO:{path}\r\n").into_bytes()], 4_096);
        said_by_client(&redactor(&plain).hide_conversation(&other, Recipients::Hidden))
    };
    let plain = shown("<maria.trap@trap.example>");
    assert!(plain.contains("hidden-"), "{plain}");
    assert_eq!(shown("<\"maria.trap\"@trap.example>"), plain);
    assert_eq!(shown("<@relay.example:maria.trap@trap.example>"), plain);
}

#[test]
fn who_may_see_recipients_sees_all_but_traps() {
    let line = b"RCPT TO:<juan@second.example>\r\nRCPT TO:<maria.trap@trap.example>\r\n".to_vec();
    let talk = talk(&[line], 4_096);
    let traps = TrapNames::new(["@trap.example"]);
    let redactor = RedactorBuilder::new(b"k").traps(&traps).build();
    let shown = said_by_client(&redactor.hide_conversation(&talk, Recipients::Shown));
    let pseudonym = redactor.pseudonym("maria.trap@trap.example");
    assert_eq!(
        shown,
        format!("RCPT TO:<juan@second.example>\r\nRCPT TO:<{pseudonym}>\r\n")
    );
}

#[test]
fn a_line_stands_at_the_time_when_it_was_whole_and_a_cut_one_keeps_its_verb() {
    let pieces = ["EH", "LO pc.exa", "mple\r\nRCPT TO:<maria.tr"].map(|piece| piece.as_bytes().to_vec());
    let mut talk = talk(&pieces, 4_096);
    let shown = hidden(&talk);
    let times: Vec<u32> = shown
        .segments()
        .filter(|segment| matches!(segment.what, What::Said(Side::Client, _)))
        .map(|segment| segment.at)
        .collect();
    assert_eq!(
        (said_by_client(&shown).as_str(), times),
        ("EHLO pc.example\r\nRCPT [left out]", vec![2, 2])
    );
    talk.leave_out_since(9, talk.place());
    assert!(
        hidden(&talk)
            .to_text()
            .ends_with("2 C RCPT [left out]\n9 N earlier\n")
    );
}

#[test]
fn no_choice_of_recipients_hides_a_verb() {
    let line = b"EHLO pc.example\r\nRCPT TO:<ehlo@pc.example>\r\nRCPT TO:<rcpt@data>\r\n".to_vec();
    let shown = said_by_client(&hidden(&talk(&[line], 4_096)));
    assert!(
        shown.starts_with("EHLO ") && shown.matches("RCPT TO:<hidden-").count() == 2,
        "{shown}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn nothing_shows_wherever_it_is_cut(order in Just(said()).prop_shuffle(), piece in 1_usize..40, limit in 0_usize..8_000) {
        let pieces: Vec<Vec<u8>> = order.concat().chunks(piece).map(<[u8]>::to_vec).collect();
        assert_nothing_shows(&talk(&pieces, limit));
    }

    #[test]
    fn nothing_shows_between_noise(
        noise in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 12..13),
        order in Just(said()).prop_shuffle(),
    ) {
        let pieces: Vec<Vec<u8>> = order.into_iter().zip(noise).flat_map(|(line, noise)| [noise, line]).collect();
        assert_nothing_shows(&talk(&pieces, 1 << 16));
    }
}

#[test]
fn what_is_said_behind_auth_is_left_out_until_the_answer_to_it() {
    let mut talk = Conversation::new(4_096);
    talk.say(0, Side::Client, b"AUTH LOGIN\r\nHELO hunter\r\n");
    talk.say(1, Side::Server, b"334 UGFzc3dvcmQ6\r\n");
    talk.say(2, Side::Client, b"HELO hunter2\r\n");
    talk.say(3, Side::Server, b"535 no\r\n");
    talk.say(4, Side::Client, b"HELO pc.example\r\n");
    let text = RedactorBuilder::new(b"k")
        .build()
        .hide_conversation(&talk, Recipients::Hidden)
        .to_text();
    assert!(
        !text.contains("hunter") && text.contains("HELO pc.example"),
        "{text}"
    );
}

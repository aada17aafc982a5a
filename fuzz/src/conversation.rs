//! Target `conversation`: a kept conversation, and one that is held.
//!
//! Input: one byte for the limit, then a text of a conversation; the same bytes are also taken for what a client says.

use std::net::{IpAddr, Ipv4Addr};

use atalaya_formats::conversation::{Conversation, Ends, Side, What};
use atalaya_formats::redact::{Recipients, RedactorBuilder};
use atalaya_formats::smtp::{Dialect, Parties};

use crate::text::choice;

/// Reads a text, and writes a conversation down.
pub fn conversation(data: &[u8]) {
    let (limit, rest) = choice(data);
    if let Ok(Ok(read)) = std::str::from_utf8(rest).map(Conversation::parse) {
        assert_read_back(&read);
        assert_told(&read);
        assert_hidden(&read);
    }
    let held = held(rest, usize::from(limit) * 64);
    assert_read_back(&held);
    assert_told(&held);
    assert_hidden(&held);
}

/// The trap that the seeds write to.
const TRAP: &str = "maria.trap@trap.example";

/// Neither the trap nor what follows AUTH is shown, and who was named is shown by a pseudonym.
fn assert_hidden(talk: &Conversation) {
    let traps = RedactorBuilder::new(b"k").recipient(TRAP);
    let (known, all) = (traps.clone().build(), traps.said_in(talk).build());
    for recipients in [Recipients::Hidden, Recipients::Shown] {
        let hidden = all.hide_conversation(talk, recipients);
        assert_read_back(&hidden);
        assert_eq!(hidden.is_cut(), talk.is_cut());
        for segment in hidden.segments() {
            let What::Said(side, said) = segment.what else {
                continue;
            };
            for line in said.split(|byte| *byte == b'\n') {
                assert!(
                    !known.finds_in(line),
                    "the trap shows: {}",
                    String::from_utf8_lossy(line)
                );
                assert!(
                    side == Side::Server || is_silent(line),
                    "a secret shows: {}",
                    String::from_utf8_lossy(line)
                );
            }
        }
    }
}

/// Whether nothing stands behind AUTH but a word for how.
fn is_silent(line: &[u8]) -> bool {
    let line = String::from_utf8_lossy(line).replace("[left out]", "");
    let mut words = line.split_ascii_whitespace();
    !words.next().is_some_and(|verb| verb.eq_ignore_ascii_case("AUTH")) || words.nth(1).is_none()
}

/// Takes the bytes for what both sides say in turn.
fn held(said: &[u8], limit: usize) -> Conversation {
    let mut talk = Conversation::new(limit);
    let opening = talk.place();
    for (at, words) in (0..).zip(said.split_inclusive(|byte| *byte == b'\n')) {
        match words.first() {
            Some(b'2'..=b'5') => talk.say(at, Side::Server, words),
            Some(b'.') => talk.send(at, words.len() as u64, Ends::Bare),
            Some(b'!') => talk.leave_out_since(at, opening),
            _ => talk.say(at / 2, Side::Client, words),
        }
    }
    talk
}

/// What is written is read back.
fn assert_read_back(talk: &Conversation) {
    let text = talk.to_text();
    let again = Conversation::parse(&text).expect("what we write is read");
    assert!(
        again.segments().eq(talk.segments()),
        "another conversation: {text}"
    );
    assert_eq!(again.is_cut(), talk.is_cut());
    assert_eq!(again.to_text(), text);
}

/// A dialect is one short line, and the same for the conversation that is read back.
fn assert_told(talk: &Conversation) {
    let parties = Parties {
        client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        server: "mx.trap.example",
    };
    let dialect = Dialect::of(talk, parties).to_string();
    assert!(dialect.len() < 1_000, "{} bytes", dialect.len());
    assert!(
        dialect
            .bytes()
            .all(|byte| byte.is_ascii_graphic() || byte == b' '),
        "{dialect}"
    );
    let again = Conversation::parse(&talk.to_text()).expect("what we write is read");
    assert_eq!(Dialect::of(&again, parties).to_string(), dialect);
}

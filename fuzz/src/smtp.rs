//! Target `smtp`: what a client sends to the trap.
//!
//! Input: one byte for the size of the pieces in which the rest arrives, then what was sent.

use atalaya_formats::smtp::{self, Body, Command, Event, Heard, Reader};

use crate::text::choice;

/// Reads a conversation and a text behind DATA.
pub fn smtp(data: &[u8]) {
    let (piece, sent) = choice(data);
    conversation(sent, usize::from(piece));
    text_behind_data(sent, usize::from(piece).max(1));
}

/// The network cuts where it likes: pieces must not change what is heard, and nothing may be heard that was not sent.
fn conversation(sent: &[u8], piece: usize) {
    let heard = smtp::walk(sent, piece);
    assert_eq!(heard, smtp::walk(sent, sent.len()), "the pieces matter");
    let mut kept = 0;
    for part in &heard {
        match part {
            Heard::Line(parsed) => parsed.command.iter().for_each(assert_clean),
            Heard::Message(message, _) | Heard::Chunk(message) => kept += message.len(),
            Heard::LongLine => {}
        }
    }
    assert!(kept <= sent.len(), "{kept} bytes kept of {}", sent.len());
}

/// What goes from a command into a record, a log or a notice can end no line there.
fn assert_clean(command: &Command) {
    let text = match command {
        Command::Mail(mail) => &mail.from.0,
        Command::Rcpt(recipient) => &recipient.0,
        _ => return,
    };
    assert!(
        !text.chars().any(char::is_control),
        "control characters in a path: {text:?}"
    );
}

/// A text ends at CRLF `.` CRLF and nowhere else, and only the dots that were stuffed in are taken out (RFC 5321 section 4.5.2): a
/// dot in front of a bare CR or LF is none of them, but an attempt to make one message look like two, and is kept as evidence.
fn text_behind_data(sent: &[u8], piece: usize) {
    let mut reader = Reader::new(512);
    let mut body = Body::new(sent.len());
    reader.begin_data();
    let (mut from, mut to) = (0, 0);
    let ended = loop {
        let step = reader.step(&sent[from..to], &mut body);
        from += step.consumed;
        match step.event {
            Event::DataEnd { .. } => break true,
            Event::More if to == sent.len() => break false,
            Event::More => to = (to + piece).min(sent.len()),
            event => panic!("{event:?} inside a text"),
        }
    };
    let expected = unstuffed(sent);
    assert_eq!(ended, expected.is_some(), "the end is elsewhere");
    if let Some((message, length)) = expected {
        assert_eq!(body.take(), message, "the text is another");
        assert_eq!(from, length, "more or less than the text was read");
    }
}

/// The slow and obvious reading of the same rule: the message, and how many bytes it took with its end.
fn unstuffed(sent: &[u8]) -> Option<(Vec<u8>, usize)> {
    let framed = [b"\r\n", sent].concat();
    let end = framed.windows(5).position(|window| window == b"\r\n.\r\n")?;
    let mut message = Vec::new();
    let mut rest = &framed[..end + 2];
    while let Some((first, behind)) = rest.split_first() {
        message.push(*first);
        rest = behind;
        let stuffed = rest.first() == Some(&b'.') && !matches!(rest.get(1), Some(b'\r' | b'\n'));
        if message.ends_with(b"\r\n") && stuffed {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    message.drain(..2);
    Some((message, end + 5 - 2))
}

//! Evidence as a person reads it in a terminal: nothing in it moves a cursor, changes a colour or turns the direction of writing.

use std::fmt::Write as _;

use crate::conversation::{Conversation, Ends, Side, What, escape};

/// A conversation, one line a line of it: the seconds since the beginning, `C` or `S`, and what was said. What is not printable is written as in
/// the text form; the end of a line is, where it is not CRLF.
#[must_use]
pub fn transcript(talk: &Conversation) -> String {
    let mut text = String::new();
    for segment in talk.segments() {
        let (at, what) = (segment.at, segment.what);
        match what {
            What::Said(side, said) => {
                let letter = if side == Side::Client { 'C' } else { 'S' };
                said.split_inclusive(|byte| *byte == b'\n')
                    .for_each(|line| row(&mut text, at, letter, &readable(line)));
            }
            What::Message(size, Ends::Clean) => row(
                &mut text,
                at,
                '*',
                &format!("a message, or a piece of one: {size} bytes"),
            ),
            What::Message(size, Ends::Bare) => {
                let words =
                    format!("a message, or a piece of one: {size} bytes, with a CR or LF alone in it");
                row(&mut text, at, '*', &words);
            }
            What::Tls => row(&mut text, at, '*', "TLS began"),
            What::Earlier => row(
                &mut text,
                at,
                '*',
                "earlier messages of this connection are left out",
            ),
        }
    }
    if talk.is_cut() {
        text.push_str("           *  more was said than is kept\n");
    }
    text
}

/// Writes a row. Writing to a `String` cannot fail.
fn row(text: &mut String, at: u32, letter: char, words: &str) {
    let (seconds, rest) = (at / 1_000, at % 1_000);
    let written = writeln!(text, "{seconds:>6}.{rest:03} {letter}  {words}");
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

/// A line without its CRLF.
fn readable(line: &[u8]) -> String {
    let mut text = String::new();
    escape(&mut text, line.strip_suffix(b"\r\n").unwrap_or(line));
    text
}

/// A text of several lines in which only line feeds and tabs do anything.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.replace("\r\n", "\n").chars() {
        match sign {
            '\n' | '\t' => out.push(sign),
            sign if sign.is_control() || crate::redact::is_invisible(sign) => {
                out.extend(sign.escape_unicode());
            }
            sign => out.push(sign),
        }
    }
    out
}

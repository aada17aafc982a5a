//! The text form of a conversation, one line a segment: milliseconds since the beginning, a letter, and what happened.
//!
//! ```text
//! conversation 1
//! 0 S 220 mx.example.net ESMTP\r\n
//! 31 C EHLO pc\r\n
//! 31 S 250 mx.example.net\r\n
//! 95 M 4711
//! ```
//!
//! `C` and `S` are what client and server said: printable ASCII as it is, a backslash as `\\`, CR, LF and tab as `\r`, `\n` and `\t`,
//! every other byte as `\x` and two hexadecimal digits. `M` is a message, or a piece of one, by its size in bytes, with the word `bare` where a
//! CR or LF stood alone in it. `N` is a note: `tls` where TLS began, `earlier` where earlier messages of the connection are left out, and
//! `cut` at the end where more was said than is kept.

use std::fmt::Write as _;

use super::{Conversation, Ends, Kind, Piece, Segment, Side, What};

/// The longest text that is read, in bytes: far more than any that we write.
pub const MAX_TEXT: usize = 4 << 20;
/// The first line, which names the form.
const HEADER: &str = "conversation 1";

/// Why a text is no conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadConversation {
    /// It is longer than any that is written.
    #[error("a conversation has at most {MAX_TEXT} bytes")]
    TooLong,
    /// It begins otherwise.
    #[error("a conversation begins with the line `{HEADER}`")]
    Header,
    /// This line, counted from 1, is none of a conversation.
    #[error("line {0} is none of a conversation")]
    Line(usize),
}

impl Conversation {
    /// Writes it as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let room = self
            .bytes
            .len()
            .saturating_add(self.pieces.len().saturating_mul(16));
        let mut text = String::with_capacity(room.saturating_add(64));
        text.push_str(HEADER);
        text.push('\n');
        for segment in self.segments() {
            write_segment(&mut text, &segment);
        }
        if self.is_cut {
            text.push_str("0 N cut\n");
        }
        text
    }

    /// Reads it from its text.
    ///
    /// # Errors
    /// The text is none that [`Self::to_text`] writes.
    pub fn parse(text: &str) -> Result<Self, BadConversation> {
        if text.len() > MAX_TEXT {
            return Err(BadConversation::TooLong);
        }
        let body = text
            .strip_prefix(HEADER)
            .and_then(|rest| rest.strip_prefix('\n'))
            .ok_or(BadConversation::Header)?;
        let mut read = Self::new(usize::MAX);
        for (number, line) in (2..).zip(body.split_terminator('\n')) {
            if read.is_cut {
                return Err(BadConversation::Line(number));
            }
            read_line(&mut read, line).ok_or(BadConversation::Line(number))?;
        }
        Ok(read)
    }
}

/// Writes one line. Writing to a `String` cannot fail.
fn write_segment(text: &mut String, Segment { at, what }: &Segment<'_>) {
    let written = match what {
        What::Said(side, said) => {
            let letter = match side {
                Side::Client => 'C',
                Side::Server => 'S',
            };
            let written = write!(text, "{at} {letter} ");
            escape(text, said);
            written
        }
        What::Message(bytes, Ends::Clean) => write!(text, "{at} M {bytes}"),
        What::Message(bytes, Ends::Bare) => write!(text, "{at} M {bytes} bare"),
        What::Tls => write!(text, "{at} N tls"),
        What::Earlier => write!(text, "{at} N earlier"),
    };
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
    text.push('\n');
}

/// Writes bytes as printable ASCII.
pub(crate) fn escape(text: &mut String, said: &[u8]) {
    for byte in said {
        match byte {
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' => text.push(char::from(*byte)),
            _ => {
                text.push_str("\\x");
                for half in [byte >> 4, byte & 15] {
                    text.extend(char::from_digit(u32::from(half), 16));
                }
            }
        }
    }
}

/// Reads one line into a conversation; none where it is none.
fn read_line(read: &mut Conversation, line: &str) -> Option<()> {
    let (at, rest) = line.split_once(' ')?;
    let (letter, what) = rest.split_once(' ')?;
    let at = digits(at).and_then(|at| u32::try_from(at).ok())?;
    let kind = match (letter, what) {
        ("C" | "S", said) => {
            let before = read.bytes.len();
            unescape(said, &mut read.bytes)?;
            let length = read.bytes.len().saturating_sub(before);
            let side = if letter == "C" { Side::Client } else { Side::Server };
            (length > 0).then_some(Kind::Said(side, length))?
        }
        ("M", size) => match size.strip_suffix(" bare") {
            Some(size) => Kind::Message(digits(size)?, Ends::Bare),
            None => Kind::Message(digits(size)?, Ends::Clean),
        },
        ("N", "tls") => Kind::Tls,
        ("N", "earlier") => Kind::Earlier,
        ("N", "cut") => {
            read.is_cut = true;
            return Some(());
        }
        _ => return None,
    };
    read.pieces.push(Piece { at, kind });
    Some(())
}

/// A number in digits alone, without needless zeros in front.
fn digits(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    is_plain.then(|| text.parse().ok())?
}

fn unescape(said: &str, bytes: &mut Vec<u8>) -> Option<()> {
    let mut rest = said.bytes();
    while let Some(byte) = rest.next() {
        let meant = match byte {
            b'\\' => match rest.next()? {
                b'r' => b'\r',
                b'n' => b'\n',
                b't' => b'\t',
                b'\\' => b'\\',
                b'x' => {
                    let (high, low) = (hexadecimal(rest.next()?)?, hexadecimal(rest.next()?)?);
                    (high << 4) | low
                }
                _ => return None,
            },
            b' '..=b'~' => byte,
            _ => return None,
        };
        bytes.push(meant);
    }
    Some(())
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

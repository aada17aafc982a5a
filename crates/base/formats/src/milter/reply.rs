//! What a filter answers.

use super::command::presentable;
use super::{Options, Stage};

/// Longest text of an answer, in bytes. A reply of SMTP has 512 (RFC 5321 section 4.5.3.1.5).
pub const MAX_TEXT: usize = 400;

/// An answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply<'a> {
    /// What the filter takes of the options, and the macros that it needs where the server lets it name them.
    Options(Options, &'a [(Stage, &'a str)]),
    /// Go on.
    Continue,
    /// Go on, and tell no more of this message; in answer to [`Connect`](super::Command::Connect), of this client.
    Accept,
    /// Go on, and send no more of the body.
    Skip,
    /// Refuse for now, with this text.
    Defer(&'a str),
    /// Refuse, with this text.
    Refuse(&'a str),
    /// Put this field at the top of the header. Only in answer to the end of a message, before another answer.
    AddHeader {
        /// Its name.
        name: &'a str,
        /// Its value, with the space in front of it where that was agreed on.
        value: &'a str,
    },
}

impl Reply<'_> {
    /// Writes it as a packet.
    pub fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Options(options, macros) => packet(out, b'O', &options_data(options, macros)),
            Self::Continue => packet(out, b'c', &[]),
            Self::Accept => packet(out, b'a', &[]),
            Self::Skip => packet(out, b's', &[]),
            Self::Defer(text) => packet(out, b'y', &coded("451 4.7.1", text)),
            Self::Refuse(text) => packet(out, b'y', &coded("554 5.7.1", text)),
            Self::AddHeader { name, value } => {
                // In front of it, the place: the first.
                let field = format!("\0\0\0\0{}\0{}\0", line(name), line(value));
                packet(out, b'i', field.as_bytes());
            }
        }
    }
}

fn packet(out: &mut Vec<u8>, letter: u8, data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(1);
    out.extend_from_slice(&length.to_be_bytes());
    out.push(letter);
    out.extend_from_slice(data);
}

fn options_data(options: Options, macros: &[(Stage, &str)]) -> Vec<u8> {
    let Options {
        version,
        actions,
        steps,
    } = options;
    let mut data = [version, actions, steps].map(u32::to_be_bytes).concat();
    for (stage, names) in macros {
        data.extend_from_slice(&(*stage as u32).to_be_bytes());
        data.extend_from_slice(names.as_bytes());
        data.push(0);
    }
    data
}

/// A reply of SMTP. Sendmail takes it for a format, so that each `%` is doubled.
fn coded(code: &str, text: &str) -> Vec<u8> {
    format!("{code} {}\0", line(text).replace('%', "%%")).into_bytes()
}

/// One line of bounded length without NUL: anything else would be another answer.
fn line(text: &str) -> String {
    let text = presentable(text.as_bytes());
    let end = text.floor_char_boundary(MAX_TEXT);
    text.get(..end).unwrap_or_default().to_owned()
}

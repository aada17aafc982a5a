//! Hiding in a whole message: what can be searched is searched, what cannot is left out.
//!
//! The header is hidden field by field. Text is searched as it stands, base64 text is decoded, searched and encoded again. Pictures,
//! archives and other parts that are no text could hold an address in a form that nobody can search; a note takes their place. A file
//! that stands in the text itself (uuencode and its like) cannot be told from it: then only the header is kept. At the end the result
//! is searched once more the way a reader would open it: should anything still show, only the header is kept.

use std::ops::Range;

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::header::{self, MAX_HEADER};
use super::{Redactor, base64};

/// Most parts of a message that are looked into; more is no mail that a person would read.
const MAX_PARTS: usize = 200;

/// A message in which nothing that is to be hidden can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenMessage {
    /// The message, or its header section.
    pub bytes: Vec<u8>,
    /// How much of it this is.
    pub extent: Extent,
}

/// How much of a message is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it, or all but so many parts that are no text.
    Message {
        /// The number of parts that a note stands for.
        parts_left_out: usize,
    },
    /// The header section alone.
    Header,
}

impl Redactor {
    /// Hides in a message. One longer than `limit` is cut down to its header section.
    ///
    /// Nothing comes back where not even the header could be made safe.
    #[must_use]
    pub fn hide_message(&self, raw: &[u8], limit: usize) -> Option<HiddenMessage> {
        if raw.len() <= limit
            && let Some(whole) = self.hide_whole(raw)
        {
            return Some(whole);
        }
        let bytes = self.hide_header(header::beginning(header::section(raw)));
        self.is_clean(&bytes, &[]).then_some(HiddenMessage {
            bytes,
            extent: Extent::Header,
        })
    }

    fn hide_whole(&self, raw: &[u8]) -> Option<HiddenMessage> {
        let message = MessageParser::default().parse(raw)?;
        let header = header::section(raw);
        if message.parts.len() > MAX_PARTS || header.len() > MAX_HEADER {
            return None;
        }
        let mut body = Vec::with_capacity(raw.len());
        let mut at = header.len();
        let mut parts_left_out: usize = 0;
        for part in leaves(&message) {
            let place = place(part);
            let found = raw.get(place.clone())?;
            let change = match self.treat(part, found) {
                Treatment::KeepHeader => return None,
                Treatment::Search => continue,
                Treatment::Replace(change) => change,
                Treatment::LeaveOut => {
                    parts_left_out = parts_left_out.saturating_add(1);
                    note(part, found)
                }
            };
            body.extend(self.hide_bytes(raw.get(at..place.start)?));
            body.extend(change);
            at = place.end;
        }
        body.extend(self.hide_bytes(raw.get(at..)?));
        let header = self.hide_header(header);
        self.is_clean(&header, &body).then_some(HiddenMessage {
            bytes: [header, body].concat(),
            extent: Extent::Message { parts_left_out },
        })
    }

    fn treat(&self, part: &MessagePart<'_>, body: &[u8]) -> Treatment {
        if body.trim_ascii().is_empty() {
            return Treatment::Search;
        }
        if !can_be_searched(part) {
            return Treatment::LeaveOut;
        }
        if [body, part.contents()].into_iter().any(holds_file) {
            return Treatment::KeepHeader;
        }
        if part.encoding != Encoding::Base64 {
            return Treatment::Search;
        }
        let decoded = base64::decode(body);
        if self.finds_in(&decoded) {
            Treatment::Replace(base64::lines(&self.hide_bytes(&decoded)))
        } else {
            Treatment::Replace(body.to_vec())
        }
    }

    /// Whether nothing shows in a message, neither in its bytes nor in what is decoded from them. Of the header, which was searched
    /// field by field, only what a reader decodes.
    fn is_clean(&self, header: &[u8], body: &[u8]) -> bool {
        let message = [header, body].concat();
        let decoded_is_clean = MessageParser::default().parse(&message).is_none_or(|message| {
            let mut decoded = leaves(&message).filter(|part| part.encoding != Encoding::None);
            decoded.all(|part| !self.finds_in(part.contents())) && !self.finds_in_values(&message)
        });
        decoded_is_clean && !self.finds_in(body)
    }
}

/// What to do with the body of a part.
enum Treatment {
    /// It is text: search it where it stands, with what surrounds it.
    Search,
    /// Write this instead.
    Replace(Vec<u8>),
    /// Write a note instead.
    LeaveOut,
    /// Show nothing but the header of the message.
    KeepHeader,
}

/// The parts that have a body of their own, in the order in which they stand.
fn leaves<'m>(message: &'m Message<'_>) -> impl Iterator<Item = &'m MessagePart<'m>> {
    let mut leaves: Vec<_> = message
        .parts
        .iter()
        .filter(|part| !matches!(part.body, PartType::Multipart(_)))
        .collect();
    leaves.sort_by_key(|part| part.offset_body);
    leaves.into_iter()
}

fn place(part: &MessagePart<'_>) -> Range<usize> {
    let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
    offset(part.offset_body)..offset(part.offset_end)
}

fn can_be_searched(part: &MessagePart<'_>) -> bool {
    let is_text = matches!(part.body, PartType::Text(_) | PartType::Html(_))
        && part
            .content_type()
            .is_none_or(|kind| kind.ctype().eq_ignore_ascii_case("text"));
    let encoding = part
        .content_transfer_encoding()
        .unwrap_or("7bit")
        .to_ascii_lowercase();
    let known = ["7bit", "8bit", "binary", "quoted-printable", "base64"].contains(&encoding.trim());
    let charset = part
        .content_type()
        .and_then(|kind| kind.attribute("charset"))
        .unwrap_or_default();
    is_text && known && !part.is_encoding_problem && is_ascii_at_heart(charset)
}

/// Whether ASCII characters stand for themselves in this character set.
fn is_ascii_at_heart(charset: &str) -> bool {
    let charset = charset.to_ascii_lowercase();
    ![
        "utf-16",
        "utf-32",
        "utf16",
        "utf32",
        "utf-7",
        "utf7",
        "ucs",
        "iso-10646",
        "hz-gb",
        "ebcdic",
        "ibm037",
        "cp037",
    ]
    .iter()
    .any(|other| charset.contains(other))
}

/// Whether a file stands in a text: uuencode and xxencode (`begin 644 name`), `yEnc`, `BinHex`.
fn holds_file(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| {
        let mode = line
            .strip_prefix(b"begin ")
            .and_then(|rest| rest.split(|byte| *byte == b' ').next());
        mode.is_some_and(|mode| {
            (3..=4).contains(&mode.len()) && mode.iter().all(|digit| (b'0'..=b'7').contains(digit))
        }) || line.starts_with(b"begin-base64 ")
            || line.starts_with(b"=ybegin ")
            || line.starts_with(b"(This file must be converted with BinHex")
    })
}

/// What is written in place of a part that is left out.
fn note(part: &MessagePart<'_>, body: &[u8]) -> Vec<u8> {
    let text = format!(
        "[{} bytes left out: they could not be searched for recipients]\r\n",
        body.len()
    );
    if part.encoding == Encoding::Base64 {
        base64::lines(text.as_bytes())
    } else {
        text.into_bytes()
    }
}

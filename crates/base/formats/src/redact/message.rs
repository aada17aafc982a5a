//! Hiding in a whole message: what can be searched is searched, what cannot is left out.
//!
//! Text is searched as it stands, base64 text is decoded, searched and encoded again. Pictures, archives and other parts that are no
//! text could hold an address in a form that nobody can search; a note takes their place. At the end the result is searched once
//! more the way a reader would open it: should anything still show, only the header is kept.

use std::ops::Range;

use mail_parser::{Encoding, Message, MessageParser, MessagePart, MimeHeaders, PartType};

use super::{Redactor, base64, readings};

/// Most bytes of a header that are kept.
const MAX_HEADER: usize = 64 * 1024;
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
        let bytes = self.hide_bytes(header_section(raw));
        (!self.finds_in(&bytes)).then_some(HiddenMessage {
            bytes,
            extent: Extent::Header,
        })
    }

    fn hide_whole(&self, raw: &[u8]) -> Option<HiddenMessage> {
        let message = MessageParser::default().parse(raw)?;
        if message.parts.len() > MAX_PARTS {
            return None;
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let mut at = 0;
        let mut parts_left_out: usize = 0;
        for part in leaves(&message) {
            let place = place(part);
            let body = raw.get(place.clone())?;
            let change = match self.treat(part, body) {
                Treatment::Search => continue,
                Treatment::Replace(change) => change,
                Treatment::LeaveOut => {
                    parts_left_out = parts_left_out.saturating_add(1);
                    note(part, body)
                }
            };
            bytes.extend(self.hide_bytes(raw.get(at..place.start)?));
            bytes.extend(change);
            at = place.end;
        }
        bytes.extend(self.hide_bytes(raw.get(at..)?));
        self.is_clean(&bytes).then_some(HiddenMessage {
            bytes,
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
        if part.encoding != Encoding::Base64 {
            return Treatment::Search;
        }
        let decoded = base64::decode(body);
        if self.finds_in(&decoded) {
            Treatment::Replace(readings::base64_lines(&self.hide_bytes(&decoded)))
        } else {
            Treatment::Replace(body.to_vec())
        }
    }

    /// Whether nothing shows, neither in the bytes nor in the decoded parts.
    fn is_clean(&self, bytes: &[u8]) -> bool {
        let decoded_is_clean = MessageParser::default().parse(bytes).is_some_and(|message| {
            leaves(&message)
                .filter(|part| part.encoding != Encoding::None)
                .all(|part| !self.finds_in(part.contents()))
        });
        decoded_is_clean && !self.finds_in(bytes)
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

/// What is written in place of a part that is left out.
fn note(part: &MessagePart<'_>, body: &[u8]) -> Vec<u8> {
    let text = format!(
        "[{} bytes left out: they could not be searched for recipients]\r\n",
        body.len()
    );
    if part.encoding == Encoding::Base64 {
        readings::base64_lines(text.as_bytes())
    } else {
        text.into_bytes()
    }
}

/// The header section, without the empty line that ends it, cut at a line where it is too long.
fn header_section(raw: &[u8]) -> &[u8] {
    let end = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|gap| memchr::memmem::find(raw, gap).map(|at| at.saturating_add(gap.len() / 2)))
        .min()
        .unwrap_or(raw.len());
    let header = raw.get(..end).unwrap_or(raw);
    match header.get(..MAX_HEADER) {
        Some(cut) => {
            let line_end = memchr::memrchr(b'\n', cut).map_or(cut.len(), |at| at.saturating_add(1));
            cut.get(..line_end).unwrap_or(cut)
        }
        None => header,
    }
}

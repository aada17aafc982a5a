//! The shape of a message's head: what the program that wrote it does by habit, apart from what the message says.
//!
//! In: the fields of a message, and how it came. Out: one line of text, and the short name that stands for it. One program has the same shape
//! whatever its mails, addresses and dates; so nothing that belongs to a mail is in it: no address, no name of a host, no word of a
//! text, no number. Whatever depends on the mail is left out too, such as how a subject is encoded, whether a day has two digits, or
//! where a long line was folded. What the program calls itself (X-Mailer) is left out because it need not be true: spam programs take another name
//! for each mail, and keep their habits.
//!
//! ```text
//! mail/1 received=0 order=Message-ID,From,To,Subject,Date,MIME-Version,Content-Type,X-Mailer msgid=<x12$x8$x8@helo>
//! date=Www,_#_Mmm_####_#:#:#_num from=name_<@> to=<@> type=multipart/alternative;\n\tboundary="v"
//! boundary=----=_m8_m_m_m8.m8 mime=1.0 encoding=-
//! ```
//!
//! | field | tells |
//! |---|---|
//! | `received` | how many Received fields came with it: `0`, `1` or `2+` |
//! | `order` | the names of the fields in their order, known ones as they are spelled, others as `X-?` and `?`; without those that are added on the way, that answer another mail, or that name further people ([`order`]) |
//! | `msgid` | the Message-ID by its runs ([`runs`]), and whose name stands behind the `@` |
//! | `date` | the spelling of the date: `Www` and `Mmm` are names, `#` a number, `####` a year, `num` and `abc` a zone, `(c)` a comment, `_` white space |
//! | `from`, `to` | the form of the first address: `@` bare, `<@>` in brackets, `name` before it, in quotes or not; `group` |
//! | `type` | the type of the message, with the names of its parameters as they are spelled, `\n` a fold, `\t` a tab |
//! | `boundary` | the boundary by its runs |
//! | `mime` | the spelling of the version |
//! | `encoding` | the letters of the transfer encoding: `lower`, `upper`, `mixed` |
//!
//! A field is `-` where there is nothing to tell.

mod order;
mod runs;
mod spelling;

use atalaya_model::{Envelope, ShapeId};

use self::spelling::ContentType;
use super::Field;
use crate::habit;

/// Most bytes of a value that are looked at.
const MOST_VALUE: usize = 512;

/// How a message came, as far as its shape depends on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Setting<'a> {
    /// What the client called itself.
    pub helo: &'a str,
    /// The reverse path.
    pub sender: &'a str,
}

impl<'a> Setting<'a> {
    /// What an envelope tells of it.
    #[must_use]
    pub fn of(envelope: &'a Envelope) -> Self {
        Self {
            helo: &envelope.helo,
            sender: &envelope.mail_from,
        }
    }
}

/// A shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    text: String,
}

impl Shape {
    /// The shape of a message with these fields, without those that our own servers put above them. Total, linear, and bounded: see the limits of
    /// this module.
    #[must_use]
    pub fn of(fields: &[Field<'_>], setting: Setting<'_>) -> Self {
        let parts = Parts::of(fields);
        let mut text = String::with_capacity(512);
        text.push_str("mail/1");
        let value = |field: Option<&Field<'_>>, tell: fn(&[u8]) -> String| {
            field.map(|field| tell(bounded(field))).unwrap_or_default()
        };
        let content = parts.content.map(|field| ContentType::read(bounded(field)));
        let content = content.unwrap_or_default();
        for (name, told) in [
            ("received", received(parts.received).to_owned()),
            ("order", order::order(fields)),
            ("msgid", message_id(&parts, setting)),
            ("date", value(parts.date, spelling::date)),
            ("from", value(parts.from, spelling::address)),
            ("to", value(parts.to, spelling::address)),
            ("type", content.told),
            ("boundary", content.boundary.map(runs::runs).unwrap_or_default()),
            ("mime", value(parts.version, spelling::version)),
            ("encoding", value(parts.encoding, spelling::letters)),
        ] {
            text.extend([" ", name, "=", if told.is_empty() { "-" } else { &told }]);
        }
        Self { text }
    }

    /// The canonical text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The canonical text, to keep.
    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    /// The short name.
    #[must_use]
    pub fn id(&self) -> ShapeId {
        ShapeId(habit::name(&self.text))
    }
}

/// The fields that are looked into: of each name the topmost.
#[derive(Debug, Default)]
struct Parts<'a, 'b> {
    received: usize,
    id: Option<&'b Field<'a>>,
    date: Option<&'b Field<'a>>,
    from: Option<&'b Field<'a>>,
    to: Option<&'b Field<'a>>,
    content: Option<&'b Field<'a>>,
    version: Option<&'b Field<'a>>,
    encoding: Option<&'b Field<'a>>,
}

impl<'a, 'b> Parts<'a, 'b> {
    fn of(fields: &'b [Field<'a>]) -> Self {
        let mut parts = Self::default();
        for field in fields {
            let place = match field {
                _ if field.is("Received") => {
                    parts.received = parts.received.saturating_add(1);
                    continue;
                }
                _ if field.is("Message-ID") => &mut parts.id,
                _ if field.is("Date") => &mut parts.date,
                _ if field.is("From") => &mut parts.from,
                _ if field.is("To") => &mut parts.to,
                _ if field.is("Content-Type") => &mut parts.content,
                _ if field.is("MIME-Version") => &mut parts.version,
                _ if field.is("Content-Transfer-Encoding") => &mut parts.encoding,
                _ => continue,
            };
            place.get_or_insert(field);
        }
        parts
    }
}

const fn received(count: usize) -> &'static str {
    match count {
        0 => "0",
        1 => "1",
        _ => "2+",
    }
}

fn bounded<'a>(field: &Field<'a>) -> &'a [u8] {
    field.value().get(..MOST_VALUE).unwrap_or(field.value())
}

/// The Message-ID by its runs, with whose name it bears.
fn message_id(parts: &Parts<'_, '_>, setting: Setting<'_>) -> String {
    let Some(value) = parts.id.map(bounded) else {
        return String::new();
    };
    let (before, inside) = cut(value, b'<').unwrap_or((b"", value));
    let (inside, behind) = cut(inside, b'>').unwrap_or((inside, b""));
    let is_bracketed = inside.len() < value.len();
    let (local, domain) = memchr::memrchr(b'@', inside)
        .and_then(|at| inside.split_at_checked(at))
        .map_or((inside, None), |(local, domain)| (local, domain.get(1..)));
    let mut told = String::from(if before.is_empty() { "" } else { "?" });
    told.push_str(if is_bracketed { "<" } else { "" });
    told.push_str(&runs::runs(local));
    if let Some(domain) = domain {
        told.push('@');
        told.push_str(whose(domain, parts, setting));
    }
    told.push_str(if is_bracketed { ">" } else { "" });
    told.push_str(if behind.is_empty() { "" } else { "?" });
    told
}

/// Whose name a domain is.
fn whose(domain: &[u8], parts: &Parts<'_, '_>, setting: Setting<'_>) -> &'static str {
    let named = |field: Option<&Field<'_>>| {
        let own = field.map(bounded).and_then(spelling::domain);
        own.is_some_and(|own| is_akin(domain, own))
    };
    let sender = setting.sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    match domain {
        [] => "",
        [b'[', ..] => "[ip]",
        _ if is_akin(domain, setting.helo.as_bytes()) => "helo",
        _ if named(parts.from) || is_akin(domain, sender.as_bytes()) => "from",
        _ if named(parts.to) => "to",
        _ if domain.eq_ignore_ascii_case(b"localhost")
            || domain.eq_ignore_ascii_case(b"localhost.localdomain") =>
        {
            "localhost"
        }
        _ if domain.contains(&b'.') => "name",
        _ => "word",
    }
}

/// Whether two names are the same, or one stands in the domain of the other.
fn is_akin(one: &[u8], other: &[u8]) -> bool {
    let (long, short) = if one.len() < other.len() {
        (other, one)
    } else {
        (one, other)
    };
    let (rest, end) = long.split_at(long.len().saturating_sub(short.len()));
    !short.is_empty()
        && end.eq_ignore_ascii_case(short)
        && (rest.is_empty() || (rest.ends_with(b".") && short.contains(&b'.')))
}

/// A sign as it is; none that is no ASCII, or that parts fields.
const fn sign(byte: u8) -> char {
    if byte.is_ascii_punctuation() {
        byte as char
    } else {
        '?'
    }
}

/// What stands before and behind the first of these bytes.
fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, rest) = text.split_at_checked(memchr::memchr(at, text)?)?;
    Some((before, rest.get(1..)?))
}

#[cfg(test)]
mod tests;

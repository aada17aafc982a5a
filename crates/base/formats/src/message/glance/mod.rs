//! What is told about a mail: its subject, sender and date, decoded and cut to bounded lengths.
//!
//! Decoding is left to `mail-parser`, one field at a time. It is given at most [`MAX_VALUE`] bytes, because it looks ahead for the end of
//! each encoded word and that costs the square of the length on hostile text.

use atalaya_model::Timestamp;
use mail_parser::{DateTime, HeaderValue, parsers::MessageStream};

use super::{Field, Head, Oddities, Oddity, report};

/// Most characters of a subject that are kept.
pub const MAX_SUBJECT_CHARS: usize = 200;
/// Most bytes of one field that are decoded: 200 characters of four bytes, each an encoded word by itself, fit.
const MAX_VALUE: usize = 4_096;
/// Longest sender that is kept: the longest address of RFC 5321 section 4.5.3.1, with some room for what spam programs write.
const MAX_FROM_CHARS: usize = 320;

/// The few facts that are told about a mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Glance {
    /// `Subject`, decoded, on one line, without control characters, cut to [`MAX_SUBJECT_CHARS`]; empty where there is none.
    pub subject: String,
    /// The first mail address in `From`, as written.
    pub from: Option<String>,
    /// `Date`.
    pub date: Option<Timestamp>,
    /// Whether this is a delivery report or another automatic answer: its sender was fooled itself.
    pub is_report: bool,
    /// The odd things met at the top of the mail.
    pub oddities: Oddities,
}

/// Takes a look at a mail. Total and bounded: see [`Head::read`].
#[must_use]
pub fn glance(mail: &[u8]) -> Glance {
    Glance::of(&Head::read(mail))
}

impl Glance {
    /// Takes a look at a mail whose fields were found before.
    #[must_use]
    pub fn of(head: &Head<'_>) -> Self {
        let mut oddities = head.oddities();
        let subject = head.first("Subject").map(subject).unwrap_or_default();
        if subject.contains([char::REPLACEMENT_CHARACTER]) || subject.contains("=?") {
            oddities.add(Oddity::BadCharset);
        }
        let from = head.first("From").and_then(first_address);
        match head.all("From").take(2).count() {
            0 => oddities.add(Oddity::NoFrom),
            1 => {}
            _ => oddities.add(Oddity::ManyFrom),
        }
        let written = head.first("Date");
        let date = written.and_then(|field| moment(&field.line(MAX_VALUE)));
        match (written, date) {
            (None, _) => oddities.add(Oddity::NoDate),
            (Some(_), None) => oddities.add(Oddity::BadDate),
            (Some(_), Some(_)) => {}
        }
        Self {
            subject,
            is_report: report::is_report(head, from.as_deref()),
            from,
            date,
            oddities,
        }
    }
}

/// The subject, decoded.
fn subject(field: &Field<'_>) -> String {
    let value = bounded(field);
    match MessageStream::new(&value).parse_unstructured() {
        HeaderValue::Text(text) => presentable(&text, MAX_SUBJECT_CHARS),
        _ => String::new(),
    }
}

/// The first mail address of a field such as `From`.
pub(super) fn first_address(field: &Field<'_>) -> Option<String> {
    let value = bounded(field);
    let HeaderValue::Address(addresses) = MessageStream::new(&value).parse_address() else {
        return None;
    };
    let address = addresses.first()?.address()?;
    Some(presentable(address, MAX_FROM_CHARS)).filter(|address| !address.is_empty())
}

/// Reads a date in the forms of RFC 5322 section 3.3 and section 4.3; none where it does not exist.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let mut line = text
        .as_bytes()
        .get(..MAX_VALUE)
        .unwrap_or(text.as_bytes())
        .to_vec();
    line.push(b'\n');
    let HeaderValue::DateTime(read) = MessageStream::new(&line).parse_date() else {
        return None;
    };
    checked(&read)
}

/// `mail-parser` does not look whether a date exists; the calendar does.
fn checked(read: &DateTime) -> Option<Timestamp> {
    let number = |value: u8| i8::try_from(value).ok();
    let date = jiff::civil::Date::new(
        i16::try_from(read.year).ok()?,
        number(read.month)?,
        number(read.day)?,
    );
    // A leap second is the second before it: Unix time has none.
    let second = number(read.second.min(59))?;
    let time = jiff::civil::Time::new(number(read.hour)?, number(read.minute)?, second, 0);
    let east = i32::from(read.tz_hour)
        .checked_mul(3_600)?
        .checked_add(i32::from(read.tz_minute).checked_mul(60)?)?;
    let east = if read.tz_before_gmt {
        east.checked_neg()?
    } else {
        east
    };
    let offset = jiff::tz::Offset::from_seconds(east).ok()?;
    let moment = offset.to_timestamp(date.ok()?.to_datetime(time.ok()?)).ok()?;
    Some(Timestamp::from_seconds(moment.as_second()))
}

/// The value cut to [`MAX_VALUE`], with the line feed that `mail-parser` wants to see at its end.
fn bounded(field: &Field<'_>) -> Vec<u8> {
    let mut value = field.value().get(..MAX_VALUE).unwrap_or(field.value()).to_vec();
    value.push(b'\n');
    value
}

/// One line that can be shown: control characters and the marks that turn the direction of text become spaces, runs of white space
/// become one, and what is too long is cut.
pub(crate) fn presentable(text: &str, most: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(most));
    let mut space = false;
    let mut count: usize = 0;
    for character in text.chars() {
        if character.is_whitespace() || is_unseen(character) {
            space = !shown.is_empty();
            continue;
        }
        let wanted = if space { 2 } else { 1 };
        count = count.saturating_add(wanted);
        if count > most {
            break;
        }
        if space {
            shown.push(' ');
            space = false;
        }
        shown.push(character);
    }
    shown
}

/// Characters that change what a terminal or a page shows without being seen (the bidirectional marks of Unicode, and control characters).
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests;

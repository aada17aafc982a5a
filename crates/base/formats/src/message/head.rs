//! The fields at the top of a mail (RFC 5322 section 2.2), found without decoding anything.
//!
//! In: a mail with CRLF or LF at its line ends, perhaps with the `From ` line of an mbox first. Out: its fields in their order, each still
//! folded and encoded. A line that is no field is passed over and noted, because the fields that matter most were written above it
//! by our own servers.

use memchr::memchr;

use super::{Oddities, Oddity};

/// Most bytes that are read as fields. The longest tops seen in real mail are 36 kB; a mail that exceeds this is made to exhaust us.
pub const MAX_HEAD_BYTES: usize = 512 * 1024;
/// Most fields that are kept. Real mails have up to a few hundred; memory for a [`Field`] is 32 bytes.
pub const MAX_FIELDS: usize = 2_000;
/// Longest name of a field; a longer one is no field. RFC 5322 allows what fits on a line, nobody uses it.
const MAX_NAME: usize = 128;

/// One field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    name: &'a str,
    value: &'a [u8],
}

impl<'a> Field<'a> {
    /// The name, as written.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Whether this is the name, whatever the case of its letters.
    #[must_use]
    pub const fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// What stands behind the colon, still folded and encoded, without white space at both ends.
    #[must_use]
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The first `longest` bytes of the value as one line: see [`Self::one_line`].
    #[must_use]
    pub fn line(&self, longest: usize) -> String {
        Self::one_line(self.value.get(..longest).unwrap_or(self.value))
    }

    /// A value as one line: folds go away, tabs become spaces, other control characters and bytes that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn one_line(value: &[u8]) -> String {
        let mut line = String::with_capacity(value.len());
        let text = String::from_utf8_lossy(value);
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            match character {
                '\n' => {}
                '\r' if characters.peek() == Some(&'\n') => {}
                '\t' => line.push(' '),
                _ if character.is_control() => line.push(char::REPLACEMENT_CHARACTER),
                _ => line.push(character),
            }
        }
        line
    }
}

/// The fields of one mail, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head<'a> {
    fields: Vec<Field<'a>>,
    oddities: Oddities,
}

impl<'a> Head<'a> {
    /// Finds the fields of a mail. Total, and bounded by [`MAX_HEAD_BYTES`] and [`MAX_FIELDS`].
    #[must_use]
    pub fn read(mail: &'a [u8]) -> Self {
        let mut head = Self::default();
        let mut lines = Lines {
            rest: mail.get(..MAX_HEAD_BYTES).unwrap_or(mail),
        };
        let mut ended = false;
        while let Some(line) = lines.next_logical() {
            if without_end(line).is_empty() {
                ended = true;
                break;
            }
            if head.fields.len() == MAX_FIELDS {
                head.oddities.add(Oddity::ManyHeaders);
                ended = true;
                break;
            }
            head.take(line);
        }
        if !ended && mail.len() > MAX_HEAD_BYTES {
            head.oddities.add(Oddity::LongHeaders);
        }
        if head.fields.is_empty() {
            head.oddities.add(Oddity::NoHeaders);
        }
        head
    }

    /// All fields, from the top.
    #[must_use]
    pub fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    /// The topmost field of this name.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.is(name))
    }

    /// Every field of this name, from the top.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |field| field.is(name))
    }

    /// The odd things met.
    #[must_use]
    pub const fn oddities(&self) -> Oddities {
        self.oddities
    }

    /// Takes one line with its continuations.
    fn take(&mut self, line: &'a [u8]) {
        if memchr(0, line).is_some() {
            self.oddities.add(Oddity::NulInHeaders);
        }
        match field(line) {
            Some(field) => self.fields.push(field),
            None if self.fields.is_empty() && is_mbox_line(line) => {}
            None => self.oddities.add(Oddity::BadHeader),
        }
    }
}

/// The line that an mbox puts in front of a mail, quoted or not (RFC 4155).
fn is_mbox_line(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

/// Cuts a line into name and value. Spaces before the colon are obsolete but allowed (RFC 5322 section 4.5).
fn field(line: &[u8]) -> Option<Field<'_>> {
    let colon = memchr(b':', line.get(..MAX_NAME).unwrap_or(line))?;
    let (name, rest) = line.split_at_checked(colon)?;
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    let name = str::from_utf8(name).ok().filter(|_| is_name)?;
    let value = rest.get(1..)?.trim_ascii();
    Some(Field { name, value })
}

/// A line without its line end.
fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Cuts bytes into lines together with their continuations (RFC 5322 section 2.2.3).
struct Lines<'a> {
    rest: &'a [u8],
}

impl<'a> Lines<'a> {
    fn next_logical(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let mut end = line_end(self.rest, 0);
        let is_blank = without_end(self.rest.get(..end)?).is_empty();
        while !is_blank && matches!(self.rest.get(end), Some(b' ' | b'\t')) {
            end = line_end(self.rest, end);
        }
        let (line, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(line)
    }
}

/// Where the line that begins at `from` ends, its line feed included.
fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes
        .get(from..)
        .and_then(|rest| memchr(b'\n', rest))
        .map_or(bytes.len(), |at| from.saturating_add(at).saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(mail: &[u8]) -> Vec<String> {
        Head::read(mail)
            .fields()
            .iter()
            .map(|field| field.name().to_owned())
            .collect()
    }

    #[test]
    fn fields_are_found_with_either_line_end() {
        for mail in [
            &b"From: a@b.example\r\nSubject: one\r\n two\r\n\r\nBody: no\r\n"[..],
            b"From: a@b.example\nSubject: one\n two\n\nBody: no\n",
            b"From a@b.example Mon Sep  2 12:19:25 2002\nFrom: a@b.example\nSubject: one\n two\n\nBody: no\n",
        ] {
            assert_eq!(names(mail), ["From", "Subject"]);
            let head = Head::read(mail);
            assert_eq!(head.first("SUBJECT").unwrap().line(99), "one two");
            assert_eq!(head.oddities(), Oddities::default());
        }
    }

    #[test]
    fn the_space_before_a_colon_is_no_part_of_the_name() {
        assert_eq!(names(b"Subject : x\n\n"), ["Subject"]);
    }

    #[test]
    fn a_line_that_is_no_field_is_passed_over_and_noted() {
        let head = Head::read(b"To: a@b.example\nnonsense\nwith space: x\nSubject: y\n\n");
        assert_eq!(head.fields().len(), 2);
        assert!(head.oddities().has(Oddity::BadHeader));
    }

    #[test]
    fn nothing_at_all_is_no_headers() {
        for mail in [
            &b""[..],
            b"\n",
            b"\r\n",
            b"just a text",
            b"\n\nFrom: a@b.example\n",
        ] {
            let head = Head::read(mail);
            assert!(head.fields().is_empty(), "{mail:?}");
            assert!(head.oddities().has(Oddity::NoHeaders), "{mail:?}");
        }
    }

    #[test]
    fn a_hundred_thousand_fields_are_cut() {
        let head_of = "X: y\r\n".repeat(100_000);
        let head = Head::read(head_of.as_bytes());
        assert_eq!(head.fields().len(), MAX_FIELDS);
        assert!(head.oddities().has(Oddity::ManyHeaders));
    }

    #[test]
    fn a_field_of_25_megabytes_is_cut() {
        let mut mail = b"Subject: ".to_vec();
        mail.resize(25 << 20, b'x');
        let head = Head::read(&mail);
        assert!(head.first("subject").unwrap().value().len() < MAX_HEAD_BYTES);
        assert!(head.oddities().has(Oddity::LongHeaders));
    }

    #[test]
    fn control_characters_do_not_reach_the_line() {
        let head = Head::read(b"Subject: a\x1b[31m\0b\tc\xff\n\n");
        assert_eq!(
            head.first("subject").unwrap().line(99),
            "a\u{fffd}[31m\u{fffd}b c\u{fffd}"
        );
        assert!(head.oddities().has(Oddity::NulInHeaders));
    }
}

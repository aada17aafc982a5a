//! A mail as whoever answers us wrote it: its fields, its leaves, and what stands in it to be read.
//!
//! In: the bytes of a mail. Out: its head, its leaves, and its text in Unicode. Only the first [`MAX_BYTES`] are looked at, and of the text the
//! first [`MAX_TEXT`]: what an answer has to say stands at its top.

use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::html::html_to_text;

use crate::message::{Glance, Head};
use crate::parts::{Part, first_parts};

/// Most bytes of a mail that are looked at: bounces carry the mail that came back, behind what they say of it.
const MAX_BYTES: usize = 1 << 20;
/// Most bytes of text.
pub(crate) const MAX_TEXT: usize = 64 << 10;
/// Most bytes of a field.
const MAX_VALUE: usize = 4_096;

/// A mail.
#[derive(Debug)]
pub(crate) struct Letter<'a> {
    /// Its fields.
    pub(crate) head: Head<'a>,
    /// Its leaves, in their order.
    pub(crate) parts: Vec<Part<'a>>,
}

impl<'a> Letter<'a> {
    /// Takes a mail apart.
    pub(crate) fn read(mail: &'a [u8]) -> Self {
        let mail = mail.get(..MAX_BYTES).unwrap_or(mail);
        Self {
            head: Head::read(mail),
            parts: first_parts(mail),
        }
    }

    /// The topmost field of a name as one line, not decoded; empty where there is none.
    pub(crate) fn field(&self, name: &str) -> String {
        self.head
            .first(name)
            .map(|field| field.line(MAX_VALUE))
            .unwrap_or_default()
    }

    /// The same in lower case, without what stands behind the first word.
    pub(crate) fn word(&self, name: &str) -> String {
        let line = self.field(name).to_ascii_lowercase();
        let end = line.find([';', '(', ' ']).unwrap_or(line.len());
        line.get(..end).unwrap_or_default().to_owned()
    }

    /// Subject and sender, decoded.
    pub(crate) fn glance(&self) -> Glance {
        Glance::of(&self.head)
    }

    /// The first leaf of a type.
    pub(crate) fn part(&self, kind: &str) -> Option<&Part<'a>> {
        self.parts.iter().find(|part| part.kind == kind)
    }

    /// All texts behind each other: the plain ones, or where there is none, those in HTML.
    pub(crate) fn text(&self) -> String {
        // A multipart without its boundary cannot be cut; its text stands in it all the same.
        let is_plain = |part: &&Part<'_>| part.kind == "text/plain" || part.kind.starts_with("multipart/");
        let mut text = String::new();
        for part in self.parts.iter().filter(is_plain) {
            add(&mut text, &written(part));
        }
        if text.trim().is_empty() {
            for part in self.parts.iter().filter(|part| part.kind == "text/html") {
                add(&mut text, &html_to_text(&written(part)));
            }
        }
        text
    }

    /// The first text that is no attachment.
    pub(crate) fn first_text(&self) -> String {
        let of = |kind: &str| {
            let mut parts = self.parts.iter();
            parts.find(|part| part.kind == kind && part.name.is_empty())
        };
        let plain = of("text/plain").map(written).unwrap_or_default();
        match of("text/html") {
            Some(html) if plain.trim().is_empty() => html_to_text(&written(html)),
            _ => plain,
        }
    }
}

/// Puts more text behind the text, as far as there is room.
fn add(text: &mut String, more: &str) {
    let room = MAX_TEXT.saturating_sub(text.len());
    text.push_str(more.get(..more.floor_char_boundary(room)).unwrap_or_default());
    text.push('\n');
}

/// The text of a leaf in Unicode. Where its character set is not known, bytes that are no UTF-8 become U+FFFD.
fn written(part: &Part<'_>) -> String {
    let body = part.body.get(..MAX_TEXT).unwrap_or(&part.body);
    match charset_decoder(part.charset.as_bytes()) {
        Some(decode) if !part.charset.is_empty() => decode(body),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_in_its_character_set_and_html_only_where_there_is_nothing_else() {
        let mail = "Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain; charset=ISO-8859-1\n\
                    Content-Transfer-Encoding: quoted-printable\n\nsoluci=F3n\n--x\nContent-Type: text/html\n\n<p>no</p>\n--x\n\nmore\n--x--\n";
        let letter = Letter::read(mail.as_bytes());
        assert_eq!(letter.text(), "solución\nmore\n");
        assert_eq!(letter.first_text(), "solución");
        let html = Letter::read(b"Content-Type: text/html\n\n<p>Hello <b>you</b></p>");
        assert_eq!(html.first_text().trim(), "Hello you");
        assert_eq!(html.text().trim(), "Hello you");
    }

    #[test]
    fn what_is_read_is_bounded() {
        let long = format!(
            "Content-Type: text/plain; charset=utf-8\n\n{}",
            "ñ".repeat(MAX_BYTES)
        );
        let letter = Letter::read(long.as_bytes());
        assert!(letter.text().len() <= MAX_TEXT + 4);
        assert!(letter.first_text().len() <= MAX_TEXT + 4);
    }
}

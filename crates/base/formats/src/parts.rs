//! The parts of a mail (RFC 2046), as far as reports and answers need them.
//!
//! In: a mail. Out: its leaves in their order, each with its fields and its body decoded. A mail inside the mail is a leaf: it is not opened.
//! Lines are looked at once for each multipart around them, and how many of those there may be is bounded.

use std::borrow::Cow;

use mail_parser::decoders::{base64::base64_decode, quoted_printable::quoted_printable_decode};
use memchr::memchr;

use crate::message::{Field, Head};

/// Most leaves that are looked at. Reports have three; those with every log line as a part some dozens.
const MAX_PARTS: usize = 200;
/// Most multiparts inside each other: signed, mixed, alternative and two more.
const MAX_DEPTH: usize = 5;
/// Most bytes of a field of a part that are read.
const MAX_VALUE: usize = 2_048;
/// Longest boundary (RFC 2046 section 5.1.1 allows 70 characters).
const MAX_BOUNDARY: usize = 200;

/// More parts, or parts deeper inside each other, than are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooManyParts;

/// One leaf.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// Type and subtype, in lower case.
    pub(crate) kind: String,
    /// The name of the file that it would make, in lower case; empty where it has none.
    pub(crate) name: String,
    /// The character set that it is said to be in, in lower case; empty where nothing is said.
    pub(crate) charset: String,
    /// What it holds, its transfer encoding undone.
    pub(crate) body: Cow<'a, [u8]>,
}

/// The leaves of a mail.
pub(crate) fn parts(mail: &[u8]) -> Result<Vec<Part<'_>>, TooManyParts> {
    let mut found = Vec::new();
    collect(mail, 0, &mut found)?;
    Ok(found)
}

/// The same, up to where there are too many.
pub(crate) fn first_parts(mail: &[u8]) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    collect(mail, 0, &mut found).unwrap_or_default();
    found
}

fn collect<'a>(entity: &'a [u8], depth: usize, found: &mut Vec<Part<'a>>) -> Result<(), TooManyParts> {
    if depth > MAX_DEPTH || found.len() >= MAX_PARTS {
        return Err(TooManyParts);
    }
    let head = Head::read(entity);
    let value = head
        .first("Content-Type")
        .map(|field| field.line(MAX_VALUE))
        .unwrap_or_default();
    let body = body(entity);
    let kind = kind(&value);
    match parameter(&value, "boundary").filter(|_| kind.starts_with("multipart/")) {
        Some(boundary) if (1..=MAX_BOUNDARY).contains(&boundary.len()) => {
            Bodies::new(body, &boundary).try_for_each(|part| collect(part, depth.saturating_add(1), found))
        }
        _ => {
            found.push(Part {
                name: name(&head, &value),
                charset: parameter(&value, "charset")
                    .unwrap_or_default()
                    .to_ascii_lowercase(),
                body: decoded(&head, body),
                kind,
            });
            Ok(())
        }
    }
}

/// What stands behind the first empty line.
fn body(entity: &[u8]) -> &[u8] {
    let mut rest = entity;
    loop {
        let line = first_line(rest);
        let after = rest.get(line.len()..).unwrap_or_default();
        if line.is_empty() || line.trim_ascii().is_empty() {
            return after;
        }
        rest = after;
    }
}

/// The first line with its end.
fn first_line(bytes: &[u8]) -> &[u8] {
    let end = memchr(b'\n', bytes).map_or(bytes.len(), |at| at.saturating_add(1));
    bytes.get(..end).unwrap_or(bytes)
}

/// Type and subtype of a Content-Type; `text/plain` where it is none (RFC 2045 section 5.2).
fn kind(value: &str) -> String {
    let kind = value.split([';', ' ', '(']).next().unwrap_or_default();
    if kind.contains('/') {
        kind.to_ascii_lowercase()
    } else {
        "text/plain".to_owned()
    }
}

/// A parameter of a field (RFC 2045 section 5.1).
fn parameter(value: &str, wanted: &str) -> Option<String> {
    let mut rest = value.split_once(';')?.1;
    while let Some((name, behind)) = rest.split_once('=') {
        let behind = behind.trim_start();
        let (text, after) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => behind.split_at(behind.find([';', ' ']).unwrap_or(behind.len())),
        };
        if name.trim_matches([';', ' ']).eq_ignore_ascii_case(wanted) {
            return Some(text.to_owned());
        }
        rest = after;
    }
    None
}

/// The file name of a part.
fn name(head: &Head<'_>, content_type: &str) -> String {
    let disposition = head
        .first("Content-Disposition")
        .map(|field| field.line(MAX_VALUE))
        .unwrap_or_default();
    parameter(&disposition, "filename")
        .or_else(|| parameter(content_type, "name"))
        .unwrap_or_default()
        .to_ascii_lowercase()
}

/// The body with its transfer encoding undone; as it stands where that cannot be done. Mails inside are not to be encoded (RFC 2046
/// section 5.2.1), and some are.
fn decoded<'a>(head: &Head<'_>, body: &'a [u8]) -> Cow<'a, [u8]> {
    let encoding = head.first("Content-Transfer-Encoding").map(Field::value);
    let is = |name: &str| encoding.is_some_and(|value| value.eq_ignore_ascii_case(name.as_bytes()));
    let decoded = if is("base64") {
        base64_decode(body)
    } else if is("quoted-printable") {
        quoted_printable_decode(body)
    } else {
        None
    };
    decoded.map_or(Cow::Borrowed(body), Cow::Owned)
}

/// The bodies between the lines of a boundary.
struct Bodies<'a> {
    rest: &'a [u8],
    boundary: Vec<u8>,
    is_done: bool,
}

impl<'a> Bodies<'a> {
    /// Passes over what stands in front of the first line.
    fn new(body: &'a [u8], boundary: &str) -> Self {
        let mut bodies = Self {
            rest: body,
            boundary: [b"--", boundary.as_bytes()].concat(),
            is_done: false,
        };
        bodies.cut();
        bodies
    }

    /// Takes everything up to the next line of the boundary, which goes away with the line end in front of it.
    fn cut(&mut self) -> &'a [u8] {
        let whole = self.rest;
        let mut length = 0_usize;
        loop {
            let rest = whole.get(length..).unwrap_or_default();
            let line = first_line(rest);
            let end = line
                .strip_prefix(self.boundary.as_slice())
                .map(<[u8]>::trim_ascii);
            if line.is_empty() || matches!(end, Some(b"" | b"--")) {
                self.is_done = line.is_empty() || end == Some(b"--");
                self.rest = rest.get(line.len()..).unwrap_or_default();
                return without_end(whole.get(..length).unwrap_or(whole));
            }
            length = length.saturating_add(line.len());
        }
    }
}

/// The bytes without the line end at their end.
fn without_end(bytes: &[u8]) -> &[u8] {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    bytes.strip_suffix(b"\r").unwrap_or(bytes)
}

impl<'a> Iterator for Bodies<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.is_done {
            return None;
        }
        let part = self.cut();
        // A report whose last line is that of its last part has nothing behind it.
        (!self.is_done || !part.trim_ascii().is_empty()).then_some(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mail: &str) -> Vec<(String, String, String)> {
        let shown = |part: Part<'_>| {
            (
                part.kind,
                part.name,
                String::from_utf8_lossy(&part.body).into_owned(),
            )
        };
        parts(mail.as_bytes()).unwrap().into_iter().map(shown).collect()
    }

    #[test]
    fn leaves_are_found_in_order_and_decoded() {
        let found = read(
            "Content-Type: multipart/Mixed; charset=x; boundary=\"a b\"; more=1\r\n\r\nfor old readers\r\n--a b\r\n\
             Content-Type: multipart/alternative;\r\n boundary=in\r\n\r\n--in\r\n\r\nplain\r\n--in--\r\n--a b \r\n\
             content-type: Application/JSON; name=X.json\r\nContent-Transfer-Encoding: BASE64\r\n\r\ne30=\r\n\r\n--a b\n\
             Content-Disposition: attachment; filename=\"Report.txt\"\nContent-Transfer-Encoding: quoted-printable\n\na=3D=\nb\n--a b--\nbehind\n",
        );
        assert_eq!(
            found,
            [
                ("text/plain".into(), String::new(), "plain".into()),
                ("application/json".into(), "x.json".into(), "{}".into()),
                ("text/plain".into(), "report.txt".into(), "a=b".into())
            ]
        );
    }

    #[test]
    fn a_mail_inside_is_not_opened_and_an_end_may_be_missing() {
        let found = read(
            "Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=y\n\n--y\n\n1\n--y--\n",
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "message/rfc822");
        assert!(found[0].2.ends_with("--y--"), "{found:?}");
    }

    #[test]
    fn what_is_no_multipart_is_one_leaf() {
        for mail in [
            "",
            "\n",
            "Content-Type: multipart/mixed\n\nx",
            "Content-Type: nonsense; boundary=x\n\n--x\n\n--x--",
            "Content-Type: multipart/mixed; boundary=\n\nx",
        ] {
            assert_eq!(read(mail).len(), 1, "{mail}");
        }
        assert_eq!(
            read("Content-Type: multipart/mixed; boundary=x\n\nno line of it").len(),
            0
        );
    }

    #[test]
    fn too_many_and_too_deep_are_refused() {
        let many = format!(
            "Content-Type: multipart/mixed; boundary=x\n\n{}",
            "--x\n\nbody\n".repeat(100_000)
        );
        assert!(matches!(parts(many.as_bytes()), Err(TooManyParts)));
        let deep: String = (0..10_000)
            .map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}\n\n--b{level}\n"))
            .collect();
        assert!(matches!(parts(deep.as_bytes()), Err(TooManyParts)));
    }
}

//! The forms in which header and body are signed (RFC 6376 section 3.4), for those who sign and those who verify.

use memchr::memmem;
use sha2::{Digest, Sha256};

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is, but for empty lines at the end of the body.
    Simple,
    /// With white space evened out.
    Relaxed,
}

/// The header with the line end of its last field, and the body.
pub(super) fn split(mail: &[u8]) -> (&[u8], &[u8]) {
    if let Some(body) = mail.strip_prefix(b"\r\n") {
        return (b"", body);
    }
    let end = memmem::find(mail, b"\r\n\r\n");
    let cut = end.and_then(|end| mail.split_at_checked(end.saturating_add(2)));
    let (header, rest) = cut.unwrap_or((mail, b""));
    (header, rest.strip_prefix(b"\r\n").unwrap_or(rest))
}

/// The fields of a header, each with all its lines.
pub(super) fn fields(header: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let (mut rest, mut at) = (header, 0_usize);
    while let Some(offset) = rest.get(at..).and_then(|text| memmem::find(text, b"\r\n")) {
        let end = at.saturating_add(offset).saturating_add(2);
        if matches!(rest.get(end), Some(b' ' | b'\t')) {
            at = end;
            continue;
        }
        let (field, behind) = rest.split_at_checked(end).unwrap_or((rest, b""));
        found.push(field);
        (rest, at) = (behind, 0);
    }
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// Whether that is the name of a field.
pub(super) fn is_named(field: &[u8], name: &str) -> bool {
    parts(field)
        .0
        .trim_ascii_end()
        .eq_ignore_ascii_case(name.as_bytes())
}

/// Name and value of a field.
pub(super) fn parts(field: &[u8]) -> (&[u8], &[u8]) {
    let colon = memchr::memchr(b':', field).unwrap_or(field.len());
    let (name, value) = field.split_at_checked(colon).unwrap_or((field, b""));
    (name, value.strip_prefix(b":").unwrap_or(value))
}

/// A field in a form.
pub(super) fn canonical_field(field: &[u8], form: Form) -> Vec<u8> {
    match form {
        Form::Simple => field.to_vec(),
        Form::Relaxed => relaxed_field(field),
    }
}

/// A field in the form `relaxed` (RFC 6376 section 3.4.2).
pub(super) fn relaxed_field(field: &[u8]) -> Vec<u8> {
    let (name, value) = parts(field);
    let mut out = name.trim_ascii_end().to_ascii_lowercase();
    out.push(b':');
    out.extend_from_slice(&reduced(value));
    out.extend_from_slice(b"\r\n");
    out
}

/// Every run of white space as one space, none at either end; line ends are white space here.
fn reduced(text: &[u8]) -> Vec<u8> {
    let words = text.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
    let mut out = Vec::with_capacity(text.len());
    for word in words.filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
    out
}

/// The digest of a body in a form, and how long the body is then. Without empty lines at the end (RFC 6376 sections 3.4.3 and 3.4.4); relaxed,
/// lines have no white space at their end, and every other run of it is one space.
pub(super) fn body_hash(body: &[u8], form: Form) -> ([u8; 32], u64) {
    let (mut hash, mut length) = (Sha256::new(), 0_usize);
    let mut add = |bytes: &[u8]| {
        hash.update(bytes);
        length = length.saturating_add(bytes.len());
    };
    let mut empty_lines = 0_usize;
    let mut rest = body;
    while !rest.is_empty() {
        let end = memmem::find(rest, b"\r\n").unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(end).unwrap_or((rest, b""));
        rest = behind.strip_prefix(b"\r\n").unwrap_or(behind);
        let relaxed = (form == Form::Relaxed).then(|| relaxed_line(line));
        let line = relaxed.as_deref().unwrap_or(line);
        if line.is_empty() {
            empty_lines = empty_lines.saturating_add(1);
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            add(b"\r\n");
        }
        add(line);
        add(b"\r\n");
    }
    if form == Form::Simple && length == 0 {
        hash.update(b"\r\n");
        length = 2;
    }
    (hash.finalize().into(), u64::try_from(length).unwrap_or(u64::MAX))
}

fn relaxed_line(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    for byte in line {
        match byte {
            b' ' | b'\t' if out.last() == Some(&b' ') => {}
            b' ' | b'\t' => out.push(b' '),
            byte => out.push(*byte),
        }
    }
    if out.last() == Some(&b' ') {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use proptest::prelude::*;

    use super::*;

    fn hash(body: &[u8], form: Form) -> String {
        BASE64.encode(&body_hash(body, form).0)
    }

    #[test]
    fn the_forms_are_those_of_the_example_in_rfc_6376() {
        // Section 3.4.5.
        let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (header, body) = split(mail);
        let in_form = |form| -> Vec<u8> {
            let fields = fields(header).into_iter();
            fields.flat_map(|field| canonical_field(field, form)).collect()
        };
        assert_eq!(in_form(Form::Relaxed), b"a:X\r\nb:Y Z\r\n");
        assert_eq!(in_form(Form::Simple), header);
        let digest = |text: &[u8]| <[u8; 32]>::from(Sha256::digest(text));
        assert_eq!(body_hash(body, Form::Relaxed), (digest(b" C\r\nD E\r\n"), 9));
        assert_eq!(body_hash(body, Form::Simple), (digest(b" C \r\nD \t E\r\n"), 12));
    }

    #[test]
    fn no_body_is_nothing_or_one_line_end() {
        // Sections 3.4.3 and 3.4.4 give these values.
        let relaxed = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let simple = "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=";
        assert_eq!(hash(b"", Form::Relaxed), relaxed);
        assert_eq!(hash(b"\r\n \r\n", Form::Relaxed), relaxed);
        assert_eq!(hash(b"", Form::Simple), simple);
        assert_eq!(hash(b"\r\n\r\n", Form::Simple), simple);
        assert_eq!(hash(b"x", Form::Relaxed), hash(b"x \r\n\r\n", Form::Relaxed));
        assert_ne!(hash(b"x", Form::Simple), hash(b"x \r\n\r\n", Form::Simple));
    }

    proptest! {
        #[test]
        fn white_space_at_line_ends_changes_nothing_when_relaxed(words in prop::collection::vec("[a-z]{1,5}", 0..20)) {
            let text = words.join("\r\n");
            let spaced = format!("{} \t\r\n\r\n", words.join(" \t \r\n"));
            prop_assert_eq!(hash(text.as_bytes(), Form::Relaxed), hash(spaced.as_bytes(), Form::Relaxed));
        }
    }
}

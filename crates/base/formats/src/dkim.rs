//! DKIM signatures as text (RFC 6376): what is signed of a mail, the header field that says so, and the record that the key stands in.
//!
//! In: a mail as it will be sent, with CRLF line ends. Out: the bytes to be signed and, once they are, the field `DKIM-Signature`. Keys and
//! cryptography are not here. Header and body are read in the form `relaxed`, which survives what mail servers do to white space.

use std::fmt::Write as _;

use atalaya_model::Timestamp;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The fields that are signed, where they are there. RFC 8058 section 4 wants those of the way out among them.
const SIGNED: &[&str] = &[
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Auto-Submitted",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];
/// Of these, one more is signed than is there, so that nobody can add one (RFC 6376 section 8.15).
const SEALED: &[&str] = &["From", "To", "Subject", "Date", "Reply-To"];
/// Where lines of the field are folded (RFC 5322 section 2.1.1).
const FOLD_AT: usize = 72;
/// Longest string of a TXT record (RFC 1035 section 3.3.14).
const LONGEST_STRING: usize = 255;

/// How a mail is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// `rsa-sha256`, which everybody verifies.
    RsaSha256,
    /// `ed25519-sha256` (RFC 8463): a short key, which not everybody verifies yet.
    Ed25519Sha256,
}

impl Algorithm {
    /// The value of the tag `a`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa-sha256",
            Self::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// The value of the tag `k` in the record of the key.
    const fn key_kind(self) -> &'static str {
        match self {
            Self::RsaSha256 => "rsa",
            Self::Ed25519Sha256 => "ed25519",
        }
    }
}

/// Who signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signer<'a> {
    /// How.
    pub algorithm: Algorithm,
    /// The name of the key in its domain.
    pub selector: &'a str,
    /// The domain that answers for the mail.
    pub domain: &'a str,
}

/// A signature of which only the signature is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    field: String,
    signed: Vec<u8>,
}

impl Unsigned {
    /// Prepares the signature of a mail, made at a moment.
    #[must_use]
    pub fn new(mail: &[u8], signer: Signer<'_>, at: Timestamp) -> Self {
        let (header, body) = split(mail);
        let fields = fields(header);
        let (names, mut signed) = chosen(&fields);
        let mut field = format!(
            "DKIM-Signature: v=1; a={}; c=relaxed/relaxed;\r\n\td={}; s={};\r\n\tt={};\r\n\th=",
            signer.algorithm.name(),
            signer.domain,
            signer.selector,
            at.seconds()
        );
        let mut length = 3_usize;
        for (number, name) in names.iter().enumerate() {
            if number > 0 {
                field.push(':');
            }
            if length.saturating_add(name.len()) > FOLD_AT {
                field.push_str("\r\n\t ");
                length = 2;
            }
            field.push_str(name);
            length = length.saturating_add(name.len()).saturating_add(1);
        }
        let hash = BASE64.encode(&body_hash(body));
        let written = write!(field, ";\r\n\tbh={hash};\r\n\tb=");
        debug_assert!(written.is_ok(), "a String takes everything");
        // The field itself goes last, without a line end (RFC 6376 section 3.7).
        let own = relaxed_field(field.as_bytes());
        signed.extend_from_slice(own.strip_suffix(b"\r\n").unwrap_or(&own));
        Self { field, signed }
    }

    /// What is to be signed.
    #[must_use]
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// The whole field with its line end, to be put before the mail.
    #[must_use]
    pub fn with(self, signature: &[u8]) -> String {
        let mut field = self.field;
        let text = BASE64.encode(signature);
        for (number, letter) in text.char_indices() {
            if number > 0 && number.is_multiple_of(FOLD_AT) {
                field.push_str("\r\n\t ");
            }
            field.push(letter);
        }
        field.push_str("\r\n");
        field
    }
}

/// The record of a key as a line of a zone file. `public` is the key in the form that its kind wants: DER (`SubjectPublicKeyInfo`) for
/// RSA, the 32 bytes themselves for Ed25519.
#[must_use]
pub fn record(signer: Signer<'_>, public: &[u8]) -> String {
    let text = format!(
        "v=DKIM1; k={}; p={}",
        signer.algorithm.key_kind(),
        BASE64.encode(public)
    );
    let mut line = format!("{}._domainkey.{}. IN TXT (", signer.selector, signer.domain);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // All of it is ASCII.
        let (part, behind) = rest.split_at_checked(LONGEST_STRING).unwrap_or((rest, ""));
        line.push_str(" \"");
        line.push_str(part);
        line.push('"');
        rest = behind;
    }
    line.push_str(" )");
    line
}

/// The header with the line end of its last field, and the body.
fn split(mail: &[u8]) -> (&[u8], &[u8]) {
    let end = mail.windows(4).position(|window| window == b"\r\n\r\n");
    let cut = end.and_then(|end| mail.split_at_checked(end.saturating_add(2)));
    let (header, rest) = cut.unwrap_or((mail, b""));
    (header, rest.strip_prefix(b"\r\n").unwrap_or(rest))
}

/// The fields of a header, each with all its lines.
fn fields(header: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let (mut rest, mut at) = (header, 0_usize);
    while let Some(offset) = rest
        .get(at..)
        .and_then(|text| text.windows(2).position(|pair| pair == b"\r\n"))
    {
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

/// The names for the tag `h`, and the fields in their relaxed form: of one name, the last field first (RFC 6376 section 5.4.2).
fn chosen(fields: &[&[u8]]) -> (Vec<&'static str>, Vec<u8>) {
    let (mut names, mut signed) = (Vec::new(), Vec::new());
    for name in SIGNED {
        let of_name = fields.iter().rev().filter(|field| is_named(field, name));
        for field in of_name {
            names.push(*name);
            signed.extend_from_slice(&relaxed_field(field));
        }
        if SEALED.contains(name) {
            names.push(*name);
        }
    }
    (names, signed)
}

fn is_named(field: &[u8], name: &str) -> bool {
    let colon = field.iter().position(|byte| *byte == b':');
    let found = colon.and_then(|colon| field.get(..colon)).unwrap_or_default();
    found.trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
}

/// A field in the form `relaxed` (RFC 6376 section 3.4.2).
fn relaxed_field(field: &[u8]) -> Vec<u8> {
    let colon = field.iter().position(|byte| *byte == b':').unwrap_or(field.len());
    let (name, value) = field.split_at_checked(colon).unwrap_or((field, b""));
    let value = value.strip_prefix(b":").unwrap_or(value);
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

/// The digest of a body in the form `relaxed` (RFC 6376 section 3.4.4): lines without white space at their end, every other run of it as one
/// space, no empty lines at the end.
fn body_hash(body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut empty_lines = 0_usize;
    let mut rest = body;
    while !rest.is_empty() {
        let end = rest
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .unwrap_or(rest.len());
        let (line, behind) = rest.split_at_checked(end).unwrap_or((rest, b""));
        rest = behind.strip_prefix(b"\r\n").unwrap_or(behind);
        let line = relaxed_line(line);
        if line.is_empty() {
            empty_lines = empty_lines.saturating_add(1);
            continue;
        }
        for _ in 0..std::mem::take(&mut empty_lines) {
            hash.update(b"\r\n");
        }
        hash.update(&line);
        hash.update(b"\r\n");
    }
    hash.finalize().into()
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
    use proptest::prelude::*;

    use super::*;

    const SIGNER: Signer<'_> = Signer {
        algorithm: Algorithm::Ed25519Sha256,
        selector: "s1",
        domain: "list.example",
    };

    fn hash(body: &[u8]) -> String {
        BASE64.encode(&body_hash(body))
    }

    #[test]
    fn the_relaxed_forms_are_those_of_the_example_in_rfc_6376() {
        // Section 3.4.5.
        let mail = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
        let (header, body) = split(mail);
        let header: Vec<u8> = fields(header).into_iter().flat_map(relaxed_field).collect();
        assert_eq!(header, b"a:X\r\nb:Y Z\r\n");
        assert_eq!(
            body_hash(body),
            <[u8; 32]>::from(Sha256::digest(b" C\r\nD E\r\n"))
        );
    }

    #[test]
    fn the_hash_of_no_body_is_that_of_nothing() {
        // Section 3.4.4 gives this value.
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(hash(b""), empty);
        assert_eq!(hash(b"\r\n \r\n"), empty);
        assert_ne!(hash(b"x"), empty);
        assert_eq!(hash(b"x"), hash(b"x \r\n\r\n"));
    }

    #[test]
    fn what_is_there_is_signed_and_sealed_against_more() {
        let mail = b"From: a@list.example\r\nX-Other: 1\r\nsubject: x\r\n\r\nbody\r\n";
        let unsigned = Unsigned::new(mail, SIGNER, Timestamp::from_seconds(5));
        let signed = String::from_utf8(unsigned.signed().to_vec()).unwrap();
        assert!(
            signed.starts_with(
                "from:a@list.example\r\nsubject:x\r\ndkim-signature:v=1; a=ed25519-sha256; c=relaxed/relaxed; \
                 d=list.example; s=s1; t=5; h=From:From:To:Subject:Subject:Date:Reply-To; bh="
            ),
            "{signed}"
        );
        assert!(signed.ends_with("; b="), "{signed}");
        let field = unsigned.with(&[0xff; 64]);
        assert!(field.starts_with("DKIM-Signature: v=1;") && field.ends_with("==\r\n"));
        assert!(field.lines().all(|line| line.len() < 79), "{field}");
    }

    #[test]
    fn a_record_is_cut_into_strings_that_fit() {
        let short = record(SIGNER, &[7; 32]);
        assert!(short.starts_with("s1._domainkey.list.example. IN TXT ( \"v=DKIM1; k=ed25519; p="));
        assert_eq!(short.matches('"').count(), 2);
        let long = record(SIGNER, &[7; 294]);
        assert_eq!(long.matches('"').count(), 4);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_signed_and_white_space_at_line_ends_changes_nothing(
            mail: Vec<u8>, words in prop::collection::vec("[a-z]{1,5}", 0..20)
        ) {
            let at = Timestamp::from_seconds(0);
            prop_assert!(!Unsigned::new(&mail, SIGNER, at).signed().is_empty());
            let text = words.join("\r\n");
            let spaced = format!("{} \t\r\n\r\n", words.join(" \t \r\n"));
            prop_assert_eq!(hash(text.as_bytes()), hash(spaced.as_bytes()));
        }
    }
}

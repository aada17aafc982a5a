//! Signing: what is signed of a mail, the header field that says so, and the record that the key stands in.
//!
//! In: a mail as it will be sent, with CRLF line ends. Out: the bytes to be signed and, once they are, the field `DKIM-Signature`. Header and
//! body are read in the form `relaxed`, which survives what mail servers do to white space.

use std::fmt::Write as _;

use atalaya_model::Timestamp;
use data_encoding::BASE64;

use super::Algorithm;
use super::canonical::{Form, body_hash, fields, is_named, relaxed_field, split};

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
        let hash = BASE64.encode(&body_hash(body, Form::Relaxed).0);
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

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNER: Signer<'_> = Signer {
        algorithm: Algorithm::Ed25519Sha256,
        selector: "s1",
        domain: "list.example",
    };

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
}

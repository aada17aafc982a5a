//! Verifying, as far as it goes without a key: what the signatures of a mail claim, and what bytes their keys must fit to.
//!
//! Whatever can be told without DNS is told here: form, times, what is covered, and the hash of the body. So nobody makes us ask for a key
//! with a signature that could not count.

use std::borrow::Cow;

use atalaya_model::Timestamp;
use memchr::memmem;

use super::canonical::{Form, body_hash, canonical_field, fields, is_named, parts, split};
use super::{Flaw, Signature};

/// Signatures of a mail that may be claims. Real mail has up to four.
pub const MOST_SIGNATURES: usize = 5;
/// Fields that are read to find them, from the bottom: whoever sends a mail once more puts his own above.
const MOST_READ: usize = 50;
/// The longest header that is read. The longest of real mail is 36 kB.
const MAX_HEADER: usize = 512 << 10;
/// Most fields.
const MOST_FIELDS: usize = 2_000;
/// The name of the field.
const FIELD: &str = "DKIM-Signature";

/// A signature whose key alone is missing: its body is the one that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    signature: Signature,
    signed: Vec<u8>,
}

impl Claim {
    /// What it says of itself.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn signed(&self) -> &[u8] {
        &self.signed
    }

    /// The signature itself.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.signature.bytes
    }
}

/// Whether a mail has a signature at all, right or wrong. Costs one look at its header.
#[must_use]
pub fn is_signed(mail: &[u8]) -> bool {
    crate::message::Head::read(mail).first(FIELD).is_some()
}

/// Whether the header of a mail has a line end that is no CRLF, where its others are: who reads it otherwise than we do sees other fields.
pub(crate) fn has_odd_line_ends(mail: &[u8]) -> bool {
    let mail = with_crlf(mail);
    is_odd(split(&mail).0)
}

/// Whether there is a CR or an LF without the other.
fn is_odd(header: &[u8]) -> bool {
    let count = |byte| memchr::memchr_iter(byte, header).count();
    let pairs = memmem::find_iter(header, b"\r\n").count();
    count(b'\r') != pairs || count(b'\n') != pairs
}

/// What those signatures of a mail claim that matter, judged at the moment at which it came.
///
/// They stand in their order. Of more than [`MOST_SIGNATURES`] the lowest count; what is flawed stands among them and counts for nothing. A mail whose line ends are all LF, as files have them, is read with CRLF.
#[must_use]
pub fn claims(mail: &[u8], at: Timestamp, matters: impl Fn(&Signature) -> bool) -> Vec<Result<Claim, Flaw>> {
    let mail = with_crlf(mail);
    let (header, body) = split(&mail);
    if header.len() > MAX_HEADER || is_odd(header) {
        return Vec::new();
    }
    let fields = fields(header);
    if fields.len() > MOST_FIELDS {
        return Vec::new();
    }
    let mut hashes = Hashes {
        body,
        simple: None,
        relaxed: None,
    };
    let of_name = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| is_named(field, FIELD));
    let (mut found, mut claimed) = (Vec::new(), 0_usize);
    for (number, own) in of_name.rev().take(MOST_READ) {
        let read = Signature::read(parts(own).1, at);
        if claimed >= MOST_SIGNATURES || read.as_ref().is_ok_and(|signature| !matters(signature)) {
            continue;
        }
        let claim = read.and_then(|signature| claim(&fields, (number, signature), &mut hashes));
        claimed = claimed.saturating_add(usize::from(claim.is_ok()));
        found.push(claim);
    }
    found.reverse();
    found
}

/// The claim of a signature, which is a field of that number.
fn claim(
    fields: &[&[u8]],
    (number, signature): (usize, Signature),
    hashes: &mut Hashes<'_>,
) -> Result<Claim, Flaw> {
    let (hash, length) = hashes.of(signature.body);
    if signature.length.is_some_and(|covered| covered != length) {
        return Err(Flaw::Partial);
    }
    if signature.body_hash != hash {
        return Err(Flaw::Body);
    }
    let signed = signed(fields, number, &signature);
    Ok(Claim { signature, signed })
}

/// The fields that are signed, in their form: of one name, the last field first (RFC 6376 section 5.4.2); then its own, without the
/// signature in it and without a line end (section 3.7).
fn signed(fields: &[&[u8]], number: usize, signature: &Signature) -> Vec<u8> {
    let mut left: Vec<Option<&[u8]>> = fields.iter().copied().map(Some).collect();
    if let Some(own) = left.get_mut(number) {
        *own = None;
    }
    let mut out = Vec::new();
    for name in &signature.names {
        let mut from_below = left.iter_mut().rev();
        let field = from_below.find(|field| field.is_some_and(|field| is_named(field, name)));
        if let Some(field) = field.and_then(Option::take) {
            out.extend_from_slice(&canonical_field(field, signature.header));
        }
    }
    let own = fields.get(number).copied().unwrap_or_default();
    let own = canonical_field(&without_signature(own), signature.header);
    out.extend_from_slice(own.strip_suffix(b"\r\n").unwrap_or(&own));
    out
}

/// The field with nothing behind `b=`.
fn without_signature(field: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(field.len());
    let (name, value) = parts(field);
    out.extend_from_slice(name);
    for (number, tag) in value.split(|byte| *byte == b';').enumerate() {
        out.push(if number == 0 { b':' } else { b';' });
        let equals = memchr::memchr(b'=', tag);
        let (own, _) = equals.and_then(|at| tag.split_at_checked(at)).unwrap_or_default();
        if own.trim_ascii() == b"b" {
            out.extend_from_slice(own);
            out.push(b'=');
        } else {
            out.extend_from_slice(tag);
        }
    }
    out
}

/// The hashes of a body, each made when it is first asked for.
struct Hashes<'a> {
    body: &'a [u8],
    simple: Option<([u8; 32], u64)>,
    relaxed: Option<([u8; 32], u64)>,
}

impl Hashes<'_> {
    fn of(&mut self, form: Form) -> ([u8; 32], u64) {
        let body = self.body;
        let kept = match form {
            Form::Simple => &mut self.simple,
            Form::Relaxed => &mut self.relaxed,
        };
        *kept.get_or_insert_with(|| body_hash(body, form))
    }
}

/// A mail without any CRLF gets it at each line end.
fn with_crlf(mail: &[u8]) -> Cow<'_, [u8]> {
    if memmem::find(mail, b"\r\n").is_some() {
        return Cow::Borrowed(mail);
    }
    let mut lines = mail.split(|byte| *byte == b'\n');
    let mut out = lines.next().unwrap_or_default().to_vec();
    for line in lines {
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(line);
    }
    Cow::Owned(out)
}

//! X-ARF 1 to 4: one JSON document, in a mail or by itself.
//!
//! In: bytes. Out: a [`Complaint`], or the member that is missing or wrong. The documents are checked against the facts of their schemas
//! (abusix/xarf for 1 to 3, xarf-spec at commit 37820da for 4): what must be there, and what each member must be. Members that are not
//! known are let pass, as version 4 wants it.

mod checks;
mod v3;
mod v4;

use atalaya_model::Prefix;
use serde_json::Value;

use super::{Complaint, Refused};
use crate::parts::Part;

/// Largest document that is read: the largest piece of evidence that version 4 allows (5 MiB), encoded, with room for the rest.
pub const MAX_JSON_BYTES: usize = 8 * 1_024 * 1_024;
/// Most members and elements of a document: one takes some hundred bytes of memory.
const MAX_MEMBERS: usize = 100_000;
/// Names that only such documents have, to find them in a text.
const MARKS: &[&str] = &["\"xarf_version\"", "\"ReporterInfo\""];
/// Most bytes of a text in which the names are looked for.
const MAX_LOOKED_AT: usize = 4_096;

/// Reads a document. `trusted` are the relays of the reporter: see [`super::read`].
///
/// # Errors
///
/// It is none, or wrong: see [`Refused`].
pub fn read_json(document: &[u8], trusted: &[Prefix]) -> Result<Complaint, Refused> {
    if document.len() > MAX_JSON_BYTES {
        return Err(Refused::TooLarge);
    }
    let members = document.iter().filter(|byte| b",[{".contains(byte)).count();
    if members > MAX_MEMBERS {
        return Err(Refused::BadJson("too many members".to_owned()));
    }
    // A byte order mark is what some programs of Windows begin their files with.
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let value: Value = serde_json::from_slice(text).map_err(|error| Refused::BadJson(error.to_string()))?;
    if value.get("xarf_version").is_some() {
        v4::read(&value, trusted)
    } else if value.get("Version").is_some() && value.get("Report").or(value.get("ReporterInfo")).is_some() {
        v3::read(&value, trusted)
    } else {
        Err(Refused::NotAComplaint)
    }
}

/// Reads the document in a mail; none where no part is one.
pub(super) fn read_parts(parts: &[Part<'_>], trusted: &[Prefix]) -> Result<Option<Complaint>, Refused> {
    let mut documents = parts.iter().filter(|part| is_document(part));
    let Some(document) = documents.next() else {
        return Ok(None);
    };
    if documents.next().is_some() {
        return Err(Refused::Several("the X-ARF document"));
    }
    read_json(&document.body, trusted).map(Some)
}

/// Whether a part looks like such a document: by its type or name, or because its text begins like one.
fn is_document(part: &Part<'_>) -> bool {
    let body = part.body.trim_ascii_start();
    let is_json = part.kind.ends_with("json") || part.name.ends_with(".json") || body.starts_with(b"{");
    let start = body.get(..MAX_LOOKED_AT).unwrap_or(body);
    is_json
        && MARKS
            .iter()
            .any(|mark| memchr::memmem::find(start, mark.as_bytes()).is_some())
}

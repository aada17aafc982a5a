//! `blacklist`: what the zone lists, as JSON or one a line.
//!
//! Everything in it is listed, so that `confidenceMinimum` changes nothing. The list knows no countries: to ask for them is refused instead
//! of answered wrongly.

use std::io::{self, Write};

use atalaya_publish::{Family, Filter, Format};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::admission::{Caller, Reading};
use super::answer::{Answer, Refusal};
use super::look::number;
use super::query_of;
use crate::app::Shared;

/// Entries without `limit`.
pub(crate) const USUAL: u64 = 10_000;
/// Most entries of an answer; whoever wants all takes an export.
pub(crate) const MOST: u64 = 100_000;

/// `GET /api/v2/blacklist`.
pub(super) async fn blacklist(
    State(shared): State<Shared>,
    uri: Uri,
    Reading(Caller { left, .. }): Reading,
) -> Result<Response, Refusal> {
    let query = query_of(&uri);
    number(&query, "confidenceMinimum", 100, 1..=100)?;
    let limit = number(&query, "limit", USUAL, 1..=MOST)?;
    if let Some(name) = ["onlyCountries", "exceptCountries"]
        .into_iter()
        .find(|name| query.get(name).is_some())
    {
        return Err(Refusal::wrong(name, "This list knows no countries."));
    }
    let family: Option<Family> = match query.text("ipVersion").as_deref() {
        None | Some("4,6" | "6,4" | "mixed") => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_bad| Refusal::wrong("ipVersion", "Use 4 or 6."))?,
        ),
    };
    let now = shared.app.clock.now();
    let export = shared.app.zone.export(Filter::new(&[], family), now);
    let loading = || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The list is still being loaded.");
    let export = export.ok_or_else(loading)?;
    let mut entries = Entries::new(usize::try_from(limit).unwrap_or(usize::MAX));
    let written = tokio::task::spawn_blocking(move || {
        // It ends with an error where there are more entries than are wanted.
        drop(export.write(Format::Plain, &mut entries));
        entries.text
    });
    let text = written.await.map_err(|_broken| loading())?;
    let fields: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
    let is_plain = fields.iter().any(|field| {
        matches!(
            *field,
            "plaintext" | "plaintext=" | "plaintext=true" | "plaintext=1"
        )
    });
    if is_plain {
        let about = [
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
        ];
        return Ok((about, text).into_response());
    }
    let entry = |address: &str| json!({ "ipAddress": address, "countryCode": null, "abuseConfidenceScore": 100, "lastReportedAt": null });
    let body = json!({
        "meta": { "generatedAt": now },
        "data": text.lines().map(entry).collect::<Vec<Value>>(),
    });
    Ok(Answer { body, left }.into_response())
}

/// Takes the lines of an export that are no comments, up to a number of them.
struct Entries {
    text: String,
    line: Vec<u8>,
    left: usize,
}

impl Entries {
    const fn new(left: usize) -> Self {
        Self {
            text: String::new(),
            line: Vec::new(),
            left,
        }
    }
}

impl Write for Entries {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for byte in bytes {
            self.line.push(*byte);
            if *byte != b'\n' {
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if line.starts_with(b"#") {
                continue;
            }
            self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::WriteZero)?;
            self.text.push_str(&String::from_utf8_lossy(&line));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

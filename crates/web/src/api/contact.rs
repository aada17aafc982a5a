//! Whom to tell about an address, as it is known: in our own form, and in that of RIPEstat, so that its clients need another address and no
//! other code. Nothing is looked up for whoever asks.

use std::net::IpAddr;

use atalaya_model::{Contact, ContactSource, MailAddress, Timestamp};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Problem;
use crate::address;
use crate::app::{Client, Inner, Shared};
use crate::failure::Failure;

/// The version of the form of RIPEstat that is written.
const RIPESTAT_VERSION: &str = "2.1";
/// The regional registries, by a part of their servers' names.
const REGISTRIES: [&str; 5] = ["ripe", "arin", "apnic", "lacnic", "afrinic"];

/// What is asked in the form of RIPEstat.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// An address, or a prefix, which is asked for by its first address.
    resource: String,
}

/// `GET /api/v1/contact/ADDRESS`.
pub(crate) async fn contact(
    State(shared): State<Shared>,
    Client(client): Client,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let address = address::read(&text)?;
    if let Some(refused) = refused(&shared, client) {
        return Ok(refused);
    }
    let found = shared
        .app
        .store
        .contact_for(address, shared.app.clock.now())
        .await?;
    Ok(fresh(&json!({
        "address": address,
        "known": found.is_some(),
        "addresses": found.as_ref().map(|found| &found.addresses[..]).unwrap_or_default(),
        "prefix": found.as_ref().map(|found| found.prefix),
        "network": found.as_ref().map(|found| &found.network),
        "source": found.as_ref().map(|found| found.source.to_string()),
        "found_at": found.as_ref().map(|found| found.found_at),
        "confidence": found.as_ref().map(|found| found.confidence),
    })))
}

/// `GET /data/abuse-contact-finder/data.json?resource=ADDRESS`, as RIPEstat has it.
pub(crate) async fn ripestat(
    State(shared): State<Shared>,
    Client(client): Client,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let text = asked
        .resource
        .split_once('/')
        .map_or(&asked.resource[..], |(first, _)| first);
    let address = address::read(text)?;
    if let Some(refused) = refused(&shared, client) {
        return Ok(refused);
    }
    let now = shared.app.clock.now();
    let found = shared.app.store.contact_for(address, now).await?;
    Ok(fresh(&as_ripestat(address, found.as_ref(), now)))
}

/// Who may not ask the list may not ask for contacts either.
fn refused(shared: &Inner, client: IpAddr) -> Option<Response> {
    let may = shared.app.zone.access().is_open_to(client);
    (!may).then(|| {
        Problem::new(StatusCode::FORBIDDEN, "Contacts are not told to this client")
            .detail("Whoever runs this list opens it with publish.clients.")
            .into_response()
    })
}

/// An answer as RIPEstat writes it. IntelMQ reads `anti_abuse_contacts`, which stood in older answers.
fn as_ripestat(address: IpAddr, found: Option<&Contact>, now: Timestamp) -> Value {
    let mailboxes = found.map(|found| &found.addresses[..]).unwrap_or_default();
    let all: Vec<&str> = mailboxes.iter().map(MailAddress::as_str).collect();
    let old: Vec<Value> = mailboxes
        .first()
        .map(|_| json!({ "description": "", "key": "", "email": all.join(",") }))
        .into_iter()
        .collect();
    json!({
        "messages": [],
        "see_also": [],
        "version": RIPESTAT_VERSION,
        "data_call_name": "abuse-contact-finder",
        "data_call_status": "supported",
        "cached": found.is_some(),
        "data": {
            "abuse_contacts": all,
            "anti_abuse_contacts": { "abuse_c": old },
            "authoritative_rir": found.and_then(|found| registry(&found.source)).unwrap_or_default(),
            "parameters": { "resource": address },
            "earliest_time": found.map(|found| found.found_at),
            "latest_time": found.map(|found| found.found_at),
        },
        "status": "ok",
        "status_code": 200,
        "time": now,
    })
}

/// The registry that a contact is from, where that can be told from its source.
fn registry(source: &ContactSource) -> Option<&'static str> {
    let host = match source {
        ContactSource::Rdap { url } => url.split('/').nth(2)?,
        ContactSource::Whois { server } => server,
        ContactSource::Bulk { file } => file.rsplit('/').next()?,
        ContactSource::Operator { .. }
        | ContactSource::Hand { .. }
        | ContactSource::Zone { .. }
        | ContactSource::AbuseNet { .. }
        | ContactSource::Soa { .. }
        | ContactSource::ReverseName { .. }
        | ContactSource::SecurityTxt { .. } => return None,
    };
    let mut labels = host.split(|c: char| !c.is_ascii_alphanumeric());
    labels.find_map(|label| {
        REGISTRIES
            .into_iter()
            .find(|name| name.eq_ignore_ascii_case(label))
    })
}

fn fresh(answer: &Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_known_by_its_server() {
        let of = |url: &str| registry(&ContactSource::Rdap { url: url.to_owned() });
        assert_eq!(of("https://rdap.db.ripe.net/ip/192.0.2.1"), Some("ripe"));
        assert_eq!(of("https://rdap.example.net/arin/ip/192.0.2.1"), None);
        let server = "whois.LACNIC.net".to_owned();
        assert_eq!(registry(&ContactSource::Whois { server }), Some("lacnic"));
        let file = "/var/lib/bulk/apnic.db.inetnum.gz".to_owned();
        assert_eq!(registry(&ContactSource::Bulk { file }), Some("apnic"));
    }
}

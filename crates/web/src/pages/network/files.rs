//! The addresses of a network for programs: all of them as CSV (RFC 4180), and in pages as JSON.

use std::fmt::Write as _;

use atalaya_formats::csv;
use atalaya_model::{MailAddress, Serial, Timestamp};
use atalaya_store::{Part, Store, StoreError};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncWriteExt, DuplexStream};
use tokio_util::io::ReaderStream;

use super::sheet::{Asked, Cursor, Row, Sheet, rows};
use super::{Refusal, Shut, enter, open};
use crate::api::Problem;
use crate::app::Shared;
use crate::failure::Failure;
use crate::pages::Reader;

/// Addresses on one page of the API.
const PAGE: u32 = 500;
/// Addresses of the file that are read at a time.
const PIECE: u32 = 500;
/// Most addresses in the file.
const MOST_ROWS: usize = 1_000_000;
/// Bytes that wait for a slow client.
const WAITING: usize = 64 * 1024;
const HEAD: &str = "address,listed,class,code,since,until,left,told,reason,not_ours\r\n";

/// `/network/TICKET/addresses.csv`.
pub(crate) async fn network_csv(
    State(shared): State<Shared>,
    reader: Reader,
    Path(ticket): Path<String>,
) -> Result<Response, Refusal> {
    let visitor = enter(&shared, &reader, &ticket).await?;
    // As few at a time as of exports: each takes a connection for as long as its client likes.
    let place = shared.exports.place().ok_or(Failure::Unavailable)?;
    let (read, write) = tokio::io::duplex(WAITING);
    let (store, now) = (shared.app.store.clone(), shared.app.clock.now());
    tokio::spawn(async move {
        let _place = place;
        if let Err(error) = send(&store, &visitor.contact, now, write).await {
            tracing::warn!(%error, "a table of addresses ends early");
        }
    });
    let about = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
        (CONTENT_DISPOSITION, "attachment; filename=\"addresses.csv\""),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((about, Body::from_stream(ReaderStream::new(read))).into_response())
}

/// Writes the table, the newest first, a piece at a time, until its end or until nobody reads.
async fn send(
    store: &Store,
    contact: &MailAddress,
    now: Timestamp,
    mut out: DuplexStream,
) -> Result<(), StoreError> {
    let (mut before, mut written) = (Cursor::FIRST.before, 0_usize);
    let mut text = HEAD.to_owned();
    loop {
        let notices = store.told_to(contact, Part::All, (before, PIECE), now).await?;
        let is_last = notices.len() < PIECE as usize;
        written = written.saturating_add(notices.len());
        before = notices.last().map_or(Serial(0), |last| last.serial);
        for row in rows(store, contact, notices, now).await? {
            line(&mut text, &row);
        }
        if out.write_all(text.as_bytes()).await.is_err() || is_last || written >= MOST_ROWS {
            return Ok(());
        }
        text.clear();
    }
}

/// Writes one address.
fn line(text: &mut String, row: &Row) {
    let is_listed = !row.listings.is_empty();
    let yes = |is_so: bool| if is_so { "yes" } else { "no" };
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let class = row.class();
    let first = row.listings.first();
    let fields = [
        row.notice.prefix.to_string(),
        yes(is_listed).to_owned(),
        class.map(|class| class.to_string()).unwrap_or_default(),
        class.map(|class| class.code().to_string()).unwrap_or_default(),
        moment(first.map(|listing| listing.since)),
        moment(first.and_then(|listing| listing.until)),
        moment(row.left_at().filter(|_| !is_listed)),
        moment(row.notice.told_at),
        csv::field(row.reason()),
        yes(row.is_refused).to_owned(),
    ];
    let written = write!(text, "{}\r\n", fields.join(","));
    debug_assert!(written.is_ok(), "a String takes everything");
}

/// `GET /api/v1/network/TICKET`: a page of the addresses, and how the next one is asked for.
pub(crate) async fn api_network(
    State(shared): State<Shared>,
    Path(ticket): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Response> {
    let visitor = open(&shared, &ticket).await.map_err(refused)?;
    let failed = |error: StoreError| Failure::from(error).into_response();
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    let sheet = Sheet::read(store, &visitor.contact, (asked.cursor(), PAGE), now).await;
    let sheet = sheet.map_err(failed)?;
    let count = store.count_told(&visitor.contact, now).await.map_err(failed)?;
    let next = |cursor: Cursor| json!({ "part": cursor.word(), "before": cursor.before });
    let answer = json!({
        "contact": visitor.contact,
        "expires": visitor.until,
        "zone": shared.lookup.zone_name,
        "serial": shared.app.zone.serial(),
        "listed": count.listed,
        "ended": count.ended,
        "addresses": sheet.rows.iter().map(address).collect::<Vec<_>>(),
        "next": sheet.next.map(next),
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// A link that opens nothing.
fn refused(shut: Shut) -> Response {
    let (status, title) = match shut {
        Shut::Failed(failure) => return failure.into_response(),
        Shut::Expired(_) => (StatusCode::GONE, "The link has expired"),
        Shut::Wrong => (StatusCode::NOT_FOUND, "The link is not valid"),
    };
    Problem::new(status, title)
        .detail("Take the link of the newest notice, or ask for one on the page /network.")
        .into_response()
}

/// One address.
fn address(row: &Row) -> Value {
    let is_listed = !row.listings.is_empty();
    let listing = |listing: &atalaya_model::Listing| {
        json!({
            "class": listing.class,
            "code": listing.class.code(),
            "since": listing.since,
            "until": listing.until,
            "reason": listing.reason,
            "rule": listing.rule,
            "serial": listing.serial,
        })
    };
    json!({
        "prefix": row.notice.prefix,
        "listed": is_listed,
        "listings": row.listings.iter().map(listing).collect::<Vec<_>>(),
        "class": row.class(),
        "reason": row.reason(),
        "left": row.left_at().filter(|_| !is_listed),
        "told": row.notice.told_at,
        "not_ours": row.is_refused,
    })
}

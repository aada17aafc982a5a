//! `/log`: the public log of decisions, for people, and its files for programs that check it (c2sp.org/tlog-tiles).

use std::sync::Arc;

use askama::Template;
use atalaya_formats::tlog::{LogEntry, Tile, read_bundle};
use atalaya_publish::{LogError, PublicLog};
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;

use super::{Frame, Reader, lasting};
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::written::Moment;

/// Entries on the page.
const SHOWN: usize = 20;
/// A tile never changes; but another log may be begun at the same address, and then caches must not hold the old one for long.
const TILE_KEPT: &str = "public, max-age=86400";
/// The head changes all the time.
const HEAD_KEPT: &str = "public, max-age=2";

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage {
    frame: Frame,
    /// None while the log stands still.
    head: Option<HeadView>,
    key: String,
    /// What checks it.
    command: String,
    entries: Vec<EntryView>,
}

struct HeadView {
    name: String,
    size: String,
    root: String,
    signed: Moment,
}

struct EntryView {
    serial: String,
    at: Moment,
    verdict: String,
    class: String,
    rule: String,
}

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the public log could not be read"
        );
        Self::Unavailable
    }
}

/// The log, where there is one.
pub(crate) fn public_log(shared: &Inner) -> Result<&Arc<PublicLog>, Failure> {
    shared.app.log.as_ref().ok_or(Failure::NotFound)
}

/// `GET /log`.
pub(crate) async fn log(State(shared): State<Shared>, reader: Reader) -> Result<Response, Failure> {
    let log = public_log(&shared)?;
    let t = reader.texts();
    let head = log.head();
    let newest = match &head {
        Some(head) => newest(log, head.size).await?,
        None => Vec::new(),
    };
    let key = log.key().to_string();
    let template = LogPage {
        frame: Frame::now(&shared, &reader),
        head: head.map(|head| HeadView {
            name: head.origin.clone(),
            size: t.units.number(head.size),
            root: BASE64.encode(&head.root.0),
            signed: t.units.moment(head.signed_at),
        }),
        command: format!(
            "atalaya verify-log {}/log --key '{key}' --state log.state",
            shared.app.config.public_url.trim_end_matches('/')
        ),
        key,
        entries: newest
            .into_iter()
            .map(|entry| EntryView {
                serial: entry.serial.to_string(),
                at: t.units.moment(entry.at),
                verdict: entry.verdict,
                class: entry
                    .class
                    .map(|class| class.name().to_owned())
                    .unwrap_or_default(),
                rule: entry.rule.0,
            })
            .collect(),
    };
    Ok(lasting(&reader, &template))
}

/// The newest entries, the newest first: as many as the last bundle has.
async fn newest(log: &PublicLog, size: u64) -> Result<Vec<LogEntry>, Failure> {
    let Some(tile) = Tile::entries(size.saturating_sub(1), size).next() else {
        return Ok(Vec::new());
    };
    let bundle = log.tile(tile).await?.unwrap_or_default();
    let entries = read_bundle(&bundle).unwrap_or_default();
    let newest = entries.into_iter().rev().take(SHOWN);
    Ok(newest.filter_map(|bytes| LogEntry::read(bytes).ok()).collect())
}

/// `GET /log/checkpoint`: the signed head.
pub(crate) async fn checkpoint(State(shared): State<Shared>) -> Result<Response, Failure> {
    let head = public_log(&shared)?.head().ok_or(Failure::Unavailable)?;
    Ok(text(HEAD_KEPT, head.note.clone()))
}

/// `GET /log/key`: the key that the heads are signed with.
pub(crate) async fn key(State(shared): State<Shared>) -> Result<Response, Failure> {
    Ok(text(HEAD_KEPT, format!("{}\n", public_log(&shared)?.key())))
}

fn text(kept: &'static str, text: String) -> Response {
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, kept)];
    (headers, text).into_response()
}

/// `GET /log/tile/LEVEL/NUMBER` and `GET /log/tile/entries/NUMBER`.
pub(crate) async fn tile(
    State(shared): State<Shared>,
    Path(path): Path<String>,
) -> Result<Response, Failure> {
    let log = public_log(&shared)?;
    let tile: Tile = path.parse().map_err(|_bad| Failure::NotFound)?;
    let bytes = log.tile(tile).await?.ok_or(Failure::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream"),
        (CACHE_CONTROL, TILE_KEPT),
    ];
    Ok((headers, bytes).into_response())
}

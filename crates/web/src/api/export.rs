//! `GET /api/v1/export/FORMAT`: the list for other programs, whole or in part, and only where it changed (RFC 9110 sections 13 and 14).

use std::io::{Seek, SeekFrom};
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use atalaya_model::Class;
use atalaya_publish::{Family, Filter, Format};
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, IF_RANGE, RANGE, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::io::ReaderStream;

use super::Problem;
use crate::app::{AppConfig, Client, Shared};
use crate::client;
use crate::config::WebConfig;
use crate::failure::Failure;
use crate::host;

/// Bytes read from the file at a time.
const PART: usize = 64 * 1024;

/// Sends an export to whom it is open.
pub(crate) async fn export(
    State(shared): State<Shared>,
    Client(client): Client,
    Path(format): Path<String>,
    Query(wishes): Query<Vec<(String, String)>>,
    request: Request,
) -> Result<Response, Response> {
    if let Some(refusal) = refusal(client, &request, &shared.app.config) {
        return Err(refusal);
    }
    let format: Format = format
        .parse()
        .map_err(|unknown: atalaya_publish::UnknownFormat| {
            refused(
                StatusCode::NOT_FOUND,
                "There is no such export",
                &unknown.to_string(),
            )
        })?;
    let filter = filter(&wishes).map_err(|wrong| {
        refused(
            StatusCode::BAD_REQUEST,
            "The export cannot be cut like this",
            &wrong,
        )
    })?;
    let export = shared.app.zone.export(filter, shared.app.clock.now());
    let export = export.ok_or_else(|| Failure::NotLoaded.into_response())?;
    let tag = format!("\"{}\"", export.tag(format));
    if is_known(request.headers(), &tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let Some(place) = shared.exports.place() else {
        let crowded = "Others fetch exports just now; see Retry-After.";
        let mut problem = refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many exports at once",
            crowded,
        );
        problem.headers_mut().insert(RETRY_AFTER, 30.into());
        return Err(problem);
    };
    let file = shared.exports.file(export, format).await;
    let file = file.map_err(|error| {
        tracing::warn!(%error, "an export cannot be written");
        Failure::Unavailable.into_response()
    })?;
    let name = format!("{}-{format}.{}", shared.app.zone.name(), format.ending());
    let about = [
        (ETAG, tag),
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "private, no-cache".to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ];
    send(file, about, request.headers(), place).map_err(|error| {
        tracing::warn!(%error, "an export cannot be read");
        Failure::Unavailable.into_response()
    })
}

/// What whoever may not fetch an export is told.
fn refusal(client: IpAddr, request: &Request, config: &AppConfig) -> Option<Response> {
    if !is_open_to(client, request, &config.web) {
        return Some(refused(
            StatusCode::FORBIDDEN,
            "The exports are not open to this client",
            "Whoever runs this list opens them with web.export_clients.",
        ));
    }
    let strange = host::check(config, request).err();
    let failure = strange.filter(|_| is_for_some(&config.web));
    failure.map(IntoResponse::into_response)
}

/// Whether the exports are open to a client.
pub(crate) fn is_open_to(client: IpAddr, request: &Request, web: &WebConfig) -> bool {
    let is_veiled = client::is_veiled(request.extensions(), request.headers(), &web.trusted_proxies);
    !is_veiled && web.export_clients.iter().any(|prefix| prefix.contains(client))
}

/// Whether the exports are for some clients alone: what is for everybody anybody may fetch by any name.
fn is_for_some(web: &WebConfig) -> bool {
    !web.export_clients.iter().any(|prefix| prefix.length() == 0)
}

/// What of the list is wanted: `class`, also several with commas between, and `family`.
fn filter(wishes: &[(String, String)]) -> Result<Filter, String> {
    let (mut classes, mut family) = (Vec::new(), None);
    for (name, value) in wishes {
        match name.as_str() {
            "class" => {
                let all = value.split(',').map(str::parse::<Class>);
                classes.extend(
                    all.collect::<Result<Vec<_>, _>>()
                        .map_err(|bad| bad.to_string())?,
                );
            }
            "family" => family = Some(value.parse::<Family>().map_err(|bad| bad.to_string())?),
            other => return Err(format!("`{other}` is no part of a list: use class and family")),
        }
    }
    Ok(Filter::new(&classes, family))
}

/// Sends the file, or the part of it that was asked for.
fn send(
    mut file: std::fs::File,
    about: [(HeaderName, String); 5],
    asked: &HeaderMap,
    place: OwnedSemaphorePermit,
) -> std::io::Result<Response> {
    let length = file.metadata()?.len();
    let [(_, tag), ..] = &about;
    let part = match wanted(asked, tag, length) {
        Wanted::All => None,
        Wanted::Part(first, last) => Some((first, last)),
        Wanted::Nothing => {
            let title = "The export is shorter than that";
            let detail = format!("It has {length} bytes.");
            let problem = refused(StatusCode::RANGE_NOT_SATISFIABLE, title, &detail);
            return Ok(([(CONTENT_RANGE, format!("bytes */{length}"))], problem).into_response());
        }
    };
    let (first, size) = part.map_or((0, length), |(first, last)| {
        (first, last.saturating_sub(first).saturating_add(1))
    });
    file.seek(SeekFrom::Start(first))?;
    let read = Held {
        read: tokio::fs::File::from_std(file).take(size),
        _place: place,
    };
    let body = Body::from_stream(ReaderStream::with_capacity(read, PART));
    let size = [(CONTENT_LENGTH, size.to_string())];
    Ok(match part {
        None => (about, size, body).into_response(),
        Some((first, last)) => {
            let range = [(CONTENT_RANGE, format!("bytes {first}-{last}/{length}"))];
            (StatusCode::PARTIAL_CONTENT, about, size, range, body).into_response()
        }
    })
}

/// What of a file a request wants.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    /// From this byte to that.
    Part(u64, u64),
    /// What lies behind its end.
    Nothing,
}

/// Reads `Range` and `If-Range`. What we do not understand, and several ranges at once, mean the whole (RFC 9110 section 14.2).
fn wanted(asked: &HeaderMap, tag: &str, length: u64) -> Wanted {
    let is_other = asked
        .get(IF_RANGE)
        .is_some_and(|known| known.as_bytes() != tag.as_bytes());
    let range = asked.get(RANGE).and_then(|range| range.to_str().ok());
    let range = range
        .filter(|_| !is_other)
        .and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else {
        return Wanted::All;
    };
    let end = length.saturating_sub(1);
    let (first, last) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.min(end)),
        (Ok(first), Err(_none)) if last.is_empty() => (first, end),
        (Err(_none), Ok(0)) if first.is_empty() => return Wanted::Nothing,
        (Err(_none), Ok(count)) if first.is_empty() => (length.saturating_sub(count), end),
        _ => return Wanted::All,
    };
    if first >= length {
        return Wanted::Nothing;
    }
    Wanted::Part(first, last)
}

/// Whether the client has these bytes already (`If-None-Match`, compared weakly).
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let lines = asked.get_all(IF_NONE_MATCH).iter();
    let known = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    known
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == tag || known == "*")
}

/// A problem with its sentence.
fn refused(status: StatusCode, title: &str, detail: &str) -> Response {
    Problem::new(status, title).detail(detail).into_response()
}

/// A file that keeps its place among those being sent until it is sent or given up.
struct Held<R> {
    read: R,
    _place: OwnedSemaphorePermit,
}

impl<R: AsyncRead + Unpin> AsyncRead for Held<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.read).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(HeaderName, &str)]) -> HeaderMap {
        let header = |(name, value): &(HeaderName, &str)| (name.clone(), value.parse().unwrap());
        headers.iter().map(header).collect()
    }

    #[test]
    fn one_range_is_taken_and_what_is_not_understood_means_the_whole() {
        for (range, expected) in [
            ("bytes=0-9", Wanted::Part(0, 9)),
            ("bytes=90-", Wanted::Part(90, 99)),
            ("bytes=90-1000", Wanted::Part(90, 99)),
            ("bytes=-10", Wanted::Part(90, 99)),
            ("bytes=-1000", Wanted::Part(0, 99)),
            ("bytes=100-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=9-0", Wanted::All),
            ("bytes=0-1,5-6", Wanted::All),
            ("lines=0-9", Wanted::All),
            ("bytes=-", Wanted::All),
        ] {
            assert_eq!(
                wanted(&asked(&[(RANGE, range)]), "\"a\"", 100),
                expected,
                "{range}"
            );
        }
        let other = asked(&[(RANGE, "bytes=0-9"), (IF_RANGE, "\"b\"")]);
        assert_eq!(wanted(&other, "\"a\"", 100), Wanted::All);
        assert_eq!(wanted(&other, "\"b\"", 100), Wanted::Part(0, 9));
        assert_eq!(
            wanted(&asked(&[(RANGE, "bytes=0-")]), "\"a\"", 0),
            Wanted::Nothing
        );
    }

    #[test]
    fn what_the_client_has_is_known_by_its_tag() {
        for (line, expected) in [("\"x\", W/\"a\"", true), ("*", true), ("\"b\"", false)] {
            assert_eq!(
                is_known(&asked(&[(IF_NONE_MATCH, line)]), "\"a\""),
                expected,
                "{line}"
            );
        }
    }
}

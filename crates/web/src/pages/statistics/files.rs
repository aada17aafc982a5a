//! Parts of a picture as files: CSV, JSON, SVG, PNG, and a report that stands alone.

use atalaya_stats::{Days, NARROW, Part, Picture, View, WIDE, chart, json, report, table};
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::asked::{self, Asked};
use super::page::unwritten;
use super::picture;
use crate::app::{Inner, Shared};
use crate::assets::fnv1a;
use crate::failure::Failure;
use crate::pages::Reader;

/// The name of the report of some days.
const REPORT: &str = "report.html";
/// What a file may do that a browser opens by itself: show its own style, and nothing else.
const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// How long an answer may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fresh {
    /// The day goes on.
    Minute,
    /// The day is over; what is told late is counted on it all the same.
    Hour,
}

impl Fresh {
    pub(super) const fn of(picture: &Picture) -> Self {
        if picture.is_complete {
            Self::Hour
        } else {
            Self::Minute
        }
    }

    const fn control(self) -> &'static str {
        match self {
            Self::Minute => "public, max-age=60",
            Self::Hour => "public, max-age=3600",
        }
    }
}

/// An answer, or the word that nothing has changed (RFC 9110 section 13.1.2).
pub(super) fn answer(
    (reader, headers): (&Reader, &HeaderMap),
    fresh: Fresh,
    kind: &'static str,
    body: Vec<u8>,
) -> Response {
    let tag = format!("\"{:016x}\"", fnv1a(&body));
    let common = [
        (CACHE_CONTROL, fresh.control()),
        (VARY, "accept-language"),
        (CONTENT_LANGUAGE, reader.language().tag()),
        (ETAG, tag.as_str()),
    ];
    let known = headers.get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known.is_some_and(|known| {
        known
            .split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag)
    }) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(CONTENT_TYPE, kind)], body).into_response()
}

/// `/stats/FIRST/LAST/FILE`.
pub(crate) async fn file_of_days(
    State(shared): State<Shared>,
    reader: Reader,
    headers: HeaderMap,
    Path((first, last, name)): Path<(String, String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let days = asked::days(&first, &last)?;
    file(&shared, (&reader, &headers), (days, &name), &asked).await
}

/// A file of some days, by its name.
pub(super) async fn file(
    shared: &Inner,
    (reader, headers): (&Reader, &HeaderMap),
    (days, name): (Days, &str),
    asked: &Asked,
) -> Result<Response, Failure> {
    let view = asked.view(reader)?;
    let form = Form::of(name, asked).ok_or(Failure::NotFound)?;
    let picture = picture(shared, days).await?;
    let fresh = Fresh::of(&picture);
    let turn = if form.is_dear() {
        Some(shared.drawing.take().await?)
    } else {
        None
    };
    let organisation = shared.app.config.web.organisation.clone();
    let body = tokio::task::spawn_blocking(move || {
        // Until it is done, whether or not anybody still waits for it.
        let _turn = turn;
        form.write(&picture, view, &organisation)
    })
    .await
    .map_err(|_broken_off| Failure::Internal)??;
    let mut response = answer((reader, headers), fresh, form.kind(), body);
    form.add_headers(&mut response, days);
    Ok(response)
}

/// What a file is.
#[derive(Debug, Clone, Copy)]
enum Form {
    Report,
    Csv(Part),
    Json(Part),
    Svg(Part, f64),
    Png(Part),
}

impl Form {
    fn of(name: &str, asked: &Asked) -> Option<Self> {
        if name == REPORT {
            return Some(Self::Report);
        }
        let (part, ending) = name.rsplit_once('.')?;
        let part: Part = part.parse().ok()?;
        let width = if asked.size.as_deref() == Some("narrow") {
            NARROW
        } else {
            WIDE
        };
        match ending {
            "csv" => Some(Self::Csv(part)),
            "json" => Some(Self::Json(part)),
            "svg" => Some(Self::Svg(part, width)),
            "png" => Some(Self::Png(part)),
            _ => None,
        }
    }

    /// Whether it costs so much that only some are made at once.
    const fn is_dear(self) -> bool {
        matches!(self, Self::Report | Self::Png(_))
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Report => "text/html; charset=utf-8",
            Self::Csv(_) => "text/csv; charset=utf-8; header=present",
            Self::Json(_) => "application/json",
            Self::Svg(..) => "image/svg+xml",
            Self::Png(_) => "image/png",
        }
    }

    fn write(self, picture: &Picture, view: View, organisation: &str) -> Result<Vec<u8>, Failure> {
        Ok(match self {
            Self::Report => report(picture, view, organisation)
                .map_err(unwritten)?
                .into_bytes(),
            Self::Csv(part) => table(picture, part, view).csv().into_bytes(),
            Self::Json(part) => json(picture, part, view)
                .map_err(|_unwritable| Failure::Internal)?
                .to_string()
                .into_bytes(),
            Self::Svg(part, width) => chart(picture, part, view, width).file().into_bytes(),
            Self::Png(part) => chart(picture, part, view, WIDE).png().ok_or(Failure::Internal)?,
        })
    }

    fn add_headers(self, response: &mut Response, days: Days) {
        let headers = response.headers_mut();
        if matches!(self, Self::Report | Self::Svg(..)) {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(ALONE));
        }
        if let Self::Csv(part) = self {
            let name = format!(
                "attachment; filename=\"{part}-{}.csv\"",
                asked::path(days).replace("/stats/", "").replace('/', "-to-")
            );
            if let Ok(name) = name.parse() {
                headers.insert(CONTENT_DISPOSITION, name);
            }
        }
    }
}

//! Statistics for programs: which days there are, and all figures of some, as JSON.

use std::sync::Arc;

use atalaya_stats::{Day, Days, Picture};
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;

use super::asked;
use super::files::{Fresh, answer};
use super::{open, picture};
use crate::app::Shared;
use crate::failure::Failure;
use crate::pages::Reader;

const JSON: &str = "application/json";

/// A day of which something is known.
#[derive(Debug, Serialize)]
struct KnownDay {
    day: String,
    /// Whether it is over.
    complete: bool,
    /// Whether only its picture is kept, so that it is in no picture of several days.
    closed: bool,
}

/// `GET /api/v1/stats`.
pub(crate) async fn api_list(
    State(shared): State<Shared>,
    reader: Reader,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let statistics = open(&shared)?;
    let counted = shared.app.store.kept_days(i32::MIN, i32::MAX).await?;
    let today = statistics.today();
    let known = |day: Day| KnownDay {
        day: day.to_string(),
        complete: day < today,
        // The days are in order.
        closed: counted
            .binary_search_by_key(&day.number(), |kept| kept.day)
            .is_err(),
    };
    let days: Vec<KnownDay> = statistics.days().await?.into_iter().map(known).collect();
    let body = serde_json::to_vec(&days).map_err(|_unwritable| Failure::Internal)?;
    Ok(answer((&reader, &headers), Fresh::Minute, JSON, body))
}

/// `GET /api/v1/stats/DAY`.
pub(crate) async fn api_day(
    State(shared): State<Shared>,
    reader: Reader,
    headers: HeaderMap,
    Path(day): Path<String>,
) -> Result<Response, Failure> {
    let days = Days::one(asked::day(&day)?);
    whole((&reader, &headers), &picture(&shared, days).await?)
}

/// `GET /api/v1/stats/FIRST/LAST`.
pub(crate) async fn api_days(
    State(shared): State<Shared>,
    reader: Reader,
    headers: HeaderMap,
    Path((first, last)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let days = asked::days(&first, &last)?;
    whole((&reader, &headers), &picture(&shared, days).await?)
}

/// The whole picture. Where files lie on the machine is nobody's business.
fn whole((reader, headers): (&Reader, &HeaderMap), picture: &Arc<Picture>) -> Result<Response, Failure> {
    let mut picture = Picture::clone(picture);
    for origin in &mut picture.origins {
        origin.from = origin.from.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let body = serde_json::to_vec(&picture).map_err(|_unwritable| Failure::Internal)?;
    Ok(answer((reader, headers), Fresh::of(&picture), JSON, body))
}

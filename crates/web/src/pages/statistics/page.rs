//! The page of some days, and the first one: the last full day, and today so far.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use atalaya_stats::{Day, Days, Measure, Picture, Stand, View, sections, title};
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};

use super::asked::{self, Asked};
use super::files::{self, Fresh};
use super::{open, picture};
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::pages::{Frame, Reader};

/// Days that are listed, the newest ones.
const MOST_LISTED: usize = 124;

#[derive(Template)]
#[template(path = "statistics.html")]
struct StatisticsPage {
    frame: Frame,
    title: String,
    /// What is known of today, on the page of another day.
    today: Option<Link>,
    measures: Vec<(Link, bool)>,
    steps: Vec<Link>,
    report: String,
    json: String,
    /// Written and escaped by the statistics.
    sections: String,
    months: Vec<(String, Vec<DayLink>)>,
    first: String,
    last: String,
    action: String,
    /// The measure of the form, unless it is the usual one.
    by: Option<&'static str>,
}

/// A link with its words.
struct Link {
    href: String,
    text: String,
}

/// A day of the calendar.
struct DayLink {
    href: String,
    text: String,
    /// The whole date, for those who hear it by itself.
    whole: String,
}

/// `/stats`: the last full day. With `?first=…&last=…` of the form, it leads to these days.
pub(crate) async fn overview(
    State(shared): State<Shared>,
    reader: Reader,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let statistics = open(&shared)?;
    if let (Some(first), Some(last)) = (&asked.first, &asked.last) {
        let days = asked::days(first, last)?;
        let query = asked::query(&reader, asked.view(&reader)?.by);
        return Ok(Redirect::to(&format!("{}{query}", asked::path(days))).into_response());
    }
    let today = statistics.today();
    let known = statistics.days().await?;
    let full = known.iter().rev().find(|day| **day < today).copied();
    let shown = Days::one(full.unwrap_or(today));
    let picture = statistics.picture(shown).await?;
    let so_far = if full.is_some() && known.last() == Some(&today) {
        Some(statistics.picture(Days::one(today)).await?)
    } else {
        None
    };
    let made = Made {
        picture: &picture,
        days: shown,
        today: so_far.as_deref(),
        known: &known,
    };
    let html = made.page(&shared, &reader, asked.view(&reader)?).await?;
    Ok(files::answer(
        (&reader, &headers),
        Fresh::Minute,
        "text/html; charset=utf-8",
        html.into_bytes(),
    ))
}

/// `/stats/DAY`.
pub(crate) async fn day(
    State(shared): State<Shared>,
    reader: Reader,
    headers: HeaderMap,
    Path(text): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let days = Days::one(asked::day(&text)?);
    show(&shared, (&reader, &headers), days, &asked).await
}

/// `/stats/FIRST/LAST`, and `/stats/DAY/FILE`.
pub(crate) async fn days_or_file(
    State(shared): State<Shared>,
    reader: Reader,
    headers: HeaderMap,
    Path((first, second)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    if second.contains('.') {
        let days = Days::one(asked::day(&first)?);
        return files::file(&shared, (&reader, &headers), (days, &second), &asked).await;
    }
    let days = asked::days(&first, &second)?;
    show(&shared, (&reader, &headers), days, &asked).await
}

async fn show(
    shared: &Inner,
    (reader, headers): (&Reader, &HeaderMap),
    days: Days,
    asked: &Asked,
) -> Result<Response, Failure> {
    let picture = picture(shared, days).await?;
    let known = shared.app.statistics.days().await?;
    let made = Made {
        picture: &picture,
        days,
        today: None,
        known: &known,
    };
    let html = made.page(shared, reader, asked.view(reader)?).await?;
    let fresh = Fresh::of(&picture);
    Ok(files::answer(
        (reader, headers),
        fresh,
        "text/html; charset=utf-8",
        html.into_bytes(),
    ))
}

/// What a page is made of.
struct Made<'a> {
    picture: &'a Arc<Picture>,
    days: Days,
    today: Option<&'a Picture>,
    known: &'a [Day],
}

impl Made<'_> {
    async fn page(&self, shared: &Inner, reader: &Reader, view: View) -> Result<String, Failure> {
        let t = &reader.texts().statistics;
        let base = asked::path(self.days);
        let query = asked::query(reader, view.by);
        let sections = written(Arc::clone(self.picture), view, (base.clone(), query.clone())).await?;
        let page = StatisticsPage {
            frame: Frame::now(shared, reader),
            title: title(self.picture, view.words),
            today: self.today.map(|today| Link {
                href: format!("/stats/{}{query}", today.first_day),
                text: (t.today)(
                    &view.words.number(today.total.addresses),
                    &view.words.number(today.total.counts.recipients),
                ),
            }),
            measures: measures(&base, reader, view),
            steps: self.steps(reader, &query),
            report: format!("{base}/report.html{query}"),
            json: format!("/api/v1{base}"),
            sections,
            months: self.months(view, &query),
            first: self.days.first.to_string(),
            last: self.days.last.to_string(),
            action: "/stats".to_owned(),
            by: (view.by != Measure::default()).then(|| view.by.name()),
        };
        page.render().map_err(unwritten)
    }

    /// To the day before, the day after, and the week and the month that end here.
    fn steps(&self, reader: &Reader, query: &str) -> Vec<Link> {
        let t = &reader.texts().statistics;
        let Days { first, last } = self.days;
        let link = |days: Days, text: &str| Link {
            href: format!("{}{query}", asked::path(days)),
            text: text.to_owned(),
        };
        let mut steps = Vec::new();
        if let Some(day) = self.known.iter().rev().find(|day| **day < first) {
            steps.push(link(Days::one(*day), t.earlier));
        }
        if let Some(day) = self.known.iter().find(|day| **day > last) {
            steps.push(link(Days::one(*day), t.later));
        }
        for (count, text) in [(7, t.week), (30, t.month)] {
            let first = last.plus(1 - count);
            steps.push(link(Days { first, last }, text));
        }
        steps
    }

    /// The days of which something is known, by month, the newest first.
    fn months(&self, view: View, query: &str) -> Vec<(String, Vec<DayLink>)> {
        let mut months: BTreeMap<String, Vec<DayLink>> = BTreeMap::new();
        for day in self.known.iter().rev().take(MOST_LISTED) {
            let text = day.to_string();
            let (month, number) = text.rsplit_once('-').unwrap_or((&text, ""));
            months.entry(month.to_owned()).or_default().push(DayLink {
                href: format!("/stats/{text}{query}"),
                text: number.to_owned(),
                whole: view.words.day(&text),
            });
        }
        months
            .into_iter()
            .rev()
            .map(|(month, mut days)| {
                days.reverse();
                (view.words.month(&month), days)
            })
            .collect()
    }
}

/// The sections below their base with their query: charts take some time, which nobody else should wait.
async fn written(
    picture: Arc<Picture>,
    view: View,
    (base, query): (String, String),
) -> Result<String, Failure> {
    let write = move || {
        let stand = Stand::Page {
            base: &base,
            query: &query,
        };
        sections(&picture, view, stand).map_err(unwritten)
    };
    let written = tokio::task::spawn_blocking(write).await;
    written.map_err(|_broken_off| Failure::Internal)?
}

/// The same page by each measure, and which one it is by.
fn measures(base: &str, reader: &Reader, view: View) -> Vec<(Link, bool)> {
    let link = |by: Measure| Link {
        href: format!("{base}{}", asked::query(reader, by)),
        text: view.words.measure(by).to_owned(),
    };
    Measure::ALL
        .into_iter()
        .map(|by| (link(by), by == view.by))
        .collect()
}

/// A template that failed.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
pub(super) fn unwritten(error: askama::Error) -> Failure {
    tracing::error!(
        error = &error as &dyn std::error::Error,
        "a page could not be written"
    );
    Failure::Internal
}

//! The first page of the console: how things are, and, where the browser runs scripts, how they go on (server-sent events).

use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use atalaya_model::Role;
use atalaya_store::{MOST_UNSETTLED, MOST_WAITING};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Map, Value};

use super::act::{CHANGES, MAIL};
use crate::app::{Inner, Shared};
use crate::console::access::Visitor;
use crate::console::reading::{Counter, Reading};
use crate::console::{ConsoleFrame, Place, WatchPlace};
use crate::failure::Failure;
use crate::pages::page;
use crate::texts::{OverviewTexts, Texts};
use crate::written::Moment;

/// The time from one event to the next.
const EVERY: Duration = Duration::from_secs(3);
/// How long a stream lasts; a browser that still shows the page opens another, and has to be signed in for it.
const LONGEST: Duration = Duration::from_secs(15 * 60);

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    frame: ConsoleFrame,
    live: &'static str,
    groups: Vec<Group>,
    sensors: Vec<SensorRow>,
    tops: Vec<TopView>,
}

/// Figures that belong together.
struct Group {
    title: &'static str,
    figures: Vec<Figure>,
}

/// One figure.
struct Figure {
    /// The name under which events bring it.
    key: &'static str,
    name: &'static str,
    text: String,
    /// Whether somebody should look.
    is_bad: bool,
    /// Where more of it stands.
    href: Option<String>,
}

/// What a sensor saw last.
struct SensorRow {
    name: &'static str,
    at: Moment,
    count: String,
}

/// Who asks most.
struct TopView {
    title: &'static str,
    rows: Vec<(String, String)>,
}

/// `/console`.
pub(super) async fn overview(State(shared): State<Shared>, visitor: Visitor) -> Result<Response, Failure> {
    let reading = shared.pulse.read(&shared).await?;
    let t = visitor.reader.texts();
    let template = OverviewPage {
        live: "/console/live",
        groups: groups(&reading, t, |path, role| {
            visitor.may(role).then(|| visitor.reader.link_to(path))
        }),
        sensors: reading
            .sensors
            .iter()
            .map(|(sensor, at, count)| SensorRow {
                name: (t.seen.sensor)(*sensor),
                at: t.units.moment(*at),
                count: t.units.number(*count),
            })
            .collect(),
        tops: tops(&shared, t),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Dashboard),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// Who asks most today.
fn tops(shared: &Inner, t: &'static Texts) -> Vec<TopView> {
    const MOST: usize = 5;
    let report = shared.app.zone.top(MOST, shared.app.clock.now());
    let rows = |entries: Vec<atalaya_publish::TopEntry>| {
        let row = |entry: atalaya_publish::TopEntry| (entry.who.to_string(), t.units.number(entry.count));
        entries.into_iter().map(row).collect::<Vec<_>>()
    };
    let o = &t.console.overview;
    let views = [(o.top_clients, report.clients), (o.top_asked, report.asked)];
    views
        .into_iter()
        .filter(|(_, entries)| !entries.is_empty())
        .map(|(title, entries)| TopView {
            title,
            rows: rows(entries),
        })
        .collect()
}

/// All figures, written.
fn groups(reading: &Reading, t: &'static Texts, link: impl Fn(&str, Role) -> Option<String>) -> Vec<Group> {
    vec![
        of_the_list(reading, t, &link),
        of_the_pace(reading, t),
        of_the_queues(reading, t, &link),
    ]
}

impl Figure {
    const fn new(key: &'static str, name: &'static str, text: String) -> Self {
        Self {
            key,
            name,
            text,
            is_bad: false,
            href: None,
        }
    }

    /// Somebody should look at it, if it is so much.
    const fn bad_above(mut self, most: u64, count: u64) -> Self {
        self.is_bad = count > most;
        self
    }

    fn more_at(mut self, href: Option<String>) -> Self {
        self.href = href;
        self
    }
}

/// How much is listed.
fn of_the_list(reading: &Reading, t: &'static Texts, link: &impl Fn(&str, Role) -> Option<String>) -> Group {
    let o = &t.console.overview;
    let number = |count: u64| t.units.number(count);
    Group {
        title: o.list,
        figures: vec![
            Figure::new("listings", o.listings, number(reading.listings))
                .more_at(link("/console/listings", Role::Viewer)),
            Figure::new("allowed", o.allowed, number(reading.allowed))
                .more_at(link("/console/allowed", Role::Viewer)),
            Figure::new("serial", o.serial, reading.serial.to_string()),
        ],
    }
}

/// How fast it goes.
fn of_the_pace(reading: &Reading, t: &'static Texts) -> Group {
    let o = &t.console.overview;
    let figure = |key, name, counter: Counter, factor: f64| {
        Figure::new(key, name, rate(reading.rates.get(&counter), factor, t))
    };
    Group {
        title: o.pace,
        figures: vec![
            figure("observations", o.observations, Counter::Observations, 60.0),
            figure("answers", o.answers, Counter::Answers, 1.0),
            figure("mails", o.mails, Counter::Mails, 60.0),
            figure("requests", o.requests, Counter::Requests, 1.0),
        ],
    }
}

/// What waits, and what is wrong.
fn of_the_queues(
    reading: &Reading,
    t: &'static Texts,
    link: &impl Fn(&str, Role) -> Option<String>,
) -> Group {
    let o = &t.console.overview;
    let number = |count: u64| t.units.number(count);
    let up_to = |most: u64, count: u64| {
        if count >= most {
            (o.or_more)(&number(count))
        } else {
            number(count)
        }
    };
    let some = |count: u64| up_to(MOST_WAITING, count);
    let waiting = &reading.waiting;
    let jobs: u64 = waiting.jobs.iter().map(|(_, count)| count).sum();
    let lost = reading.counters.get(&Counter::Lost).copied();
    let lost = whole(lost.unwrap_or_default());
    Group {
        title: o.queues,
        figures: vec![
            Figure::new("unjudged", o.unjudged, number(reading.unjudged))
                .bad_above(MOST_UNJUDGED, reading.unjudged),
            Figure::new("waiting-mails", o.waiting_mails, some(waiting.mails))
                .more_at(link("/console/outbox?state=waiting", MAIL)),
            Figure::new("waiting-jobs", o.waiting_jobs, some(jobs)).more_at(link("/console/jobs", CHANGES)),
            Figure::new("replies", o.replies, up_to(MOST_UNSETTLED, waiting.replies))
                .bad_above(0, waiting.replies)
                .more_at(link("/console/replies", MAIL)),
            Figure::new("quarantined", o.quarantined, number(reading.quarantined))
                .bad_above(0, reading.quarantined)
                .more_at(link("/console/feeds", CHANGES)),
            Figure::new("lost", o.lost, number(lost)).bad_above(0, lost),
        ],
    }
}

/// A figure that is not negative and far below 2^64, without what is behind its point.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as it says"
)]
fn whole(figure: f64) -> u64 {
    figure.round() as u64
}

/// More than this behind, the judge does not keep up.
const MOST_UNJUDGED: u64 = 20_000;

/// A rate in words; none before there were two readings.
fn rate(per_second: Option<&f64>, factor: f64, t: &'static Texts) -> String {
    let Some(rate) = per_second.map(|rate| rate * factor) else {
        return OverviewTexts::UNKNOWN.to_owned();
    };
    if rate >= 10.0 {
        t.units.number(whole(rate))
    } else {
        t.units.score((rate * 10.0).round() / 10.0)
    }
}

/// `/console/live`: the figures again and again.
pub(super) async fn live(State(shared): State<Shared>, visitor: Visitor) -> Result<Response, Failure> {
    let Some(place) = shared.live.enter(visitor.account.id, visitor.session.id) else {
        return Err(Failure::TooOften);
    };
    let ends = tokio::time::Instant::now() + LONGEST;
    let watch = Watch {
        shared,
        t: visitor.reader.texts(),
        visitor,
        _place: place,
        ends,
    };
    let events = stream::unfold(watch, |watch| async move {
        tokio::time::sleep(EVERY).await;
        if tokio::time::Instant::now() >= watch.ends || watch.is_signed_out().await {
            return None;
        }
        let event = watch.event().await;
        Some((Ok::<_, Infallible>(event), watch))
    });
    let answer = Sse::new(events).keep_alive(KeepAlive::default());
    // `no-cache`, as events have it by themselves, would let a copy be kept.
    Ok(([(CACHE_CONTROL, "no-store")], answer).into_response())
}

/// One who watches.
struct Watch {
    shared: Shared,
    t: &'static Texts,
    visitor: Visitor,
    /// Given back when he goes away.
    _place: WatchPlace,
    ends: tokio::time::Instant,
}

impl Watch {
    /// Whether the session has ended meanwhile. A store that does not answer signs nobody out.
    async fn is_signed_out(&self) -> bool {
        matches!(self.visitor.is_signed_in(&self.shared).await, Ok(false))
    }

    /// The figures as they are now. A store that does not answer is told by a comment, and asked again the next time.
    async fn event(&self) -> Event {
        let Ok(reading) = self.shared.pulse.read(&self.shared).await else {
            return Event::default().comment("the store does not answer");
        };
        let figures: Map<String, Value> = groups(&reading, self.t, |_path, _role| None)
            .into_iter()
            .flat_map(|group| group.figures)
            .map(|figure| {
                let told = serde_json::json!({ "text": figure.text, "bad": figure.is_bad });
                (figure.key.to_owned(), told)
            })
            .collect();
        Event::default().data(Value::Object(figures).to_string())
    }
}

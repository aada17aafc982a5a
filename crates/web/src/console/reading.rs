//! What the overview tells: how much there is, how fast it goes, what waits, what is out of order. It is read at most every two seconds however many
//! look, and not at all while nobody does.

use std::collections::BTreeMap;
use std::time::Duration;

use atalaya_model::{Sensor, Timestamp};
use atalaya_store::{StoreError, Waiting};
use tokio::sync::Mutex;

use crate::app::Inner;

/// How long a reading is good for.
pub(crate) const FRESH: Duration = Duration::from_secs(2);
/// Rates are taken over at least this long, so that they do not jump.
const RATE_OVER: Duration = Duration::from_secs(10);
/// The newest observations among which is looked when each sensor saw something last.
const NEWEST: u64 = 1_000;

/// How things are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// When it was read.
    pub(crate) at: Timestamp,
    pub(crate) listings: u64,
    pub(crate) allowed: u64,
    pub(crate) serial: u64,
    /// The counters, by their name.
    pub(crate) counters: BTreeMap<Counter, f64>,
    /// Since the rates are counted, what each counter was then.
    pub(crate) rates: BTreeMap<Counter, f64>,
    /// Observations that are not judged yet.
    pub(crate) unjudged: u64,
    pub(crate) waiting: Waiting,
    /// When each sensor saw something last, and how much of the newest observations was its.
    pub(crate) sensors: Vec<(Sensor, Timestamp, u64)>,
    /// Feeds and DNS blocklists that are not believed.
    pub(crate) quarantined: u64,
}

/// A counter of `/metrics` that the overview tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counter {
    Observations,
    Answers,
    Mails,
    Requests,
    Lost,
}

impl Counter {
    const ALL: [Self; 5] = [
        Self::Observations,
        Self::Answers,
        Self::Mails,
        Self::Requests,
        Self::Lost,
    ];

    /// Its names in `/metrics`.
    const fn metrics(self) -> &'static [&'static str] {
        match self {
            Self::Observations => &["atalaya_store_observations_total"],
            Self::Answers => &["atalaya_publish_answers_total"],
            Self::Mails => &["atalaya_notify_mails_total"],
            Self::Requests => &["atalaya_web_requests_total"],
            Self::Lost => &["atalaya_observe_lost_total", "atalaya_store_refused_total"],
        }
    }
}

/// The gauges of what is not believed.
const QUARANTINES: [&str; 2] = [
    "atalaya_observe_feed_quarantined",
    "atalaya_observe_upstream_quarantined",
];

/// Keeps the last reading, and an earlier one that the rates are taken against.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    last: Option<Reading>,
    earlier: Option<(Timestamp, BTreeMap<Counter, f64>)>,
}

impl Pulse {
    /// How things are now, or were a moment ago.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn read(&self, shared: &Inner) -> Result<Reading, StoreError> {
        let mut kept = self.kept.lock().await;
        let now = shared.app.clock.now();
        if let Some(last) = &kept.last
            && last.at <= now
            && now.since(last.at) < FRESH
        {
            return Ok(last.clone());
        }
        let mut reading = take(shared, now).await?;
        if let Some((then, counters)) = &kept.earlier {
            reading.rates = rates(counters, &reading.counters, now.since(*then));
        }
        let is_old = |then: Timestamp| then > now || now.since(then) >= RATE_OVER;
        if kept.earlier.as_ref().is_none_or(|(then, _)| is_old(*then)) {
            kept.earlier = Some((now, reading.counters.clone()));
        }
        kept.last = Some(reading.clone());
        Ok(reading)
    }
}

/// Reads everything.
async fn take(shared: &Inner, now: Timestamp) -> Result<Reading, StoreError> {
    let store = &shared.app.store;
    let text = shared.app.metrics.render();
    let counters = Counter::ALL.map(|counter| (counter, sum(&text, counter.metrics())));
    let last = store.last_position().await?;
    let judged = store.position(atalaya_decide::READER).await?;
    let (listings, allowed) = shared.app.zone.size();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a small count, never negative"
    )]
    let quarantined = sum(&text, &QUARANTINES) as u64;
    Ok(Reading {
        at: now,
        listings: listings as u64,
        allowed: allowed as u64,
        serial: shared.app.zone.serial().0,
        counters: counters.into_iter().collect(),
        rates: BTreeMap::new(),
        unjudged: last.saturating_sub(judged),
        waiting: store.waiting().await?,
        sensors: sensors(shared, last).await?,
        quarantined,
    })
}

/// When each sensor saw something last, by the newest observations.
async fn sensors(shared: &Inner, last: u64) -> Result<Vec<(Sensor, Timestamp, u64)>, StoreError> {
    let from = last.saturating_sub(NEWEST);
    #[expect(clippy::cast_possible_truncation, reason = "a constant of a thousand")]
    let seen = shared.app.store.observations_after(from, NEWEST as u32).await?;
    let mut by_sensor: BTreeMap<Sensor, (Timestamp, u64)> = BTreeMap::new();
    for one in seen {
        let (at, count) = by_sensor
            .entry(one.observation.sensor)
            .or_insert((one.observation.seen_at, 0));
        *at = (*at).max(one.observation.seen_at);
        *count = count.saturating_add(1);
    }
    Ok(by_sensor
        .into_iter()
        .map(|(sensor, (at, count))| (sensor, at, count))
        .collect())
}

/// What metrics of these names add up to, over all their labels (the text format of Prometheus).
fn sum(text: &str, names: &[&str]) -> f64 {
    let value = |line: &str| {
        let (key, value) = line.rsplit_once(' ')?;
        let name = key.split('{').next()?;
        names.contains(&name).then(|| value.parse::<f64>().ok()).flatten()
    };
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(value)
        .sum()
}

/// How much each counter grew in a second. A counter that fell was begun anew.
fn rates(
    before: &BTreeMap<Counter, f64>,
    now: &BTreeMap<Counter, f64>,
    over: Duration,
) -> BTreeMap<Counter, f64> {
    let seconds = over.as_secs_f64();
    if seconds <= 0.0 {
        return BTreeMap::new();
    }
    let rate = |(counter, value): (&Counter, &f64)| {
        let earlier = before.get(counter).copied().unwrap_or_default();
        (*counter, (value - earlier).max(0.0) / seconds)
    };
    now.iter().map(rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_add_up_over_their_labels_and_names_that_only_begin_alike_do_not_count() {
        let text = "# TYPE atalaya_notify_mails_total counter\n\
                    atalaya_notify_mails_total{outcome=\"sent\"} 3\n\
                    atalaya_notify_mails_total{outcome=\"with space\"} 4\n\
                    atalaya_notify_mails_total_other 9\n\
                    broken line\n";
        assert!((sum(text, &["atalaya_notify_mails_total"]) - 7.0).abs() < 1e-9);
        assert!(sum("", &["atalaya_notify_mails_total"]).abs() < 1e-9);
    }

    #[test]
    fn a_rate_is_never_negative_and_never_over_no_time() {
        let at = |value: f64| BTreeMap::from([(Counter::Answers, value)]);
        let over = Duration::from_secs(10);
        assert!((rates(&at(10.0), &at(60.0), over)[&Counter::Answers] - 5.0).abs() < 1e-9);
        assert!(rates(&at(60.0), &at(10.0), over)[&Counter::Answers].abs() < 1e-9);
        assert!(rates(&at(1.0), &at(2.0), Duration::ZERO).is_empty());
    }
}

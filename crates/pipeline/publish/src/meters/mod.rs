//! The numbers that tell how the DNS server fares. The handles are made once, so that counting an answer costs one addition.
//!
//! Who asks most stands in `top`, beside the meters: an address in the name of a meter would make one for every client there is.

mod sketch;
mod top;

use std::time::Duration;

use domain::base::iana::OptRcode;
use metrics::{Counter, Gauge, counter, gauge};

use crate::answer::Answered;
use crate::published::PublishedZones;

pub(crate) use self::top::{Top, TopShard};
pub use self::top::{TopEntry, TopReport};

/// The results that we give (RFC 1035 section 4.1.1, RFC 6891 section 9, RFC 8945 section 3), as the meters name them.
const RCODES: [(OptRcode, &str); 8] = [
    (OptRcode::NOERROR, "noerror"),
    (OptRcode::FORMERR, "formerr"),
    (OptRcode::SERVFAIL, "servfail"),
    (OptRcode::NXDOMAIN, "nxdomain"),
    (OptRcode::NOTIMP, "notimp"),
    (OptRcode::REFUSED, "refused"),
    (OptRcode::NOTAUTH, "notauth"),
    (OptRcode::BADVERS, "badvers"),
];

/// How an answer is named that says that an address is listed.
const LISTED: &str = "listed";
/// How a question is named that is about no zone of ours.
const NO_ZONE: &str = "none";

/// The times that answers are sorted by, in nanoseconds, and as the meter names them, in seconds.
const STEPS: [(u64, &str); 9] = [
    (1_000, "0.000001"),
    (2_500, "0.0000025"),
    (10_000, "0.00001"),
    (25_000, "0.000025"),
    (100_000, "0.0001"),
    (250_000, "0.00025"),
    (1_000_000, "0.001"),
    (10_000_000, "0.01"),
    (u64::MAX, "+Inf"),
];

/// What is counted for one transport.
#[derive(Debug)]
pub(crate) struct Meters {
    /// For each zone in their order.
    by_zone: Vec<ZoneMeters>,
    /// For what is about none of them.
    elsewhere: ZoneMeters,
    /// Queries that got no answer, because they were none.
    dropped: Counter,
    /// Answers that were cut because the client takes no more.
    truncated: Counter,
    /// Queries with a cookie of ours that is worth something.
    proven: Counter,
    /// Answers that the network did not take.
    pub(crate) unsent: Counter,
    /// Queries beyond the rate of their network, that got nothing.
    over_rate_dropped: Counter,
    /// Queries beyond the rate of their network, that were sent to TCP.
    over_rate_truncated: Counter,
    /// How many answers took no longer than each of [`STEPS`].
    within: [Counter; STEPS.len()],
    /// How many answers were timed.
    timed: Counter,
}

/// What is counted for the answers about one zone.
#[derive(Debug)]
struct ZoneMeters {
    listed: Counter,
    by_rcode: [(OptRcode, Counter); RCODES.len()],
}

impl ZoneMeters {
    fn new(transport: &'static str, zone: &'static str) -> Self {
        let counter = |answer| counter!("atalaya_publish_answers_total", "transport" => transport, "zone" => zone, "answer" => answer);
        Self {
            listed: counter(LISTED),
            by_rcode: RCODES.map(|(rcode, name)| (rcode, counter(name))),
        }
    }

    fn count(&self, answered: &Answered) {
        if answered.is_listed {
            self.listed.increment(1);
        } else {
            self.count_rcode(answered.rcode, 1);
        }
    }

    fn count_rcode(&self, rcode: OptRcode, count: u64) {
        if let Some((_, counter)) = self.by_rcode.iter().find(|(known, _)| *known == rcode) {
            counter.increment(count);
        }
    }
}

impl Meters {
    /// The numbers of `transport`.
    pub(crate) fn new(transport: &'static str, zones: Option<&PublishedZones>) -> Self {
        let over_rate =
            |fate| counter!("atalaya_publish_over_rate_total", "transport" => transport, "fate" => fate);
        let within = |(_, step)| counter!("atalaya_publish_answer_seconds_bucket", "transport" => transport, "le" => step);
        Self {
            by_zone: zones
                .into_iter()
                .flat_map(PublishedZones::iter)
                .map(|zone| ZoneMeters::new(transport, zone.label))
                .collect(),
            elsewhere: ZoneMeters::new(transport, NO_ZONE),
            dropped: counter!("atalaya_publish_dropped_total", "transport" => transport),
            truncated: counter!("atalaya_publish_truncated_total", "transport" => transport),
            proven: counter!("atalaya_publish_valid_cookies_total", "transport" => transport),
            unsent: counter!("atalaya_publish_unsent_total", "transport" => transport),
            over_rate_dropped: over_rate("dropped"),
            over_rate_truncated: over_rate("truncated"),
            within: STEPS.map(within),
            timed: counter!("atalaya_publish_answer_seconds_count", "transport" => transport),
        }
    }

    /// Counts what came of one query: its answer, or nothing where it was none.
    pub(crate) fn count(&self, answered: Option<&Answered>) {
        let Some(answered) = answered else {
            self.dropped.increment(1);
            return;
        };
        let zone = answered.zone.and_then(|number| self.by_zone.get(number));
        zone.unwrap_or(&self.elsewhere).count(answered);
        if answered.is_cut {
            self.truncated.increment(1);
        }
        if answered.has_valid_cookie {
            self.proven.increment(1);
        }
    }

    /// Counts usual questions about one zone, which were answered with codes or with "no such name".
    pub(crate) fn count_usual(&self, zone: usize, listed: u64, not_listed: u64) {
        let Some(meters) = self.by_zone.get(zone) else {
            return;
        };
        meters.listed.increment(listed);
        meters.count_rcode(OptRcode::NXDOMAIN, not_listed);
    }

    /// Counts what the rate limit kept back.
    pub(crate) fn limited(&self, dropped: u64, truncated: u64) {
        self.over_rate_dropped.increment(dropped);
        self.over_rate_truncated.increment(truncated);
    }

    /// Counts so many answers that took so long each.
    ///
    /// These are counters, one for each step and all that took no longer: a histogram of the library keeps every single value until
    /// somebody reads it.
    pub(crate) fn latency(&self, took: Duration, answers: u64) {
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.timed.increment(answers);
        for ((step, _), counter) in STEPS.iter().zip(&self.within) {
            if nanoseconds <= *step {
                counter.increment(answers);
            }
        }
    }
}

/// What is counted for TCP connections.
#[derive(Debug)]
pub(crate) struct ConnectionMeters {
    /// Connections that are open.
    pub(crate) open: Gauge,
    /// Connections that were closed at once, because a limit was reached.
    pub(crate) turned_away: Counter,
    /// Connections that were closed because the client was too slow.
    pub(crate) timed_out: Counter,
}

impl Default for ConnectionMeters {
    fn default() -> Self {
        Self {
            open: gauge!("atalaya_publish_connections"),
            turned_away: counter!("atalaya_publish_connections_turned_away_total"),
            timed_out: counter!("atalaya_publish_connections_timed_out_total"),
        }
    }
}

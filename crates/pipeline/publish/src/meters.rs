//! The numbers that tell how the DNS server fares. The handles are made once, so that counting an answer costs one addition.

use domain::base::iana::OptRcode;
use metrics::{Counter, Gauge, counter, gauge};

use crate::answer::Answered;

/// The results that we give (RFC 1035 section 4.1.1, RFC 6891 section 9), as the meters name them.
const RCODES: [(OptRcode, &str); 7] = [
    (OptRcode::NOERROR, "noerror"),
    (OptRcode::FORMERR, "formerr"),
    (OptRcode::SERVFAIL, "servfail"),
    (OptRcode::NXDOMAIN, "nxdomain"),
    (OptRcode::NOTIMP, "notimp"),
    (OptRcode::REFUSED, "refused"),
    (OptRcode::BADVERS, "badvers"),
];

/// What is counted for one transport.
#[derive(Debug)]
pub(crate) struct Meters {
    by_rcode: [(OptRcode, Counter); RCODES.len()],
    /// Queries that got no answer, because they were none.
    dropped: Counter,
    /// Answers that were cut because the client takes no more.
    truncated: Counter,
    /// Answers that the network did not take.
    pub(crate) unsent: Counter,
    /// Queries beyond the rate of their network, that got nothing.
    over_rate_dropped: Counter,
    /// Queries beyond the rate of their network, that were sent to TCP.
    over_rate_truncated: Counter,
}

impl Meters {
    /// The numbers of `transport`.
    pub(crate) fn new(transport: &'static str) -> Self {
        Self {
            by_rcode: RCODES.map(|(rcode, name)| {
                let counter =
                    counter!("atalaya_publish_answers_total", "transport" => transport, "rcode" => name);
                (rcode, counter)
            }),
            dropped: counter!("atalaya_publish_dropped_total", "transport" => transport),
            truncated: counter!("atalaya_publish_truncated_total", "transport" => transport),
            unsent: counter!("atalaya_publish_unsent_total", "transport" => transport),
            over_rate_dropped: counter!("atalaya_publish_over_rate_total", "transport" => transport, "fate" => "dropped"),
            over_rate_truncated: counter!("atalaya_publish_over_rate_total", "transport" => transport, "fate" => "truncated"),
        }
    }

    /// Counts so many usual questions, which were answered with codes or with "no such name".
    pub(crate) fn count_usual(&self, listed: u64, not_listed: u64) {
        self.count_rcode(OptRcode::NOERROR, listed);
        self.count_rcode(OptRcode::NXDOMAIN, not_listed);
    }

    /// Counts what the rate limit kept back.
    pub(crate) fn limited(&self, dropped: u64, truncated: u64) {
        self.over_rate_dropped.increment(dropped);
        self.over_rate_truncated.increment(truncated);
    }

    fn count_rcode(&self, rcode: OptRcode, count: u64) {
        if let Some((_, counter)) = self.by_rcode.iter().find(|(known, _)| *known == rcode) {
            counter.increment(count);
        }
    }

    /// Counts what came of one query: its answer, or nothing where it was none.
    pub(crate) fn count(&self, answered: Option<&Answered>) {
        let Some(answered) = answered else {
            self.dropped.increment(1);
            return;
        };
        self.count_rcode(answered.rcode, 1);
        if answered.is_cut {
            self.truncated.increment(1);
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

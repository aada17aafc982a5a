//! The numbers that tell how the DNS server fares. The handles are made once, so that counting an answer costs one addition.

use domain::base::iana::OptRcode;
use metrics::{Counter, Gauge, counter, gauge};

use crate::answer::Answered;

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
        }
    }

    /// Counts what came of one query: its answer, or nothing where it was none.
    pub(crate) fn count(&self, answered: Option<&Answered>) {
        let Some(answered) = answered else {
            self.dropped.increment(1);
            return;
        };
        if let Some((_, counter)) = self.by_rcode.iter().find(|(rcode, _)| *rcode == answered.rcode) {
            counter.increment(1);
        }
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

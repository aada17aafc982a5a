//! The numbers that tell how the DNS server fares. The handles are made once, so that counting an answer costs one addition.

use metrics::{Counter, Gauge, counter, gauge};

/// The result codes that have a number of their own (RFC 1035 section 4.1.1).
const RCODES: [&str; 6] = ["noerror", "formerr", "servfail", "nxdomain", "notimp", "refused"];

/// What is counted for one transport.
#[derive(Debug)]
pub(crate) struct Meters {
    by_rcode: [Counter; RCODES.len()],
    /// Queries that got no answer, because they were none.
    pub(crate) dropped: Counter,
    /// Answers that were cut because the client takes no more.
    truncated: Counter,
    /// Answers that the network did not take.
    pub(crate) unsent: Counter,
}

impl Meters {
    /// The numbers of `transport`.
    pub(crate) fn new(transport: &'static str) -> Self {
        Self {
            by_rcode: RCODES.map(
                |rcode| counter!("atalaya_publish_answers_total", "transport" => transport, "rcode" => rcode),
            ),
            dropped: counter!("atalaya_publish_dropped_total", "transport" => transport),
            truncated: counter!("atalaya_publish_truncated_total", "transport" => transport),
            unsent: counter!("atalaya_publish_unsent_total", "transport" => transport),
        }
    }

    /// Counts one answer by what stands in its header.
    pub(crate) fn answered(&self, answer: &[u8]) {
        if let Some([.., first_flags, second_flags]) = answer.first_chunk::<4>() {
            if let Some(counter) = self.by_rcode.get(usize::from(second_flags & 0x0f)) {
                counter.increment(1);
            }
            if first_flags & 0b10 != 0 {
                self.truncated.increment(1);
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

//! A primary with the clock of the machine, because others sign by it, and a list with all kinds of names.

use std::net::SocketAddr;
use std::sync::Arc;

use atalaya_model::{Class, Clock, Decided, Decision, Listing, Rule, Serial, Timestamp, Verdict};
use atalaya_publish::{DnsServer, DnsSockets, PublishConfig, Set, Zone};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{allowed, listing};

/// The secret of every key, in base64.
pub(crate) const SECRET: &str = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYzE=";

/// A server that runs until this is dropped.
pub(crate) struct Primary {
    pub(crate) address: SocketAddr,
    pub(crate) zone: Arc<Zone>,
    _stop: DropGuard,
}

/// Starts a primary on a free port.
pub(crate) async fn start(
    config: PublishConfig,
    listings: impl IntoIterator<Item = Listing>,
    serial: Serial,
) -> Primary {
    config.check().unwrap();
    let zone = Arc::new(Zone::new(&config, "http://127.0.0.1:8080").unwrap());
    drop(zone.load(Set::new(listings, allowed()), serial));
    let sockets = DnsSockets::bind(SocketAddr::new([127, 0, 0, 1].into(), 0)).unwrap();
    let address = sockets.address();
    let stop = CancellationToken::new();
    let server = DnsServer::new(&config, Arc::clone(&zone), Clock::system());
    tokio::spawn(server.serve(vec![sockets], stop.clone()));
    Primary {
        address,
        zone,
        _stop: stop.drop_guard(),
    }
}

/// Single addresses, ranges in ranges, ranges between octets, networks.
pub(crate) fn list() -> Vec<Listing> {
    let listed = [
        ("192.0.2.99", Class::Spam),
        ("192.0.2.99", Class::Bot),
        ("192.0.2.0/24", Class::Policy),
        ("198.51.0.0/16", Class::Bot),
        ("198.51.100.7", Class::Spam),
        ("203.0.112.0/20", Class::Policy),
        ("2.0.0.0/24", Class::Spam),
        ("233.252.0.200", Class::Spam),
        ("2001:db8::/64", Class::Spam),
        ("2001:db8:1::/48", Class::Policy),
        ("2001:db8:1:2::/64", Class::Bot),
    ];
    listed
        .map(|(prefix, class)| listing(prefix, class, None))
        .to_vec()
}

/// What happens to that list: entries come, go, end and are allowed.
pub(crate) fn changes(after: Serial) -> Vec<Decided> {
    let list = |class| Verdict::List { class, until: None };
    let steps = [
        ("203.0.113.77", list(Class::Bot)),
        ("198.51.99.0/24", list(Class::Spam)),
        ("192.0.2.99", Verdict::Withdraw { class: Class::Bot }),
        ("233.252.0.200", Verdict::Withdraw { class: Class::Spam }),
        ("198.51.100.9", Verdict::Allow { until: None }),
        ("203.0.120.0/22", Verdict::Allow { until: None }),
        ("2001:db8:1:2::/64", Verdict::Withdraw { class: Class::Bot }),
        ("2001:db8:2::/61", list(Class::Spam)),
        ("2001:db8::5", Verdict::Allow { until: None }),
    ];
    let decisions = steps.into_iter().zip(after.0 + 1..);
    decisions
        .map(|((prefix, verdict), serial)| decide(serial, prefix, verdict))
        .collect()
}

/// A decision by hand.
pub(crate) fn decide(serial: u64, prefix: &str, verdict: Verdict) -> Decided {
    Decided {
        serial: Serial(serial),
        at: Timestamp::EPOCH,
        decision: Decision {
            prefix: prefix.parse().unwrap(),
            verdict,
            rule: Rule::new("by-hand", 1),
            score: 0.0,
            reason: "seen in a test".to_owned(),
        },
    }
}

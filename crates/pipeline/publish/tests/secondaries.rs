//! Name servers that others wrote copy the zone, are told of changes, and answer as we do.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::{IpAddr, SocketAddr};

use atalaya_model::{Period, Prefix, Secret, Serial};
use atalaya_publish::{PublishConfig, Set, TsigKey};
use domain::base::Rtype;
use domain::base::iana::Class;
use support::peers::{KINDS, Kind, PAUSE, Peer, free_port, program, start_peer};
use support::transfers::{self, Primary, SECRET, changes, list};
use support::{Edns, LIMIT, allowed, ask_at, build, query};

/// A response code and the records of an answer.
type Said = (String, Vec<String>);

/// The result and the records of an answer, without TTL and without the page that a text leads to.
async fn said(address: SocketAddr, name: &str, rtype: Rtype) -> Said {
    let reply = ask_at(address, &query(name, rtype)).await;
    let plain = |record: &String| {
        let record = record.split("; http").next().unwrap_or_default();
        record.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()
    };
    let mut records: Vec<String> = reply.answer.iter().map(plain).collect();
    records.sort();
    (reply.rcode(), records)
}

/// Addresses at which something is said, beside them, and at the test entries.
const ASKED: [&str; 33] = [
    "192.0.2.99",
    "192.0.2.98",
    "192.0.2.0",
    "192.0.3.1",
    "198.51.0.1",
    "198.51.99.1",
    "198.51.100.7",
    "198.51.100.6",
    "198.51.100.8",
    "198.51.100.9",
    "198.51.255.255",
    "198.52.0.0",
    "203.0.111.255",
    "203.0.112.0",
    "203.0.113.77",
    "203.0.113.78",
    "203.0.120.1",
    "203.0.123.255",
    "203.0.124.0",
    "203.0.128.0",
    "2.0.0.1",
    "2.0.0.255",
    "2.0.1.0",
    "233.252.0.200",
    "127.0.0.1",
    "127.0.0.2",
    "127.0.0.11",
    "127.0.0.5",
    "2001:db8::5",
    "2001:db8::6",
    "2001:db8:1:2::1",
    "2001:db8:2:7::1",
    "2001:db8:2:8::1",
];

/// What a secondary says of a name, asked until it says what we say: a process of NSD that goes may answer once more after the new one.
async fn comes_to_say(peer: &Peer, name: &str, rtype: Rtype, ours: &Said) -> Said {
    let begun = tokio::time::Instant::now();
    loop {
        let theirs = said(peer.address, name, rtype).await;
        if theirs == *ours || begun.elapsed() > LIMIT {
            return theirs;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Each secondary says of each address what we say.
async fn assert_same(primary: &Primary, peers: &[Peer]) {
    for text in ASKED {
        let address: IpAddr = text.parse().unwrap();
        let labels = atalaya_formats::dnsbl::write(&Prefix::single(address)).unwrap();
        let name = format!("{labels}.bl.atalaya.test");
        for rtype in [Rtype::A, Rtype::TXT, Rtype::MX] {
            let ours = said(primary.address, &name, rtype).await;
            for peer in peers {
                let theirs = comes_to_say(peer, &name, rtype, &ours).await;
                assert_eq!(theirs, ours, "{} about {text} {rtype}", peer.name);
            }
        }
    }
}

/// The name servers that are there, each with a port.
fn kinds() -> Vec<(Kind, String, u16)> {
    let kinds = KINDS.into_iter();
    kinds
        .filter_map(|kind| program(&kind).map(|program| (kind, program, free_port())))
        .collect()
}

/// A primary that knows these secondaries and tells them of changes.
async fn primary(kinds: &[(Kind, String, u16)], serial: Serial) -> Primary {
    let key = |kind: &Kind| TsigKey {
        name: kind.name.to_owned(),
        algorithm: kind.algorithm.to_owned(),
        secret: Secret::new(SECRET),
    };
    let kinds = kinds.iter();
    let config = PublishConfig {
        tsig_keys: kinds.clone().map(|(kind, ..)| key(kind)).collect(),
        transfer_to: kinds
            .clone()
            .map(|(kind, ..)| format!("127.0.0.1 {}", kind.name).parse().unwrap())
            .collect(),
        notify: kinds
            .map(|(kind, _, port)| format!("127.0.0.1:{port} {}", kind.name).parse().unwrap())
            .collect(),
        notify_wait: Period::millis(200),
        ..PublishConfig::default()
    };
    transfers::start(config, list(), serial).await
}

#[tokio::test]
async fn real_secondaries_copy_the_zone_and_follow_it() {
    let kinds = kinds();
    // The serial goes round within the differences (RFC 1982).
    let start = Serial((1 << 32) - 3);
    let primary = primary(&kinds, start).await;
    let port = primary.address.port();
    let peers: Vec<Peer> = kinds
        .iter()
        .map(|(kind, program, own)| {
            start_peer(kind, program, *own, |folder| (kind.config)(folder, *own, port))
        })
        .collect();
    for peer in &peers {
        peer.reaches(start.soa()).await;
    }
    assert_same(&primary, &peers).await;
    for decisions in changes(start).chunks(5) {
        primary.zone.apply(decisions).unwrap();
        for peer in &peers {
            peer.reaches(primary.zone.serial().soa()).await;
        }
        assert_same(&primary, &peers).await;
    }
    for peer in &peers {
        let told = peer.told();
        assert!(peer.name != "knotd" || told.contains("IXFR, incoming"), "{told}");
    }
}

/// Waits until it signs what it says of a name: a zone is signed piece by piece.
async fn signs(peer: &Peer, name: &str) {
    let wait = async {
        while !is_signed(peer, name).await {
            tokio::time::sleep(PAUSE).await;
        }
    };
    let waited = tokio::time::timeout(LIMIT.saturating_mul(2), wait).await;
    assert!(
        waited.is_ok(),
        "{} does not sign {name}: {}",
        peer.name,
        peer.told()
    );
}

/// Whether an answer to a question with the DNSSEC bit is signed.
async fn is_signed(peer: &Peer, name: &str) -> bool {
    let edns = Edns {
        payload: 4096,
        version: 0,
        dnssec_ok: true,
    };
    let reply = ask_at(peer.address, &build(name, Rtype::A, Class::IN, Some(edns))).await;
    let records = reply.answer.iter().chain(&reply.authority);
    records.into_iter().any(|record| record.contains(" RRSIG "))
}

#[tokio::test]
async fn a_secondary_signs_its_copy_and_goes_on_following() {
    let kinds: Vec<_> = kinds()
        .into_iter()
        .filter(|(kind, ..)| kind.signing.is_some())
        .collect();
    let primary = primary(&kinds, Serial(7)).await;
    let port = primary.address.port();
    let peers: Vec<Peer> = kinds
        .iter()
        .map(|(kind, program, own)| {
            let (signing, before) = kind.signing.unwrap();
            start_peer(kind, program, *own, |folder| {
                (kind.config)(folder, *own, port).replace(before, &format!("{signing}{before}"))
            })
        })
        .collect();
    let new = "77.113.0.203.bl.atalaya.test";
    for peer in &peers {
        peer.says("1.0.51.198.bl.atalaya.test", Rtype::A, " A 127.0.0.4")
            .await;
        peer.says(new, Rtype::A, " A 127.0.0.11").await;
        peer.says("bl.atalaya.test", Rtype::DNSKEY, "").await;
    }
    primary.zone.apply(&changes(Serial(7))).unwrap();
    for peer in &peers {
        peer.says(new, Rtype::A, " A 127.0.0.4").await;
        for name in [
            new,
            "1.0.51.198.bl.atalaya.test",
            "9.100.51.198.bl.atalaya.test",
            "bl.atalaya.test",
        ] {
            signs(peer, name).await;
        }
    }
}

#[tokio::test]
async fn a_secondary_fetches_an_older_zone_when_it_is_told_to() {
    let kinds = kinds();
    let primary = primary(&kinds, Serial(100)).await;
    let port = primary.address.port();
    for (kind, program, own) in &kinds {
        drop(primary.zone.load(Set::new(list(), allowed()), Serial(100)));
        let peer = start_peer(kind, program, *own, |folder| (kind.config)(folder, *own, port));
        peer.reaches(100).await;
        // The store was put back from a backup.
        drop(primary.zone.load(Set::new(list(), allowed()), Serial(50)));
        peer.retransfer(kind).await;
        peer.reaches(50).await;
        primary.zone.apply(&changes(Serial(50))).unwrap();
        peer.reaches(59).await;
        assert_same(&primary, &[peer]).await;
    }
}

//! The sub-zones, through a real server: each class alone, each a zone of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use atalaya_publish::PublishConfig;
use domain::base::Rtype;
use support::{Running, ask, nibbles, server, start};

/// The sub-zones, with the codes of their classes.
const SUB_ZONES: [(&str, &[u8]); 5] = [
    ("manual", &[2]),
    ("spam", &[3]),
    ("bot", &[4]),
    ("hijacked", &[9]),
    ("policy", &[10, 11]),
];

/// The last octets of the codes that a name has.
async fn codes(server: &Running, name: &str) -> Vec<u8> {
    let reply = ask(server, name, Rtype::A).await;
    let octet = |record: &String| record.rsplit('.').next().unwrap().parse().unwrap();
    reply.answer.iter().map(octet).collect()
}

/// There are no records, and the SOA record of `zone` says so.
async fn assert_negative(server: &Running, (name, rtype): (&str, Rtype), rcode: &str, zone: &str) {
    let reply = ask(server, name, rtype).await;
    assert_eq!(reply.rcode(), rcode, "{name}");
    assert!(
        reply.answer.is_empty() && reply.message.header().aa(),
        "{name}: {reply:?}"
    );
    let soa = reply.authority[0].to_lowercase();
    assert!(soa.starts_with(&format!("{zone} 120 soa ")), "{name}: {soa}");
}

#[tokio::test]
async fn a_sub_zone_answers_its_class_and_no_other() {
    let server = server().await;
    // Spam and bot by itself, policy by its network.
    for (zone, listed) in [
        ("", vec![3, 4, 11]),
        ("spam.", vec![3]),
        ("bot.", vec![4]),
        ("policy.", vec![11]),
        ("POLICY.", vec![11]),
        ("manual.", vec![]),
        ("hijacked.", vec![]),
    ] {
        let name = format!("99.2.0.192.{zone}bl.atalaya.test");
        assert_eq!(codes(&server, &name).await, listed, "{name}");
    }
    let texts = ask(&server, "99.2.0.192.spam.bl.atalaya.test", Rtype::TXT).await;
    assert_eq!(texts.answer.len(), 1);
    assert!(texts.answer[0].contains("spam 192.0.2.99: "), "{texts:?}");
    let v6 = nibbles("2001:db8::77").replace(".bl.", ".spam.bl.");
    assert_eq!(codes(&server, &v6).await, [3]);
    let v6 = v6.replace(".spam.", ".bot.");
    assert_negative(&server, (&v6, Rtype::A), "NXDOMAIN", "bot.bl.atalaya.test").await;
}

#[tokio::test]
async fn every_sub_zone_has_its_test_entries() {
    let server = server().await;
    for (zone, own) in SUB_ZONES {
        let codes_of =
            async |last: u8| codes(&server, &format!("{last}.0.0.127.{zone}.bl.atalaya.test")).await;
        assert_eq!(codes_of(1).await, [0_u8; 0], "{zone}");
        let always = if own.contains(&2) { vec![2] } else { own.to_vec() };
        assert_eq!(codes_of(2).await, always, "{zone}");
        for code in [3, 4, 9, 10, 11] {
            let expected = own.contains(&code).then_some(code);
            assert_eq!(codes_of(code).await, Vec::from_iter(expected), "{code} in {zone}");
        }
    }
    assert_eq!(codes(&server, "2.0.0.127.bl.atalaya.test").await, [2]);
}

#[tokio::test]
async fn every_sub_zone_is_a_zone_at_the_same_serial() {
    let server = server().await;
    for (label, _) in SUB_ZONES {
        let zone = format!("{label}.bl.atalaya.test");
        let soa = ask(&server, &zone, Rtype::SOA).await;
        assert_eq!(
            soa.answer,
            [format!(
                "{zone} 3600 SOA ns1.atalaya.test. hostmaster.bl.atalaya.test. 7 300 60 604800 120"
            )]
        );
        let ns = ask(&server, &zone, Rtype::NS).await;
        assert_eq!(ns.answer, [format!("{zone} 3600 NS ns1.atalaya.test.")]);
        assert!(ns.message.header().aa());
        assert_negative(&server, (&zone, Rtype::A), "NOERROR", &zone).await;
        // What signs a zone stands above it.
        assert_negative(&server, (&zone, Rtype::DS), "NOERROR", "bl.atalaya.test").await;
        let names = [
            (format!("2.0.192.{zone}"), "NOERROR"),
            (format!("127.{zone}"), "NOERROR"),
            (format!("1.0.0.127.{zone}"), "NXDOMAIN"),
            (format!("foo.{zone}"), "NXDOMAIN"),
            (format!("spam.{zone}"), "NXDOMAIN"),
        ];
        for (name, rcode) in names {
            assert_negative(&server, (&name, Rtype::A), rcode, &zone).await;
        }
    }
}

#[tokio::test]
async fn a_name_server_in_the_zone_is_told_with_each_sub_zone() {
    let config = PublishConfig {
        name_servers: vec![
            "ns1.bl.atalaya.test 192.0.2.53".parse().unwrap(),
            "ns2.spam.bl.atalaya.test 192.0.2.54".parse().unwrap(),
        ],
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let ns = ask(&server, "bot.bl.atalaya.test", Rtype::NS).await;
    assert_eq!(
        ns.additional,
        [
            "ns1.bl.atalaya.test 3600 A 192.0.2.53",
            "ns2.spam.bl.atalaya.test 3600 A 192.0.2.54"
        ]
    );
    for (name, address) in [
        ("ns1.bl.atalaya.test", "192.0.2.53"),
        ("ns2.spam.bl.atalaya.test", "192.0.2.54"),
    ] {
        let reply = ask(&server, name, Rtype::A).await;
        assert_eq!(reply.answer, [format!("{name} 3600 A {address}")]);
    }
}

#[tokio::test]
async fn without_sub_zones_there_are_none() {
    let config = PublishConfig {
        sub_zones: false,
        ..PublishConfig::default()
    };
    let server = start(config).await;
    for name in ["spam.bl.atalaya.test", "99.2.0.192.spam.bl.atalaya.test"] {
        ask(&server, name, Rtype::A).await.assert_negative("NXDOMAIN");
    }
}

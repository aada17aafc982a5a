//! What the zone says about addresses, through real sockets (RFC 5782, RFC 8020, RFC 2308).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use atalaya_model::{Class, Decided, Decision, Rule, Serial, Verdict};
use domain::base::Rtype;
use support::{ask, nibbles, server};

#[tokio::test]
async fn a_listed_address_answers_with_the_codes_of_all_its_classes() {
    let server = server().await;
    let reply = ask(&server, "99.2.0.192.bl.atalaya.test", Rtype::A).await;
    assert_eq!(
        reply.answer,
        [
            "99.2.0.192.bl.atalaya.test 300 A 127.0.0.3",
            "99.2.0.192.bl.atalaya.test 300 A 127.0.0.4",
            "99.2.0.192.bl.atalaya.test 300 A 127.0.0.11",
        ]
    );
    let header = reply.message.header();
    assert!(header.qr() && header.aa() && header.rd());
    assert!(!header.ra() && !header.tc() && !header.ad() && !header.z());
    assert_eq!(reply.rcode(), "NOERROR");
}

#[tokio::test]
async fn each_listing_has_its_text_with_the_page_to_read_on() {
    let server = server().await;
    let reply = ask(&server, "99.2.0.192.bl.atalaya.test", Rtype::TXT).await;
    assert_eq!(reply.answer.len(), 3);
    assert_eq!(
        reply.answer[0],
        "99.2.0.192.bl.atalaya.test 300 TXT \"spam 192.0.2.99: spam from it reached our traps; \
         http://127.0.0.1:8080/ip/192.0.2.99\""
    );
    assert!(
        reply.answer[2].contains("policy 192.0.2.0/24: "),
        "{}",
        reply.answer[2]
    );
}

#[tokio::test]
async fn other_types_of_a_listed_name_are_not_there() {
    let server = server().await;
    for rtype in [
        Rtype::AAAA,
        Rtype::MX,
        Rtype::NS,
        Rtype::SOA,
        Rtype::from_int(65_280),
    ] {
        ask(&server, "99.2.0.192.bl.atalaya.test", rtype)
            .await
            .assert_negative("NOERROR");
    }
}

#[tokio::test]
async fn the_test_points_of_rfc_5782_are_there() {
    let server = server().await;
    for (name, code) in [
        ("2.0.0.127.bl.atalaya.test".to_owned(), "127.0.0.2"),
        ("3.0.0.127.bl.atalaya.test".to_owned(), "127.0.0.3"),
        ("11.0.0.127.bl.atalaya.test".to_owned(), "127.0.0.11"),
        (nibbles("::ffff:7f00:2"), "127.0.0.2"),
    ] {
        let reply = ask(&server, &name, Rtype::A).await;
        assert_eq!(reply.answer, [format!("{name} 300 A {code}")]);
        let reply = ask(&server, &name, Rtype::TXT).await;
        assert!(reply.answer[0].contains("test entry"), "{reply:?}");
    }
    for name in ["1.0.0.127.bl.atalaya.test", &nibbles("::ffff:7f00:1")] {
        ask(&server, name, Rtype::A).await.assert_negative("NXDOMAIN");
    }
}

#[tokio::test]
async fn a_listed_64_answers_for_every_address_inside() {
    let server = server().await;
    for address in ["2001:db8::", "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"] {
        let reply = ask(&server, &nibbles(address), Rtype::A).await;
        assert_eq!(reply.answer, [format!("{} 300 A 127.0.0.3", nibbles(address))]);
    }
    for address in ["2001:db8:0:1::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff"] {
        ask(&server, &nibbles(address), Rtype::A)
            .await
            .assert_negative("NXDOMAIN");
    }
}

#[tokio::test]
async fn names_above_listings_exist_and_others_do_not() {
    let server = server().await;
    let above = nibbles("2001:db8::");
    let labels: Vec<_> = above.split('.').collect();
    for cut in 16..32 {
        ask(&server, &labels[cut..].join("."), Rtype::A)
            .await
            .assert_negative("NOERROR");
    }
    // Inside a listed /64 every deeper name stands above listed addresses too.
    ask(&server, &labels[1..].join("."), Rtype::A)
        .await
        .assert_negative("NOERROR");
    for name in [
        "2.0.192",
        "0.192",
        "192",
        "0.0.127",
        "0.127",
        "127",
        "100.51.198",
        "198",
        "70.100",
        "100",
        // 2.0.0.1 is not listed, but 2001::/16 holds a listing.
        "1.0.0.2",
        "0",
        "f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
    ] {
        ask(&server, &format!("{name}.bl.atalaya.test"), Rtype::A)
            .await
            .assert_negative("NOERROR");
    }
    for name in [
        "3.0.192",
        "1.192",
        "193",
        "2.0.0.2",
        "3",
        "7.100.51.199",
        "e.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
    ] {
        ask(&server, &format!("{name}.bl.atalaya.test"), Rtype::A)
            .await
            .assert_negative("NXDOMAIN");
    }
}

#[tokio::test]
async fn labels_that_are_no_part_of_an_address_do_not_exist() {
    let server = server().await;
    let long = format!("0.{}", nibbles("2001:db8::1"));
    for name in [
        "foo.bl.atalaya.test",
        "099.2.0.192.bl.atalaya.test",
        "02.0.0.127.bl.atalaya.test",
        "256.2.0.192.bl.atalaya.test",
        "1.99.2.0.192.bl.atalaya.test",
        "x.2.0.0.127.bl.atalaya.test",
        "99.2.foo.192.bl.atalaya.test",
        "*.2.0.192.bl.atalaya.test",
        "\\000.0.0.127.bl.atalaya.test",
        "2\\.0.0.127.bl.atalaya.test",
        &long,
    ] {
        ask(&server, name, Rtype::A).await.assert_negative("NXDOMAIN");
    }
}

#[tokio::test]
async fn an_allowed_address_inside_a_listed_range_is_not_listed() {
    let server = server().await;
    ask(&server, "25.2.0.192.bl.atalaya.test", Rtype::A)
        .await
        .assert_negative("NXDOMAIN");
    let reply = ask(&server, "24.2.0.192.bl.atalaya.test", Rtype::A).await;
    assert_eq!(reply.answer.len(), 1);
    let answer = server
        .zone
        .lookup("192.0.2.25".parse().unwrap(), server.time.now());
    assert!(!answer.is_listed() && answer.allowed.is_some());
}

#[tokio::test]
async fn a_listing_ends_in_the_hour_of_its_end_and_no_cache_outlives_it() {
    let server = server().await;
    server.time.advance(Duration::from_secs(59 * 60));
    let name = "7.100.51.198.bl.atalaya.test";
    let reply = ask(&server, name, Rtype::A).await;
    assert_eq!(reply.answer, [format!("{name} 60 A 127.0.0.3")]);
    server.time.advance(Duration::from_secs(60));
    ask(&server, name, Rtype::A).await.assert_negative("NXDOMAIN");
    // The name above stays until the decision that takes the listing out.
    ask(&server, "100.51.198.bl.atalaya.test", Rtype::A)
        .await
        .assert_negative("NOERROR");
}

#[tokio::test]
async fn a_decision_is_answered_at_once_and_a_gap_is_refused() {
    let server = server().await;
    let name = "1.113.0.203.bl.atalaya.test";
    ask(&server, name, Rtype::A).await.assert_negative("NXDOMAIN");
    let decided = |serial: u64, verdict| Decided {
        serial: Serial(serial),
        at: server.time.now(),
        decision: Decision {
            prefix: "203.0.113.1".parse().unwrap(),
            verdict,
            rule: Rule::new("by-hand", 1),
            score: 0.0,
            reason: "a test".to_owned(),
        },
    };
    let list = Verdict::List {
        class: Class::Manual,
        until: None,
    };
    server.zone.apply(&[decided(support::SERIAL + 1, list)]).unwrap();
    let reply = ask(&server, name, Rtype::A).await;
    assert_eq!(reply.answer, [format!("{name} 300 A 127.0.0.2")]);
    let soa = ask(&server, "bl.atalaya.test", Rtype::SOA).await;
    assert!(
        soa.answer[0].contains(" 8 300 60 "),
        "serial modulo 2^32: {soa:?}"
    );
    let withdraw = Verdict::Withdraw { class: Class::Manual };
    let gap = server.zone.apply(&[decided(support::SERIAL + 3, withdraw)]);
    assert!(gap.is_err());
    assert_eq!(ask(&server, name, Rtype::A).await.answer.len(), 1);
    server
        .zone
        .apply(&[decided(support::SERIAL + 1, withdraw)])
        .unwrap();
    assert_eq!(
        ask(&server, name, Rtype::A).await.answer.len(),
        1,
        "a known decision changes nothing"
    );
    server
        .zone
        .apply(&[decided(support::SERIAL + 2, withdraw)])
        .unwrap();
    ask(&server, name, Rtype::A).await.assert_negative("NXDOMAIN");
}

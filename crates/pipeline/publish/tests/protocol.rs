//! DNS itself, through real sockets: the apex, EDNS, sizes, what is refused and what is broken.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use atalaya_model::Class;
use atalaya_publish::PublishConfig;
use domain::base::Rtype;
use domain::base::iana::{Class as DnsClass, OptRcode};
use support::{Edns, Running, ask, ask_tcp, ask_with, build, exchange, nibbles, query, start};

async fn server() -> Running {
    start(PublishConfig::default()).await
}

#[tokio::test]
async fn the_zone_speaks_for_itself_at_its_apex() {
    let server = server().await;
    let reply = ask(&server, "bl.atalaya.test", Rtype::SOA).await;
    assert_eq!(
        reply.answer,
        ["bl.atalaya.test 3600 SOA ns1.atalaya.test. hostmaster.bl.atalaya.test. 7 300 60 604800 120"]
    );
    let reply = ask(&server, "bl.atalaya.test", Rtype::NS).await;
    assert_eq!(reply.answer, ["bl.atalaya.test 3600 NS ns1.atalaya.test."]);
    for rtype in [Rtype::A, Rtype::TXT, Rtype::DS, Rtype::DNSKEY] {
        ask(&server, "bl.atalaya.test", rtype)
            .await
            .assert_negative("NOERROR");
    }
}

#[tokio::test]
async fn name_servers_in_the_zone_have_their_addresses() {
    let config = PublishConfig {
        name_servers: vec![
            "ns1.bl.atalaya.test 192.0.2.53 2001:db8::53".parse().unwrap(),
            "a.b.bl.atalaya.test 192.0.2.54".parse().unwrap(),
            "ns.example.org".parse().unwrap(),
        ],
        contact: Some("dns.admin@example.org".parse().unwrap()),
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let reply = ask(&server, "bl.atalaya.test", Rtype::NS).await;
    assert_eq!(reply.answer.len(), 3);
    assert_eq!(
        reply.additional,
        [
            "ns1.bl.atalaya.test 3600 A 192.0.2.53",
            "ns1.bl.atalaya.test 3600 AAAA 2001:db8::53",
            "a.b.bl.atalaya.test 3600 A 192.0.2.54",
        ]
    );
    let reply = ask(&server, "NS1.bl.atalaya.test", Rtype::AAAA).await;
    assert_eq!(reply.answer, ["NS1.bl.atalaya.test 3600 AAAA 2001:db8::53"]);
    for name in ["a.b.bl.atalaya.test", "b.bl.atalaya.test", "ns1.bl.atalaya.test"] {
        ask(&server, name, Rtype::MX).await.assert_negative("NOERROR");
    }
    let soa = ask(&server, "bl.atalaya.test", Rtype::SOA).await;
    assert!(soa.answer[0].contains("dns\\.admin.example.org. 7 "), "{soa:?}");
}

#[tokio::test]
async fn what_is_not_ours_is_refused_and_never_listed() {
    let server = server().await;
    let mut queries = vec![
        query("2.0.0.127.other.test", Rtype::A),
        query("test", Rtype::NS),
        query(".", Rtype::NS),
        query("xbl.atalaya.test", Rtype::A),
        build("version.bind", Rtype::TXT, DnsClass::CH, None),
        build("2.0.0.127.bl.atalaya.test", Rtype::A, DnsClass::CH, None),
        build("2.0.0.127.bl.atalaya.test", Rtype::A, DnsClass::ANY, None),
    ];
    queries.extend(
        [Rtype::AXFR, Rtype::IXFR, Rtype::MAILA, Rtype::TSIG, Rtype::OPT]
            .map(|rtype| query("bl.atalaya.test", rtype)),
    );
    for query in queries {
        for reply in [ask_with(&server, &query).await, ask_tcp(&server, &query).await] {
            assert_eq!(reply.rcode(), "REFUSED", "{reply:?}");
            assert!(reply.answer.is_empty() && reply.authority.is_empty());
            assert!(!reply.message.header().aa());
        }
    }
}

#[tokio::test]
async fn letters_come_back_in_the_case_in_which_they_went() {
    let server = server().await;
    let reply = ask(&server, "99.2.0.192.bL.AtaLaYa.TEST", Rtype::A).await;
    assert!(
        reply.answer[0].starts_with("99.2.0.192.bL.AtaLaYa.TEST 300 A"),
        "{reply:?}"
    );
    let question = reply.message.first_question().unwrap();
    assert_eq!(question.qname().to_string(), "99.2.0.192.bL.AtaLaYa.TEST");
    let upper = nibbles("2001:db8::abcd").to_uppercase();
    let reply = ask(&server, &upper, Rtype::A).await;
    assert_eq!(reply.answer, [format!("{upper} 300 A 127.0.0.3")]);
    ask(&server, "98.2.0.193.BL.ATALAYA.TEST", Rtype::A)
        .await
        .assert_negative("NXDOMAIN");
}

#[tokio::test]
async fn edns_is_answered_in_kind() {
    let server = server().await;
    let name = "99.2.0.192.bl.atalaya.test";
    for dnssec_ok in [false, true] {
        let edns = Edns {
            payload: 4096,
            version: 0,
            dnssec_ok,
        };
        let reply = ask_with(&server, &build(name, Rtype::A, DnsClass::IN, Some(edns))).await;
        let opt = reply.message.opt().unwrap();
        assert_eq!(
            (opt.udp_payload_size(), opt.version(), opt.dnssec_ok()),
            (1232, 0, dnssec_ok)
        );
        assert_eq!(reply.answer.len(), 3);
    }
    let edns = Edns {
        payload: 1232,
        version: 1,
        dnssec_ok: false,
    };
    let reply = ask_with(&server, &build(name, Rtype::A, DnsClass::IN, Some(edns))).await;
    let opt = reply.message.opt().unwrap();
    assert_eq!(opt.rcode(reply.message.header()), OptRcode::BADVERS);
    assert_eq!(opt.version(), 0);
    assert!(reply.answer.is_empty());
    let reply = ask(&server, name, Rtype::A).await;
    assert!(reply.message.opt().is_none(), "no OPT where none was asked");
}

#[tokio::test]
async fn what_does_not_fit_is_cut_and_comes_over_tcp() {
    let server = server().await;
    let name = "9.9.70.100.bl.atalaya.test";
    for (payload, most) in [
        (None, 512),
        (Some(100), 512),
        (Some(512), 512),
        (Some(900), 900),
        (Some(65_535), 1232),
    ] {
        let edns = payload.map(|payload| Edns {
            payload,
            version: 0,
            dnssec_ok: true,
        });
        let query = build(name, Rtype::TXT, DnsClass::IN, edns);
        let reply = ask_with(&server, &query).await;
        assert!(reply.message.header().tc(), "{payload:?}");
        assert!(reply.answer.is_empty() && reply.message.as_slice().len() <= most);
        assert_eq!(reply.message.opt().is_some(), payload.is_some());
        let whole = ask_tcp(&server, &query).await;
        assert!(!whole.message.header().tc());
        assert_eq!(whole.answer.len(), 17 * Class::ALL.len());
    }
    let reply = ask(&server, name, Rtype::A).await;
    assert_eq!(
        reply.answer.len(),
        Class::ALL.len(),
        "codes fit: each is given once"
    );
}

#[tokio::test]
async fn any_gets_the_smallest_useful_answer() {
    let server = server().await;
    for (name, types) in [
        ("99.2.0.192.bl.atalaya.test", vec!["A"; 3]),
        ("bl.atalaya.test", vec!["SOA"]),
    ] {
        let reply = ask(&server, name, Rtype::ANY).await;
        let found: Vec<_> = reply
            .answer
            .iter()
            .map(|record| record.split(' ').nth(2).unwrap())
            .collect();
        assert_eq!(found, types);
    }
    ask(&server, "2.0.192.bl.atalaya.test", Rtype::ANY)
        .await
        .assert_negative("NOERROR");
    ask(&server, "2.0.193.bl.atalaya.test", Rtype::ANY)
        .await
        .assert_negative("NXDOMAIN");
}

#[tokio::test]
async fn answers_and_scraps_get_no_answer_and_do_no_harm() {
    let server = server().await;
    let mut answer = query("2.0.0.127.bl.atalaya.test", Rtype::A);
    answer[2] |= 0x80;
    for bytes in [&answer[..], b"", b"\0", &[0xff; 11]] {
        assert_eq!(exchange(&server, bytes).await, None, "{bytes:?}");
    }
    let huge = vec![0_u8; 60_000];
    assert!(
        exchange(&server, &huge)
            .await
            .is_some_and(|answer| answer.len() == 12)
    );
    for bytes in [&[0x7f; 12][..], &[0; 500]] {
        assert!(
            exchange(&server, bytes)
                .await
                .is_some_and(|answer| answer.len() < 30)
        );
    }
    assert_eq!(
        ask(&server, "2.0.0.127.bl.atalaya.test", Rtype::A)
            .await
            .answer
            .len(),
        1
    );
}

#[tokio::test]
async fn udp_and_tcp_give_the_same_answer() {
    let server = server().await;
    for name in [
        "99.2.0.192.bl.atalaya.test",
        "bl.atalaya.test",
        "2.0.192.bl.atalaya.test",
        "foo.bl.atalaya.test",
    ] {
        for rtype in [Rtype::A, Rtype::TXT, Rtype::SOA, Rtype::NS, Rtype::ANY] {
            let query = query(name, rtype);
            let udp = ask_with(&server, &query).await;
            let tcp = ask_tcp(&server, &query).await;
            assert_eq!(udp.message.as_slice(), tcp.message.as_slice(), "{name} {rtype}");
        }
    }
}

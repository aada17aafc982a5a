//! DNS itself, through real sockets: the apex, EDNS, sizes, and what is refused.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use atalaya_model::{Class, Period, Rule, Serial};
use atalaya_publish::{PublishConfig, Set};
use domain::base::Rtype;
use domain::base::iana::{Class as DnsClass, OptRcode};
use domain::rdata::Txt;
use support::{Edns, SERIAL, ask, ask_tcp, ask_with, build, listing, nibbles, query, server, start};

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
async fn a_zone_that_is_its_own_name_server_has_its_addresses() {
    let config = PublishConfig {
        name_servers: vec!["bl.atalaya.test 192.0.2.53 2001:db8::53".parse().unwrap()],
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let reply = ask(&server, "bl.atalaya.test", Rtype::A).await;
    assert_eq!(reply.answer, ["bl.atalaya.test 3600 A 192.0.2.53"]);
    let reply = ask(&server, "bl.atalaya.test", Rtype::AAAA).await;
    assert_eq!(reply.answer, ["bl.atalaya.test 3600 AAAA 2001:db8::53"]);
    let reply = ask(&server, "bl.atalaya.test", Rtype::NS).await;
    assert_eq!(reply.answer, ["bl.atalaya.test 3600 NS bl.atalaya.test."]);
    assert_eq!(reply.additional.len(), 2);
    ask(&server, "bl.atalaya.test", Rtype::MX)
        .await
        .assert_negative("NOERROR");
}

#[tokio::test]
async fn a_name_server_that_is_written_twice_stands_once_with_all_its_addresses() {
    let config = PublishConfig {
        name_servers: [
            "ns1.bl.atalaya.test 192.0.2.53",
            "ns2.example.org",
            "NS1.bl.atalaya.test 2001:db8::53 192.0.2.53",
            "ns2.example.org",
        ]
        .map(|text| text.parse().unwrap())
        .to_vec(),
        primary_server: Some("Ns1.bl.atalaya.test".to_owned()),
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let reply = ask(&server, "bl.atalaya.test", Rtype::NS).await;
    assert_eq!(
        reply.answer,
        [
            "bl.atalaya.test 3600 NS ns1.bl.atalaya.test.",
            "bl.atalaya.test 3600 NS ns2.example.org.",
        ]
    );
    assert_eq!(
        reply.additional,
        [
            "ns1.bl.atalaya.test 3600 A 192.0.2.53",
            "ns1.bl.atalaya.test 3600 AAAA 2001:db8::53",
        ]
    );
}

#[tokio::test]
async fn a_set_of_records_is_never_given_in_part() {
    let addresses =
        |count: u16| -> String { (1..=count).map(|last| format!(" 2001:db8::{last:x}")).collect() };
    let config = PublishConfig {
        name_servers: vec![
            format!("ns1.bl.atalaya.test{}", addresses(30)).parse().unwrap(),
            "ns2.bl.atalaya.test 192.0.2.53".parse().unwrap(),
        ],
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let servers = query("bl.atalaya.test", Rtype::NS);
    let reply = ask_with(&server, &servers).await;
    assert_eq!((reply.answer.len(), reply.additional.len()), (2, 0));
    assert!(!reply.message.header().tc(), "the name servers are all there");
    assert_eq!(ask_tcp(&server, &servers).await.additional.len(), 31);
    let reply = ask(&server, "ns1.bl.atalaya.test", Rtype::AAAA).await;
    assert!(reply.message.header().tc());
    assert_eq!(reply.answer.len(), 0);
}

#[tokio::test]
async fn the_soa_record_of_a_negative_answer_has_the_smaller_ttl() {
    let config = PublishConfig {
        apex_ttl: Period::seconds(30),
        ..PublishConfig::default()
    };
    let server = start(config).await;
    for name in ["foo.bl.atalaya.test", "2.0.192.bl.atalaya.test"] {
        let reply = ask(&server, name, Rtype::A).await;
        assert!(
            reply.authority[0].starts_with("bl.atalaya.test 30 SOA "),
            "{reply:?}"
        );
        assert!(reply.authority[0].ends_with(" 120"), "{reply:?}");
    }
}

#[tokio::test]
async fn a_text_above_255_bytes_is_cut_into_strings() {
    let server = server().await;
    let mut listing = listing("2001:db8:1:2::/64", Class::Spam, None);
    listing.rule = Rule::new("by-hand", 1);
    listing.reason = "0123456789".repeat(20);
    drop(server.zone.load(Set::new([listing], []), Serial(SERIAL)));
    let name = nibbles("2001:db8:1:2:3333:4444:5555:6666");
    let reply = ask(&server, &name, Rtype::TXT).await;
    let record = reply.message.answer().unwrap().next().unwrap().unwrap();
    let record = record.to_record::<Txt<_>>().unwrap().unwrap();
    let strings: Vec<&[u8]> = record.data().iter().collect();
    assert_eq!(
        strings
            .iter()
            .map(|string| string.len() == 255)
            .collect::<Vec<_>>(),
        [true, false]
    );
    let text = String::from_utf8(strings.concat()).unwrap();
    assert!(text.starts_with("spam 2001:db8:1:2::/64: 0123456789"), "{text}");
    assert!(text.ends_with("/ip/2001:db8:1:2:3333:4444:5555:6666"), "{text}");
}

#[tokio::test]
async fn whoever_speaks_edns_gets_an_opt_record_in_every_answer() {
    let server = server().await;
    let with = |name: &str, class| {
        let edns = Edns {
            payload: 1232,
            version: 0,
            dnssec_ok: false,
        };
        build(name, Rtype::A, class, Some(edns))
    };
    let mut other_operation = with("bl.atalaya.test", DnsClass::IN);
    other_operation[2] = 4 << 3;
    let mut two_opts = with("bl.atalaya.test", DnsClass::IN);
    two_opts[11] = 2;
    two_opts.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    for (query, rcode) in [
        (with("99.2.0.192.bl.atalaya.test", DnsClass::IN), "NOERROR"),
        (with("2.0.192.bl.atalaya.test", DnsClass::IN), "NOERROR"),
        (with("foo.bl.atalaya.test", DnsClass::IN), "NXDOMAIN"),
        (with("example.org", DnsClass::IN), "REFUSED"),
        (with("bl.atalaya.test", DnsClass::CH), "REFUSED"),
        (other_operation, "NOTIMP"),
        (two_opts, "FORMERR"),
    ] {
        for reply in [ask_with(&server, &query).await, ask_tcp(&server, &query).await] {
            assert_eq!(reply.rcode(), rcode);
            let opt = reply.message.opt().expect(rcode);
            assert_eq!((opt.udp_payload_size(), opt.version()), (1232, 0));
        }
    }
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

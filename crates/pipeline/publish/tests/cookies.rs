//! Cookies, and what the server tells about itself, through a real server and clients that we did not write.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use atalaya_publish::PublishConfig;
use domain::base::Rtype;
use domain::base::iana::{OptRcode, OptionCode};
use domain::base::message::Message;
use domain::base::opt::UnknownOptData;
use support::{Running, ask, ask_with, exchange, query, server, start};
use tokio::process::Command;

/// The option COOKIE (RFC 7873 section 4).
const COOKIE: u16 = 10;
/// The option NSID (RFC 5001 section 2).
const NSID: u16 = 3;

/// The query with an OPT record of these options.
fn with_options(mut query: Vec<u8>, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut data = Vec::new();
    for (code, option) in options {
        data.extend(code.to_be_bytes());
        data.extend(u16::try_from(option.len()).unwrap().to_be_bytes());
        data.extend(*option);
    }
    query[11] += 1;
    query.extend([0, 0, 41, 4, 208, 0, 0, 0, 0]);
    query.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    query.extend(data);
    query
}

/// The data of an option of an answer.
fn option(message: &Message<Vec<u8>>, code: OptionCode) -> Option<Vec<u8>> {
    let opt = message.opt()?;
    let mut options = opt.opt().iter::<UnknownOptData<_>>();
    options.find_map(|option| {
        let option = option.unwrap();
        (option.code() == code).then(|| option.data().to_vec())
    })
}

/// A query about a listed address.
fn listed() -> Vec<u8> {
    query("99.2.0.192.bl.atalaya.test", Rtype::A)
}

#[tokio::test]
async fn a_client_gets_its_cookie_back_with_one_of_ours() {
    let server = server().await;
    let first = ask_with(&server, &with_options(listed(), &[(COOKIE, b"client-1")])).await;
    let cookie = option(&first.message, OptionCode::COOKIE).unwrap();
    assert_eq!((cookie.len(), &cookie[..8]), (24, &b"client-1"[..]));
    assert_eq!(cookie[8..12], [1, 0, 0, 0], "version 1 of RFC 9018");
    assert_eq!(first.answer.len(), 3);
    // A right one, a forged one, and one of another maker: all are answered, each with a right one.
    let forged = [&cookie[..23], &[cookie[23] ^ 1]].concat();
    for sent in [cookie.clone(), forged, [&b"client-1"[..], &[7; 32]].concat()] {
        let reply = ask_with(&server, &with_options(listed(), &[(COOKIE, &sent)])).await;
        assert_eq!((reply.answer.len(), reply.rcode().as_str()), (3, "NOERROR"));
        assert_eq!(
            option(&reply.message, OptionCode::COOKIE).unwrap(),
            cookie,
            "the clock stands"
        );
    }
    let without = ask_with(&server, &with_options(listed(), &[])).await;
    assert_eq!(option(&without.message, OptionCode::COOKIE), None);
}

#[tokio::test]
async fn a_cookie_of_a_wrong_length_is_a_format_error() {
    let server = server().await;
    for length in [0, 1, 7, 9, 15, 41, 100] {
        let query = with_options(listed(), &[(COOKIE, &vec![7; length])]);
        let reply = ask_with(&server, &query).await;
        assert_eq!(reply.rcode(), "FORMERR", "{length} bytes");
        assert!(reply.answer.is_empty());
    }
    for length in [8, 16, 40] {
        let query = with_options(listed(), &[(COOKIE, &vec![7; length])]);
        assert_eq!(ask_with(&server, &query).await.answer.len(), 3, "{length} bytes");
    }
}

#[tokio::test]
async fn a_query_without_question_asks_for_a_cookie() {
    let server = server().await;
    let mut empty = vec![0x12, 0x34, 1, 0];
    empty.extend([0; 8]);
    let query = with_options(empty.clone(), &[(COOKIE, b"client-1")]);
    let reply = Message::from_octets(exchange(&server, &query).await.unwrap()).unwrap();
    assert_eq!(reply.opt_rcode(), OptRcode::NOERROR);
    assert_eq!(reply.header_counts().qdcount(), 0);
    assert_eq!(option(&reply, OptionCode::COOKIE).unwrap().len(), 24);
    for query in [with_options(empty.clone(), &[]), empty] {
        let reply = Message::from_octets(exchange(&server, &query).await.unwrap()).unwrap();
        assert_eq!(reply.opt_rcode(), OptRcode::FORMERR);
    }
}

#[tokio::test]
async fn options_have_their_space_in_the_answer() {
    let config = PublishConfig {
        identity: Some("i".repeat(64)),
        max_udp_answer: 512,
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let options: [(u16, &[u8]); 2] = [(COOKIE, b"client-1"), (NSID, b"")];
    for rtype in [Rtype::A, Rtype::TXT] {
        let long = with_options(query("9.9.70.100.bl.atalaya.test", rtype), &options);
        let reply = ask_with(&server, &long).await;
        assert!(reply.message.as_slice().len() <= 512);
        assert_eq!(reply.message.header().tc(), rtype == Rtype::TXT);
        assert_eq!(option(&reply.message, OptionCode::COOKIE).unwrap().len(), 24);
        assert_eq!(option(&reply.message, OptionCode::NSID).unwrap(), [b'i'; 64]);
    }
}

#[tokio::test]
async fn the_server_tells_about_itself_only_what_it_is_told_to() {
    let silent = server().await;
    let told = start(PublishConfig {
        version: Some("a list".to_owned()),
        identity: Some("ns1-madrid".to_owned()),
        ..PublishConfig::default()
    })
    .await;
    let chaos = |name| support::build(name, Rtype::TXT, domain::base::iana::Class::CH, None);
    for (name, text) in [
        ("version.bind", "a list"),
        ("VERSION.server", "a list"),
        ("id.server", "ns1-madrid"),
        ("hostname.bind", "ns1-madrid"),
    ] {
        assert_eq!(ask_with(&silent, &chaos(name)).await.rcode(), "REFUSED", "{name}");
        let reply = ask_with(&told, &chaos(name)).await;
        assert_eq!(reply.answer, [format!("{name} 0 TXT \"{text}\"")]);
    }
    assert_eq!(ask_with(&told, &chaos("authors.bind")).await.rcode(), "REFUSED");
    assert_eq!(ask(&told, "version.bind", Rtype::TXT).await.rcode(), "REFUSED");
    let reply = ask_with(&silent, &with_options(listed(), &[(NSID, b"")])).await;
    assert_eq!(option(&reply.message, OptionCode::NSID), None);
}

/// What a program prints about a listed address; nothing where it is missing.
async fn told_by(program: &str, package: &str, server: &Running, options: &str) -> Option<String> {
    if Command::new(program).arg("-v").output().await.is_err() {
        atalaya_testkit::skip(&format!("{program} is not installed ({package})"));
        return None;
    }
    let port = server.address.port().to_string();
    let mut command = Command::new(program);
    command.args(["@127.0.0.1", "-p", &port]).args(options.split(' '));
    command.args(["99.2.0.192.bl.atalaya.test", "A"]);
    let output = tokio::time::timeout(support::LIMIT, command.output())
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    Some(text)
}

#[tokio::test]
async fn dig_takes_our_cookie_for_a_good_one() {
    let config = PublishConfig {
        identity: Some("ns1-madrid".to_owned()),
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let Some(text) = told_by("dig", "bind9-dnsutils", &server, "+nsid +tries=1").await else {
        return;
    };
    assert!(
        text.contains("status: NOERROR") && text.contains("ANSWER: 3"),
        "{text}"
    );
    assert!(text.contains("COOKIE: ") && text.contains("(good)"), "{text}");
    assert!(text.contains("(\"ns1-madrid\")"), "{text}");
}

#[tokio::test]
async fn kdig_takes_our_cookie_without_complaint() {
    let server = server().await;
    for options in ["+cookie +notcp", "+cookie +tcp"] {
        let Some(text) = told_by("kdig", "knot-dnsutils", &server, options).await else {
            return;
        };
        assert!(text.contains("status: NOERROR"), "{text}");
        assert!(text.contains("COOKIE: "), "{text}");
        assert!(!text.contains("WARNING"), "{text}");
    }
}

//! Copies of the zone as clients ask for them, with keys and without, right and wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use atalaya_model::{Clock, Period, Secret, Serial};
use atalaya_publish::{PublishConfig, Set, TsigKey};
use domain::base::iana::{Class, Rcode, Rtype, TsigRcode};
use domain::base::{Message, MessageBuilder, Name};
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{Algorithm, ClientTransaction, Key};
use support::{LIMIT, listing, receive_tcp, send_tcp, transfers};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::process::Command;
use transfers::{Primary, SECRET, changes, list};

/// A primary of which anybody with the key `k1` may have a copy.
async fn primary() -> Primary {
    let config = PublishConfig {
        transfer_to: vec!["k1".parse().unwrap()],
        tsig_keys: vec![key("k1", "hmac-sha256")],
        ..PublishConfig::default()
    };
    transfers::start(config, list(), Serial(7)).await
}

fn key(name: &str, algorithm: &str) -> TsigKey {
    TsigKey {
        name: name.to_owned(),
        algorithm: algorithm.to_owned(),
        secret: Secret::new(SECRET),
    }
}

/// What dig prints with these arguments; nothing where it is missing.
async fn dig(primary: &Primary, arguments: &str) -> Option<String> {
    let mut command = Command::new("dig");
    command
        .args(["@127.0.0.1", "-p", &primary.address.port().to_string()])
        .args(["+tries=1", "+time=10", "+nocookie"])
        .args(arguments.split(' '));
    let Ok(output) = tokio::time::timeout(LIMIT, command.output()).await.unwrap() else {
        atalaya_testkit::skip("dig is not installed (bind9-dnsutils)");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Arguments of dig that sign with a key.
fn signed(name: &str, secret: &str) -> String {
    format!("-y hmac-sha256:{name}:{secret}")
}

#[tokio::test]
async fn a_sub_zone_is_copied_alone_and_delegated_by_the_combined_one() {
    let primary = primary().await;
    let good = signed("k1", SECRET);
    let Some(bot) = dig(&primary, &format!("{good} bot.bl.atalaya.test AXFR")).await else {
        return;
    };
    assert!(
        bot.contains("*.51.198.bot.bl.atalaya.test. 300 IN A 127.0.0.4"),
        "{bot}"
    );
    assert!(!bot.contains("IN A 127.0.0.3"), "another class: {bot}");
    let spam = dig(&primary, &format!("{good} spam.bl.atalaya.test AXFR"))
        .await
        .unwrap();
    assert!(
        spam.contains("spam.bl.atalaya.test. 3600 IN SOA") && !spam.contains("*.51.198"),
        "{spam}"
    );
    let combined = dig(&primary, &format!("{good} bl.atalaya.test AXFR"))
        .await
        .unwrap();
    assert!(combined.contains("bot.bl.atalaya.test. 3600 IN NS"), "{combined}");
    assert!(!combined.contains("51.198.bot.bl.atalaya.test."), "{combined}");
    let refused = dig(&primary, "bot.bl.atalaya.test AXFR").await.unwrap();
    assert!(refused.contains("Transfer failed"), "{refused}");
}

#[tokio::test]
async fn who_has_the_key_gets_the_zone_and_nobody_else() {
    let primary = primary().await;
    let good = signed("k1", SECRET);
    let Some(text) = dig(&primary, &format!("{good} bl.atalaya.test AXFR")).await else {
        return;
    };
    assert!(
        text.contains("*.51.198.bl.atalaya.test. 300 IN A 127.0.0.4"),
        "{text}"
    );
    assert!(
        text.contains("2.0.0.127.bl.atalaya.test. 300 IN A 127.0.0.2"),
        "{text}"
    );
    assert!(text.contains("XFR size:"), "{text}");
    assert!(
        !text.contains("TSIG verify") && !text.contains("Transfer failed"),
        "{text}"
    );
    for arguments in ["bl.atalaya.test AXFR", "bl.atalaya.test IXFR=1"] {
        let text = dig(&primary, arguments).await.unwrap();
        assert!(text.contains("Transfer failed"), "{text}");
    }
    let text = dig(&primary, &format!("{good} other.test AXFR")).await.unwrap();
    assert!(text.contains("Transfer failed"), "{text}");
}

#[tokio::test]
async fn a_signed_question_gets_a_signed_answer() {
    let primary = primary().await;
    let good = signed("k1", SECRET);
    for arguments in [
        "bl.atalaya.test SOA",
        "+tcp bl.atalaya.test SOA",
        "99.2.0.192.bl.atalaya.test A",
    ] {
        let Some(text) = dig(&primary, &format!("{good} {arguments}")).await else {
            return;
        };
        assert!(
            text.contains("status: NOERROR") && text.contains("ANY TSIG hmac-sha256"),
            "{text}"
        );
        assert!(
            !text.contains("verify failure") && !text.contains("WARNING: TSIG"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_so() {
    let primary = primary().await;
    let other = "YmFkLWJhZC1iYWQtYmFkLWJhZC1iYWQtYmFkLWJhZDE=";
    let cases = [(signed("k2", SECRET), "BADKEY"), (signed("k1", other), "BADSIG")];
    let questions = ["bl.atalaya.test SOA", "+tcp bl.atalaya.test SOA"];
    for ((key, error), question) in cases
        .iter()
        .flat_map(|case| questions.map(|question| (case, question)))
    {
        let Some(text) = dig(&primary, &format!("{key} {question}")).await else {
            return;
        };
        assert!(text.contains("status: NOTAUTH") && text.contains(error), "{text}");
    }
}

/// A question about the SOA record, signed at a time.
fn signed_query(now: Time48) -> (Vec<u8>, ClientTransaction<std::sync::Arc<Key>>) {
    let secret = data_encoding::BASE64.decode(SECRET.as_bytes()).unwrap();
    let key = Key::new(Algorithm::Sha256, &secret, "k1".parse().unwrap(), None, None).unwrap();
    let mut question = MessageBuilder::new_vec().question();
    let name: Name<Vec<u8>> = "bl.atalaya.test".parse().unwrap();
    question.push((name, Rtype::SOA, Class::IN)).unwrap();
    let mut message = question.additional();
    let transaction = ClientTransaction::request(key.into(), &mut message, now).unwrap();
    (message.finish(), transaction)
}

#[tokio::test]
async fn a_wrong_clock_is_told_what_time_it_is() {
    let primary = primary().await;
    let now = u64::try_from(Clock::system().now().seconds()).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(primary.address).await.unwrap();
    for late in [0, 1000] {
        let (query, transaction) = signed_query(Time48::from_u64(now - late));
        socket.send(&query).await.unwrap();
        let mut buffer = vec![0; 4096];
        let received = tokio::time::timeout(LIMIT, socket.recv(&mut buffer)).await;
        buffer.truncate(received.expect("the server answers").unwrap());
        let mut answer = Message::from_octets(buffer).unwrap();
        if late == 0 {
            assert_eq!(answer.header().rcode(), Rcode::NOERROR);
            transaction.answer(&mut answer, Time48::from_u64(now)).unwrap();
            continue;
        }
        assert_eq!(answer.header().rcode(), Rcode::NOTAUTH);
        let tsig = answer.get_last_additional::<Tsig<_, _>>().unwrap();
        assert_eq!(tsig.data().error(), TsigRcode::BADTIME);
        let told = u64::from(tsig.data().other_time().unwrap());
        assert!((now..now + 60).contains(&told), "{told} is not {now}");
        assert!(
            tsig.data().mac_slice().len() == 32,
            "RFC 8945 section 5.2.3: it is signed"
        );
    }
}

#[tokio::test]
async fn a_difference_holds_what_changed_and_nothing_else() {
    let primary = primary().await;
    let good = signed("k1", SECRET);
    primary.zone.apply(&changes(Serial(7))).unwrap();
    let now = primary.zone.serial();
    let ixfr = format!("{good} bl.atalaya.test IXFR=7");
    let Some(text) = dig(&primary, &ixfr).await else {
        return;
    };
    assert_eq!(text.matches(" IN SOA ").count(), 4, "{text}");
    assert!(
        text.contains("77.113.0.203.bl.atalaya.test. 300 IN A 127.0.0.4"),
        "{text}"
    );
    assert!(
        !text.contains(" IN NS ") && !text.contains("127.0.0.2 "),
        "{text}"
    );
    // Over UDP, and for who has the newest already, the serial says it all.
    for arguments in [
        format!("{good} bl.atalaya.test IXFR={}", now.0),
        format!("{good} bl.atalaya.test IXFR={}", now.0 + 5),
        format!("{good} +notcp bl.atalaya.test IXFR=7"),
    ] {
        let text = dig(&primary, &arguments).await.unwrap();
        assert_eq!(text.matches(" IN SOA ").count(), 1, "{arguments}: {text}");
        assert!(!text.contains(" IN A "), "{text}");
    }
    // What the journal does not hold is the whole zone.
    let text = dig(&primary, &format!("{good} bl.atalaya.test IXFR=3"))
        .await
        .unwrap();
    assert_eq!(text.matches(" IN SOA ").count(), 2, "{text}");
    assert!(text.contains(" IN NS ns1.atalaya.test."), "{text}");
    // A list that was put back from a backup knows nothing of what came before.
    drop(primary.zone.load(Set::new(list(), []), Serial(5)));
    let text = dig(&primary, &ixfr).await.unwrap();
    assert_eq!(text.matches(" IN SOA ").count(), 1, "{text}");
    assert!(text.contains("hostmaster.bl.atalaya.test. 5 300"), "{text}");
}

/// A query for the whole zone without a key.
fn axfr() -> Vec<u8> {
    support::query("bl.atalaya.test", Rtype::AXFR)
}

#[tokio::test]
async fn a_client_that_stalls_is_cut_off_and_holds_up_nobody() {
    let config = PublishConfig {
        transfer_to: vec!["127.0.0.1".parse().unwrap()],
        max_transfers: 1,
        write_timeout: Period::millis(700),
        ..PublishConfig::default()
    };
    // Some 56,000 names: more than the buffers between the two hold.
    let wide = ["2.0.0.0/8", "3.0.0.0/8"].map(|prefix| listing(prefix, atalaya_model::Class::Spam, None));
    let primary = transfers::start(config, wide, Serial(7)).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(8192).unwrap();
    let mut stalled = socket.connect(primary.address).await.unwrap();
    send_tcp(&mut stalled, &axfr()).await;
    stalled.readable().await.unwrap();
    // The only place is taken.
    let mut second = TcpStream::connect(primary.address).await.unwrap();
    send_tcp(&mut second, &axfr()).await;
    let refused = Message::from_octets(receive_tcp(&mut second).await.unwrap()).unwrap();
    assert_eq!(refused.header().rcode(), Rcode::SERVFAIL);
    // Others are answered meanwhile, and the place is free when the time is over.
    let mut got = 0;
    for _try in 0..200 {
        send_tcp(&mut second, &axfr()).await;
        let first = Message::from_octets(receive_tcp(&mut second).await.unwrap()).unwrap();
        if first.header().rcode() == Rcode::NOERROR {
            got = first.header_counts().ancount();
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(got > 100, "the second client has its turn");
    let (mut soas, mut bytes) = (1, 0);
    while soas < 2 {
        let message = Message::from_octets(receive_tcp(&mut second).await.expect("all of it")).unwrap();
        assert!(message.as_slice().len() <= 16 * 1024);
        bytes += message.as_slice().len();
        soas += message
            .answer()
            .unwrap()
            .filter(|record| record.as_ref().unwrap().rtype() == Rtype::SOA)
            .count();
    }
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(LIMIT, stalled.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the stalled client was cut off");
    assert!(rest.len() < bytes, "it got {} of {bytes} bytes", rest.len());
}

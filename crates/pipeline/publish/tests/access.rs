//! Who may ask, through a real server: clients by their address, keys in the name, what is told to everybody.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Duration;

use atalaya_publish::{Key, KeyFile, KeyTerms, PublishConfig};
use domain::base::Rtype;
use support::{LIMIT, Running, ask, query, start};

/// A server that answers holders of these keys and nobody else.
async fn closed(keys: &[(&str, &Key, Option<u64>)]) -> Running {
    let config = PublishConfig {
        clients: Vec::new(),
        name_servers: vec!["ns1.bl.atalaya.test 192.0.2.53".parse().unwrap()],
        ..PublishConfig::default()
    };
    let server = start(config).await;
    server.zone.access().set_keys(&file(keys));
    server
}

fn file(keys: &[(&str, &Key, Option<u64>)]) -> KeyFile {
    let mut file = KeyFile::default();
    for (name, key, per_day) in keys {
        let terms = KeyTerms {
            per_day: *per_day,
            ..KeyTerms::default()
        };
        file.add(name.parse().unwrap(), key, terms).unwrap();
    }
    file
}

/// Nothing but the refusal: no record that a mail server could take for a listing.
async fn assert_refused(server: &Running, name: &str) {
    for rtype in [Rtype::A, Rtype::TXT, Rtype::ANY, Rtype::MX] {
        let reply = ask(server, name, rtype).await;
        assert_eq!(reply.rcode(), "REFUSED", "{name}");
        let counts = reply.message.header_counts();
        assert_eq!((counts.ancount(), counts.nscount(), counts.arcount()), (0, 0, 0));
    }
}

#[tokio::test]
async fn a_stranger_is_refused_and_told_where_the_zone_is() {
    let server = closed(&[]).await;
    for name in [
        "99.2.0.192.bl.atalaya.test",
        "98.2.0.193.bl.atalaya.test",
        "2.0.0.127.bl.atalaya.test",
        "2.0.192.bl.atalaya.test",
        "foo.bl.atalaya.test",
        "99.2.0.192.spam.bl.atalaya.test",
    ] {
        assert_refused(&server, name).await;
    }
    for (name, rtype) in [
        ("bl.atalaya.test", Rtype::SOA),
        ("bl.atalaya.test", Rtype::NS),
        ("spam.bl.atalaya.test", Rtype::SOA),
        ("ns1.bl.atalaya.test", Rtype::A),
    ] {
        assert_eq!(ask(&server, name, rtype).await.answer.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_key_opens_every_zone_and_every_name_below_it() {
    let key = Key::from_random([7; 16]);
    let server = closed(&[("mx", &key, None)]).await;
    for label in [key.to_string(), key.to_string().to_uppercase()] {
        let name = format!("99.2.0.192.{label}.bl.atalaya.test");
        let reply = ask(&server, &name, Rtype::A).await;
        assert_eq!(reply.answer.len(), 3, "{reply:?}");
        assert!(reply.answer[0].starts_with(&name), "{reply:?}");
        let reply = ask(
            &server,
            &format!("99.2.0.192.{label}.spam.bl.atalaya.test"),
            Rtype::A,
        )
        .await;
        assert_eq!(reply.answer.len(), 1, "{reply:?}");
        for front in ["", "192.", "0.192.", "2.0.192.", "127."] {
            let name = format!("{front}{label}.bl.atalaya.test");
            ask(&server, &name, Rtype::A).await.assert_negative("NOERROR");
        }
        for front in ["98.2.0.193.", "1.0.0.127.", "foo."] {
            let name = format!("{front}{label}.bl.atalaya.test");
            ask(&server, &name, Rtype::A).await.assert_negative("NXDOMAIN");
        }
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_also_where_everybody_may_ask() {
    let key = Key::from_random([7; 16]);
    let open = start(PublishConfig::default()).await;
    open.zone.access().set_keys(&file(&[("mx", &key, None)]));
    let server = closed(&[("mx", &key, None)]).await;
    let text = key.to_string();
    for wrong in [
        Key::from_random([8; 16]).to_string(),
        text[1..].to_owned(),
        format!("{text}a"),
        "x".repeat(63),
    ] {
        for front in ["99.2.0.192.", "2.0.0.127.", "192.", ""] {
            let names = ["bl", "spam.bl"].map(|zone| format!("{front}{wrong}.{zone}.atalaya.test"));
            assert_refused(&open, &names[0]).await;
            assert_refused(&open, &names[1]).await;
            assert_refused(&server, &names[0]).await;
        }
    }
    assert_eq!(
        ask(&open, "99.2.0.192.bl.atalaya.test", Rtype::A)
            .await
            .answer
            .len(),
        3
    );
}

#[tokio::test]
async fn a_day_has_so_many_questions_and_the_next_as_many_again() {
    let key = Key::from_random([7; 16]);
    let server = closed(&[("mx", &key, Some(2))]).await;
    let name = format!("99.2.0.192.{key}.bl.atalaya.test");
    let on_the_way = format!("2.0.192.{key}.bl.atalaya.test");
    for _ in 0..2 {
        // How many labels a resolver asks for one by one is not for the holder to pay.
        ask(&server, &on_the_way, Rtype::A)
            .await
            .assert_negative("NOERROR");
        assert_eq!(ask(&server, &name, Rtype::A).await.answer.len(), 3);
    }
    assert_refused(&server, &name).await;
    assert_refused(&server, &on_the_way).await;
    server.time.advance(Duration::from_secs(86_400));
    assert_eq!(ask(&server, &name, Rtype::A).await.answer.len(), 3);
    let used = server.zone.access().used(server.time.now());
    assert_eq!((used[0].today, used[0].per_day), (1, Some(2)));
}

#[tokio::test]
async fn a_running_server_reads_the_file_again() {
    let server = closed(&[]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let follower = server.zone.access().read_keys(&path).unwrap();
    let (zone, stop) = (server.zone.clone(), server.stop.clone());
    let following = tokio::spawn(async move { follower.run(zone.access(), stop).await });
    let key = Key::random();
    let name = format!("99.2.0.192.{key}.bl.atalaya.test");
    assert_refused(&server, &name).await;
    file(&[("mx", &key, None)]).write(&path).unwrap();
    let admitted = async {
        while ask(&server, &name, Rtype::A).await.rcode() != "NOERROR" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, admitted)
        .await
        .expect("the new key is read");
    server.stop.cancel();
    following.await.unwrap();
}

#[tokio::test]
async fn who_asks_most_is_counted_without_keys_in_it() {
    let key = Key::from_random([7; 16]);
    let server = closed(&[("mx", &key, None)]).await;
    let name = format!("99.2.0.192.{key}.spam.bl.atalaya.test");
    for _ in 0..3 {
        support::ask_tcp(&server, &query(&name, Rtype::A)).await;
        ask(&server, &name, Rtype::A).await;
    }
    ask(&server, "7.2.0.192.bl.atalaya.test", Rtype::A).await;
    let top = server.zone.top(1, server.time.now());
    assert_eq!(top.questions, 7);
    assert_eq!(
        (top.clients[0].who.to_string(), top.clients[0].count),
        ("127.0.0.1".to_owned(), 7)
    );
    let asked = &top.asked[0];
    assert_eq!(
        (asked.who.to_string(), asked.count, asked.error),
        ("192.0.2.99".to_owned(), 6, 0)
    );
    assert_eq!(asked.zone.as_deref(), Some("spam.bl.atalaya.test"));
}

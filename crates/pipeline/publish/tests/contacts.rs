//! The zone of contacts, through dig: what the store keeps is answered, and follows it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Confidence, Contact, ContactSource, Timestamp};
use atalaya_publish::{ContactFollower, ContactZone, PublishConfig};
use atalaya_store::{Store, StoreUrl};
use support::{LIMIT, Running, nibbles, start_with_contacts};
use tempfile::TempDir;
use tokio::process::Command;

/// The zone, below that of the list.
const ZONE: &str = "contacts.bl.atalaya.test";

/// A store, the zone that follows it, and a server.
struct House {
    server: Running,
    store: Store,
    follower: ContactFollower,
    _folder: TempDir,
}

impl House {
    async fn open(config: PublishConfig) -> Self {
        let folder = TempDir::new().unwrap();
        let zone = Arc::new(ContactZone::new(ZONE, &config).unwrap());
        let server = start_with_contacts(config, Arc::clone(&zone)).await;
        let url = StoreUrl::Sqlite(folder.path().join("test.db"));
        let store = Store::open(&url, server.time.clock()).await.unwrap();
        let follower = ContactFollower::new(store.clone(), zone, server.time.clock());
        Self {
            server,
            store,
            follower,
            _folder: folder,
        }
    }

    /// Keeps a contact for an hour, and lets the zone know.
    async fn keep(&mut self, prefix: &str, mailboxes: &[&str]) {
        let contact = Contact {
            prefix: prefix.parse().unwrap(),
            addresses: mailboxes.iter().map(|mailbox| mailbox.parse().unwrap()).collect(),
            network: "NET".to_owned(),
            source: ContactSource::Whois {
                server: "whois.example.net".to_owned(),
            },
            confidence: Confidence::percent(90),
            found_at: Timestamp::EPOCH,
        };
        let until = self.server.time.now().plus(Duration::from_secs(3_600));
        self.store.keep_contact(&contact, until).await.unwrap();
        self.follower.catch_up().await.unwrap();
    }

    /// What dig says about a name in front of the zone, with its status.
    async fn dig(&self, name: &str, kind: &str) -> String {
        let port = self.server.address.port().to_string();
        let mut command = Command::new("dig");
        command.args([
            "@127.0.0.1",
            "-p",
            &port,
            "+tries=1",
            "+time=10",
            "+noall",
            "+comments",
            "+answer",
        ]);
        command.args([&format!("{name}{ZONE}"), kind]);
        let output = tokio::time::timeout(LIMIT, command.output())
            .await
            .unwrap()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let status = text.split("status: ").nth(1).unwrap().split(',').next().unwrap();
        let answers = text
            .lines()
            .filter(|line| !line.starts_with(';') && !line.is_empty());
        let data = answers.map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "));
        std::iter::once(status.to_owned())
            .chain(data)
            .collect::<Vec<_>>()
            .join(" | ")
    }
}

/// Whether dig is there; reports a skip where it is not.
async fn has_dig() -> bool {
    let has = Command::new("dig").arg("-v").output().await.is_ok();
    if !has {
        atalaya_testkit::skip("dig is not installed (bind9-dnsutils)");
    }
    has
}

#[tokio::test]
async fn what_the_store_keeps_is_answered_and_follows_it() {
    if !has_dig().await {
        return;
    }
    let mut house = House::open(PublishConfig::default()).await;
    assert_eq!(
        house.dig("7.100.51.198.", "TXT").await,
        "SERVFAIL",
        "nothing was read yet"
    );
    house.keep("198.51.0.0/16", &["wide@example.net"]).await;
    house
        .keep("198.51.100.0/24", &["abuse@example.net", "noc@example.net"])
        .await;
    house.keep("2001:db8::/32", &["six@example.net"]).await;
    house.keep("203.0.113.0/24", &[]).await;
    let v6 = nibbles("2001:db8::7").replace("bl.atalaya.test", "");
    let none = "NXDOMAIN";
    for (name, expected) in [
        (
            "7.100.51.198.",
            "NOERROR | 300 IN TXT \"abuse@example.net,noc@example.net\"",
        ),
        ("7.101.51.198.", "NOERROR | 300 IN TXT \"wide@example.net\""),
        (&v6, "NOERROR | 300 IN TXT \"six@example.net\""),
        (
            "2.0.0.127.",
            "NOERROR | 300 IN TXT \"hostmaster@bl.atalaya.test\"",
        ),
        ("1.0.0.127.", none),
        ("7.113.0.203.", none),
        ("7.2.0.192.", none),
        ("x.", none),
        ("1.7.100.51.198.", none),
        ("100.51.198.", "NOERROR"),
    ] {
        assert_eq!(house.dig(name, "TXT").await, expected, "{name}");
    }
    the_zone_itself_answers(&house).await;
    house.server.time.advance(Duration::from_secs(3_500));
    house.keep("198.51.100.0/24", &["new@example.net"]).await;
    assert_eq!(
        house.dig("7.100.51.198.", "TXT").await,
        "NOERROR | 300 IN TXT \"new@example.net\""
    );
    assert_eq!(
        house.dig("7.101.51.198.", "TXT").await,
        "NOERROR | 100 IN TXT \"wide@example.net\"",
        "no longer than it holds"
    );
    house.server.time.advance(Duration::from_secs(100));
    assert_eq!(house.dig("7.101.51.198.", "TXT").await, none);
}

async fn the_zone_itself_answers(house: &House) {
    assert_eq!(house.dig("7.100.51.198.", "A").await, "NOERROR");
    assert!(
        house
            .dig("", "SOA")
            .await
            .starts_with("NOERROR | 3600 IN SOA ns1.atalaya.test. hostmaster.contacts.")
    );
    assert_eq!(
        house.dig("", "NS").await,
        "NOERROR | 3600 IN NS ns1.atalaya.test."
    );
    assert_eq!(house.dig("", "AXFR").await.split(' ').next(), Some("REFUSED"));
}

#[tokio::test]
async fn who_may_not_ask_the_list_is_refused_and_the_list_answers_as_before() {
    if !has_dig().await {
        return;
    }
    let config = PublishConfig {
        clients: vec!["192.0.2.0/24".parse().unwrap()],
        ..PublishConfig::default()
    };
    let mut house = House::open(config).await;
    house.keep("198.51.100.0/24", &["abuse@example.net"]).await;
    assert_eq!(house.dig("7.100.51.198.", "TXT").await, "REFUSED");
    assert_eq!(
        house.dig("7.100.51.198.abcdefghijklmnopqrstuvwxyz.", "TXT").await,
        "REFUSED"
    );
    assert!(house.dig("", "SOA").await.starts_with("NOERROR"));
    let open = House::open(PublishConfig::default()).await;
    let port = open.server.address.port().to_string();
    let listed = Command::new("dig")
        .args(["@127.0.0.1", "-p", &port, "+short", "99.2.0.192.bl.atalaya.test"])
        .output()
        .await
        .unwrap();
    assert!(String::from_utf8(listed.stdout).unwrap().contains("127.0.0."));
}

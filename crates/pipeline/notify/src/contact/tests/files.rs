//! The operator's file and the registries' data, with a registry behind them that must not be asked.

use std::path::PathBuf;

use atalaya_store::{Store, StoreUrl};

use super::*;
use crate::contact::{ContactError, ContactFinder};

struct House {
    finder: ContactFinder,
    time: TestClock,
    peer: HttpPeer,
    folder: TempDir,
}

async fn house(configure: impl FnOnce(&std::path::Path, &mut ContactConfig)) -> House {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let peer = rdap_peer(HttpReply::rdap(right_answer())).await;
    let mut config = by_rdap(&peer);
    configure(folder.path(), &mut config);
    let store = Store::open(&StoreUrl::Sqlite(folder.path().join("test.db")), time.clock())
        .await
        .unwrap();
    let finder = ContactFinder::new(&config, store, time.clock(), folder.path()).unwrap();
    House {
        finder,
        time,
        peer,
        folder,
    }
}

impl House {
    async fn told(&self, address: &str) -> String {
        let found = self
            .finder
            .find(address.parse().unwrap(), self.time.now())
            .await
            .unwrap();
        found.contact.map_or_else(
            || "nobody".to_owned(),
            |contact| {
                format!(
                    "{} for {}, {}",
                    contact.addresses[0], contact.prefix, contact.confidence
                )
            },
        )
    }

    fn write(&self, name: &str, text: &str) {
        // Another file in the same place: some file systems tell times in steps that two writings may share.
        let beside = self.folder.path().join("beside");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, self.path(name)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

#[tokio::test]
async fn the_word_of_the_operator_goes_before_all_else_and_is_read_again() {
    let house = house(|folder, config| config.file = Some(folder.join("contacts.csv"))).await;
    house.write(
        "contacts.csv",
        "192.0.2.0/25, own@example.org\n192.0.2.64/26, nobody\n10.0.0.0/8, lan@example.org\n",
    );
    assert_eq!(
        house.told("192.0.2.1").await,
        "own@example.org for 192.0.2.0/25, 100 %"
    );
    assert_eq!(
        house.told("192.0.2.70").await,
        "nobody",
        "and nobody else is asked"
    );
    assert_eq!(
        house.told("10.1.2.3").await,
        "lan@example.org for 10.1.0.0/16, 100 %",
        "reserved, but his own"
    );
    assert_eq!(house.peer.asked().len(), 0);
    assert_eq!(
        house.told("192.0.2.200").await,
        "abuse@example.net for 192.0.2.0/24, 95 %"
    );
    assert_eq!(
        house.told("192.0.2.1").await,
        "own@example.org for 192.0.2.0/25, 100 %",
        "also before the cache"
    );
    house.write("contacts.csv", "192.0.2.0/24, other@example.org\n");
    assert_eq!(
        house.told("192.0.2.1").await,
        "other@example.org for 192.0.2.0/24, 100 %"
    );
    house.write("contacts.csv", "192.0.2.0/24, spoilt\n");
    assert_eq!(
        house.told("192.0.2.1").await,
        "other@example.org for 192.0.2.0/24, 100 %",
        "the last good one holds"
    );
    let steps = house
        .finder
        .explain("192.0.2.1".parse().unwrap(), house.time.now())
        .await
        .steps;
    assert!(
        steps[0]
            .outcome
            .contains("line 1: `spoilt` is not a mail address"),
        "{steps:?}"
    );
}

#[tokio::test]
async fn before_there_was_a_good_file_the_search_waits() {
    let house = house(|folder, config| config.file = Some(folder.join("own"))).await;
    let address = "192.0.2.1".parse().unwrap();
    for text in [None, Some("192.0.2.0/24, nobody\n192.0.3.0/24, spoilt\n")] {
        if let Some(text) = text {
            house.write("own", text);
        }
        let found = house.finder.find(address, house.time.now()).await;
        let Err(ContactError::Later { why, .. }) = found else {
            panic!("{found:?}")
        };
        assert!(why.starts_with("contact.file "), "{why}");
        let all = house.finder.candidates(address, house.time.now()).await;
        assert!(matches!(all, Err(ContactError::Later { .. })), "{all:?}");
    }
    house.write("own", "192.0.2.0/24, nobody\n");
    assert_eq!(house.told("192.0.2.1").await, "nobody");
    assert_eq!(house.peer.asked().len(), 0, "nobody else was asked");
}

#[tokio::test]
async fn the_registries_data_answers_without_asking_and_is_read_again() {
    let house =
        house(|folder, config| config.bulk = vec![folder.join("networks"), folder.join("roles")]).await;
    house.write("networks", "inetnum: 192.0.2.0 - 192.0.2.127\nabuse-c: A1-TEST\n");
    house.write(
        "roles",
        "role: x\nnic-hdl: A1-TEST\nabuse-mailbox: bulk@example.org\n",
    );
    assert_eq!(
        house.told("192.0.2.1").await,
        "bulk@example.org for 192.0.2.0/25, 90 %"
    );
    assert_eq!(house.peer.asked().len(), 0);
    assert_eq!(
        house.told("192.0.2.200").await,
        "abuse@example.net for 192.0.2.0/24, 95 %"
    );
    house.write(
        "roles",
        "role: x\nnic-hdl: A1-TEST\nabuse-mailbox: new@example.org\n",
    );
    assert_eq!(
        house.told("192.0.2.1").await,
        "bulk@example.org for 192.0.2.0/25, 90 %",
        "not looked at each time"
    );
    house.time.advance(Duration::from_secs(60));
    // It is read in the background; the time that this may take is more than it needs.
    for _ in 0..1_000 {
        if house.told("192.0.2.1").await.starts_with("new@") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        house.told("192.0.2.1").await,
        "new@example.org for 192.0.2.0/25, 90 %"
    );
    std::fs::remove_file(house.path("roles")).unwrap();
    house.time.advance(Duration::from_secs(60));
    assert_eq!(
        house.told("192.0.2.1").await,
        "new@example.org for 192.0.2.0/25, 90 %",
        "the last good data holds"
    );
}

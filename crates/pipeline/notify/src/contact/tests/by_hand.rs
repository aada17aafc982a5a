//! What a person set by hand: before all but the operator's file, at once, and with others behind it.

use atalaya_model::{ContactSubject, MailAddress};
use atalaya_store::{SetContact, Store, StoreUrl};

use super::*;
use crate::contact::ContactFinder;

/// A finder with its store, registries that it may ask, and a clock.
struct House {
    folder: TempDir,
    time: TestClock,
    store: Store,
    finder: ContactFinder,
}

impl House {
    async fn new(config: impl FnOnce(&TempDir) -> ContactConfig) -> Self {
        let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
        let url = StoreUrl::Sqlite(folder.path().join("test.db"));
        let store = Store::open(&url, time.clock()).await.unwrap();
        let config = config(&folder);
        let finder = ContactFinder::new(&config, store.clone(), time.clock(), folder.path()).unwrap();
        Self {
            folder,
            time,
            store,
            finder,
        }
    }

    /// Sets a contact for an hour.
    async fn set(&self, subject: &str, mailbox: &str) {
        self.set_all(subject, vec![mailbox.parse().unwrap()]).await;
    }

    /// Sets these mailboxes, or nobody, for an hour.
    async fn set_all(&self, subject: &str, mailboxes: Vec<MailAddress>) {
        let now = self.time.now();
        let set = SetContact {
            subject: subject.parse().unwrap(),
            mailboxes,
            reason: "They asked by phone.".to_owned(),
            since: now,
            until: Some(now.plus(Duration::from_secs(3_600))),
        };
        self.store.set_contact(&set).await.unwrap();
    }

    /// The mailbox that is found for 192.0.2.7, and the sources of the steps.
    async fn found(&self) -> (String, Vec<&'static str>) {
        let address = "192.0.2.7".parse().unwrap();
        let found = self.finder.find(address, self.time.now()).await.unwrap();
        let mailbox = found
            .contact
            .map_or_else(|| "nobody".to_owned(), |contact| contact.addresses[0].to_string());
        (mailbox, found.steps.iter().map(|step| step.source).collect())
    }
}

#[tokio::test]
async fn what_was_set_by_hand_is_used_at_once_and_no_longer_than_it_was_said() {
    let rdap = rdap_peer(HttpReply::rdap(right_answer())).await;
    let house = House::new(|_folder| by_rdap(&rdap)).await;
    assert_eq!(house.found().await.0, "abuse@example.net");
    house.set("192.0.2.0/28", "hand@isp.example").await;
    let (mailbox, steps) = house.found().await;
    assert_eq!(
        (mailbox.as_str(), &steps[..]),
        ("hand@isp.example", &["by-hand"][..])
    );
    let subject: ContactSubject = "192.0.2.0/28".parse().unwrap();
    assert!(house.store.unset_contact(&subject).await.unwrap());
    assert_eq!(house.found().await.0, "abuse@example.net");
    house.set("192.0.2.0/28", "hand@isp.example").await;
    assert_eq!(house.found().await.0, "hand@isp.example");
    house.time.advance(Duration::from_secs(3_600));
    assert_eq!(house.found().await.0, "abuse@example.net");
    assert_eq!(rdap.asked().len(), 1, "the cache was not touched");
}

#[tokio::test]
async fn the_file_of_the_operator_goes_before_what_was_set_by_hand() {
    let house = House::new(|folder| ContactConfig {
        file: Some(folder.path().join("own")),
        ..nobody_to_ask()
    })
    .await;
    house.set("192.0.2.7", "hand@isp.example").await;
    let own = house.folder.path().join("own");
    std::fs::write(&own, "192.0.2.0/24, nobody\n").unwrap();
    assert_eq!(house.found().await.0, "nobody");
    std::fs::write(&own, "198.51.100.0/24, own@isp.example\n").unwrap();
    let (mailbox, steps) = house.found().await;
    assert_eq!(mailbox, "hand@isp.example");
    assert_eq!(steps, ["operator", "by-hand"]);
}

#[tokio::test]
async fn behind_one_set_by_hand_stand_the_others_for_when_its_mailbox_is_dead() {
    let rdap = rdap_peer(HttpReply::rdap(right_answer())).await;
    let house = House::new(|folder| ContactConfig {
        // A file that cannot be read keeps nobody waiting who is known surely.
        bulk: vec![folder.path().join("absent")],
        ..by_rdap(&rdap)
    })
    .await;
    house.set("192.0.2.0/24", "hand@isp.example").await;
    assert_eq!(house.found().await.0, "hand@isp.example");
    let address = "192.0.2.7".parse().unwrap();
    let all = house.finder.candidates(address, house.time.now()).await.unwrap();
    let all: Vec<_> = all.iter().map(|one| one.addresses[0].as_str()).collect();
    assert_eq!(all, ["hand@isp.example", "abuse@example.net"]);
}

#[tokio::test]
async fn where_nobody_is_to_be_told_by_hand_no_other_is_asked_or_told_until_its_end() {
    let rdap = rdap_peer(HttpReply::rdap(right_answer())).await;
    let house = House::new(|folder| ContactConfig {
        file: Some(folder.path().join("own")),
        ..by_rdap(&rdap)
    })
    .await;
    let own = house.folder.path().join("own");
    std::fs::write(&own, "198.51.100.0/24, own@isp.example\n").unwrap();
    assert_eq!(house.found().await.0, "abuse@example.net");
    house.set_all("192.0.2.0/24", Vec::new()).await;
    let (mailbox, steps) = house.found().await;
    assert_eq!(
        (mailbox.as_str(), &steps[..]),
        ("nobody", &["operator", "by-hand"][..])
    );
    let address = "192.0.2.7".parse().unwrap();
    let told = house.finder.explain(address, house.time.now()).await.steps;
    let last = &told.last().unwrap().outcome;
    assert!(last.starts_with("nobody is to be told since"), "{last}");
    assert!(last.ends_with("They asked by phone."), "{last}");
    let all = house.finder.candidates(address, house.time.now()).await.unwrap();
    assert!(all.is_empty(), "{all:?}");
    // A narrower word, and the file of the operator, go before it.
    house.set("192.0.2.7", "hand@isp.example").await;
    assert_eq!(house.found().await.0, "hand@isp.example");
    std::fs::write(&own, "192.0.2.0/24, own@isp.example\n# longer\n").unwrap();
    assert_eq!(house.found().await.0, "own@isp.example");
    std::fs::write(&own, "198.51.100.0/24, own@isp.example\n").unwrap();
    house.time.advance(Duration::from_secs(3_600));
    assert_eq!(house.found().await.0, "abuse@example.net");
    assert_eq!(rdap.asked().len(), 1, "what was found before is remembered");
}

#[tokio::test]
async fn a_domain_set_by_hand_holds_for_the_machines_whose_names_lead_back() {
    let dns = resolver(vec![
        DnsRecord::ptr("7.2.0.192.in-addr.arpa", "a7.dsl.isp.example"),
        DnsRecord::address("a7.dsl.isp.example", "192.0.2.7".parse().unwrap()),
        DnsRecord::soa("isp.example", "dns@isp.example"),
    ])
    .await;
    let house = House::new(|_folder| ContactConfig {
        zones: Vec::new(),
        abuse_net_zone: String::new(),
        least_confidence: 50,
        ..by_dns(&dns)
    })
    .await;
    assert_eq!(house.found().await.0, "nobody");
    assert_eq!(
        dns.asked().len(),
        0,
        "no name is asked for where no domain was set"
    );
    house.set("isp.example", "hand@isp.example").await;
    let (mailbox, steps) = house.found().await;
    assert_eq!(mailbox, "hand@isp.example", "{steps:?}");
    let named = house
        .finder
        .explain_domain("www.isp.example", house.time.now())
        .await;
    let set = named.by_hand.unwrap().unwrap();
    assert_eq!(set.mailboxes[0].as_str(), "hand@isp.example");
    house.set("192.0.2.7", "nearer@isp.example").await;
    assert_eq!(
        house.found().await.0,
        "nearer@isp.example",
        "an address is nearer than a name"
    );
}

//! Removals on a real store.

use atalaya_store::{Case, StoreUrl, Tally};
use atalaya_testkit::{TestClock, on_both};

use super::*;

on_both!(
    Bench: an_address_leaves_once_and_its_evidence_is_wiped,
    of_two_who_ask_at_once_the_second_finds_nothing,
    a_client_is_limited_however_many_classes_its_addresses_leave,
    the_64s_of_one_48_are_limited_together,
    all_clients_together_are_limited,
    what_is_refused_leaves_no_trace,
    many_leave_at_once_as_far_as_there_is_room,
);

/// A store of a test's own.
struct Bench {
    store: Store,
    clock: TestClock,
    url: StoreUrl,
    _folder: tempfile::TempDir,
}

impl Bench {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        Self::open(url, folder).await
    }

    async fn postgres() -> Option<Self> {
        let Some(server) = atalaya_testkit::postgres() else {
            atalaya_testkit::skip("PostgreSQL is not installed");
            return None;
        };
        let url = server.database().parse().unwrap();
        Some(Self::open(url, tempfile::tempdir().unwrap()).await)
    }

    async fn open(url: StoreUrl, folder: tempfile::TempDir) -> Self {
        let clock = TestClock::default();
        let store = Store::open(&url, clock.clock()).await.unwrap();
        Self {
            store,
            clock,
            url,
            _folder: folder,
        }
    }

    /// Lists the unit of an address in these classes.
    async fn list(&self, address: &str, classes: &[Class]) {
        let list = |class: &Class| Decision {
            prefix: Prefix::unit(address.parse().unwrap()),
            verdict: Verdict::List {
                class: *class,
                until: None,
            },
            rule: Rule::new("trap-spam", 1),
            score: 1.0,
            reason: "x".to_owned(),
        };
        let decisions: Vec<Decision> = classes.iter().map(list).collect();
        let mut transaction = self.store.begin_deciding().await.unwrap();
        transaction
            .decide_all(&decisions, self.clock.now())
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }

    /// Lists an address and asks for its removal.
    async fn list_and_ask(&self, config: &DelistConfig, address: &str, client: &str) -> Outcome {
        self.list(address, &[Class::Spam, Class::Bot]).await;
        self.clock.advance(Duration::from_secs(1));
        self.ask(&self.store, config, address, client).await
    }

    async fn ask(&self, store: &Store, config: &DelistConfig, address: &str, client: &str) -> Outcome {
        let client = client.parse::<IpAddr>().unwrap().into();
        removal(store, config, address.parse().unwrap(), client, self.clock.now())
            .await
            .unwrap()
    }
}

async fn an_address_leaves_once_and_its_evidence_is_wiped(bench: Bench) {
    let (config, unit) = (DelistConfig::default(), "192.0.2.1".parse().unwrap());
    let mut tally = Tally::new(unit);
    tally.cases.insert(Class::Spam, Case::default());
    tally.listed_times = 2;
    let mut transaction = bench.store.begin().await.unwrap();
    transaction.put_tallies(&[tally]).await.unwrap();
    transaction.commit().await.unwrap();
    bench.list("192.0.2.1", &[Class::Spam, Class::Manual]).await;
    let Outcome::Removed(removed) = bench
        .ask(&bench.store, &config, "192.0.2.1", "198.51.100.1")
        .await
    else {
        panic!("the first removal is immediate")
    };
    assert_eq!((removed.serial, removed.staying.len()), (Serial(3), 1));
    assert_eq!(removed.left, [(unit, Class::Spam)]);
    let again = bench
        .ask(&bench.store, &config, "192.0.2.1", "198.51.100.1")
        .await;
    assert!(matches!(again, Outcome::ByHandOnly { .. }));
    let mut transaction = bench.store.begin().await.unwrap();
    let tally = transaction.tallies(&[unit]).await.unwrap().remove(&unit).unwrap();
    assert_eq!((tally.cases.len(), tally.listed_times), (0, 2));
    assert_eq!(tally.wiped_at, Some(bench.clock.now()));
}

async fn of_two_who_ask_at_once_the_second_finds_nothing(bench: Bench) {
    bench.list("192.0.2.1", &[Class::Spam]).await;
    let other = Store::open(&bench.url, bench.clock.clock()).await.unwrap();
    let now = bench.clock.now();
    let client = Client::from("198.51.100.1".parse::<IpAddr>().unwrap());
    let address: IpAddr = "192.0.2.1".parse().unwrap();
    let mut here = bench.store.begin_deciding().await.unwrap();
    let (config, second) = (DelistConfig::default(), client.clone());
    let there = tokio::spawn(async move { removal(&other, &config, address, second, now).await });
    if let StoreUrl::Postgres(url) = &bench.url {
        let url = url.expose().to_owned();
        let waited = tokio::task::spawn_blocking(move || atalaya_testkit::until_somebody_waits(&url));
        waited.await.unwrap();
    }
    let leaving = here.listings_in(&[address.into()]).await.unwrap();
    leave(here, &BTreeMap::from([(address.into(), leaving)]), &client, now)
        .await
        .unwrap();
    assert_eq!(there.await.unwrap().unwrap(), Outcome::NotListed);
}

async fn a_client_is_limited_however_many_classes_its_addresses_leave(bench: Bench) {
    let config = DelistConfig {
        client_hourly: 3,
        ..DelistConfig::default()
    };
    for number in 1..=3 {
        let outcome = bench
            .list_and_ask(&config, &format!("192.0.2.{number}"), "198.51.100.1")
            .await;
        assert!(matches!(outcome, Outcome::Removed(_)), "{outcome:?}");
    }
    let outcome = bench.list_and_ask(&config, "192.0.2.4", "198.51.100.1").await;
    let until = bench.clock.now().plus(HOUR);
    assert_eq!(outcome, Outcome::TooMany { until });
    let outcome = bench.list_and_ask(&config, "192.0.2.4", "198.51.100.2").await;
    assert!(matches!(outcome, Outcome::Removed(_)), "{outcome:?}");
    bench.clock.advance(HOUR);
    let outcome = bench.list_and_ask(&config, "192.0.2.5", "198.51.100.1").await;
    assert!(matches!(outcome, Outcome::Removed(_)), "{outcome:?}");
}

async fn the_64s_of_one_48_are_limited_together(bench: Bench) {
    let config = DelistConfig {
        client_hourly: 1,
        network_hourly: 3,
        ..DelistConfig::default()
    };
    let mut outcomes = Vec::new();
    for number in 1..=4 {
        let client = format!("2001:db8:1:{number}::1");
        outcomes.push(
            bench
                .list_and_ask(&config, &format!("192.0.2.{number}"), &client)
                .await,
        );
    }
    let refused = outcomes.pop();
    assert!(outcomes.iter().all(|one| matches!(one, Outcome::Removed(_))));
    assert!(matches!(refused, Some(Outcome::TooMany { .. })));
    let outcome = bench.list_and_ask(&config, "192.0.2.9", "2001:db8:2::1").await;
    assert!(matches!(outcome, Outcome::Removed(_)), "{outcome:?}");
}

async fn all_clients_together_are_limited(bench: Bench) {
    let config = DelistConfig {
        all_hourly: 2,
        ..DelistConfig::default()
    };
    let mut outcomes = Vec::new();
    for number in 1..=3 {
        let client = format!("198.51.100.{number}");
        outcomes.push(
            bench
                .list_and_ask(&config, &format!("192.0.2.{number}"), &client)
                .await,
        );
    }
    assert!(matches!(
        outcomes[..],
        [Outcome::Removed(_), Outcome::Removed(_), Outcome::TooMany { .. }]
    ));
}

async fn what_is_refused_leaves_no_trace(bench: Bench) {
    let config = DelistConfig::default();
    let outcome = bench
        .ask(&bench.store, &config, "192.0.2.1", "198.51.100.1")
        .await;
    assert_eq!(outcome, Outcome::NotListed);
    bench.list("192.0.2.1", &[Class::Manual]).await;
    let outcome = bench
        .ask(&bench.store, &config, "192.0.2.1", "198.51.100.1")
        .await;
    assert!(matches!(outcome, Outcome::ByHandOnly { .. }));
    assert_eq!(bench.store.serial().await.unwrap(), Serial(1));
}

async fn many_leave_at_once_as_far_as_there_is_room(bench: Bench) {
    let config = DelistConfig {
        contact_hourly: 2,
        client_hourly: 1,
        ..DelistConfig::default()
    };
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        bench.list(address, &[Class::Spam]).await;
    }
    bench.list("192.0.2.4", &[Class::Manual]).await;
    bench.list("2001:db8::1", &[Class::Spam]).await;
    let contact = Client::contact(&"Abuse@isp.example".parse().unwrap());
    let ask = async |texts: &[&str]| {
        let addresses: Vec<IpAddr> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let outcomes = removals(&bench.store, &config, &addresses, &contact, bench.clock.now()).await;
        outcomes.unwrap()
    };
    let outcomes = ask(&[
        "192.0.2.4",
        "2001:db8::1",
        "2001:db8::2",
        "192.0.2.9",
        "192.0.2.2",
        "192.0.2.3",
    ])
    .await;
    let [by_hand, first, same_unit, unlisted, second, third] = outcomes.as_slice() else {
        panic!("one outcome for each address")
    };
    assert!(matches!(by_hand, Outcome::ByHandOnly { .. }));
    let (Outcome::Removed(first), Outcome::Removed(second)) = (first, second) else {
        panic!("two leave: {first:?} {second:?}")
    };
    // Each names the decision that took it out.
    let decided = bench.store.decision(first.serial).await.unwrap().unwrap();
    assert_eq!(decided.decision.prefix, "2001:db8::/64".parse().unwrap());
    assert_ne!(first.serial, second.serial);
    assert_eq!((same_unit, unlisted), (&Outcome::NotListed, &Outcome::NotListed));
    let until = bench.clock.now().plus(HOUR);
    assert_eq!(third, &Outcome::TooMany { until });
    // However the contact is capitalised, and after an hour it goes on.
    bench.clock.advance(HOUR);
    let outcomes = ask(&["192.0.2.3", "192.0.2.2"]).await;
    assert!(matches!(
        outcomes.as_slice(),
        [Outcome::Removed(_), Outcome::NotListed]
    ));
}

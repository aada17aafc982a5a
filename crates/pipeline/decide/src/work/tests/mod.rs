//! The judge on a real store.

use std::net::IpAddr;

use atalaya_model::{Class, Envelope, Handshake, Kind, Observation, ObservationId, Period, Sensor, Trap};
use atalaya_store::StoreUrl;
use atalaya_testkit::{TestClock, on_both};

use super::*;
use crate::protect::ProtectConfig;
use crate::{DecideError, Rules, by_hand};

mod races;
mod retract;
mod rules;

use retract::what_a_reporter_takes_back_counts_no_more_and_what_others_said_does;
use rules::rules_put_in_force_judge_the_next_group_and_what_was_decided_keeps_its_version;

on_both!(
    Bench: a_spam_lists_its_source_and_orders_a_notice,
    an_ipv6_source_is_listed_as_its_64,
    reserved_addresses_and_backscatter_never_list,
    what_is_allowed_is_never_listed_and_the_allow_list_acts_backwards,
    after_the_allow_list_an_address_can_be_listed_again,
    an_entry_of_the_allow_list_ends_on_its_date,
    a_listing_ends_on_its_date_and_lasts_longer_the_next_time,
    after_a_long_silence_an_address_counts_as_new,
    more_spam_moves_the_end_of_the_listing,
    by_hand_the_operator_lists_and_unlists,
    by_hand_too_reserved_addresses_and_past_ends_are_refused,
    listings_of_one_prefix_that_end_apart_all_end,
    a_long_queue_of_observations_does_not_keep_what_is_over,
    what_an_allowed_host_did_does_not_list_its_64,
    who_was_taken_off_by_hand_is_not_listed_by_old_evidence,
    allowing_a_network_withdraws_more_than_a_batch,
    a_network_is_listed_whole_only_where_the_rules_say_so,
    what_a_reporter_takes_back_counts_no_more_and_what_others_said_does,
    a_word_is_weighed_by_how_the_listings_ended_that_it_brought_about,
    rules_put_in_force_judge_the_next_group_and_what_was_decided_keeps_its_version,
);

/// A judge by these rules.
async fn judge(rules: Rules, protect: ProtectConfig, store: &Store, clock: &TestClock) -> Judge {
    let protection = Protection::open(protect, store.clone(), clock.clock())
        .await
        .unwrap();
    Judge::new(
        Arc::new(rules),
        Arc::new(protection),
        store.clone(),
        clock.clock(),
    )
}

/// A judge on a store of a test's own.
pub(crate) struct Bench {
    pub(crate) store: Store,
    pub(crate) judge: Judge,
    pub(crate) clock: TestClock,
    url: StoreUrl,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn sqlite() -> Self {
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
        Self::by(Rules::standard().unwrap(), ProtectConfig::default(), url, folder).await
    }

    /// A judge by other rules, on SQLite.
    pub(crate) async fn ruling(rules: Rules) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        Self::by(rules, ProtectConfig::default(), url, folder).await
    }

    /// A judge that never lists some ranges, on SQLite.
    pub(crate) async fn protecting(config: ProtectConfig) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        Self::by(Rules::standard().unwrap(), config, url, folder).await
    }

    async fn by(rules: Rules, protect: ProtectConfig, url: StoreUrl, folder: tempfile::TempDir) -> Self {
        let clock = TestClock::default();
        let store = Store::open(&url, clock.clock()).await.unwrap();
        let judge = judge(rules, protect, &store, &clock).await;
        Self {
            store,
            judge,
            clock,
            url,
            _folder: folder,
        }
    }

    /// The same database opened once more, as another process would.
    async fn again(&self) -> Store {
        Store::open(&self.url, self.clock.clock()).await.unwrap()
    }

    /// Waits until somebody waits for a lock. On SQLite nobody can tell; there the order of the test holds all the same.
    async fn until_somebody_waits(&self) {
        if let StoreUrl::Postgres(url) = &self.url {
            let url = url.expose().to_owned();
            let waited = tokio::task::spawn_blocking(move || atalaya_testkit::until_somebody_waits(&url));
            waited.await.unwrap();
        }
    }

    pub(crate) async fn see(&self, address: &str, kind: Kind) {
        self.record(address, kind).await;
        self.judge.catch_up().await.unwrap();
    }

    /// Records without judging.
    async fn record(&self, address: &str, kind: Kind) {
        let observation = Observation {
            kind,
            handshake: Handshake::Completed,
            trap: Some(Trap::Pristine),
            envelope: Envelope {
                recipients: vec!["a@trap.example".to_owned()],
                ..Envelope::default()
            },
            ..Observation::new(
                ObservationId(uuid::Uuid::new_v4()),
                address.parse::<IpAddr>().unwrap(),
                self.clock.now(),
                Sensor::Trap,
            )
        };
        self.store
            .record(observation, Some(b"Subject: x\r\n\r\ny".to_vec()))
            .await
            .unwrap();
    }

    /// Lists by hand.
    pub(crate) async fn list(&self, address: &str, class: Class, until: Option<Timestamp>) {
        let entry = (address.parse().unwrap(), class);
        by_hand::list(&self.store, entry, "x", until, self.clock.now())
            .await
            .unwrap();
    }

    async fn listings(&self, prefix: &str) -> Vec<Listing> {
        self.store.listings(&prefix.parse().unwrap()).await.unwrap()
    }

    async fn verdicts(&self) -> Vec<&'static str> {
        let all = self.store.decisions_after(Serial(0), 10_000).await.unwrap();
        let serials: Vec<u64> = all.iter().map(|decided| decided.serial.0).collect();
        assert_eq!(
            serials,
            (1..=all.len() as u64).collect::<Vec<_>>(),
            "the sequence has a gap"
        );
        all.iter()
            .map(|decided| decided.decision.verdict.name())
            .collect()
    }
}

async fn a_spam_lists_its_source_and_orders_a_notice(bench: Bench) {
    bench.see("192.0.2.1", Kind::Spam).await;
    let listings = bench.listings("192.0.2.1").await;
    assert_eq!(listings.len(), 1);
    assert_eq!(listings[0].class, Class::Spam);
    assert!(
        listings[0]
            .reason
            .starts_with("Spam reached our traps: 1 message")
    );
    let job = bench
        .store
        .take_job("notice", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(job.payload, "{\"serial\":1}");
}

async fn an_ipv6_source_is_listed_as_its_64(bench: Bench) {
    bench.see("2001:db8::25", Kind::Spam).await;
    assert_eq!(bench.listings("2001:db8::/64").await.len(), 1);
}

async fn reserved_addresses_and_backscatter_never_list(bench: Bench) {
    bench.see("127.0.0.1", Kind::Spam).await;
    bench.see("10.1.2.3", Kind::Spam).await;
    bench.see("192.0.2.2", Kind::Backscatter).await;
    assert_eq!(bench.store.serial().await.unwrap(), Serial(0));
    assert_eq!(
        bench
            .store
            .count_observations(&"127.0.0.1".parse().unwrap())
            .await
            .unwrap(),
        1
    );
}

async fn what_is_allowed_is_never_listed_and_the_allow_list_acts_backwards(bench: Bench) {
    bench.see("192.0.2.1", Kind::Spam).await;
    let now = bench.clock.now();
    let network: Prefix = "192.0.2.0/24".parse().unwrap();
    by_hand::allow(&bench.store, network, "a customer", None, now)
        .await
        .unwrap();
    assert!(bench.listings("192.0.2.1").await.is_empty());
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.see("192.0.2.9", Kind::Spam).await;
    assert!(bench.listings("192.0.2.1").await.is_empty());
    let by_hand = by_hand::list(
        &bench.store,
        ("192.0.2.9".parse().unwrap(), Class::Manual),
        "x",
        None,
        now,
    )
    .await;
    assert!(matches!(by_hand, Err(DecideError::Allowed { .. })));
    assert_eq!(bench.verdicts().await, ["list", "allow", "withdraw"]);
}

async fn after_the_allow_list_an_address_can_be_listed_again(bench: Bench) {
    let now = bench.clock.now();
    let address: Prefix = "192.0.2.1".parse().unwrap();
    by_hand::allow(&bench.store, address, "a mistake", None, now)
        .await
        .unwrap();
    by_hand::disallow(&bench.store, address, "it was one", now)
        .await
        .unwrap();
    assert!(matches!(
        by_hand::disallow(&bench.store, address, "twice", now).await,
        Err(DecideError::NotAllowed(_))
    ));
    bench.see("192.0.2.1", Kind::Spam).await;
    assert_eq!(bench.listings("192.0.2.1").await.len(), 1);
}

async fn an_entry_of_the_allow_list_ends_on_its_date(bench: Bench) {
    let until = bench.clock.now().plus(Duration::from_secs(60));
    by_hand::allow(
        &bench.store,
        "192.0.2.1".parse().unwrap(),
        "x",
        Some(until),
        bench.clock.now(),
    )
    .await
    .unwrap();
    bench.clock.advance(Duration::from_secs(61));
    bench.see("192.0.2.1", Kind::Spam).await;
    assert_eq!(bench.verdicts().await, ["allow", "list", "disallow"]);
}

async fn a_listing_ends_on_its_date_and_lasts_longer_the_next_time(bench: Bench) {
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.clock.advance(Period::days(3).duration());
    bench.judge.catch_up().await.unwrap();
    assert!(bench.listings("192.0.2.1").await.is_empty());
    bench.see("192.0.2.1", Kind::Spam).await;
    let until = bench.listings("192.0.2.1").await[0].until.unwrap();
    assert_eq!(until, bench.clock.now().plus(Period::days(6).duration()));
    assert_eq!(bench.verdicts().await, ["list", "withdraw", "list"]);
}

async fn a_network_is_listed_whole_only_where_the_rules_say_so(_bench: Bench) {
    let more = "[escalation]\nunits = 3\nclass = \"spam\"\nlifetime = \"2d\"\n";
    let rules = Rules::parse(&format!("{}\n{more}", crate::rules::STANDARD)).unwrap();
    let bench = Bench::ruling(rules).await;
    for last in 1..=3 {
        bench.see(&format!("192.0.2.{last}"), Kind::Spam).await;
        bench.see(&format!("198.51.100.{last}"), Kind::Spam).await;
        if last == 2 {
            let neighbour = "198.51.100.200".parse().unwrap();
            by_hand::allow(&bench.store, neighbour, "a customer", None, bench.clock.now())
                .await
                .unwrap();
        }
    }
    let network = bench.listings("192.0.2.0/24").await;
    assert_eq!(network[0].rule.0, "escalation/3");
    assert_eq!(
        network[0].until,
        Some(bench.clock.now().plus(Period::days(2).duration()))
    );
    assert!(bench.listings("198.51.100.0/24").await.is_empty());
}

async fn a_word_is_weighed_by_how_the_listings_ended_that_it_brought_about(bench: Bench) {
    let report = async |address: &str, source: &str| {
        let seen = Observation {
            kind: Kind::Spam,
            handshake: Handshake::Reported,
            source: source.to_owned(),
            ..Observation::new(
                ObservationId(uuid::Uuid::new_v4()),
                address.parse::<IpAddr>().unwrap(),
                bench.clock.now(),
                Sensor::Report,
            )
        };
        bench.store.record(seen, None).await.unwrap();
        bench.judge.catch_up().await.unwrap();
    };
    for source in ["good", "bad"] {
        for address in ["192.0.2.1", "192.0.2.2"] {
            // Not enough by itself, so that the trap lists it.
            report(if source == "good" { address } else { "198.51.100.1" }, source).await;
        }
    }
    for address in ["192.0.2.1", "192.0.2.2", "198.51.100.1"] {
        bench.see(address, Kind::Spam).await;
    }
    let wrong = "198.51.100.1".parse().unwrap();
    by_hand::unlist(&bench.store, wrong, None, "a mistake", bench.clock.now())
        .await
        .unwrap();
    bench.clock.advance(Period::days(3).duration());
    bench.judge.catch_up().await.unwrap();
    let sources = bench.store.sources(None, 10).await.unwrap();
    let of = |name: &str| {
        let found = sources
            .iter()
            .find(|one| (one.sensor, one.source.as_str()) == (Sensor::Report, name));
        found.map(|one| (one.stood.round(), one.fell.round()))
    };
    assert_eq!(of("good"), Some((2.0, 0.0)));
    assert_eq!(of("bad"), Some((0.0, 1.0)));
    // What was learned counts from now on: 0.6 times 3/4 and 1/3.
    report("192.0.2.50", "good").await;
    report("192.0.2.51", "bad").await;
    let units: [Prefix; 2] = ["192.0.2.50", "192.0.2.51"].map(|text| text.parse().unwrap());
    let mut transaction = bench.store.begin().await.unwrap();
    let tallies = transaction.tallies(&units).await.unwrap();
    let score = |unit: &Prefix| crate::score(&tallies[unit].cases[&Class::Spam]);
    assert!((score(&units[0]) - 0.45).abs() < 0.01, "{}", score(&units[0]));
    assert!((score(&units[1]) - 0.2).abs() < 0.01, "{}", score(&units[1]));
}

async fn after_a_long_silence_an_address_counts_as_new(bench: Bench) {
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.clock.advance(Period::days(3).duration());
    bench.judge.catch_up().await.unwrap();
    bench.clock.advance(Period::days(181).duration());
    bench.see("192.0.2.1", Kind::Spam).await;
    let until = bench.listings("192.0.2.1").await[0].until.unwrap();
    assert_eq!(until, bench.clock.now().plus(Period::days(3).duration()));
}

async fn more_spam_moves_the_end_of_the_listing(bench: Bench) {
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.clock.advance(Period::days(2).duration());
    bench.see("192.0.2.1", Kind::Spam).await;
    let until = bench.listings("192.0.2.1").await[0].until.unwrap();
    assert_eq!(until, bench.clock.now().plus(Period::days(3).duration()));
    assert_eq!(bench.verdicts().await, ["list", "extend"]);
}

async fn by_hand_the_operator_lists_and_unlists(bench: Bench) {
    let now = bench.clock.now();
    let network: Prefix = "198.51.100.0/24".parse().unwrap();
    by_hand::list(
        &bench.store,
        (network, Class::Hijacked),
        "announced by nobody",
        None,
        now,
    )
    .await
    .unwrap();
    assert_eq!(bench.listings("198.51.100.0/24").await[0].until, None);
    let wrong = by_hand::unlist(&bench.store, network, Some(Class::Bot), "x", now).await;
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "198.51.100.0/24 is not listed as bot"
    );
    by_hand::unlist(&bench.store, network, None, "settled", now)
        .await
        .unwrap();
    assert!(bench.listings("198.51.100.0/24").await.is_empty());
}

async fn by_hand_too_reserved_addresses_and_past_ends_are_refused(bench: Bench) {
    let now = bench.clock.now();
    let world: Prefix = "0.0.0.0/0".parse().unwrap();
    let refused = by_hand::list(&bench.store, (world, Class::Manual), "x", None, now).await;
    assert!(matches!(refused, Err(DecideError::Reserved { .. })));
    let address: Prefix = "192.0.2.1".parse().unwrap();
    let refused = by_hand::list(&bench.store, (address, Class::Manual), "x", Some(now), now).await;
    assert!(matches!(refused, Err(DecideError::AlreadyOver)));
}

async fn listings_of_one_prefix_that_end_apart_all_end(bench: Bench) {
    let end = |seconds| Some(bench.clock.now().plus(Duration::from_secs(seconds)));
    bench.list("192.0.2.1", Class::Manual, end(10)).await;
    bench.list("192.0.2.2", Class::Spam, end(20)).await;
    bench.list("192.0.2.1", Class::Bot, end(30)).await;
    bench.clock.advance(Duration::from_secs(60));
    bench.judge.catch_up().await.unwrap();
    assert_eq!(bench.store.count_listings().await.unwrap(), 0);
    assert_eq!(
        bench.verdicts().await,
        ["list", "list", "list", "withdraw", "withdraw", "withdraw"]
    );
}

async fn a_long_queue_of_observations_does_not_keep_what_is_over(bench: Bench) {
    let end = bench.clock.now().plus(Duration::from_secs(10));
    bench.list("192.0.2.1", Class::Manual, Some(end)).await;
    bench.clock.advance(Duration::from_secs(60));
    let bench = Arc::new(bench);
    let mut records = tokio::task::JoinSet::new();
    for number in 0..=BATCH {
        let (bench, address) = (Arc::clone(&bench), std::net::Ipv4Addr::from(0x0b00_0000 + number));
        records.spawn(async move { bench.record(&address.to_string(), Kind::Spam).await });
    }
    records.join_all().await;
    bench.judge.catch_up().await.unwrap();
    let verdicts = bench.verdicts().await;
    let withdrawn = verdicts.iter().position(|one| *one == "withdraw");
    assert_eq!(
        withdrawn,
        Some(1 + BATCH as usize),
        "it leaves after the first batch, before the second"
    );
    assert_eq!(verdicts.len(), 3 + BATCH as usize);
}

async fn what_an_allowed_host_did_does_not_list_its_64(bench: Bench) {
    let now = bench.clock.now();
    let host: Prefix = "2001:db8::25".parse().unwrap();
    by_hand::allow(&bench.store, host, "a customer", None, now)
        .await
        .unwrap();
    bench.see("2001:db8::25", Kind::Spam).await;
    assert!(bench.listings("2001:db8::/64").await.is_empty());
    bench.see("2001:db8::26", Kind::Spam).await;
    let listings = bench.listings("2001:db8::/64").await;
    assert!(
        listings[0]
            .reason
            .starts_with("Spam reached our traps: 1 message")
    );
}

async fn who_was_taken_off_by_hand_is_not_listed_by_old_evidence(bench: Bench) {
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.see("192.0.2.2", Kind::Spam).await;
    // Seen before they leave, read after it.
    bench.record("192.0.2.1", Kind::Spam).await;
    bench.record("192.0.2.2", Kind::Spam).await;
    let [one, two]: [Prefix; 2] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
    let now = bench.clock.now();
    by_hand::unlist(&bench.store, one, None, "a mistake", now)
        .await
        .unwrap();
    by_hand::allow(&bench.store, two, "a mistake", None, now)
        .await
        .unwrap();
    by_hand::disallow(&bench.store, two, "it was one", now)
        .await
        .unwrap();
    bench.judge.catch_up().await.unwrap();
    assert_eq!(bench.store.count_listings().await.unwrap(), 0);
    bench.clock.advance(Duration::from_secs(1));
    bench.see("192.0.2.1", Kind::Spam).await;
    let listings = bench.listings("192.0.2.1").await;
    assert!(
        listings[0]
            .reason
            .starts_with("Spam reached our traps: 1 message")
    );
}

async fn allowing_a_network_withdraws_more_than_a_batch(bench: Bench) {
    let listed = 2_500_u32;
    let decisions: Vec<Decision> = (0..listed)
        .map(|number| Decision {
            prefix: Prefix::single(std::net::Ipv4Addr::from(0x0b00_0000 + number).into()),
            verdict: Verdict::List {
                class: Class::Bot,
                until: None,
            },
            rule: Rule::new("by-hand", 1),
            score: 0.0,
            reason: "x".to_owned(),
        })
        .collect();
    let now = bench.clock.now();
    let mut transaction = bench.store.begin_deciding().await.unwrap();
    transaction.decide_all(&decisions, now).await.unwrap();
    transaction.commit().await.unwrap();
    let network = "11.0.0.0/8".parse().unwrap();
    let allowed = by_hand::allow(&bench.store, network, "ours", None, now)
        .await
        .unwrap();
    assert_eq!(bench.store.count_listings().await.unwrap(), 0);
    assert_eq!(allowed.decided[0].decision.verdict.name(), "allow");
    assert_eq!(allowed.decided.len() as u64 + allowed.more, 1 + u64::from(listed));
    assert_eq!(allowed.serial, Serial(2 * u64::from(listed) + 1));
}

//! What a reporter takes back.

use super::*;

/// What a reporter says of an address.
async fn say(bench: &Bench, address: &str, (sensor, who): (Sensor, &str), kind: Kind) {
    let word = Observation {
        kind,
        source: who.to_owned(),
        handshake: Handshake::Reported,
        ..Observation::new(
            ObservationId(uuid::Uuid::new_v4()),
            address.parse().unwrap(),
            bench.clock.now(),
            sensor,
        )
    };
    bench.store.record(word, None).await.unwrap();
}

const MEMBERS: [&str; 4] = ["one", "two", "three", "four"];

/// Four members report an address, which lists it.
async fn reported(bench: &Bench, address: &str) {
    for who in MEMBERS {
        say(bench, address, (Sensor::Report, who), Kind::Spam).await;
    }
    bench.judge.catch_up().await.unwrap();
    assert!(is_listed(bench, address).await);
    bench.clock.advance(Duration::from_secs(60));
}

async fn is_listed(bench: &Bench, address: &str) -> bool {
    let unit = Prefix::unit(address.parse().unwrap());
    !bench.store.listings(&unit).await.unwrap().is_empty()
}

async fn tally(bench: &Bench, address: &str) -> Tally {
    let unit = Prefix::unit(address.parse().unwrap());
    let mut transaction = bench.store.begin().await.unwrap();
    let tally = transaction.tallies(&[unit]).await.unwrap().remove(&unit).unwrap();
    transaction.rollback().await.unwrap();
    tally
}

/// The words of three are left, the withdrawal says why, and everything that was recorded still is.
async fn check_what_is_left(bench: &Bench) {
    let left = tally(bench, "192.0.2.1").await;
    assert_eq!(left.cases[&Class::Spam].observations, 3);
    assert_eq!((left.listed_times, left.taken_back.len()), (0, 3));
    let serial = bench.store.serial().await.unwrap();
    let decided = bench.store.decision(serial).await.unwrap().unwrap().decision;
    assert_eq!(
        (decided.rule.0.as_str(), decided.verdict.name()),
        ("retracted/1", "withdraw")
    );
    // Observed are all of them, then and now.
    let kept = bench.store.observations_after(0, 100).await.unwrap();
    assert_eq!(kept.len(), 7);
}

pub(super) async fn what_a_reporter_takes_back_counts_no_more_and_what_others_said_does(bench: Bench) {
    reported(&bench, "192.0.2.1").await;
    // The word of another sensor of that name, and of a stranger, is not his.
    say(&bench, "192.0.2.1", (Sensor::Complaint, "one"), Kind::NotSpam).await;
    say(&bench, "192.0.2.1", (Sensor::Report, "nobody"), Kind::NotSpam).await;
    bench.judge.catch_up().await.unwrap();
    assert!(is_listed(&bench, "192.0.2.1").await);
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::NotSpam).await;
    bench.judge.catch_up().await.unwrap();
    assert!(!is_listed(&bench, "192.0.2.1").await);
    check_what_is_left(&bench).await;
    // What he says later counts again.
    bench.clock.advance(Duration::from_secs(60));
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::Spam).await;
    bench.judge.catch_up().await.unwrap();
    assert!(is_listed(&bench, "192.0.2.1").await);
}

#[tokio::test]
async fn what_stands_without_it_stays_listed() {
    let bench = Bench::sqlite().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::Spam).await;
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::NotSpam).await;
    bench.judge.catch_up().await.unwrap();
    assert!(is_listed(&bench, "192.0.2.1").await);
    assert_eq!(
        tally(&bench, "192.0.2.1").await.cases[&Class::Spam].observations,
        1
    );
}

#[tokio::test]
async fn read_in_one_batch_or_late_it_counts_as_little() {
    let bench = Bench::sqlite().await;
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::NotSpam).await;
    for who in MEMBERS {
        say(&bench, "192.0.2.1", (Sensor::Report, who), Kind::Spam).await;
    }
    bench.judge.catch_up().await.unwrap();
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::Phishing).await;
    bench.judge.catch_up().await.unwrap();
    assert!(!is_listed(&bench, "192.0.2.1").await);
    assert_eq!(
        tally(&bench, "192.0.2.1").await.cases[&Class::Spam].observations,
        3
    );
}

#[tokio::test]
async fn what_was_taken_back_is_in_no_simulation() {
    let bench = Bench::sqlite().await;
    reported(&bench, "192.0.2.1").await;
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::NotSpam).await;
    bench.judge.catch_up().await.unwrap();
    let rules = Arc::new(Rules::standard().unwrap());
    let trial = crate::simulate::Trial {
        present: Arc::clone(&rules),
        tried: rules,
        protected: Arc::default(),
        since: bench.clock.now().minus(Duration::from_secs(3_600)),
    };
    let report = crate::simulate::simulate(&bench.store, &trial).await.unwrap();
    assert_eq!((report.observations, report.present.listed), (3, 0));
}

#[tokio::test]
async fn what_an_allowed_neighbour_did_is_not_added_up_again() {
    let bench = Bench::sqlite().await;
    let neighbour = "2001:db8:1::2".parse().unwrap();
    by_hand::allow(&bench.store, neighbour, "a customer", None, bench.clock.now())
        .await
        .unwrap();
    bench.see("2001:db8:1::2", Kind::Spam).await;
    for kind in [Kind::Spam, Kind::NotSpam] {
        say(&bench, "2001:db8:1::1", (Sensor::Report, "one"), kind).await;
        bench.judge.catch_up().await.unwrap();
    }
    assert!(tally(&bench, "2001:db8:1::1").await.cases.is_empty());
    say(&bench, "2001:db8:1::1", (Sensor::Report, "two"), Kind::Spam).await;
    bench.judge.catch_up().await.unwrap();
    assert!(!is_listed(&bench, "2001:db8:1::1").await);
}

#[tokio::test]
async fn a_word_that_takes_nothing_back_adds_nothing_up() {
    let bench = Bench::sqlite().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    // As if it had been kept no longer: what is added up again would be another sum.
    let unit = Prefix::unit("192.0.2.1".parse().unwrap());
    let mut marked = tally(&bench, "192.0.2.1").await;
    marked.cases.get_mut(&Class::Spam).unwrap().observations = 77;
    let mut transaction = bench.store.begin().await.unwrap();
    transaction.put_tallies(&[marked]).await.unwrap();
    transaction.commit().await.unwrap();
    say(&bench, "192.0.2.1", (Sensor::Report, "one"), Kind::NotSpam).await;
    bench.judge.catch_up().await.unwrap();
    let left = tally(&bench, "192.0.2.1").await;
    assert_eq!((left.unit, left.cases[&Class::Spam].observations), (unit, 77));
    assert_eq!(left.taken_back.len(), 1);
}

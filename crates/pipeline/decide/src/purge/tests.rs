//! What a purge takes back, and what it leaves.

use atalaya_model::{Envelope, Handshake, Kind, ObservationId, Trap, Verdict};

use super::*;
use crate::by_hand;
use crate::work::tests::Bench;

/// Records what a sensor saw, and judges it.
async fn see(bench: &Bench, address: &str, sensor: Sensor, source: &str) {
    let seen = Observation {
        kind: Kind::Spam,
        source: source.to_owned(),
        handshake: if sensor == Sensor::Report {
            Handshake::Reported
        } else {
            Handshake::Completed
        },
        trap: (sensor == Sensor::Trap).then_some(Trap::Pristine),
        envelope: Envelope {
            recipients: vec!["a@trap.example".to_owned()],
            ..Envelope::default()
        },
        ..Observation::new(
            ObservationId(uuid::Uuid::new_v4()),
            address.parse().unwrap(),
            bench.clock.now(),
            sensor,
        )
    };
    bench.store.record(seen, None).await.unwrap();
    bench.judge.catch_up().await.unwrap();
}

async fn run(bench: &Bench, wish: &Wish, mode: Mode) -> Purged {
    let rules = Rules::standard().unwrap();
    purge(&bench.store, &rules, wish, mode, bench.clock.now())
        .await
        .unwrap()
}

async fn is_listed(bench: &Bench, address: &str) -> bool {
    !bench
        .store
        .listings(&address.parse().unwrap())
        .await
        .unwrap()
        .is_empty()
}

#[tokio::test]
async fn what_stands_without_a_source_stays_and_the_rest_leaves() {
    let bench = Bench::sqlite().await;
    for source in ["liar", "two", "three", "four"] {
        see(&bench, "192.0.2.1", Sensor::Report, source).await;
        see(&bench, "192.0.2.1", Sensor::Report, source).await;
    }
    for source in ["liar", "two", "three"] {
        see(&bench, "192.0.2.2", Sensor::Report, source).await;
        see(&bench, "192.0.2.2", Sensor::Report, source).await;
    }
    see(&bench, "192.0.2.3", Sensor::Trap, "").await;
    see(&bench, "192.0.2.3", Sensor::Report, "liar").await;
    assert!(is_listed(&bench, "192.0.2.1").await && is_listed(&bench, "192.0.2.2").await);
    let wish = Wish {
        source: Some("liar".to_owned()),
        ..Wish::default()
    };
    let before = bench.store.serial().await.unwrap();
    let dry = run(&bench, &wish, Mode::Dry).await;
    assert_eq!((dry.units, dry.withdrawn, dry.standing), (3, 1, 2));
    assert_eq!(dry.sample[0].prefix.to_string(), "192.0.2.2");
    assert_eq!(bench.store.serial().await.unwrap(), before);
    assert_eq!(bench.store.purges().await.unwrap(), []);

    let real = run(&bench, &wish, Mode::Real).await;
    assert_eq!(
        (real.withdrawn, real.standing, real.serial.0),
        (1, 2, before.0 + 1)
    );
    assert!(is_listed(&bench, "192.0.2.1").await && is_listed(&bench, "192.0.2.3").await);
    let decided = bench.store.decision(real.serial).await.unwrap().unwrap().decision;
    assert_eq!(decided.rule.0, "purge/1");
    assert_eq!(decided.reason, "Observations were taken back.");
    assert!(matches!(
        decided.verdict,
        Verdict::Withdraw { class: Class::Spam }
    ));
    // Run again, it finds nothing more; and the two others are not enough by themselves.
    assert_eq!(run(&bench, &wish, Mode::Real).await.withdrawn, 0);
    see(&bench, "192.0.2.2", Sensor::Report, "two").await;
    assert!(!is_listed(&bench, "192.0.2.2").await);
}

#[tokio::test]
async fn what_was_purged_counts_no_more_when_it_is_read_late() {
    let bench = Bench::sqlite().await;
    let wish = Wish {
        sensor: Some(Sensor::Trap),
        until: Some(bench.clock.now().plus(std::time::Duration::from_secs(60))),
        ..Wish::default()
    };
    run(&bench, &wish, Mode::Real).await;
    see(&bench, "192.0.2.1", Sensor::Trap, "").await;
    assert!(!is_listed(&bench, "192.0.2.1").await);
    bench.clock.advance(std::time::Duration::from_secs(60));
    see(&bench, "192.0.2.1", Sensor::Trap, "").await;
    assert!(is_listed(&bench, "192.0.2.1").await);
}

#[tokio::test]
async fn by_rule_what_it_listed_leaves_and_what_a_person_listed_stays() {
    let bench = Bench::sqlite().await;
    see(&bench, "192.0.2.1", Sensor::Trap, "").await;
    let now = bench.clock.now();
    let entry = ("192.0.2.2".parse().unwrap(), Class::Spam);
    by_hand::list(&bench.store, entry, "x", None, now).await.unwrap();
    let wish = |rule: &str| Wish {
        rule: Some(rule.to_owned()),
        ..Wish::default()
    };
    for (rule, leaves) in [("score/1", 0), ("by-hand", 0), ("score/3", 1)] {
        assert_eq!(
            run(&bench, &wish(rule), Mode::Dry).await.withdrawn,
            leaves,
            "{rule}"
        );
    }
    let later = Wish {
        since: Some(now.plus(std::time::Duration::from_secs(1))),
        ..wish("score")
    };
    assert_eq!(run(&bench, &later, Mode::Real).await.withdrawn, 0);
    assert_eq!(run(&bench, &wish("score"), Mode::Real).await.withdrawn, 1);
    assert!(!is_listed(&bench, "192.0.2.1").await && is_listed(&bench, "192.0.2.2").await);
}

//! A simulation by the rules in force makes the decisions that the judge made; others are compared with them.

use std::collections::BTreeMap;

use atalaya_model::{Class, Envelope, Handshake, Kind, ObservationId, Sensor, Trap};
use proptest::prelude::*;

use super::*;
use crate::by_hand;
use crate::rules::STANDARD;
use crate::work::tests::Bench;

const MINUTE: Duration = Duration::from_secs(60);

/// What happens in a story.
#[derive(Debug, Clone)]
enum Event {
    /// Something was seen.
    Seen {
        address: u8,
        kind: Kind,
        sensor: Sensor,
        source: u8,
        trap: Option<Trap>,
    },
    /// An address is taken off by hand.
    Unlisted(u8),
    /// It is put on the allow list, and taken off again at the next such event.
    Allowed(u8),
}

fn any_event() -> impl Strategy<Value = Event> {
    let kind = prop_oneof![4 => Just(Kind::Spam), 1 => Just(Kind::LoginAttack), 1 => Just(Kind::Phishing)];
    let sensor = prop_oneof![3 => Just(Sensor::Trap), 2 => Just(Sensor::Report), 1 => Just(Sensor::Log)];
    let trap = prop_oneof![Just(Some(Trap::Pristine)), Just(Some(Trap::Recycled)), Just(None)];
    let seen = (0_u8..3, kind, sensor, 0_u8..4, trap).prop_map(|(address, kind, sensor, source, trap)| {
        Event::Seen {
            address,
            kind,
            sensor,
            source,
            trap,
        }
    });
    prop_oneof![
        10 => seen,
        1 => (0_u8..3).prop_map(Event::Unlisted),
        1 => (0_u8..3).prop_map(Event::Allowed),
    ]
}

fn prefix(address: u8) -> Prefix {
    Prefix::new(std::net::Ipv4Addr::new(192, 0, 2, address).into(), 32)
}

/// Lets an event happen, and the judge come to it at once.
async fn happen(bench: &Bench, event: &Event) {
    let now = bench.clock.now();
    match event {
        Event::Seen {
            address,
            kind,
            sensor,
            source,
            trap,
        } => {
            let seen = Observation {
                kind: *kind,
                handshake: if *sensor == Sensor::Report {
                    Handshake::Reported
                } else {
                    Handshake::Completed
                },
                source: format!("source-{source}"),
                trap: trap.filter(|_| *sensor == Sensor::Trap),
                envelope: Envelope {
                    recipients: vec![format!("{source}@trap.example")],
                    ..Envelope::default()
                },
                ..Observation::new(
                    ObservationId(uuid::Uuid::new_v4()),
                    prefix(*address).network(),
                    now,
                    *sensor,
                )
            };
            bench.store.record(seen, None).await.unwrap();
        }
        Event::Unlisted(address) => {
            // Whether it stands listed or not: both may happen.
            drop(by_hand::unlist(&bench.store, prefix(*address), None, "x", now).await);
        }
        Event::Allowed(address) => {
            if by_hand::disallow(&bench.store, prefix(*address), "x", now)
                .await
                .is_err()
            {
                by_hand::allow(&bench.store, prefix(*address), "x", None, now)
                    .await
                    .unwrap();
            }
        }
    }
    bench.judge.catch_up().await.unwrap();
}

/// Lets time pass as for a judge that never sleeps: each listing ends at its very end.
async fn pass(bench: &Bench, to: Timestamp) {
    while let Some(next) = bench.store.expired(to, 1).await.unwrap().first() {
        let end = next.until.unwrap();
        bench.clock.advance(end.since(bench.clock.now()));
        bench.judge.catch_up().await.unwrap();
    }
    bench.clock.advance(to.since(bench.clock.now()));
}

async fn told(events: &[(u64, Event)]) {
    let bench = Bench::sqlite().await;
    for (minutes, event) in events {
        pass(
            &bench,
            bench.clock.now().plus(MINUTE * u32::try_from(*minutes).unwrap()),
        )
        .await;
        happen(&bench, event).await;
    }
    let rules = Arc::new(Rules::standard().unwrap());
    let trial = Trial {
        present: Arc::clone(&rules),
        tried: rules,
        protected: Arc::default(),
        since: Timestamp::EPOCH,
    };
    let report = simulate(&bench.store, &trial).await.unwrap();
    assert_eq!(
        (report.added.count, report.dropped.count, report.moved.count),
        (0, 0, 0)
    );
    let decisions = bench.store.decisions_after(Serial(0), 10_000).await.unwrap();
    let ruled: Vec<&Decided> = decisions
        .iter()
        .filter(|one| is_ruled(&one.decision.rule))
        .collect();
    let named = |name: &str| {
        ruled
            .iter()
            .filter(|one| one.decision.verdict.name() == name)
            .count() as u64
    };
    assert_eq!(
        (report.present.listed, report.present.extended),
        (named("list"), named("extend"))
    );
    let mut spells: BTreeMap<(Prefix, Class), (Timestamp, Option<Timestamp>)> = BTreeMap::new();
    for one in ruled {
        let key = (one.decision.prefix, one.decision.verdict.class().unwrap());
        spells.entry(key).or_insert((one.at, None)).1 = one.decision.verdict.until();
    }
    let kept = report.kept.examples.iter();
    let kept: BTreeMap<_, _> = kept
        .map(|one| ((one.prefix, one.class), (one.since, one.until)))
        .collect();
    assert_eq!(kept, spells);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn the_rules_in_force_decide_in_a_simulation_as_they_did(
        events in proptest::collection::vec((1_u64..3_000, any_event()), 1..18),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(told(&events));
    }
}

/// Spam reached a trap.
fn seen(address: u8, trap: Trap) -> Event {
    Event::Seen {
        address,
        kind: Kind::Spam,
        sensor: Sensor::Trap,
        source: 1,
        trap: Some(trap),
    }
}

#[tokio::test]
async fn other_rules_are_compared_with_those_in_force() {
    let bench = Bench::sqlite().await;
    for event in [
        seen(1, Trap::Pristine),
        seen(2, Trap::Recycled),
        seen(3, Trap::Pristine),
        seen(4, Trap::Recycled),
    ] {
        happen(&bench, &event).await;
    }
    bench.clock.advance(MINUTE);
    happen(&bench, &Event::Unlisted(3)).await;
    let text = STANDARD
        .replace("version = \"3\"", "version = \"tried\"")
        .replace(
            "[\"recycled\", \"typo\"]\nweight = 0.5",
            "[\"recycled\", \"typo\"]\nweight = 1.0\nalone = true",
        )
        .replace(
            "traps = [\"pristine\"]\nweight = 1.0\nalone = true",
            "traps = [\"pristine\"]\nweight = 0.5",
        );
    let mut protected = Protected::default();
    protected.add(prefix(4), "large");
    let trial = Trial {
        present: Arc::new(Rules::standard().unwrap()),
        tried: Arc::new(Rules::parse(&text).unwrap()),
        protected: Arc::new(protected),
        since: bench.clock.now().minus(MINUTE * 60),
    };
    let report = simulate(&bench.store, &trial).await.unwrap();
    let names = |group: &Group| {
        group
            .examples
            .iter()
            .map(|one| one.prefix.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&report.added), ["192.0.2.2"]);
    assert_eq!(names(&report.dropped), ["192.0.2.1", "192.0.2.3"]);
    assert_eq!(names(&report.protected), ["192.0.2.4"]);
    assert_eq!(
        (report.kept.count, report.moved.count, report.observations),
        (0, 0, 4)
    );
    assert_eq!(
        (report.present_version.as_str(), report.tried_version.as_str()),
        ("3", "tried")
    );
    // Whatever began and ended before the window is not told.
    let later = Trial {
        since: bench.clock.now().plus(MINUTE * 60 * 24 * 30),
        ..trial
    };
    let report = simulate(&bench.store, &later).await.unwrap();
    assert_eq!((report.added.count, report.dropped.count), (0, 0));
}

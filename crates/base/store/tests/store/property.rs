//! Whatever is decided in whatever order, the listings and the allow list are what a plain map says.

use std::collections::BTreeMap;

use atalaya_model::{Class, Decision, Prefix, Serial, Timestamp, Verdict};
use atalaya_store::StoreError;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};

use crate::support::{Fixture, decision, whole};

/// What stands: the end of each listing and of each allowed prefix, with the decision that set it.
#[derive(Debug, Default, PartialEq)]
struct Model {
    listed: BTreeMap<(Prefix, Class), (Option<Timestamp>, Serial)>,
    allowed: BTreeMap<Prefix, (Option<Timestamp>, Serial)>,
    serial: Serial,
}

impl Model {
    /// Applies a decision; tells whether it was possible.
    fn apply(&mut self, decision: &Decision) -> bool {
        let next = Serial(self.serial.0 + 1);
        let prefix = decision.prefix;
        let done = match decision.verdict {
            Verdict::List { class, until } => {
                self.listed.insert((prefix, class), (until, next));
                true
            }
            Verdict::Extend { class, until } => self
                .listed
                .get_mut(&(prefix, class))
                .map(|stands| *stands = (until, next))
                .is_some(),
            Verdict::Withdraw { class } => self.listed.remove(&(prefix, class)).is_some(),
            Verdict::Allow { until } => {
                self.allowed.insert(prefix, (until, next));
                true
            }
            Verdict::Disallow => self.allowed.remove(&prefix).is_some(),
        };
        if done {
            self.serial = next;
        }
        done
    }
}

fn decisions() -> impl Strategy<Value = Vec<Decision>> {
    let prefixes = ["192.0.2.1", "192.0.2.0/24", "2001:db8::/64", "::/0"];
    let class = prop_oneof![Just(Class::Manual), Just(Class::Spam)];
    let until = proptest::option::of((0_i64..100).prop_map(Timestamp::from_seconds));
    let verdict = (0..5, class, until).prop_map(|(which, class, until)| match which {
        0 => Verdict::List { class, until },
        1 => Verdict::Extend { class, until },
        2 => Verdict::Withdraw { class },
        3 => Verdict::Allow { until },
        _ => Verdict::Disallow,
    });
    let one = (0..prefixes.len(), verdict).prop_map(move |(at, verdict)| decision(prefixes[at], verdict));
    proptest::collection::vec(one, 0..40)
}

async fn agrees(decisions: Vec<Decision>, per_transaction: usize) {
    let fixture = Fixture::sqlite().await;
    let store = &fixture.store;
    let mut model = Model::default();
    for part in decisions.chunks(per_transaction) {
        let mut transaction = store.begin().await.unwrap();
        for decision in part {
            match transaction.decide(decision, fixture.time.now()).await {
                Ok(decided) => assert!(model.apply(decision) && decided.serial == model.serial),
                Err(StoreError::NothingListed(_)) => assert!(!model.apply(decision)),
                Err(error) => panic!("{error}"),
            }
        }
        transaction.commit().await.unwrap();
    }
    let snapshot = whole(store).await;
    let listed = snapshot
        .listings
        .iter()
        .map(|one| ((one.prefix, one.class), (one.until, one.serial)));
    let allowed = snapshot
        .allowed
        .iter()
        .map(|entry| (entry.prefix, (entry.until, entry.serial)));
    let stands = Model {
        listed: listed.collect(),
        allowed: allowed.collect(),
        serial: snapshot.serial,
    };
    assert_eq!(stands, model);
    let history = store.decisions_after(Serial(0), 1_000).await.unwrap();
    let serials: Vec<u64> = history.iter().map(|decided| decided.serial.0).collect();
    assert_eq!(serials, (1..=model.serial.0).collect::<Vec<_>>());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn listings_and_allow_list_follow_the_decisions(decisions in decisions(), size in any::<u8>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(agrees(decisions, usize::from(size % 8) + 1));
    }
}

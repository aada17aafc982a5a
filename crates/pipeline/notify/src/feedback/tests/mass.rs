//! Thousands of enrolments and a burst of observations: each is told of what is his, and of nothing else.

use atalaya_model::{Handshake, Kind, Observation, ObservationId, Sensor, Trap};
use atalaya_store::{Enrolment, EnrolmentState, Proof, Ways};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{DAY, House, SPAM};

/// Enrolments of a /24 each, under 10.0.0.0/8.
const APART: u32 = 9_499;
/// Enrolments of one and the same network.
const CROWD: u32 = 500;
/// Observations from different /24s, each in its turn enrolled for, and from the network of the crowd.
const BURST: u32 = 1_200;
const FROM_THE_CROWD: u32 = 60;

/// The network of this number.
fn network(number: u32) -> String {
    format!("10.{}.{}.0/24", number / 250, number % 250)
}

impl House {
    /// Enrols this scope, under a number.
    fn enrolment(&self, number: u32, scope: &str) -> Enrolment {
        let now = self.time.now();
        Enrolment {
            id: Uuid::from_u128(u128::from(number) + 1),
            scope: scope.parse().unwrap(),
            name: format!("Network {number}"),
            mailbox: format!("abuse@n{number}.example").parse().unwrap(),
            state: EnrolmentState::Active,
            proof: Some(Proof::Operator),
            ways: Ways::default(),
            pull_key: None,
            generation: 0,
            created_at: now,
            ends_at: now.plus(DAY),
            warned_at: None,
            client: None,
        }
    }

    async fn enrol_all(&self, scopes: impl Iterator<Item = String>) {
        let mut transaction = self.store.begin().await.unwrap();
        for (number, scope) in (0..).zip(scopes) {
            let enrolment = self.enrolment(number, &scope);
            transaction.put_enrolment(&enrolment).await.unwrap();
        }
        transaction.commit().await.unwrap();
    }

    /// Records a spam from each address, without anybody going through them yet.
    async fn burst(&self, addresses: impl Iterator<Item = String>) {
        let mut records = JoinSet::new();
        for (number, address) in (1..).zip(addresses) {
            let id = ObservationId(Uuid::from_u128(number));
            let seen = Observation {
                kind: Kind::Spam,
                handshake: Handshake::Completed,
                trap: Some(Trap::Pristine),
                ..Observation::new(id, address.parse().unwrap(), self.time.now(), Sensor::Trap)
            };
            let store = self.store.clone();
            records.spawn(async move { store.record(seen, Some(SPAM.into())).await });
        }
        while let Some(recorded) = records.join_next().await {
            recorded.unwrap().unwrap();
        }
    }

    /// How many events an enrolment has, up to 10,000.
    async fn events_of(&self, number: u32) -> u32 {
        let id = Uuid::from_u128(u128::from(number) + 1);
        let events = self.store.feedback_events(id, 0, 10_000).await.unwrap();
        events.len().try_into().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_enrolments_each_get_their_own_of_a_burst() {
    let mut house = House::new(|_| {}).await;
    assert_eq!(house.store.told_up_to().await.unwrap(), None, "nobody to tell");
    let crowd = (0..CROWD).map(|_| "192.0.2.0/24".to_owned());
    let wide = std::iter::once("10.0.0.0/8".to_owned());
    house
        .enrol_all((0..APART).map(network).chain(crowd).chain(wide))
        .await;
    let apart = (0..BURST).map(|number| network(number * 7).replace("0/24", "77"));
    let crowded = (0..FROM_THE_CROWD).map(|number| format!("192.0.2.{number}"));
    let nobodys = std::iter::once("198.51.100.1".to_owned());
    house.burst(apart.chain(crowded).chain(nobodys)).await;
    let seen = house.store.last_position().await.unwrap();
    assert_eq!(
        house.store.told_up_to().await.unwrap(),
        Some(0),
        "retention waits"
    );
    let mut steps = 0;
    while house.follower.step().await.unwrap() {
        steps += 1;
    }
    assert!(steps > 3, "a crowd is told in several steps: {steps}");
    assert_eq!(house.store.told_up_to().await.unwrap(), Some(seen));
    for number in (0..APART).step_by(45) {
        let is_hit = number % 7 == 0 && number / 7 < BURST;
        assert_eq!(house.events_of(number).await, u32::from(is_hit), "{number}");
    }
    for number in (APART..APART + CROWD).step_by(31) {
        assert_eq!(house.events_of(number).await, FROM_THE_CROWD, "{number}");
    }
    assert_eq!(house.events_of(APART + CROWD).await, BURST, "the wide one");
}

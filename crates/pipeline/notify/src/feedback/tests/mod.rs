//! The loop at work: from a spam and an enrolment to whatever is told of it.

mod again;
mod bounds;
mod enrolling;
mod hooks;
mod mass;
mod signed;
mod telling;

use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::redact::TrapNames;
use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Trap};
use atalaya_places::PlacesConfig;
use atalaya_store::{Delivery, OutgoingMail, Store, StoreUrl, Way, Ways};
use atalaya_testkit::TestClock;
use tempfile::TempDir;
use uuid::Uuid;

use super::{Feedback, FeedbackConfig, FeedbackFollower, Networks, NewEnrolment};
use crate::{ListNames, NoticeConfig};

const LEASE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
const TRAP: &str = "maria.trap@trap.example";
const SPAM: &str = "From: Offers <offers@cheap.example>\r\nTo: maria.trap@trap.example\r\n\
    Subject: Best offer for maria.trap\r\nMessage-ID: <1@cheap.example>\r\n\r\nHello maria.trap@trap.example!\r\n";

/// A loop with a store of the test's own.
struct House {
    store: Store,
    time: TestClock,
    feedback: Arc<Feedback>,
    follower: FeedbackFollower,
    _folder: TempDir,
}

impl House {
    async fn new(change: impl Fn(&mut FeedbackConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = TestClock::default();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, time.clock()).await.unwrap();
        let mut config = FeedbackConfig::default();
        change(&mut config);
        let notice = NoticeConfig {
            sender: Some("abuse@list.example".parse().unwrap()),
            ..NoticeConfig::default()
        };
        let names = ListNames {
            zone: "bl.list.example".to_owned(),
            public_url: "https://list.example".to_owned(),
        };
        let traps = TrapNames::new([TRAP]).into();
        let shared = (store.clone(), time.clock());
        let feedback = Arc::new(Feedback::new(config, &notice, names, shared, traps).unwrap());
        let networks = Networks::new(PlacesConfig::default, time.clock());
        Self {
            follower: FeedbackFollower::new(Arc::clone(&feedback), networks),
            store,
            time,
            feedback,
            _folder: folder,
        }
    }

    async fn spam(&mut self, number: u32, address: &str) {
        let seen = Observation {
            kind: Kind::Spam,
            handshake: Handshake::Completed,
            trap: Some(Trap::Pristine),
            traps: vec![TRAP.to_owned()],
            envelope: Envelope {
                helo: "pc.example".to_owned(),
                mail_from: "offers@cheap.example".to_owned(),
                recipients: vec![TRAP.to_owned()],
            },
            subject: "Best offer for maria.trap".to_owned(),
            source_port: Some(40_125),
            ..Observation::new(
                ObservationId(Uuid::from_u128(number.into())),
                address.parse().unwrap(),
                self.time.now(),
                Sensor::Trap,
            )
        };
        self.record(seen).await;
    }

    async fn record(&mut self, seen: Observation) {
        self.store.record(seen, Some(SPAM.into())).await.unwrap();
        while self.follower.step().await.unwrap() {}
    }

    /// Works a way until nothing of it is due.
    async fn work(&self, way: Way) {
        while let Some(delivery) = self.store.take_delivery(way, LEASE).await.unwrap() {
            self.feedback.turn(delivery).await.unwrap();
        }
    }

    async fn delivery(&self, id: Uuid, way: Way) -> Delivery {
        let all = self.store.deliveries(id).await.unwrap();
        all.into_iter().find(|delivery| delivery.way == way).unwrap()
    }

    async fn mails(&self) -> Vec<OutgoingMail> {
        let mut mails = Vec::new();
        while let Some(mail) = self.store.take_mail(LEASE).await.unwrap() {
            self.store.mail_sent(mail.id).await.unwrap();
            mails.push(mail);
        }
        mails
    }
}

fn enrolling(scope: &str, ways: Ways) -> NewEnrolment {
    NewEnrolment {
        scope: scope.parse().unwrap(),
        name: "Cheap Hosting".to_owned(),
        mailbox: "abuse@cheap.example".parse().unwrap(),
        ways,
    }
}

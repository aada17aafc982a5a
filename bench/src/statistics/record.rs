//! What the trap would have recorded of the bots: observations as it makes them, from many callers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use atalaya_formats::message::{Head, Setting, Shape};
use atalaya_formats::smtp::Dialect;
use atalaya_model::{
    DialectId, Envelope, Fingerprint, Handshake, Kind, Observation, ObservationId, Sensor, ShapeId,
    Timestamp, Trap,
};
use atalaya_stats::Day;
use atalaya_store::{Evidence, Store, StoreError};
use atalaya_testkit::bots::{Sent, World};
use uuid::Uuid;

/// Callers that record at the same time, as a trap has sessions.
const CALLERS: usize = 512;

/// What was sent on a day, and what the trap makes of it.
pub(super) struct Reel {
    world: World,
    sent: Vec<Sent>,
    /// The names of the dialect and of the shape of each kind, and the text of the shape.
    looks: Vec<(DialectId, ShapeId, String)>,
    start: Timestamp,
}

impl Reel {
    /// Of that day.
    pub(super) fn new(world: &World, sent: Vec<Sent>, day: Day) -> Arc<Self> {
        let looks = world.kinds.iter().map(|kind| {
            let head = kind.head();
            let shape = Shape::of(
                Head::read(head.as_bytes()).fields(),
                Setting::of(&Envelope::default()),
            );
            let dialect = Dialect::id(kind.speech.dialect);
            (dialect, shape.id(), shape.into_text())
        });
        Arc::new(Self {
            looks: looks.collect(),
            world: world.clone(),
            sent,
            start: day.start(),
        })
    }

    /// Records what `takes` takes, by its place.
    pub(super) async fn record(
        self: &Arc<Self>,
        store: &Store,
        takes: fn(usize) -> bool,
    ) -> anyhow::Result<()> {
        let next = Arc::new(AtomicUsize::new(0));
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| tokio::spawn(call(Arc::clone(self), store.clone(), Arc::clone(&next), takes)))
            .collect();
        for caller in callers {
            caller.await??;
        }
        Ok(())
    }

    fn observation(&self, sent: &Sent) -> (Observation, Evidence) {
        let kind = self.world.kinds[sent.kind];
        let (sender, (dialect, shape, text)) = (kind.sender(), &self.looks[sent.kind]);
        let at = Timestamp::from_seconds(self.start.seconds() + i64::from(sent.second));
        let id = ObservationId(Uuid::now_v7());
        let fingerprint = match sent.distance {
            Some(distance) => kind.stack.kept(distance).parse().ok(),
            None => Some(Fingerprint::UNAVAILABLE),
        };
        let seen = Observation {
            source: "smtp".to_owned(),
            kind: if sender.is_empty() {
                Kind::Backscatter
            } else {
                Kind::Spam
            },
            handshake: Handshake::Completed,
            trap: Some(Trap::Pristine),
            envelope: Envelope {
                helo: self.world.helo(sent),
                mail_from: sender.to_owned(),
                recipients: (0..sent.recipients)
                    .map(|number| format!("trap{number}@trap.example"))
                    .collect(),
            },
            subject: "Watches".to_owned(),
            source_port: Some(40_000),
            fingerprint,
            dialect: Some(*dialect),
            headers: Some(*shape),
            nth: sent.nth,
            message_size: sent.bytes.into(),
            ..Observation::new(id, sent.address.into(), at, Sensor::Trap)
        };
        let evidence = Evidence {
            dialect: Some(kind.speech.dialect.to_owned()),
            shape: Some(text.clone()),
            ..Evidence::default()
        };
        (seen, evidence)
    }
}

/// Records one after the other until all are taken.
async fn call(
    reel: Arc<Reel>,
    store: Store,
    next: Arc<AtomicUsize>,
    takes: fn(usize) -> bool,
) -> Result<(), StoreError> {
    loop {
        let place = next.fetch_add(1, Ordering::Relaxed);
        let Some(sent) = reel.sent.get(place) else {
            return Ok(());
        };
        if takes(place) {
            let (seen, evidence) = reel.observation(sent);
            store.record(seen, evidence).await?;
        }
    }
}

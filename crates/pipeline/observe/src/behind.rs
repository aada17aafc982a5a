//! Observations that are kept behind the answers: a sensor that must not wait for the store hands them over and goes on.

use atalaya_model::{Observation, Sensor};
use atalaya_net::Share;
use atalaya_store::{Evidence, Store, StoreError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Observations that are handed to the store together; it makes them durable in few commits.
const BATCH: usize = 64;

/// What waits to be kept.
#[derive(Debug)]
pub(crate) struct Waiting {
    /// The observation.
    pub(crate) observation: Observation,
    /// The message that goes with it.
    pub(crate) message: Option<Vec<u8>>,
    /// The text of the shape that the observation names.
    pub(crate) shape: Option<String>,
    /// The memory that the message takes meanwhile.
    pub(crate) memory: Option<Share>,
}

impl From<Observation> for Waiting {
    fn from(observation: Observation) -> Self {
        Self {
            observation,
            message: None,
            shape: None,
            memory: None,
        }
    }
}

/// The way to the task that keeps them. Never waits.
#[derive(Debug)]
pub(crate) struct Behind {
    sensor: Sensor,
    queue: mpsc::Sender<Waiting>,
}

impl Behind {
    /// A way on which `most` may wait, and the work of keeping them in `store`. It ends when the way is dropped and nothing waits any more.
    pub(crate) fn new(
        sensor: Sensor,
        most: usize,
        store: Store,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (queue, waiting) = mpsc::channel(most);
        (Self { sensor, queue }, keep(sensor, waiting, store))
    }

    /// Hands it over, and says whether it could; where too many wait already it is lost, and counted.
    pub(crate) fn push(&self, waiting: impl Into<Waiting>) -> bool {
        let is_taken = self.queue.try_send(waiting.into()).is_ok();
        if !is_taken {
            count_lost(self.sensor, "queue full");
        }
        is_taken
    }
}

fn count_lost(sensor: Sensor, reason: &'static str) {
    metrics::counter!("atalaya_observe_lost_total", "sensor" => sensor.name(), "reason" => reason)
        .increment(1);
}

/// Keeps what comes until nobody is left who could send more.
async fn keep(sensor: Sensor, mut waiting: mpsc::Receiver<Waiting>, store: Store) {
    let (mut batch, mut is_failing) = (Vec::with_capacity(BATCH), false);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let mut records = JoinSet::new();
        for waiting in batch.drain(..) {
            let store = store.clone();
            records.spawn(async move {
                let evidence = Evidence {
                    message: waiting.message,
                    shape: waiting.shape,
                    ..Evidence::default()
                };
                let recorded = store.record(waiting.observation, evidence).await;
                drop(waiting.memory);
                recorded
            });
        }
        while let Some(recorded) = records.join_next().await {
            if let Ok(recorded) = recorded {
                tell(sensor, &mut is_failing, recorded.err());
            }
        }
    }
}

/// Tells once that the store fails, and once that it works again.
fn tell(sensor: Sensor, is_failing: &mut bool, error: Option<StoreError>) {
    let was_failing = std::mem::replace(is_failing, error.is_some());
    match error {
        None if was_failing => tracing::info!(%sensor, "what is seen is kept again"),
        None => {}
        Some(error) => {
            count_lost(sensor, "store");
            if !was_failing {
                let error: &dyn std::error::Error = &error;
                tracing::error!(%sensor, error, "what is seen is not kept; mail servers are answered as before");
            }
        }
    }
}

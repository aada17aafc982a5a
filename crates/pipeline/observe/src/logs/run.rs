//! The task that follows the logs: reads, records, and only then notes how far it came. Killed at any point, it reads a little again, and what
//! was recorded is known.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use atalaya_model::{Clock, Observation, Prefix};
use atalaya_store::{Evidence, Recorded, Store, StoreError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::follow::Log;
use super::positions::Positions;
use super::{LogSensor, LogsConfig, LogsError};

/// How often the logs are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long to wait for a store that fails.
const RETRY: Duration = Duration::from_secs(5);
/// Observations that are handed to the store at once.
const AT_ONCE: usize = 256;

/// Follows the logs.
#[derive(Debug)]
pub struct LogFollower {
    /// Each with its name; the log is away while it is being read.
    logs: Vec<(String, Option<Log>)>,
    positions: Positions,
    store: Store,
    clock: Clock,
    /// Who is in trouble: that is told once when it begins and once when it ends.
    troubled: BTreeSet<String>,
}

impl LogFollower {
    /// Goes on where the file of positions says. `own` are our addresses, about which nothing is observed.
    ///
    /// # Errors
    /// Patterns or a time zone cannot be used.
    pub fn open(
        config: &LogsConfig,
        own: &[Prefix],
        positions: &Path,
        store: Store,
        clock: Clock,
    ) -> Result<Self, LogsError> {
        let mut positions = Positions::open(positions);
        positions.keep_only(|name| config.files.iter().any(|log| log.name == name));
        let open = |log: &super::FollowedLog| {
            let sensor = LogSensor::open(log, own.to_vec(), config.oldest)?;
            let log_read = Log::new(log, sensor, config, positions.of(&log.name));
            Ok((log.name.clone(), Some(log_read)))
        };
        let logs = config.files.iter().map(open).collect::<Result<_, LogsError>>()?;
        Ok(Self {
            logs,
            positions,
            store,
            clock,
            troubled: BTreeSet::new(),
        })
    }

    /// Follows them until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let mut has_more = false;
            for number in 0..self.logs.len() {
                match self.step(number, &stop).await {
                    Some(more) => has_more |= more,
                    None => return,
                }
            }
            let written = self.positions.write();
            self.tell("the file of positions", written.err());
            let wait = if has_more { Duration::ZERO } else { LOOK };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Reads a piece of a log and records it; says whether there is more, or nothing where that had to end.
    async fn step(&mut self, number: usize, stop: &CancellationToken) -> Option<bool> {
        let (name, place) = self.logs.get_mut(number)?;
        let (name, mut log, now) = (name.clone(), place.take()?, self.clock.now());
        let reading = tokio::task::spawn_blocking(move || {
            let read = log.read(now);
            (log, read)
        });
        let (log, read) = reading.await.ok()?;
        if let Some((_name, place)) = self.logs.get_mut(number) {
            *place = Some(log);
        }
        match read {
            Err(error) => {
                self.tell(&name, Some(error));
                Some(false)
            }
            Ok(batch) => {
                self.tell(&name, None::<std::io::Error>);
                if !self.keep(batch.observations, stop).await {
                    return None;
                }
                self.positions.set(&name, batch.position);
                Some(batch.has_more)
            }
        }
    }

    /// Records observations, however long that takes; says whether it is done.
    async fn keep(&mut self, mut waiting: Vec<Observation>, stop: &CancellationToken) -> bool {
        loop {
            let failure;
            (waiting, failure) = self.record(waiting).await;
            let is_done = failure.is_none();
            self.tell("the store", failure);
            if is_done {
                return true;
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// Records observations; gives those that have to be recorded again, and why.
    async fn record(&self, observations: Vec<Observation>) -> (Vec<Observation>, Option<StoreError>) {
        let (mut again, mut failure) = (Vec::new(), None);
        let mut judge = |(observation, recorded): (Observation, Result<Recorded, StoreError>)| match recorded
        {
            Ok(Recorded::Known) => {}
            Ok(Recorded::New) => {
                let kind = observation.kind.name();
                metrics::counter!("atalaya_observe_log_lines_total", "kind" => kind).increment(1);
            }
            Err(error) if error.is_temporary() || matches!(error, StoreError::Closed) => {
                again.push(observation);
                failure = Some(error);
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                source = observation.source,
                "what a line of a log says cannot be recorded"
            ),
        };
        let mut tasks = JoinSet::new();
        for observation in observations {
            if tasks.len() >= AT_ONCE
                && let Some(Ok(done)) = tasks.join_next().await
            {
                judge(done);
            }
            let store = self.store.clone();
            tasks.spawn(async move {
                let recorded = store.record(observation.clone(), Evidence::default()).await;
                (observation, recorded)
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.into_iter().for_each(&mut judge);
        }
        (again, failure)
    }

    /// Tells when something begins to fail and when it goes on.
    fn tell(&mut self, what: &str, failure: Option<impl std::error::Error + 'static>) {
        match failure {
            Some(error) if self.troubled.insert(what.to_owned()) => tracing::error!(
                error = &error as &dyn std::error::Error,
                what,
                "the logs cannot be followed for now"
            ),
            None if self.troubled.remove(what) => tracing::info!(what, "the logs are followed again"),
            _ => {}
        }
    }
}

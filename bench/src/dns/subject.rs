//! One server of a run, with everything that is measured of it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;

use super::changes::{Changing, burst};
use super::cost::{Cost, one_core};
use super::options::Options;
use super::peers::Peer;
use super::running::Running;
use super::scratch::Scratch;
use super::watch::Seen;

/// The processor of the servers; the load has the other one.
pub(super) const SERVER: &str = "0";
/// Whoever starts slower is not started a second time.
const QUICK_START: Duration = Duration::from_secs(10);

/// A server and its figures.
pub(super) struct Subject {
    /// Which it is.
    pub(super) peer: Peer,
    folder: PathBuf,
    running: Running,
    /// From start to first answer.
    pub(super) start: Duration,
    /// Processor time of the start, in seconds.
    pub(super) start_cpu: f64,
    /// Memory with the list, before any load.
    pub(super) bytes: f64,
    /// What answers cost: the share of hits, and a round.
    pub(super) costs: Vec<(u64, Cost)>,
    /// What was seen during changes.
    pub(super) changes: Vec<(&'static str, Seen)>,
    /// Answers to a burst that met it standing still.
    pub(super) burst: usize,
    /// From start to first answer, the second time.
    pub(super) restart: Option<Duration>,
}

impl Subject {
    /// Starts a server on the list.
    ///
    /// # Errors
    /// It does not answer.
    pub(super) fn start(peer: Peer, scratch: &Scratch, listed: &str) -> anyhow::Result<Self> {
        let folder = scratch.folder_of(peer)?;
        let running = peer.start(&folder, listed, SERVER).with_context(|| peer.name())?;
        Ok(Self {
            peer,
            folder,
            start: running.start,
            start_cpu: running.processor_seconds()?,
            bytes: running.bytes()?,
            running,
            costs: Vec::new(),
            changes: Vec::new(),
            burst: 0,
            restart: None,
        })
    }

    /// One round of questions.
    ///
    /// # Errors
    /// It ended.
    pub(super) fn cost(
        &mut self,
        hits: u64,
        questions: &[Vec<u8>],
        round: usize,
        options: &Options,
    ) -> anyhow::Result<()> {
        let first = round * questions.len() / options.rounds;
        let cost =
            one_core(&self.running, questions, first, options.round).with_context(|| self.peer.name())?;
        self.costs.push((hits, cost));
        Ok(())
    }

    /// Changes the list, and starts it again.
    ///
    /// # Errors
    /// It ended.
    pub(super) fn change(
        mut self,
        scratch: &Scratch,
        listed: &str,
        questions: &[Vec<u8>],
    ) -> anyhow::Result<Self> {
        self.burst = burst(&self.running, questions)?;
        if self.peer == Peer::Echo {
            return Ok(self);
        }
        let changing = Changing {
            peer: self.peer,
            running: &self.running,
            folder: &self.folder,
            questions,
        };
        match changing.run(scratch, listed) {
            Ok(changes) => self.changes = changes,
            // The figures of the others stand.
            Err(error) => println!("{}: {error:#}", self.peer.name()),
        }
        // Ours begins with the list on disk, however long the first start took.
        if self.start < QUICK_START || self.peer == Peer::Ours {
            let folder = scratch.folder_of(self.peer)?;
            match self.peer.start(&folder, listed, SERVER) {
                Ok(running) => {
                    self.restart = Some(running.start);
                    self.running = running;
                }
                Err(error) => println!("{} did not start again: {error:#}", self.peer.name()),
            }
        }
        Ok(self)
    }

    /// Least microseconds of processor time for an answer, for a share of hits.
    pub(super) fn least(&self, hits: u64) -> f64 {
        self.costs_of(hits)
            .map(|cost| cost.microseconds)
            .fold(f64::INFINITY, f64::min)
    }

    /// The rounds of a share of hits.
    pub(super) fn costs_of(&self, hits: u64) -> impl Iterator<Item = &Cost> {
        self.costs
            .iter()
            .filter(move |(of, _)| *of == hits)
            .map(|(_, cost)| cost)
    }
}

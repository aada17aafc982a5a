//! Following one log: what was added to it, and across its rotation.
//!
//! The file that is open is read to its end even when it has another name by now, and once more after something stands in the new one: from then
//! on nobody writes into the old one. Then, as after a restart, it is looked where the last position is found: in the log itself, or in a file
//! that was put aside, which is read from there together with all that are younger.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use atalaya_model::{Observation, Timestamp};

use super::file::{Opened, Position};
use super::rotation::{Unread, files_after};
use super::{FollowedLog, LogSensor, LogsConfig};
use crate::trap::Ledger;

/// Bytes that are read before the observations of them are recorded.
const BATCH: usize = 1 << 20;
/// So often in a row the file that is opened is not the one that was found, and it is told: no rotation takes that long.
const MOST_MISFITS: u32 = 5;

/// What was read in one go.
#[derive(Debug)]
pub(super) struct Batch {
    /// What it makes.
    pub(super) observations: Vec<Observation>,
    /// How far it came.
    pub(super) position: Position,
    /// Whether there is more to read.
    pub(super) has_more: bool,
}

/// A log that is followed.
#[derive(Debug)]
pub(super) struct Log {
    path: PathBuf,
    oldest: Duration,
    intake: Intake,
    position: Position,
    open: Option<Opened>,
    /// The files to read after the one that is open. Where there is none, that one is the log itself, or the last that is left of it.
    next: VecDeque<Unread>,
    /// How often in a row a file did not fit when it was opened.
    misfits: u32,
}

/// Makes observations of lines, within the limits.
#[derive(Debug)]
struct Intake {
    sensor: LogSensor,
    ledger: Ledger,
    /// The youngest line. The hours of the ledger never go back, whatever the clocks of those who write do.
    latest: Timestamp,
}

impl Intake {
    fn take(&mut self, line: &[u8], now: Timestamp) -> Option<Observation> {
        let unused = |reason: &'static str| {
            metrics::counter!("atalaya_observe_log_lines_unused_total", "reason" => reason).increment(1);
        };
        match self.sensor.observe(line, now)? {
            Err(why) => unused(why.word()),
            Ok(observation) => {
                self.latest = self.latest.max(observation.seen_at);
                if self.ledger.admits(observation.address, self.latest) {
                    return Some(observation);
                }
                unused("too-many");
            }
        }
        None
    }
}

impl Log {
    /// Follows a log from a position.
    pub(super) fn new(log: &FollowedLog, sensor: LogSensor, config: &LogsConfig, position: Position) -> Self {
        Self {
            path: log.path.clone(),
            oldest: config.oldest.duration(),
            intake: Intake {
                sensor,
                ledger: Ledger::new(config.observations_per_address, config.observations_per_hour),
                latest: Timestamp::EPOCH,
            },
            position,
            open: None,
            next: VecDeque::new(),
            misfits: 0,
        }
    }

    /// Reads what there is, up to a limit. It waits for the disk.
    ///
    /// # Errors
    /// The log is there and cannot be read.
    pub(super) fn read(&mut self, now: Timestamp) -> io::Result<Batch> {
        if self.next.is_empty() && self.open.as_ref().is_some_and(|open| !open.is_unchanged()) {
            self.open = None;
        }
        let (before, mut observations) = (self.position, Vec::new());
        match self.fill(now, &mut observations) {
            Err(error) if self.position == before => Err(error),
            // What was read before the trouble is recorded; the next look meets the trouble again.
            read => Ok(Batch {
                observations,
                position: self.position,
                has_more: read.unwrap_or(false),
            }),
        }
    }

    /// Reads up to the limit; says whether there is more.
    fn fill(&mut self, now: Timestamp, observations: &mut Vec<Observation>) -> io::Result<bool> {
        let mut left = BATCH;
        let mut was_replaced = false;
        while left > 0 {
            was_replaced &= self.open.is_some();
            if self.open.is_none() && !self.open_next(now)? {
                break;
            }
            let length = self.read_piece(now, observations)?;
            left = left.saturating_sub(length);
            if length > 0 {
                continue;
            }
            if !self.next.is_empty() || (was_replaced && self.is_replaced()) {
                self.open = None;
            } else if self.is_replaced() {
                // Once more: something may have been written before the new one came.
                was_replaced = true;
            } else {
                break;
            }
        }
        Ok(left == 0)
    }

    /// Reads a piece of the file that is open; nothing at its end.
    fn read_piece(&mut self, now: Timestamp, found: &mut Vec<Observation>) -> io::Result<usize> {
        let Some(open) = &mut self.open else {
            return Ok(0);
        };
        let intake = &mut self.intake;
        let read = open.read(|line| found.extend(intake.take(line, now)));
        self.position = open.position();
        match read {
            Err(error) if !self.next.is_empty() => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    log = %self.path.display(),
                    "an older file of this log cannot be read to its end"
                );
                Ok(0)
            }
            Err(error) => {
                self.open = None;
                Err(error)
            }
            read => read,
        }
    }

    /// Opens the next file; says whether there is one.
    fn open_next(&mut self, now: Timestamp) -> io::Result<bool> {
        if self.next.is_empty() {
            let since = now.minus(self.oldest).seconds();
            let since =
                SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(since).unwrap_or_default());
            self.next = files_after(&self.path, &self.position, since)?;
        }
        let Some(Unread { path, number, offset }) = self.next.pop_front() else {
            return Ok(false);
        };
        match Opened::open(&path, offset) {
            Ok(open) if open.is(number) => {
                self.open = Some(open);
                self.misfits = 0;
                Ok(true)
            }
            // The log was rotated, or is just now: look a little later what each file is called, from the last position on.
            Ok(_another) => {
                self.next.clear();
                self.misfits = self.misfits.saturating_add(1);
                if self.misfits == MOST_MISFITS {
                    tracing::warn!(file = %path.display(), "a file of a log is another one each time that it is opened: the log is not read on");
                }
                Ok(false)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.next.clear();
                Ok(false)
            }
            Err(error) => {
                if !self.next.is_empty() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        file = %path.display(),
                        "an older file of a log cannot be read"
                    );
                    return self.open_next(now);
                }
                Err(error)
            }
        }
    }

    /// Whether the name of the log stands for something else than the file that is open.
    fn is_replaced(&self) -> bool {
        let found = fs::metadata(&self.path);
        let open = self.open.as_ref();
        open.is_some_and(|open| found.is_ok_and(|found| open.is_replaced_by(&found)))
    }
}

//! The logs of mail servers, followed: what a line says against a client becomes an observation.
//!
//! In: lines. Out: observations of the sensor `log`, with the name of the log as their source. A mail server of ours spoke TCP with the client,
//! so that its address is proven; for floods and scans, which patterns may name, it is not. The line itself is not kept: it names mailboxes
//! and logins of the operator's users.
//!
//! - The id of an observation follows from the log, the line and its time. So any part of a log may be read again, out of whatever file, and
//!   what is known stays known; two lines that do not differ at all are one.
//! - A line that tells no time that can be read, or one too old or ahead, makes nothing. Neither does one about our own or reserved addresses.
//! - `lines` cuts lines, `file` reads one file, `rotation` finds the rest of a file that was put aside, `follow` goes through all of that,
//!   `positions` keeps how far it came, and `run` is the task around it.

mod config;
mod file;
mod follow;
mod lines;
mod positions;
mod rotation;
mod run;
mod zone;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use atalaya_formats::mta_log::{BadPatterns, LogClock, LogEntry, LogReader, Patterns};
use atalaya_model::{
    Envelope, Handshake, Kind, Observation, ObservationId, Period, Prefix, Sensor, Timestamp, reserved,
};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

pub use self::config::{FollowedLog, LogsConfig};
pub use self::file::{lines_of, lines_of_file};
pub use self::run::LogFollower;

/// How far a line may be ahead: clocks and zones that are wrong are so by less.
const AHEAD: Duration = Duration::from_secs(86_400);

/// Why a log cannot be read as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The file of patterns cannot be read.
    #[error("the patterns {path} cannot be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of patterns is wrong.
    #[error("the patterns {path} cannot be used")]
    Patterns {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: BadPatterns,
    },
    /// There is no such time zone.
    #[error("`{0}` is no time zone: write Europe/Madrid, or CET-1CEST,M3.5.0,M10.5.0/3")]
    Zone(String),
}

/// Why a line that says something against a client makes no observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unused {
    /// It tells no time, or none that can be read.
    #[error("it tells no time that can be read")]
    NoTime,
    /// It is too old.
    #[error("it is older than logs.oldest")]
    Old,
    /// Its time lies ahead.
    #[error("its time lies more than a day ahead")]
    Ahead,
    /// The address is in a range that is never listed.
    #[error("the address is reserved: {0}")]
    Reserved(&'static str),
    /// It is one of ours.
    #[error("the address is one of yours")]
    Own,
}

impl Unused {
    /// One word for the metrics.
    const fn word(self) -> &'static str {
        match self {
            Self::NoTime => "no-time",
            Self::Old => "old",
            Self::Ahead => "ahead",
            Self::Reserved(_) => "reserved",
            Self::Own => "own",
        }
    }
}

/// Makes observations of the lines of one log.
#[derive(Debug)]
pub struct LogSensor {
    name: String,
    reader: LogReader,
    clock: LogClock,
    own: Vec<Prefix>,
    oldest: Period,
}

impl LogSensor {
    /// Reads the patterns and the time zone. `own` are our addresses, about which nothing is observed.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub fn open(log: &FollowedLog, own: Vec<Prefix>, oldest: Period) -> Result<Self, LogsError> {
        let patterns = match &log.patterns {
            None => Patterns::default(),
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|source| LogsError::Unreadable {
                    path: path.clone(),
                    source,
                })?;
                Patterns::parse(&text).map_err(|source| LogsError::Patterns {
                    path: path.clone(),
                    source,
                })?
            }
        };
        Ok(Self {
            name: log.name.clone(),
            reader: LogReader::new(log.server, patterns),
            clock: LogClock {
                now: Timestamp::EPOCH,
                zone: zone::zone(log.zone.as_deref())?,
            },
            own,
            oldest,
        })
    }

    /// What a line makes; none where it says nothing against anybody.
    pub fn observe(&mut self, line: &[u8], now: Timestamp) -> Option<Result<Observation, Unused>> {
        self.clock.now = now;
        let entry = self.reader.read(line, &self.clock)?;
        Some(self.judge(line, entry, now))
    }

    fn judge(&self, line: &[u8], entry: LogEntry, now: Timestamp) -> Result<Observation, Unused> {
        let at = entry.at.ok_or(Unused::NoTime)?;
        if at < now.minus(self.oldest.duration()) {
            return Err(Unused::Old);
        }
        if at > now.plus(AHEAD) {
            return Err(Unused::Ahead);
        }
        if let Some(purpose) = reserved(&Prefix::single(entry.address)) {
            return Err(Unused::Reserved(purpose));
        }
        if self.own.iter().any(|own| own.contains(entry.address)) {
            return Err(Unused::Own);
        }
        Ok(Observation {
            source: self.name.clone(),
            kind: entry.kind,
            handshake: match entry.kind {
                // What needs no connection may be forged.
                Kind::Flood | Kind::PortScan => Handshake::Unproven,
                _ => Handshake::Completed,
            },
            envelope: Envelope {
                helo: entry.helo,
                mail_from: entry.mail_from,
                recipients: entry.recipient.into_iter().collect(),
            },
            source_port: entry.port,
            ..Observation::new(self.id(line, at), entry.address, at.min(now), Sensor::Log)
        })
    }

    /// An id that is the same whenever the same line is read (RFC 9562 section 5.8). The time tells the years apart, which lines may not.
    fn id(&self, line: &[u8], at: Timestamp) -> ObservationId {
        // The name of a log has no space.
        let digest = Sha256::new()
            .chain_update(format!("atalaya log 1 {} {} ", self.name, at.micros()))
            .chain_update(line)
            .finalize();
        let mut id = [0; 16];
        for (byte, from) in id.iter_mut().zip(digest) {
            *byte = from;
        }
        ObservationId(Builder::from_custom_bytes(id).into_uuid())
    }
}

#[cfg(test)]
mod tests;

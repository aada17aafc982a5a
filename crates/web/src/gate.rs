//! The gate before a removal: some work for the client's machine, or a wait, so that nobody empties the list by a program.
//!
//! In: whose removal, who asks, and what he sent with it. Out: admitted, or what he is asked for. The puzzle is sealed, so that none is kept
//! before it is used; used ones are remembered as long as they could come again, which is no longer than this process lives: its key is made at its
//! start, and those of before open nothing. Whoever solved one of those is given another, which his page solves by itself. Whoever removes much is given
//! harder ones.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_formats::puzzle::{MOST_BITS, Puzzle};
use atalaya_model::{Prefix, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use crate::App;
use crate::failure::Failure;
use crate::limiter::Limiter;

/// How long a puzzle can be used: a page stays open while its reader mends his machine.
const LIFETIME: Duration = Duration::from_secs(3_600);
/// How old a puzzle must be where no script solves it. People read longer than this.
const WAIT: Duration = Duration::from_secs(10);
/// Most used puzzles that are remembered: an hour of many times `delist.all_hourly`.
const MOST_USED: usize = 65_536;
/// In this time removals make the next puzzle harder.
const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3_600);
/// So many removals double the work.
const DOUBLING: u32 = 2;
/// Most bits that removals add.
const MOST_ADDED: u32 = 6;
/// So many bits a puzzle may be easier than the next one would be: a few pages are open at the same time. Whoever lays in a stock gains no more by it.
const FORGIVEN: u8 = 2;

/// What comes with the wish to leave.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Proof {
    /// The word that was given.
    #[serde(default)]
    puzzle: String,
    /// The number that solves it; empty where no script ran.
    #[serde(default)]
    solution: String,
    /// Something where the page went on by itself with another puzzle: it does so once.
    #[serde(default)]
    again: String,
}

impl Proof {
    /// Whether a script has worked on it that is still to go on by itself.
    fn is_work(&self) -> bool {
        !self.solution.is_empty() && self.again.is_empty()
    }
}

/// What somebody is asked for before he can leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The puzzle.
    pub(crate) word: String,
    /// How hard it is.
    pub(crate) bits: u8,
    /// After this it is taken unsolved too, as from a browser without scripts.
    pub(crate) wait: Duration,
    /// Whether the puzzle that came was solved and yet does not hold, being of an earlier start of the server or too old: the page solves this one
    /// by itself.
    pub(crate) is_in_its_place: bool,
}

/// Whether somebody may go on to the rules of leaving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Admission {
    /// He may.
    Admitted,
    /// First this.
    Asked(Asked),
}

/// Remembers what was used, and who asked for how much.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Of this process alone.
    key: [u8; 32],
    used: Mutex<HashMap<[u8; 16], Timestamp>>,
    /// Removals with a solved puzzle.
    solved: Limiter,
    /// Removals without.
    waited: Limiter,
}

impl Gate {
    /// A gate that lets each client through so often in an hour without a solved puzzle.
    pub(crate) fn new(waited_per_hour: u32) -> Self {
        Self {
            key: random_key(),
            used: Mutex::default(),
            solved: Limiter::each(DAY, u32::MAX),
            waited: Limiter::each(HOUR, waited_per_hour),
        }
    }

    /// What a client is asked for before this unit can leave; nothing where the operator wants no puzzles.
    pub(crate) fn ask(&self, app: &App, unit: Prefix, client: IpAddr) -> Option<Asked> {
        let (now, least) = (app.clock.now(), app.config.web.puzzle_bits);
        if least == 0 {
            return None;
        }
        let added = (self.solved.counted(client, now) / DOUBLING).min(MOST_ADDED);
        let bits = least
            .saturating_add(u8::try_from(added).unwrap_or(u8::MAX))
            .min(MOST_BITS);
        let puzzle = Puzzle {
            unit,
            issued: now,
            bits,
            once: Uuid::new_v4().into_bytes(),
        };
        Some(Asked {
            word: puzzle.seal(&self.key),
            bits,
            wait: WAIT,
            is_in_its_place: false,
        })
    }

    /// Looks at what came with the wish of a client that a unit leaves.
    ///
    /// # Errors
    /// The client asks too often without a solved puzzle.
    pub(crate) fn admit(
        &self,
        app: &App,
        (unit, client): (Prefix, IpAddr),
        proof: &Proof,
    ) -> Result<Admission, Failure> {
        let Some(anew) = self.ask(app, unit, client) else {
            return Ok(Admission::Admitted);
        };
        let now = app.clock.now();
        let puzzle = Puzzle::open(&proof.puzzle, &self.key, &unit);
        let Some(puzzle) = puzzle.ok().filter(|puzzle| is_fresh(puzzle, now)) else {
            return Ok(Admission::Asked(Asked {
                is_in_its_place: proof.is_work(),
                ..anew
            }));
        };
        let is_solved = puzzle.is_solved(&proof.puzzle, &proof.solution);
        let wait = WAIT.saturating_sub(now.since(puzzle.issued));
        if !is_solved && !wait.is_zero() {
            return Ok(Admission::Asked(Asked {
                word: proof.puzzle.clone(),
                bits: puzzle.bits,
                wait,
                ..anew
            }));
        }
        let is_too_easy = is_solved && puzzle.bits.saturating_add(FORGIVEN) < anew.bits;
        if is_too_easy || self.is_used(&puzzle) {
            return Ok(Admission::Asked(anew));
        }
        // Counted before it is remembered as used: whoever did no work takes few of the places there.
        let counter = if is_solved { &self.solved } else { &self.waited };
        if !counter.admits(client, now) {
            return Err(Failure::TooOftenUnsolved);
        }
        Ok(match self.take(&puzzle, now) {
            true => Admission::Admitted,
            false => Admission::Asked(anew),
        })
    }

    /// Whether a puzzle was used before.
    fn is_used(&self, puzzle: &Puzzle) -> bool {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.contains_key(&puzzle.once)
    }

    /// Uses a puzzle up; `false` where it was used before. In a flood the older half is forgotten: that one of them may be used twice is less than that
    /// nobody leaves.
    fn take(&self, puzzle: &Puzzle, now: Timestamp) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MOST_USED {
            used.retain(|_once, issued| now.since(*issued) <= LIFETIME);
        }
        if used.len() >= MOST_USED {
            tracing::warn!(
                "more removals are asked for than can be told apart: older puzzles may be used twice"
            );
            let mut issued: Vec<Timestamp> = used.values().copied().collect();
            let (_, middle, _) = issued.select_nth_unstable(MOST_USED / 2);
            let middle = *middle;
            used.retain(|_once, issued| *issued > middle);
        }
        used.insert(puzzle.once, puzzle.issued).is_none()
    }
}

/// A key that nobody else has, from the random numbers of the system.
fn random_key() -> [u8; 32] {
    let mut key = [0; 32];
    for half in key.chunks_mut(16) {
        half.copy_from_slice(Uuid::new_v4().as_bytes());
    }
    key
}

/// Whether it is of the last hour, and not of the future.
fn is_fresh(puzzle: &Puzzle, now: Timestamp) -> bool {
    puzzle.issued <= now && now.since(puzzle.issued) <= LIFETIME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_used_puzzles_keeps_nobody_on_the_list() {
        let gate = Gate::new(1);
        let now = Timestamp::from_seconds(1_800_000_000);
        let puzzle = |number: u32, seconds: u64| {
            let mut once = [0; 16];
            for (slot, byte) in once.iter_mut().zip(number.to_be_bytes()) {
                *slot = byte;
            }
            Puzzle {
                unit: "192.0.2.7".parse().unwrap(),
                issued: now.minus(Duration::from_secs(seconds)),
                bits: 0,
                once,
            }
        };
        let many = u32::try_from(MOST_USED).unwrap();
        for number in 0..many {
            assert!(gate.take(&puzzle(number, u64::from(number % 600)), now));
        }
        assert!(gate.take(&puzzle(many, 0), now));
        // The newest are remembered all the same.
        assert!(gate.is_used(&puzzle(many, 0)) && !gate.take(&puzzle(0, 0), now));
    }
}

//! What an answer costs: processor time of the server over answers, the servers in turn, so that other work on the machine hits all alike.

use std::time::Duration;

use super::load::{self, Waiting};
use super::running::Running;

/// Sockets of the load that two processors share: the kernel spreads questions over threads by where they come from.
const CLIENTS: usize = 8;

/// What one round gave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// Processor time of the server for an answer.
    pub(super) microseconds: f64,
    /// Answers a second.
    pub(super) answers_a_second: f64,
    /// Answers that say "listed", in a hundred.
    pub(super) listed_percent: f64,
    /// Questions without answer.
    pub(super) lost: u64,
}

/// One round with the load on a processor of its own.
///
/// # Errors
/// The server ended.
pub(super) fn one_core(
    running: &Running,
    questions: &[Vec<u8>],
    first: usize,
    round: Duration,
) -> anyhow::Result<Cost> {
    measure(running, || {
        load::run(running.address, questions, first, round, Waiting::Spinning)
    })
}

/// One round in which server and load share two processors.
///
/// # Errors
/// The server ended.
pub(super) fn two_cores(running: &Running, questions: &[Vec<u8>], round: Duration) -> anyhow::Result<Cost> {
    let client = |number: usize| {
        let first = number * questions.len() / CLIENTS;
        move || load::run(running.address, questions, first, round, Waiting::Sleeping)
    };
    measure(running, || {
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|number| scope.spawn(client(number))).collect();
            let mut sum = load::Load::default();
            for client in clients {
                let one = client
                    .join()
                    .map_err(|_panic| anyhow::anyhow!("a client broke"))??;
                sum.answers += one.answers;
                sum.listed += one.listed;
                sum.lost += one.lost;
                sum.seconds = sum.seconds.max(one.seconds);
            }
            Ok(sum)
        })
    })
}

fn measure(running: &Running, load: impl FnOnce() -> anyhow::Result<load::Load>) -> anyhow::Result<Cost> {
    let before = running.processor_seconds()?;
    let load = load()?;
    let seconds = running.processor_seconds()? - before;
    let answers = load.answers.max(1) as f64;
    Ok(Cost {
        microseconds: seconds * 1e6 / answers,
        answers_a_second: answers / load.seconds,
        listed_percent: load.listed as f64 * 100.0 / answers,
        lost: load.lost,
    })
}

/// Least and median of some figures.
pub(super) fn least_and_median(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    let at = |index: usize| figures.get(index).copied().unwrap_or(f64::NAN);
    (at(0), at(figures.len() / 2))
}

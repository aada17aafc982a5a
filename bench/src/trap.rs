//! Mails a second into the trap, which keeps them durably, beside Postfix's smtp-sink, which throws them away.
//!
//! The load is Postfix's smtp-source: parallel sessions, one mail each. Both servers run in the same run in turn; the best and the median
//! of the rounds are printed, and the processor time of the server for each mail.

use std::net::SocketAddr;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};

use crate::process::{Server, binary};

/// Mails of one round.
const MAILS: u32 = 20_000;
/// Sessions at the same time.
const SESSIONS: u32 = 32;
/// Size of a mail in bytes: the median of recent real spam is a few kilobytes.
const SIZE: u32 = 4_000;
/// Rounds for each server.
const ROUNDS: usize = 5;

/// All sessions come from one address.
const CONFIG: &str = "[trap]\nmax_connections_per_address = 1000\n";

/// What one round gave.
#[derive(Clone, Copy)]
struct Round {
    mails_a_second: f64,
    processor_microseconds_a_mail: f64,
}

/// Runs the benchmark and prints the table.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let binary = binary(arguments)?;
    let (mut ours, mut sink) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let data = tempfile::tempdir_in(".").context("cannot make a data folder here")?;
        let (server, at) = Server::atalaya(&binary, data.path(), CONFIG)?;
        ours.push(measure(&server, at.smtp)?);
        drop(server);
        let (server, at) = Server::smtp_sink()?;
        sink.push(measure(&server, at)?);
    }
    println!(
        "{MAILS} mails of {SIZE} bytes, {SESSIONS} sessions at a time, one mail a session, {ROUNDS} rounds in turn"
    );
    println!(
        "{:<24} {:>12} {:>12} {:>16}",
        "", "mails/s best", "median", "CPU us/mail best"
    );
    let ours = print("atalaya, durable", &mut ours);
    let sink = print("smtp-sink, nothing kept", &mut sink);
    println!(
        "{:<24} {:>12.2} {:>12.2}",
        "ratio",
        ours.0 / sink.0,
        ours.1 / sink.1
    );
    Ok(())
}

/// Sends one round of mails.
fn measure(server: &Server, at: SocketAddr) -> anyhow::Result<Round> {
    send(at, SESSIONS)?;
    let before = server.processor_seconds()?;
    let start = Instant::now();
    send(at, MAILS)?;
    let seconds = start.elapsed().as_secs_f64();
    let processor = server.processor_seconds()? - before;
    Ok(Round {
        mails_a_second: f64::from(MAILS) / seconds,
        processor_microseconds_a_mail: processor * 1e6 / f64::from(MAILS),
    })
}

/// Runs smtp-source.
fn send(server: SocketAddr, mails: u32) -> anyhow::Result<()> {
    let numbers = [SESSIONS, mails, SIZE].map(|number| number.to_string());
    let [sessions, mails, size] = &numbers;
    let sent = Command::new("/usr/sbin/smtp-source")
        .args([
            "-s",
            sessions,
            "-m",
            mails,
            "-l",
            size,
            "-f",
            "a@source.example",
            "-t",
            "b@trap.example",
        ])
        .arg(server.to_string())
        .status()
        .context("cannot run smtp-source; it is part of Debian's package postfix")?;
    ensure!(sent.success(), "smtp-source was refused");
    Ok(())
}

/// Prints one line of the table; gives best and median mails a second.
fn print(name: &str, rounds: &mut [Round]) -> (f64, f64) {
    rounds.sort_by(|one, other| other.mails_a_second.total_cmp(&one.mails_a_second));
    let at = |index: usize| rounds.get(index).map_or(0.0, |round| round.mails_a_second);
    let processor = rounds
        .iter()
        .map(|round| round.processor_microseconds_a_mail)
        .fold(f64::INFINITY, f64::min);
    let (best, median) = (at(0), at(rounds.len() / 2));
    println!("{name:<24} {best:>12.0} {median:>12.0} {processor:>16.0}");
    (best, median)
}

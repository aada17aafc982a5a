//! The figures as tables in Markdown, as docs/benchmarks.md takes them.

use std::time::Duration;

use super::cost::{Cost, least_and_median};
use super::options::Options;
use super::peers::Peer;
use super::subject::Subject;

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// Start and memory.
pub(super) fn memory(subjects: &[Subject], entries: usize) {
    println!(
        "\n| server | start, s | CPU of it, s | memory, MiB | bytes an entry | started again, s | burst of 2,000 kept |"
    );
    println!("|---|---|---|---|---|---|---|");
    for subject in subjects {
        let restart = subject.restart.map_or_else(|| "-".to_owned(), seconds);
        println!(
            "| {} | {} | {:.2} | {:.0} | {:.1} | {restart} | {} |",
            subject.peer.name(),
            seconds(subject.start),
            subject.start_cpu,
            subject.bytes / MEBIBYTE,
            subject.bytes / entries as f64,
            subject.burst,
        );
    }
}

/// What an answer costs.
pub(super) fn cost(subjects: &[Subject], options: &Options) {
    println!(
        "\n| server | hits, % | CPU an answer, µs: least | median | answers/s, best | to echo | to rbldnsd | lost |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for hits in &options.hits {
        let least_of = |word: &str| {
            let named = subjects.iter().filter(|subject| subject.peer.word() == word);
            named
                .map(|subject| subject.least(*hits))
                .fold(f64::INFINITY, f64::min)
        };
        let (echo, rbldnsd) = (least_of(Peer::Echo.word()), least_of(Peer::RbldnsdSet.word()));
        for subject in subjects {
            let (least, median) = least_and_median(subject.costs_of(*hits).map(|cost| cost.microseconds));
            println!(
                "| {} | {} | {least:.2} | {median:.2} | {:.0} | {} | {} | {} |",
                subject.peer.name(),
                subject
                    .costs_of(*hits)
                    .next()
                    .map_or(0.0, |cost| cost.listed_percent)
                    .round(),
                subject
                    .costs_of(*hits)
                    .map(|cost| cost.answers_a_second)
                    .fold(0.0, f64::max),
                ratio(least, echo),
                ratio(least, rbldnsd),
                subject.costs_of(*hits).map(|cost| cost.lost).sum::<u64>(),
            );
        }
    }
}

/// What was seen during changes.
pub(super) fn changes(subjects: &[Subject]) {
    println!(
        "\n| server | change | answered after, ms | longest silence, ms | lost at 5,000/s | most memory, MiB |"
    );
    println!("|---|---|---|---|---|---|");
    for subject in subjects {
        for (change, seen) in &subject.changes {
            println!(
                "| {} | {change} | {:.1} | {:.1} | {} | {:.0} |",
                subject.peer.name(),
                seen.change.as_secs_f64() * 1e3,
                seen.silence.as_secs_f64() * 1e3,
                seen.lost,
                seen.peak / MEBIBYTE,
            );
        }
    }
}

/// Ours with two processors, which it shares with the load.
pub(super) fn two_cores(hits: u64, costs: &[Cost]) {
    let (least, median) = least_and_median(costs.iter().map(|cost| cost.microseconds));
    let best = costs.iter().map(|cost| cost.answers_a_second).fold(0.0, f64::max);
    println!(
        "\natalaya on two processors, shared with the load, {hits} % hits: {least:.2} µs an answer (median {median:.2}), \
         {best:.0} answers/s; two processors without the load would give {:.0}",
        2e6 / least
    );
}

fn ratio(of: f64, to: f64) -> String {
    if to.is_finite() {
        format!("{:.2}", of / to)
    } else {
        "-".to_owned()
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64())
}

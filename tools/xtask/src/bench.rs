//! Benchmarks: each runs with optimisation and prints its figures beside those of the peer that it is compared with.
//!
//! In: a name from the table. Out: whatever the benchmark prints. A benchmark is never a test, and no test asserts a time.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::run;

/// One benchmark.
struct Benchmark {
    /// The name one types.
    name: &'static str,
    /// What it measures.
    about: &'static str,
    /// What cargo runs, after `run --release`; arguments of the benchmark follow the last word.
    target: &'static [&'static str],
}

/// Every benchmark. A new one is one more row.
const BENCHMARKS: &[Benchmark] = &[
    Benchmark {
        name: "contacts",
        about: "how long a registry's bulk data of real size takes to read, and its memory; takes --networks N and --compare",
        target: &["--package", "atalaya-bench", "--", "contacts"],
    },
    Benchmark {
        name: "dns",
        about: "answers about a list, its memory and its changes, beside rbldnsd, NSD and Knot",
        target: &["--package", "atalaya-bench", "--", "dns"],
    },
    Benchmark {
        name: "listing",
        about: "from the 250 of the trap to the DNS answer that lists; takes --listed NUMBER, --filled FILE and --binary FILE",
        target: &["--package", "atalaya-bench", "--", "listing"],
    },
    Benchmark {
        name: "network",
        about: "how long the page of one network with very many listings takes; takes --listings N and --binary FILE",
        target: &["--package", "atalaya-bench", "--", "network"],
    },
    Benchmark {
        name: "notices",
        about: "notices a second rendered, signed and handed to a mail server, beside smtp-source; takes --relay HOST:PORT and --notices N",
        target: &["--package", "atalaya-bench", "--", "notices"],
    },
    Benchmark {
        name: "page",
        about: "how long the page about an address takes; takes --listed NUMBER, --filled FILE and --binary FILE",
        target: &["--package", "atalaya-bench", "--", "page"],
    },
    Benchmark {
        name: "places",
        about: "how long it takes to find the country and the network of an address; takes files of networks",
        target: &["--package", "atalaya-bench", "--", "places"],
    },
    Benchmark {
        name: "search",
        about: "how long the console looks through millions of listings; takes a PostgreSQL URL, --listed NUMBER, --filled FILE and --binary FILE",
        target: &["--package", "atalaya-bench", "--", "search"],
    },
    Benchmark {
        name: "statistics",
        about: "a world of bots whose truth is known, a million connections of it on a day; takes day, week or trap, --one-of N and --binary FILE",
        target: &["--package", "atalaya-bench", "--", "statistics"],
    },
    Benchmark {
        name: "store",
        about: "observations a second that become durable and are judged; takes the URL of an empty store, --listed NUMBER and --filled FILE",
        target: &["--package", "atalaya-bench", "--", "store"],
    },
    Benchmark {
        name: "trap",
        about: "mails a second into the trap, beside smtp-sink; takes --binary FILE",
        target: &["--package", "atalaya-bench", "--", "trap"],
    },
];

/// Runs the benchmark of this name, or lists them.
pub(crate) fn run(name: Option<&str>, arguments: &[String]) -> Result<ExitCode> {
    let Some(name) = name else {
        for benchmark in BENCHMARKS {
            println!("{:<10} {}", benchmark.name, benchmark.about);
        }
        return Ok(ExitCode::SUCCESS);
    };
    let benchmark = BENCHMARKS.iter().find(|benchmark| benchmark.name == name);
    let benchmark = benchmark
        .with_context(|| format!("no benchmark is named `{name}`; `cargo xtask bench` lists them"))?;
    Ok(if run::succeeds(&mut command(benchmark, arguments))? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What runs a benchmark with these arguments.
fn command(benchmark: &Benchmark, arguments: &[String]) -> Command {
    let mut command = run::cargo(&["run", "--release"]);
    command.args(benchmark.target).args(arguments);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_stand_right_behind_the_name_of_the_benchmark() {
        for benchmark in BENCHMARKS {
            let command = command(benchmark, &["sqlite:x.db".to_owned()]);
            let words = run::spelled(&command);
            assert!(
                words.ends_with(&format!(" -- {} sqlite:x.db", benchmark.name)),
                "{words}"
            );
            assert_eq!(words.matches(" -- ").count(), 1, "{words}");
        }
    }
}

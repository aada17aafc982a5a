//! The DNS list server beside its peers: rbldnsd, NSD, Knot DNS, and a floor that looks nothing up, all in one run.
//!
//! Every server has the same list, the same questions and the same processor; the load has the other processor. Figures of processor time
//! are to be trusted on a machine with other work, figures by the clock less so.

mod changes;
mod churn;
mod cost;
mod echo;
mod files;
mod judged;
mod list;
mod load;
mod options;
mod ours;
mod peers;
mod primary;
mod running;
mod scratch;
mod subject;
mod table;
mod watch;

use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use self::cost::two_cores;
use self::list::octets;
use self::options::Options;
use self::peers::Peer;
use self::scratch::{Scratch, ZoneFiles};
use self::subject::Subject;

pub(crate) use self::load::{question, says_listed};
pub(crate) use self::peers::ZONE;

/// The processor of the load.
const LOAD: &str = "1";
/// Both.
const BOTH: &str = "0,1";
/// The share of hits of the questions during changes.
const HITS: u64 = 50;
/// Names of the load during changes.
const NAMES: usize = 100_000;
/// The longest list for the servers that take 440 bytes for a name.
const LONGEST_ZONE: usize = 6_000_000;
/// The part of the addresses of the churn that is judged.
const ONE_IN: usize = 10;

/// Runs the benchmark, or one of the servers for it.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve-echo", address] => echo::serve(&UdpSocket::bind(address)?),
        ["serve-list", address, folder, threads] => ours::serve(address, Path::new(folder), threads.parse()?),
        ["churn"] => churn::run(),
        ["judged"] => judged::run(ONE_IN),
        ["judged", one_in] => judged::run(one_in.parse()?),
        _ => {
            let options = Options::read(arguments)?;
            pin(LOAD)?;
            for list in &options.lists {
                measure(list, &options)?;
            }
            churn::run()
        }
    }
}

/// Measures all servers with one list.
fn measure(name: &str, options: &Options) -> anyhow::Result<()> {
    let peers: Vec<Peer> = options
        .peers
        .iter()
        .copied()
        .filter(|peer| is_there(*peer))
        .collect();
    let zone_files = if peers.iter().any(|peer| peer.is_zone_server()) {
        ZoneFiles::Written
    } else {
        ZoneFiles::LeftOut
    };
    let Some(scratch) = Scratch::new(name, zone_files)? else {
        println!("\nskipped: the real list is not here");
        return Ok(());
    };
    let list = &scratch.list;
    println!(
        "\n## List {name}: {} addresses, {} IPv4 ranges, {} IPv6 networks",
        list.singles.len(),
        list.ranges.len(),
        list.ipv6.len()
    );
    let listed = octets(
        list.singles
            .get(list.singles.len() / 2)
            .copied()
            .context("an empty list")?,
    );
    let mut subjects = Vec::new();
    for peer in peers {
        if peer.is_zone_server() && list.singles.len() > LONGEST_ZONE {
            println!(
                "{} is left out: it would take some 440 bytes for each name",
                peer.name()
            );
            continue;
        }
        subjects.push(Subject::start(peer, &scratch, &listed)?);
    }
    for hits in &options.hits {
        let questions = questions(&scratch, options.names, *hits);
        for round in 0..options.rounds {
            for subject in &mut subjects {
                subject.cost(*hits, &questions, round, options)?;
            }
        }
    }
    table::cost(&subjects, options);
    let questions = questions(&scratch, NAMES, HITS);
    let subjects: Vec<Subject> = subjects
        .into_iter()
        .map(|subject| subject.change(&scratch, &listed, &questions))
        .collect::<Result<_, _>>()?;
    table::memory(&subjects, list.entries());
    table::changes(&subjects);
    if options.two_cores {
        measure_two_cores(&scratch, &listed, options)?;
    }
    Ok(())
}

/// Measures ours with two processors.
fn measure_two_cores(scratch: &Scratch, listed: &str, options: &Options) -> anyhow::Result<()> {
    let running = Peer::Ours.start(&scratch.folder_of(Peer::Ours)?, listed, BOTH)?;
    let questions = questions(scratch, options.names, HITS);
    pin(BOTH)?;
    let costs = (0..options.rounds)
        .map(|_| two_cores(&running, &questions, options.round))
        .collect::<anyhow::Result<Vec<_>>>();
    pin(LOAD)?;
    table::two_cores(HITS, &costs?);
    Ok(())
}

fn questions(scratch: &Scratch, count: usize, hits: u64) -> Vec<Vec<u8>> {
    scratch
        .list
        .names(count, hits, hits + 1)
        .iter()
        .map(|name| question(name))
        .collect()
}

/// Whether a server can be measured; says so where not.
fn is_there(peer: Peer) -> bool {
    let is_there = peer.is_installed();
    if !is_there {
        println!(
            "{} is left out: it is not installed (apt-get install {})",
            peer.name(),
            peer.word()
        );
    }
    is_there
}

/// Puts this process on these processors.
fn pin(processors: &str) -> anyhow::Result<()> {
    let process = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["-a", "-c", "-p", processors, &process])
        .stdout(Stdio::null())
        .status()
        .context("taskset is part of Debian's package util-linux")?;
    ensure!(
        pinned.success(),
        "two processors are needed: one for the server and one for the load"
    );
    Ok(())
}

//! Our server as a process of its own: the set, the zone and the DNS server, without a store, so that its memory is that of the publish
//! role alone.
//!
//! It takes changes on its standard input, one a line, and says `done` after each:
//! `add ADDRESS`, `remove ADDRESS`, `bulk COUNT`, `replace FOLDER`. It ends with its input.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use atalaya_model::{Class, Clock, Decided, Decision, Listing, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_publish::snapshot::{self, Standing};
use atalaya_publish::{DnsServer, DnsSockets, Held, Loading, PublishConfig, Set, Zone};
use tokio_util::sync::CancellationToken;

use super::files::{IPV6, RANGES, SINGLES};
use super::peers::ZONE;

/// Decisions that readers get at once, as from the follower of the store while it catches up.
pub(super) const BATCH: usize = 16_384;
/// Listings of a piece of a list, as they come from the store.
const PIECE: usize = 10_000;
/// Different ends of listings: two months by the hour.
const ENDS: u32 = 60 * 24;
/// An odd number that scatters a count over all addresses (Knuth).
const SCATTER: u32 = 2_654_435_761;

/// Serves the list in `folder` with so many threads until the standard input ends.
///
/// # Errors
/// The list cannot be read, the address is taken, or a command is wrong.
pub(super) fn serve(address: &str, folder: &Path, threads: usize) -> anyhow::Result<()> {
    let address: SocketAddr = address.parse()?;
    let config = config(threads)?;
    let zone = Arc::new(Zone::new(&config, "http://127.0.0.1")?);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()?;
    let server = DnsServer::new(&config, Arc::clone(&zone), Clock::system());
    let sockets = runtime.block_on(async { DnsSockets::bind(address) })?;
    let stop = CancellationToken::new();
    let serving = runtime.spawn(server.serve(vec![sockets], stop.clone()));
    let kept = folder.join("list.snapshot");
    let standing = Standing {
        serial: Serial(1),
        last: None,
    };
    // The first start reads the list, all others begin with what that one left behind.
    if let Some((standing, set)) = snapshot::load(&kept)? {
        drop(zone.load(set, standing.serial));
    } else {
        let set = read_list(folder, Clock::system().now())?;
        let view = set.view().clone();
        drop(zone.load(set, standing.serial));
        snapshot::save(&kept, &standing, &view)?;
    }
    let mut output = std::io::stdout();
    for line in std::io::stdin().lines() {
        change(&zone, &line?)?;
        writeln!(output, "done")?;
        output.flush()?;
    }
    stop.cancel();
    Ok(runtime.block_on(serving)?)
}

pub(super) fn config(threads: usize) -> anyhow::Result<PublishConfig> {
    Ok(PublishConfig {
        zone: ZONE.to_owned(),
        name_servers: vec!["ns.bench.test".parse()?],
        udp_threads: Some(u16::try_from(threads)?),
        ..PublishConfig::default()
    })
}

/// An address for a number, far from those of its neighbours.
pub(super) const fn scattered(number: u32) -> u32 {
    number.wrapping_mul(SCATTER)
}

/// Does one command.
fn change(zone: &Arc<Zone>, line: &str) -> anyhow::Result<()> {
    let now = Clock::system().now();
    match line.split_once(' ').context("a command without its argument")? {
        ("add", address) => apply(zone, &[list(address.parse()?, now)], now),
        ("remove", address) => {
            let withdraw = Verdict::Withdraw { class: Class::Spam };
            apply(zone, &[(Prefix::single(address.parse()?), withdraw)], now)
        }
        ("bulk", count) => {
            let addresses: Vec<(Prefix, Verdict)> = (1..=count.parse()?)
                .map(|number: u32| list(Ipv4Addr::from_bits(scattered(number)).into(), now))
                .collect();
            addresses
                .chunks(BATCH)
                .try_for_each(|batch| apply(zone, batch, now))
        }
        ("replace", folder) => {
            let serial = Serial(zone.serial().0 + 1);
            replace(zone, Path::new(folder), now)?.finish(serial);
            Ok(())
        }
        (other, _) => bail!("no command is named `{other}`"),
    }
}

/// Brings decisions into the zone.
pub(super) fn apply(zone: &Zone, changes: &[(Prefix, Verdict)], now: Timestamp) -> anyhow::Result<()> {
    let next = zone.serial().0 + 1;
    let decided: Vec<Decided> = (next..)
        .zip(changes)
        .map(|(serial, (prefix, verdict))| Decided {
            serial: Serial(serial),
            at: now,
            decision: Decision {
                prefix: *prefix,
                verdict: *verdict,
                rule: Rule::new("bench", 1),
                score: 0.0,
                reason: String::new(),
            },
        })
        .collect();
    Ok(zone.apply(&decided)?)
}

pub(super) fn list(address: IpAddr, now: Timestamp) -> (Prefix, Verdict) {
    let prefix = Prefix::unit(address);
    (
        prefix,
        Verdict::List {
            class: Class::Spam,
            until: Some(end(&prefix, now)),
        },
    )
}

/// When the listing of a prefix ends: one of [`ENDS`] hours, always the same for the same prefix.
fn end(prefix: &Prefix, now: Timestamp) -> Timestamp {
    let number = match prefix.network() {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => {
            u32::try_from(address.to_bits() >> 96 ^ address.to_bits() >> 64 & 0xffff_ffff).unwrap_or(1)
        }
    };
    let hours = 1 + (scattered(number) >> 8) % ENDS;
    now.plus(Duration::from_secs(u64::from(hours) * 3600))
}

/// Makes the set of the files in a folder; nothing else of them is kept in memory.
fn read_list(folder: &Path, now: Timestamp) -> anyhow::Result<Set> {
    let mut failed = Ok(());
    let listings = [RANGES, IPV6, SINGLES].map(|name| entries(&folder.join(name)));
    let mut files = Vec::new();
    for file in listings {
        files.push(file?);
    }
    let listings = files.into_iter().flatten().map_while(|entry| match entry {
        Ok(prefix) => Some(listing(prefix, now)),
        Err(error) => {
            failed = Err(error);
            None
        }
    });
    let set = Set::new(listings, []);
    failed?;
    Ok(set)
}

/// Puts the files of a folder in the place of the list that answers, piece by piece and in the order of the addresses, as they come from
/// the store.
fn replace(zone: &Arc<Zone>, folder: &Path, now: Timestamp) -> anyhow::Result<Loading> {
    let mut loading = Loading::new(Arc::clone(zone));
    let mut piece = Vec::with_capacity(PIECE);
    let mut take = |prefix: Prefix| {
        piece.push(held(prefix, now));
        if piece.len() == PIECE {
            loading.list(piece.drain(..));
        }
    };
    let ranges: anyhow::Result<Vec<Prefix>> = entries(&folder.join(RANGES))?.collect();
    let mut ranges = ranges?.into_iter().peekable();
    for single in entries(&folder.join(SINGLES))? {
        let single = single?;
        while let Some(range) = ranges.next_if(|range| range.network() <= single.network()) {
            take(range);
        }
        take(single);
    }
    ranges.for_each(&mut take);
    for network in entries(&folder.join(IPV6))? {
        take(network?);
    }
    loading.list(piece);
    Ok(loading)
}

fn held(prefix: Prefix, now: Timestamp) -> Held {
    Held {
        prefix,
        class: Class::Spam,
        until: Some(end(&prefix, now)),
        text: None,
    }
}

/// The entries of one file of rbldnsd, without its settings.
fn entries(file: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Prefix>> + use<>> {
    let lines = BufReader::new(File::open(file)?).lines();
    let is_entry = |line: &String| !line.starts_with(['$', ':', '#']);
    Ok(lines
        .filter(move |line| line.as_ref().map_or(true, is_entry))
        .map(|line| Ok(line?.parse()?)))
}

fn listing(prefix: Prefix, now: Timestamp) -> Listing {
    Listing {
        prefix,
        class: Class::Spam,
        // The set keeps neither of these two.
        reason: String::new(),
        rule: Rule(String::new()),
        since: now,
        until: Some(end(&prefix, now)),
        serial: Serial(1),
    }
}

//! The registries' bulk data at the size that it has: how long a dump takes to read, the most memory meanwhile, and how long one answer takes.
//!
//! In: `--networks NUMBER` for a smaller dump, `--compare` for the table of whom Atalaya and `Net::Abuse::Utils` find in recorded answers. The
//! dump is made up, in the shape of RIPE's split files: most networks name nobody, and some thousand holders answer for the rest.

mod dump;

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use atalaya_model::Clock;
use atalaya_notify::{ContactConfig, ContactFinder, FindContact};
use atalaya_store::{Store, StoreUrl};
use tokio::runtime::Runtime;

use crate::process::{forget_peak, peak_bytes};
use crate::spread::Spread;
use dump::Dump;

/// Networks of RIPE's `ripe.db.inetnum`, about.
const NETWORKS: u32 = 4_000_000;
/// Addresses that are asked for afterwards.
const ASKED: u32 = 2_000;

/// Makes the dump, reads it, and asks.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let networks = match arguments.iter().position(|argument| argument == "--networks") {
        Some(at) => arguments
            .get(at + 1)
            .context("--networks needs a number")?
            .parse()?,
        None => NETWORKS,
    };
    let folder = tempfile::tempdir_in(".").context("cannot make a folder here")?;
    let dump = Dump::write(folder.path(), networks)?;
    println!(
        "{networks} networks, {} holders: {} MB in {} packed files",
        dump.holders,
        dump.bytes / 1_000_000,
        dump.files.len()
    );
    Runtime::new()?.block_on(measure(folder.path().join("store.db"), dump.files, networks))?;
    if arguments.iter().any(|argument| argument == "--compare") {
        compare()?;
    }
    Ok(())
}

/// The first question waits until all is read.
async fn measure(store: PathBuf, files: Vec<PathBuf>, networks: u32) -> anyhow::Result<()> {
    let clock = Clock::system();
    let folder = store.with_extension("contacts");
    let store = Store::open(&StoreUrl::Sqlite(store), clock.clone()).await?;
    let config = ContactConfig {
        bulk: files,
        bootstrap_url: String::new(),
        whois_server: String::new(),
        resolvers: Vec::new(),
        ..ContactConfig::default()
    };
    let finder = ContactFinder::new(&config, store, clock.clone(), &folder)?;
    let held = forget_peak()?;
    let begun = Instant::now();
    let first = finder.find_contact(address(0, networks), clock.now()).await?;
    ensure!(first.is_some(), "the dump answers for its first network");
    let (took, peak) = (begun.elapsed(), peak_bytes()?.saturating_sub(held));
    let stays = forget_peak()?.saturating_sub(held);
    println!(
        "  read in {took:.1?}; {} MB at most meanwhile, {} MB stay",
        peak >> 20,
        stays >> 20
    );
    let (mut spread, mut known) = (Spread::default(), 0);
    for number in 0..ASKED {
        let asked = address(number.wrapping_mul(2_654_435_761), networks);
        let begun = Instant::now();
        let found = black_box(finder.find_contact(asked, clock.now()).await?);
        spread.add(begun.elapsed());
        known += u32::from(found.is_some());
    }
    println!("  one answer: {spread}; {known} of {ASKED} have a contact");
    Ok(())
}

/// An address in one of the networks.
fn address(number: u32, networks: u32) -> IpAddr {
    let network = number.checked_rem(networks).unwrap_or_default();
    Ipv4Addr::from_bits(dump::start(network).wrapping_add(number % dump::SIZE)).into()
}

/// The tests make the table, with both asking the same servers on loopback.
fn compare() -> anyhow::Result<()> {
    let done = Command::new("cargo")
        .args(["test", "--quiet", "--package", "atalaya-notify", "--lib"])
        .args(["--", "beside_net_abuse_utils", "--nocapture"])
        .status()
        .context("cannot start cargo")?;
    ensure!(done.success(), "the comparison failed");
    Ok(())
}

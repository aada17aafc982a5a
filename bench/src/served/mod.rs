//! The whole server as users run it, with millions listed in its store: how soon spam is answered for, and how soon a page comes.
//!
//! Both are measured twice: while nothing else comes in, and under a flood of mail, whose senders share the processors with the server.

mod listing;
mod mails;
mod page;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context;
use atalaya_model::Clock;
use atalaya_store::Store;

use crate::dns::ZONE;
use crate::filling::{self, Filling};
use crate::process::{Addresses, Server, binary};
use mails::Flood;

/// Senders of the flood.
const FLOOD_SENDERS: u32 = 4_096;
/// How long the flood runs before anything is measured: by then most of its senders are listed.
const WARM: Duration = Duration::from_secs(10);

/// What is measured of a server.
type Measure = fn(&Subject) -> anyhow::Result<()>;

/// A running server.
struct Subject {
    server: Server,
    at: Addresses,
    listed: u32,
}

/// How soon after the `250` of the trap DNS answers that the sender is listed.
pub(crate) fn run_listing(arguments: &[String]) -> anyhow::Result<()> {
    run(arguments, listing::measure)
}

/// How soon the page about an address comes.
pub(crate) fn run_page(arguments: &[String]) -> anyhow::Result<()> {
    run(arguments, page::measure)
}

fn run(arguments: &[String], measure: Measure) -> anyhow::Result<()> {
    let filling = Filling::read(arguments)?;
    let binary = binary(arguments)?;
    let folder = tempfile::tempdir_in(".").context("cannot make a data folder here")?;
    let subject = Subject::start(&binary, folder.path(), &filling)?;
    println!("{} listings, nothing else to do", filling.listed);
    measure(&subject)?;
    let flood = Flood::start(subject.at.smtp, FLOOD_SENDERS);
    std::thread::sleep(WARM);
    let (began, before) = (Instant::now(), flood.sent());
    println!("{} listings, under a flood of mail", filling.listed);
    let measured = measure(&subject);
    let mails = f64::from(flood.sent().wrapping_sub(before)) / began.elapsed().as_secs_f64();
    flood.end()?;
    println!("  the flood: {mails:.0} mails a second, each in a session of its own");
    measured
}

impl Subject {
    /// Fills the store and starts the server on it.
    fn start(binary: &Path, folder: &Path, filling: &Filling) -> anyhow::Result<Self> {
        let store: PathBuf = folder.join("atalaya.db");
        let runtime = tokio::runtime::Runtime::new()?;
        filling::fill_file(filling, &store, &runtime)?;
        runtime.block_on(async {
            let store = Store::open(&format!("sqlite:{}", store.display()).parse()?, Clock::system()).await?;
            store.close().await;
            anyhow::Ok(())
        })?;
        let (server, at) = Server::atalaya(binary, folder, &config())?;
        Ok(Self {
            server,
            at,
            listed: filling.listed,
        })
    }
}

/// The configuration: senders on loopback stand for others, one client looks up as often as it likes, and nothing goes out to the registries.
fn config() -> String {
    let probes = (0..listing::PROBES).map(|number| (listing::peer(number), listing::meant(number)));
    let flood = (0..FLOOD_SENDERS).map(|number| (mails::peer(number), mails::meant(number)));
    let stands: String = probes.chain(flood).map(stand_for).collect();
    format!(
        "[log]\nlevel = \"warn\"\n[publish]\nzone = \"{ZONE}\"\n[contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\n[web]\nlookups_per_minute = 1000000000\n[trap.stand_for]\n{stands}"
    )
}

fn stand_for((peer, meant): (Ipv4Addr, Ipv4Addr)) -> String {
    format!("\"{peer}\" = \"{meant}\"\n")
}

/// The address of this number inside a network of 65,536.
fn inside(network: Ipv4Addr, number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(network.to_bits() | (number & 0xffff))
}

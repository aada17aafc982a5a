//! The list that stands before a benchmark begins. Filling a store with millions takes minutes, so that it can be kept for the next one.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use atalaya_model::{Class, Clock, Decision, Prefix, Rule, Timestamp, Verdict};
use atalaya_store::{Store, StoreError};
use tokio::runtime::Runtime;

use crate::process::BINARY;

/// Listings that stand before, unless another number is given.
const LISTED: u32 = 5_000_000;
/// Listings decided in one transaction.
const BATCH: usize = 16_384;
/// The distance of two listed addresses.
const STEP: u32 = 40;
/// How long they stand: nothing ends while it is measured.
const STANDS: Duration = Duration::from_secs(30 * 86_400);

/// What is to be filled, by the arguments `--listed NUMBER` and `--filled FILE`.
#[derive(Debug)]
pub(crate) struct Filling {
    /// How many are listed.
    pub(crate) listed: u32,
    /// Where a filled store is kept for the next time.
    pub(crate) kept: Option<PathBuf>,
    /// The URL of a store that is to be filled instead of a file.
    pub(crate) url: Option<String>,
}

impl Filling {
    /// Reads the arguments.
    ///
    /// # Errors
    /// One has no value.
    pub(crate) fn read(arguments: &[String]) -> anyhow::Result<Self> {
        let mut filling = Self {
            listed: LISTED,
            kept: None,
            url: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--listed" => {
                    filling.listed = arguments.next().context("--listed needs a number")?.parse()?;
                }
                "--filled" => {
                    filling.kept = Some(arguments.next().context("--filled needs a file")?.into());
                }
                BINARY => drop(arguments.next()),
                url => filling.url = Some(url.to_owned()),
            }
        }
        Ok(filling)
    }
}

/// Makes a store with the list at `path`: by a copy of the one that is kept, or anew.
///
/// # Errors
/// The disk is full.
pub(crate) fn fill_file(filling: &Filling, path: &Path, runtime: &Runtime) -> anyhow::Result<()> {
    let kept = filling.kept.as_deref();
    if let Some(kept) = kept.filter(|kept| kept.exists()) {
        std::fs::copy(kept, path)?;
        return Ok(());
    }
    runtime.block_on(async {
        let clock = Clock::system();
        let store = Store::open(&format!("sqlite:{}", path.display()).parse()?, clock.clone()).await?;
        fill(&store, filling.listed, clock.now()).await?;
        store.close().await;
        anyhow::Ok(())
    })?;
    if let Some(kept) = kept {
        std::fs::copy(path, kept)?;
    }
    Ok(())
}

/// Lists so many addresses.
///
/// # Errors
/// The store failed.
pub(crate) async fn fill(store: &Store, listed: u32, now: Timestamp) -> Result<(), StoreError> {
    let numbers: Vec<u32> = (0..listed).collect();
    for batch in numbers.chunks(BATCH) {
        let decisions: Vec<Decision> = batch.iter().map(|at| decision(*at, now)).collect();
        let mut transaction = store.begin_deciding().await?;
        transaction.decide_all(&decisions, now).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// The address of a listing.
pub(crate) fn listed_address(at: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x1000_0000_u32.wrapping_add(at.wrapping_mul(STEP)))
}

fn decision(at: u32, now: Timestamp) -> Decision {
    Decision {
        prefix: Prefix::single(listed_address(at).into()),
        verdict: Verdict::List {
            class: Class::Spam,
            until: Some(now.plus(STANDS)),
        },
        rule: Rule::new("by-hand", 1),
        score: 1.0,
        reason: "Spam reached our traps.".to_owned(),
    }
}

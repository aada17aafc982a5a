//! Observations a second that become durable, each with its message, and that are judged too, on a list of some million.
//!
//! In: a store's URL, or none for an SQLite file in the current folder (run it on the disk that is to be measured); how many listings
//! stand before. Out: rates, the processor time of this process for each observation, how long a caller waits for its acknowledgement,
//! and bytes on disk.

mod flood;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use atalaya_decide::{Judge, ProtectConfig, Protection, Rules};
use atalaya_model::Clock;
use atalaya_publish::{Follower, PublishConfig, Zone};
use atalaya_store::Store;
use tokio_util::sync::CancellationToken;

use crate::filling::{self, Filling};
use crate::process::processor_seconds;
use crate::spread::Spread;

/// Observations recorded in each part.
const COUNT: u32 = 200_000;

/// What is measured on.
struct Subject {
    store: Store,
    judge: Arc<Judge>,
    zone: Arc<Zone>,
    listed: u32,
    stop: CancellationToken,
}

/// Time by the clock and of the processors.
struct Watch {
    begin: Instant,
    processor: f64,
}

impl Watch {
    fn start() -> anyhow::Result<Self> {
        Ok(Self {
            begin: Instant::now(),
            processor: processor_seconds(std::process::id())?,
        })
    }

    /// Says what it cost since the start.
    fn tell(&self, what: &str) -> anyhow::Result<()> {
        let seconds = self.begin.elapsed().as_secs_f64();
        let processor = processor_seconds(std::process::id())? - self.processor;
        let each = processor * 1e6 / f64::from(COUNT);
        println!(
            "{what}: {:.0} a second, {each:.1} µs of processor time each, {:.0} a second if two processors had nothing else to do",
            f64::from(COUNT) / seconds,
            2e6 / each
        );
        Ok(())
    }
}

/// Runs the benchmark and prints its lines.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let filling = Filling::read(arguments)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir_in(".")?;
    let file = folder.path().join("store.db");
    if filling.url.is_none() {
        filling::fill_file(&filling, &file, &runtime)?;
    }
    let file = format!("sqlite:{}", file.display());
    runtime.block_on(measure(&filling, &file, folder.path()))
}

async fn measure(filling: &Filling, file: &str, folder: &Path) -> anyhow::Result<()> {
    let (url, listed) = (filling.url.as_deref(), filling.listed);
    let clock = Clock::system();
    let store = Store::open(&url.unwrap_or(file).parse()?, clock.clone()).await?;
    ensure!(
        store.observations_after(0, 1).await?.is_empty(),
        "the store holds observations: give it an empty one"
    );
    if url.is_some() {
        filling::fill(&store, listed, clock.now()).await?;
    }
    let protection = Protection::open(ProtectConfig::default(), store.clone(), clock.clone()).await?;
    let rules = Arc::new(Rules::standard()?);
    let subject = Subject {
        judge: Arc::new(Judge::new(rules, Arc::new(protection), store.clone(), clock)),
        zone: Arc::new(Zone::new(&PublishConfig::default(), "http://list.example")?),
        store,
        listed,
        stop: CancellationToken::new(),
    };
    let follower = Follower::new(subject.store.clone(), Arc::clone(&subject.zone));
    let follower = tokio::spawn(follower.run(subject.stop.clone()));
    subject.settle().await?;
    println!("{listed} listings stand in store and set");

    let before = bytes_in(folder)?;
    subject.durable().await?;
    subject.judged().await?;
    subject.both().await?;
    subject.stop.cancel();
    follower.await?;
    subject.store.close().await;
    if url.is_none() {
        let each = bytes_in(folder)?.saturating_sub(before) / u64::from(2 * COUNT);
        println!("on disk: {each} bytes an observation, with its message and what was decided");
    }
    Ok(())
}

impl Subject {
    /// Records without a judge.
    async fn durable(&self) -> anyhow::Result<()> {
        let watch = Watch::start()?;
        let waits = flood::record(&self.store, 0..COUNT, self.listed).await?;
        watch.tell("durable")?;
        tell_waits(&waits);
        Ok(())
    }

    /// Judges what was recorded.
    async fn judged(&self) -> anyhow::Result<()> {
        let judge = Arc::clone(&self.judge);
        let watch = Watch::start()?;
        atalaya_store::apart("judge", async move { judge.catch_up().await }).await??;
        self.settle().await?;
        watch.tell("judged and in the set")
    }

    /// Records while the judge works, until all is judged.
    async fn both(&self) -> anyhow::Result<()> {
        let (judge, stop) = (Arc::clone(&self.judge), self.stop.child_token());
        let ended = stop.clone();
        let watch = Watch::start()?;
        // As the server runs him.
        let judging = tokio::spawn(atalaya_store::apart(
            "judge",
            async move { judge.run(ended).await },
        ));
        let waits = flood::record(&self.store, COUNT..2 * COUNT, self.listed).await?;
        while self.judge.position().await? < u64::from(2 * COUNT) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.settle().await?;
        watch.tell("durable, judged and in the set")?;
        tell_waits(&waits);
        stop.cancel();
        judging.await??;
        Ok(())
    }

    /// Waits until the set shows what was decided.
    async fn settle(&self) -> anyhow::Result<()> {
        let serial = self.store.serial().await?;
        while self.zone.serial() < serial {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

/// Says how long callers waited.
fn tell_waits(waits: &Spread) {
    println!("  acknowledged to {} callers after {waits}", flood::CALLERS);
}

/// The bytes of all files in a folder.
fn bytes_in(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 0_u64;
    for file in std::fs::read_dir(folder)? {
        sum = sum.saturating_add(file?.metadata()?.len());
    }
    Ok(sum)
}

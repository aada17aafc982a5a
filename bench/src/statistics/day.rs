//! A day of a million connections: recorded and judged, counted, drawn; what each costs, and whether it is exact.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::time::Instant;

use anyhow::ensure;
use atalaya_stats::{Days, Dimension, Picture};
use atalaya_store::Store;
use atalaya_testkit::bots::{self, Sent, World};
use tokio_util::sync::CancellationToken;

use super::record::Reel;
use super::scene::{Scene, SetClock};
use super::{SEED, found, halves, scene, tables};
use crate::process::{forget_peak, peak_bytes, processor_seconds};

/// Observations read at once, as the counter reads them.
const BATCH: u32 = 4_096;
/// The part of the connections whose first packet the kernel did not keep, as under a flood.
const BLURRED: f64 = 0.02;

/// Runs it with one of so many bots.
pub(super) async fn run(one_of: u32) -> anyhow::Result<()> {
    let world = World::new(SEED, one_of).blurred(BLURRED);
    let (day, clock) = (scene::day(0)?, SetClock::default());
    clock.set_to_end_of(day);
    let bots::Day { sent, truth } = world.day(0);
    let exact = Exact::of(&sent);
    let observations = u32::try_from(sent.len())?;
    let connections: u64 = truth.iter().map(|truth| truth.connections).sum();
    println!("\n# A day: {connections} connections, {observations} observations");
    let reel = Reel::new(&world, sent, day);
    let folder = tempfile::tempdir_in(".")?;
    let scene = Scene::open(&world, &folder.path().join("one.db"), clock.clock()).await?;

    let begin = Instant::now();
    record_judged(&reel, &scene).await?;
    println!("recorded and judged: {:.0} s", begin.elapsed().as_secs_f64());

    let reading = processor_of(read_all(&scene.store)).await?;
    let counting = processor_of(async { Ok(scene.counter().catch_up().await?) }).await?;
    let each = |seconds: f64| seconds * 1e6 / f64::from(observations);
    println!(
        "counted: {:.2} µs of processor time an observation, of which reading it from the store takes {:.2}",
        each(counting),
        each(reading)
    );

    let statistics = scene.statistics()?;
    let memory = forget_peak()?;
    let (begin, before) = (Instant::now(), processor_seconds(std::process::id())?);
    let picture = statistics.picture(Days::one(day)).await?;
    println!(
        "drawn: {:.2} s, {:.2} s of processor time; {:.0} MiB more memory at its peak",
        begin.elapsed().as_secs_f64(),
        processor_seconds(std::process::id())? - before,
        mib(peak_bytes()?.saturating_sub(memory))
    );
    let json = serde_json::to_string(&*picture)?;
    for kept in scene.store.kept_days(i32::MIN, i32::MAX).await? {
        println!(
            "kept of {}: {} segments, {} cells, {:.1} MiB, {:.1} bytes a cell; its picture {:.2} MiB",
            atalaya_stats::Day::from_number(kept.day),
            kept.segments,
            kept.cells,
            mib(kept.bytes),
            found::ratio(kept.bytes, kept.cells),
            mib(json.len() as u64)
        );
    }
    exact.check(&picture)?;
    println!(
        "distinct addresses, in all and by hour, are those of a plain set: {}",
        exact.all.len()
    );
    tables::print(&picture, &found::find(&world, &truth, &picture)?);
    halves::compare(&reel, (&scene, &world), (day, clock.clock()), folder.path()).await
}

/// Reads all observations and does nothing with them.
async fn read_all(store: &Store) -> anyhow::Result<()> {
    let mut position = 0;
    loop {
        let batch = store.observations_after(position, BATCH).await?;
        let Some(last) = batch.last() else {
            return Ok(());
        };
        position = last.position;
    }
}

/// Seconds of processor time that something takes.
async fn processor_of(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<f64> {
    let before = processor_seconds(std::process::id())?;
    work.await?;
    Ok(processor_seconds(std::process::id())? - before)
}

/// Records while the judge follows, and lets him finish.
async fn record_judged(reel: &std::sync::Arc<Reel>, scene: &Scene) -> anyhow::Result<()> {
    let (judge, stop) = (scene.judge().await?, CancellationToken::new());
    let judging = tokio::spawn({
        let (judge, stop) = (std::sync::Arc::clone(&judge), stop.clone());
        async move { judge.run(stop).await }
    });
    reel.record(&scene.store, |_all| true).await?;
    stop.cancel();
    judging.await?;
    judge.catch_up().await?;
    Ok(())
}

/// Who was seen, counted plainly.
struct Exact {
    all: HashSet<Ipv4Addr>,
    hours: Vec<HashSet<Ipv4Addr>>,
}

impl Exact {
    fn of(sent: &[Sent]) -> Self {
        let mut hours = vec![HashSet::new(); 24];
        for sent in sent {
            if let Some(hour) = hours.get_mut(sent.second as usize / 3_600) {
                hour.insert(sent.address);
            }
        }
        Self {
            all: sent.iter().map(|sent| sent.address).collect(),
            hours,
        }
    }

    fn check(&self, picture: &Picture) -> anyhow::Result<()> {
        let all = self.all.len() as u64;
        ensure!(
            picture.total.addresses == all,
            "{} is not {all}",
            picture.total.addresses
        );
        let ranking = picture.ranking(Dimension::Hour).map(|ranking| &ranking.rows);
        let found: Vec<u64> = ranking
            .into_iter()
            .flatten()
            .map(|row| row.figures.addresses)
            .collect();
        let meant: Vec<u64> = self.hours.iter().map(|hour| hour.len() as u64).collect();
        ensure!(found == meant, "{found:?} is not {meant:?}");
        Ok(())
    }
}

/// Bytes in MiB.
#[expect(clippy::cast_precision_loss, reason = "shown with two digits")]
fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

//! A week, day by day, with bots that come and go: recorded, judged and counted at the same time.

use std::collections::HashSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use atalaya_stats::Days;
use atalaya_testkit::bots::{Truth, World};
use tokio_util::sync::CancellationToken;

use super::record::Reel;
use super::scene::{Scene, SetClock};
use super::{SEED, found, scene, tables};

/// Days of a week.
const DAYS: u32 = 7;

/// Runs it with one of so many bots.
pub(super) async fn run(one_of: u32) -> anyhow::Result<()> {
    let world = World::new(SEED, one_of);
    let folder = tempfile::tempdir_in(".")?;
    let (scene, truths) = live(&world, &folder.path().join("week.db")).await?;
    let connections: u64 = truths.iter().flatten().map(|truth| truth.connections).sum();
    println!("\n# A week: {connections} connections");
    let (first, last) = (scene::day(0)?, scene::day(DAYS - 1)?);
    let statistics = scene.statistics()?;
    let whole = statistics.picture(Days { first, last }).await?;
    let all = seen_in(&truths).len() as u64;
    ensure!(
        whole.total.addresses == all,
        "{} is not {all}",
        whole.total.addresses
    );
    println!("distinct addresses of the week are those of a plain set: {all}");
    let Some((truth, before)) = truths.split_last() else {
        return Ok(());
    };
    let picture = statistics.picture(Days::one(last)).await?;
    let (found, known) = (found::find(&world, truth, &picture)?, seen_in(before));
    for found in &found {
        let (name, told) = (found.kind.name, found.row.new);
        let new = found.truth.seen.difference(&known).count() as u64;
        ensure!(told == new, "{name}: {told} new, not {new}");
    }
    println!("\n## Its last day; the new addresses of each kind are those of a plain set");
    tables::print(&picture, &found);
    let (listed, addresses) = (picture.listed, picture.total.addresses);
    println!("\n{listed} of {addresses} addresses were listed that day");
    Ok(())
}

/// Lets the week pass; gives what is true of each day.
async fn live(world: &World, file: &Path) -> anyhow::Result<(Scene, Vec<Vec<Truth>>)> {
    let clock = SetClock::default();
    clock.set_to_end_of(scene::day(0)?);
    let scene = Scene::open(world, file, clock.clock()).await?;
    let (judge, stop) = (scene.judge().await?, CancellationToken::new());
    let judging = tokio::spawn({
        let (judge, stop) = (Arc::clone(&judge), stop.clone());
        async move { judge.run(stop).await }
    });
    let counting = tokio::spawn({
        let (counter, stop) = (scene.counter(), stop.clone());
        async move { counter.run(stop).await }
    });
    let mut truths = Vec::new();
    for number in 0..DAYS {
        let day = scene::day(number)?;
        clock.set_to_end_of(day);
        let made = world.day(number);
        let reel = Reel::new(world, made.sent, day);
        reel.record(&scene.store, |_all| true).await?;
        judge.catch_up().await?;
        truths.push(made.truth);
    }
    stop.cancel();
    judging.await?;
    counting.await?;
    scene.counter().catch_up().await?;
    Ok((scene, truths))
}

/// Addresses that were seen on these days.
fn seen_in(days: &[Vec<Truth>]) -> HashSet<Ipv4Addr> {
    let truths = days.iter().flatten();
    truths.flat_map(|truth| &truth.seen).copied().collect()
}

//! Two machines that each saw a half of the day make, put together, what one makes that saw all of it.

use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use atalaya_model::Clock;
use atalaya_stats::{Day, Segment};
use atalaya_store::Store;
use atalaya_testkit::bots::World;

use super::record::Reel;
use super::scene::Scene;

/// Compares a half and a half with the whole.
pub(super) async fn compare(
    reel: &Arc<Reel>,
    (whole, world): (&Scene, &World),
    (day, clock): (Day, Clock),
    folder: &Path,
) -> anyhow::Result<()> {
    let one = Scene::open(world, &folder.join("half.db"), clock.clone()).await?;
    let two = Scene::open(world, &folder.join("other.db"), clock).await?;
    reel.record(&one.store, is_ours).await?;
    reel.record(&two.store, |place| !is_ours(place)).await?;
    for half in [&one, &two] {
        half.counter().catch_up().await?;
    }
    let mut transaction = one.store.begin().await?;
    for segment in two.store.segments(day.number()).await? {
        let from = (day.number(), "other.example");
        transaction
            .add_segment(from, segment.cells, segment.packed)
            .await?;
    }
    transaction.commit().await?;
    let (merged, meant) = (all(&one.store, day).await?, all(&whole.store, day).await?);
    ensure!(merged == meant, "two machines are not one");
    println!(
        "\ntwo machines with a half each, put together, are one that saw all: {} cells, every one the same",
        meant.cells().len()
    );
    Ok(())
}

/// All of a day as one segment, larger than one may be that is kept.
async fn all(store: &Store, day: Day) -> anyhow::Result<Segment> {
    let kept = store.segments(day.number()).await?;
    let segments: Result<Vec<Segment>, _> = kept.iter().map(|kept| Segment::unpack(&kept.packed)).collect();
    Ok(Segment::merged(segments?))
}

/// Which half one falls into, as a coin would say.
const fn is_ours(place: usize) -> bool {
    let mixed = (place as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 63 == 0
}

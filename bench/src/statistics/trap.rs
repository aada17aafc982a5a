//! Bots that really connect: from their own addresses, with their own stacks and dialects, to the server as users run it, in a network
//! namespace of its own.

use std::time::Instant;

use anyhow::{anyhow, ensure};
use atalaya_model::Clock;
use atalaya_stats::{Day, Days};
use atalaya_testkit::bots::{Namespace, World};

use super::scene::{Scene, SetClock};
use super::{SEED, found, tables};
use crate::process::{Server, binary};

/// Whoever speaks early is noticed, and nothing goes out to the registries.
const CONFIG: &str = "[log]\nlevel = \"warn\"\n[trap]\nbanner_delay = \"100ms\"\n[contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\n";

/// Runs it with one of so many bots.
pub(super) async fn run(one_of: u32, arguments: &[String]) -> anyhow::Result<()> {
    let binary = binary(arguments)?;
    let world = World::new(SEED, one_of);
    let namespace = Namespace::make(&world.kinds).map_err(|why| anyhow!(why))?;
    let made = world.day(0);
    let folder = tempfile::tempdir_in(".")?;
    let first = Day::of(Clock::system().now());
    let (server, at) = Server::atalaya_by(namespace.command(&binary), folder.path(), CONFIG)?;
    let begin = Instant::now();
    namespace
        .speak(&world, &made.sent, at.smtp)
        .map_err(|why| anyhow!(why))?;
    let seconds = begin.elapsed().as_secs_f64();
    drop(server);
    // A day passed in a minute: it is looked at from its end.
    let (last, clock) = (Day::of(Clock::system().now()), SetClock::default());
    clock.set_to_end_of(last);
    let scene = Scene::open(&world, &folder.path().join("atalaya.db"), clock.clock()).await?;
    scene.counter().catch_up().await?;
    let picture = scene.statistics()?.picture(Days { first, last }).await?;
    let connections: u64 = made.truth.iter().map(|truth| truth.connections).sum();
    println!("\n# Through the trap: {connections} connections over TCP in {seconds:.0} s");
    if first != last {
        println!("midnight came between: sizes are means of two days and mean nothing");
    }
    ensure!(
        picture.total.counts.connections == connections,
        "connections were lost"
    );
    tables::print(&picture, &found::find(&world, &made.truth, &picture)?);
    Ok(())
}

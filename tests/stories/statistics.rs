//! Bots of four kinds really connect, each from its country with a stack and a dialect of its own, and the statistics of the day find them.

use std::path::Path;
use std::process::Child;
use std::sync::Arc;

use atalaya_formats::signatures::{Matcher, Signatures};
use atalaya_model::Clock;
use atalaya_places::PlacesConfig;
use atalaya_stats::{
    BotnetKind, BotnetRow, Catalogue, Counter, Day, Days, Picture, Statistics, StatsConfig, Whereabouts,
};
use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::bots::{self, Namespace, Truth, World};

use crate::harness::{ATALAYA, have, serve_by};

/// A stack of its own, two dialects on the same ordinary stack, and a stack that nobody has named.
const KINDS: [&str; 4] = ["Avocet", "Curlew", "Dunlin", "Godwit"];

/// Whoever speaks early is noticed. Ports are free ones, and nobody is asked about contacts.
const CONFIG: &str = "[trap]\nbanner_delay = \"100ms\"\n";

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bots_that_really_connect_are_found_by_stack_and_dialect() {
    if !have(&["unshare", "nsenter", "ip", "python3"]) {
        return;
    }
    let world = World::new(5, 2_000).with(&KINDS);
    let namespace = match Namespace::make(&world.kinds) {
        Ok(namespace) => namespace,
        Err(why) => return atalaya_testkit::skip(&why),
    };
    let made = world.day(0);
    let folder = tempfile::tempdir().unwrap();
    let first = Day::of(Clock::system().now());
    let (server, addresses) = serve_by(namespace.command(ATALAYA), folder.path(), CONFIG);
    let server = Ended(server);
    namespace.speak(&world, &made.sent, addresses["smtp"]).unwrap();
    drop(server);

    let last = Day::of(Clock::system().now());
    let picture = picture(&world, folder.path(), Days { first, last }).await;
    let sums = |count: fn(&Truth) -> u64| made.truth.iter().map(count).sum::<u64>();
    assert_eq!(picture.total.counts.connections, sums(|truth| truth.connections));
    assert_eq!(picture.total.addresses, sums(|truth| truth.seen.len() as u64));
    assert_eq!(picture.botnets.len(), KINDS.len(), "{:?}", picture.botnets);
    for (kind, truth) in world.kinds.iter().zip(&made.truth) {
        // The catalogue does not name this one.
        let name = Some(kind.name)
            .filter(|name| *name != "Godwit")
            .unwrap_or("stack #");
        let own = |row: &&BotnetRow| row.name.starts_with(name);
        let row = picture.botnets.iter().find(own).unwrap();
        assert_eq!(found(row), meant(truth), "{}", kind.name);
        // Every address of the row is in the networks of its kind, so it is no other kind's.
        let inside = row
            .networks
            .iter()
            .filter(|share| share.name.starts_with(kind.name));
        let inside: u64 = inside.map(|share| share.addresses).sum();
        assert_eq!(inside, truth.seen.len() as u64, "{:?}", row.networks);
        for share in &row.countries {
            assert!(
                kind.places.iter().any(|place| place.country == share.key),
                "{share:?}"
            );
        }
    }
    let unnamed = picture
        .botnets
        .iter()
        .find(|row| row.kind == BotnetKind::Stack)
        .unwrap();
    assert!(
        unnamed.told_by.contains(":mss,nop,nop,ts:"),
        "{}",
        unnamed.told_by
    );
}

/// What was counted in a row.
fn found(row: &BotnetRow) -> [u64; 5] {
    let counts = row.figures.counts;
    [
        row.figures.addresses,
        counts.connections,
        counts.envelopes,
        counts.recipients,
        counts.bytes,
    ]
}

/// What was sent.
fn meant(truth: &Truth) -> [u64; 5] {
    [
        truth.seen.len() as u64,
        truth.connections,
        truth.envelopes,
        truth.recipients,
        truth.bytes,
    ]
}

/// The picture of what the server kept, by a catalogue that does not know one of the kinds.
async fn picture(world: &World, data: &Path, days: Days) -> Arc<Picture> {
    let clock = Clock::system();
    let url = StoreUrl::Sqlite(data.join("atalaya.db"));
    let store = Store::open(&url, clock.clone()).await.unwrap();
    let networks = data.join("networks.csv");
    std::fs::write(&networks, bots::networks(&world.kinds)).unwrap();
    let places = PlacesConfig {
        networks: vec![networks],
        ..PlacesConfig::default()
    };
    let catalogue = Catalogue::read(&bots::catalogue(&world.kinds)).unwrap();
    let signatures = Signatures::read(bots::SIGNATURES.as_bytes()).unwrap();
    let config = StatsConfig {
        cluster_least: 3,
        ..StatsConfig::default()
    };
    let counter = Counter::new(
        (store.clone(), clock.clone()),
        catalogue.hello_names(),
        config.keep,
    );
    counter.catch_up().await.unwrap();
    let statistics = Statistics::new(
        (store, clock.clone()),
        config,
        Arc::new(catalogue),
        Arc::new(Matcher::new(vec![("simulated".to_owned(), signatures)])),
        Whereabouts::new(move || places.clone(), clock),
    );
    Arc::new(statistics).picture(days).await.unwrap()
}

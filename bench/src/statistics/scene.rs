//! A store in a scratch folder, with all that makes pictures of it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use anyhow::{Context, anyhow};
use atalaya_decide::{Judge, ProtectConfig, Protection, Rules};
use atalaya_formats::signatures::{Matcher, Signatures};
use atalaya_model::{Clock, Timestamp};
use atalaya_places::PlacesConfig;
use atalaya_stats::{Catalogue, Counter, Day, Statistics, StatsConfig, Whereabouts};
use atalaya_store::Store;
use atalaya_testkit::bots::{self, COVERAGE, World};

/// The first day of the simulation.
pub(super) const FIRST_DAY: &str = "2026-11-16";

/// A clock that is set.
#[derive(Debug, Clone, Default)]
pub(super) struct SetClock(Arc<AtomicI64>);

impl SetClock {
    /// Sets it to the last second of a day.
    pub(super) fn set_to_end_of(&self, day: Day) {
        self.0.store(day.end().seconds() - 1, Ordering::SeqCst);
    }

    /// The clock.
    pub(super) fn clock(&self) -> Clock {
        let seconds = Arc::clone(&self.0);
        Clock::new(move || Timestamp::from_seconds(seconds.load(Ordering::SeqCst)))
    }
}

/// The day of that number.
pub(super) fn day(number: u32) -> anyhow::Result<Day> {
    let first: Day = FIRST_DAY.parse()?;
    Ok(first.plus(i32::try_from(number)?))
}

/// A store, and who counts and draws what is in it.
pub(super) struct Scene {
    pub(super) store: Store,
    clock: Clock,
    catalogue: Arc<Catalogue>,
    places: PlacesConfig,
}

impl Scene {
    /// Opens a store as this file, for this world.
    pub(super) async fn open(world: &World, file: &Path, clock: Clock) -> anyhow::Result<Self> {
        let store = Store::open(&format!("sqlite:{}", file.display()).parse()?, clock.clone()).await?;
        let networks = file.with_extension("networks.csv");
        std::fs::write(&networks, bots::networks(&world.kinds))?;
        let config = PlacesConfig {
            networks: vec![networks],
            ..PlacesConfig::default()
        };
        let catalogue = Catalogue::read(&bots::catalogue(&world.kinds));
        Ok(Self {
            store,
            clock,
            catalogue: Arc::new(catalogue.map_err(|wrong| anyhow!("{wrong:?}"))?),
            places: config,
        })
    }

    /// Who judges.
    pub(super) async fn judge(&self) -> anyhow::Result<Arc<Judge>> {
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let protection = Protection::open(ProtectConfig::default(), store.clone(), clock.clone()).await?;
        let rules = Arc::new(Rules::standard()?);
        Ok(Arc::new(Judge::new(rules, Arc::new(protection), store, clock)))
    }

    /// Who counts.
    pub(super) fn counter(&self) -> Counter {
        Counter::new(
            (self.store.clone(), self.clock.clone()),
            self.catalogue.hello_names(),
            StatsConfig::default().keep,
        )
    }

    /// Who draws.
    pub(super) fn statistics(&self) -> anyhow::Result<Arc<Statistics>> {
        let signatures = Signatures::read(bots::SIGNATURES.as_bytes()).ok();
        let signatures = signatures.context("the signatures have a wrong line")?;
        let places = self.places.clone();
        Ok(Arc::new(Statistics::new(
            (self.store.clone(), self.clock.clone()),
            StatsConfig {
                share_of_mail: Some(COVERAGE),
                ..StatsConfig::default()
            },
            Arc::clone(&self.catalogue),
            Arc::new(Matcher::new(vec![("simulated".to_owned(), signatures)])),
            Whereabouts::new(move || places.clone(), self.clock.clone()),
        )))
    }
}

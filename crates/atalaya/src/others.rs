//! Lists of others in this house: what they may not name, what their words count, and what commands ask about them.

use std::sync::Arc;

use anyhow::{Context, bail};
use atalaya_decide::{Protection, RulesInForce};
use atalaya_model::{Clock, Prefix};
use atalaya_observe::feeds::Surroundings;
use atalaya_observe::{Others, OthersHouse};
use atalaya_store::Store;
use atalaya_web::OthersShown;

use crate::config::Config;

/// The folder in the data folder with what is known of the feeds.
pub(crate) const FEEDS: &str = "feeds";

/// Makes the lists of the configuration ready.
///
/// # Errors
/// There can be no HTTPS client.
pub(crate) fn open(
    config: &Config,
    store: &Store,
    clock: &Clock,
    rules: &RulesInForce,
    protection: &Arc<Protection>,
) -> anyhow::Result<Arc<Others>> {
    let (rules, protection, own) = (rules.clone(), Arc::clone(protection), own_ranges(config));
    let house = OthersHouse {
        store: store.clone(),
        clock: clock.clone(),
        half_lives: Arc::new(move |kind| rules.current().half_life(kind)),
        around: Arc::new(move || Surroundings {
            own: own.clone(),
            protected: protection
                .current()
                .iter()
                .map(|(range, why)| (range, why.to_owned()))
                .collect(),
        }),
    };
    let folder = config.in_data(FEEDS);
    let others = Others::open(&config.feeds, &config.upstream, &folder, house);
    Ok(Arc::new(others.context("feeds cannot be fetched")?))
}

/// Our own ranges, wherever the configuration names them.
pub(crate) fn own_ranges(config: &Config) -> Vec<Prefix> {
    let named = [
        &config.decide.protect.ranges,
        &config.complaints.own,
        &config.web.own_networks,
    ];
    named.into_iter().flatten().copied().collect()
}

/// How the lists are.
pub(crate) fn status(others: &Others) -> OthersShown {
    OthersShown {
        feeds: others.feeds.status(),
        upstream: others.upstream.status(),
    }
}

/// Takes the next list of a feed however much it grew or shrank.
///
/// # Errors
/// There is no such feed, or that cannot be written down.
pub(crate) fn release(others: &Others, name: &str) -> anyhow::Result<()> {
    if !others.feeds.release(name)? {
        bail!("there is no feed named {name} in the configuration");
    }
    Ok(())
}

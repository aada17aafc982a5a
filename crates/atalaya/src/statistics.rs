//! Statistics in this house: what they are made with, and what commands ask of them.

use std::sync::Arc;

use atalaya_formats::signatures::Matcher;
use atalaya_model::{Clock, Period};
use atalaya_stats::{Catalogue, Counter, Day, Days, Statistics, Whereabouts};
use atalaya_store::Store;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Config;
use crate::control::Bytes;

/// What a command asks of the statistics.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "stats", rename_all = "kebab-case")]
pub(crate) enum StatsRequest {
    /// The days of which something is known; the answer is a list.
    Days,
    /// The picture of some days; the answer is a [`Picture`](atalaya_stats::Picture).
    Picture { first: String, last: String },
    /// What this machine has counted of a day; the answer is [`Bytes`].
    Export { day: String },
    /// Take in what another machine has counted; the answer is [`Taken`](atalaya_stats::Taken).
    Import { file: Bytes },
}

/// Makes ready whoever answers for statistics.
pub(crate) fn open(
    config: &Config,
    (store, clock): (&Store, &Clock),
    catalogue: &Arc<Catalogue>,
    matcher: &Arc<Matcher>,
) -> Arc<Statistics> {
    let (places, data) = (config.places.clone(), config.data.clone());
    let whereabouts = Whereabouts::new(move || places.in_folder(&data), clock.clone());
    Arc::new(Statistics::new(
        (store.clone(), clock.clone()),
        config.stats.clone(),
        Arc::clone(catalogue),
        Arc::clone(matcher),
        whereabouts,
    ))
}

/// Whoever counts what is observed.
pub(crate) fn counter((store, clock): (&Store, &Clock), catalogue: &Catalogue, keep: Period) -> Counter {
    Counter::new((store.clone(), clock.clone()), catalogue.hello_names(), keep)
}

/// Answers a command. What was observed up to now is counted first.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(
    statistics: &Statistics,
    counter: &Counter,
    asked: StatsRequest,
) -> anyhow::Result<Value> {
    counter.catch_up().await?;
    Ok(match asked {
        StatsRequest::Days => {
            let days = statistics.days().await?;
            serde_json::to_value(days.iter().map(Day::to_string).collect::<Vec<_>>())?
        }
        StatsRequest::Picture { first, last } => {
            let days = Days {
                first: first.parse()?,
                last: last.parse()?,
            };
            serde_json::to_value(statistics.picture(days).await?.as_ref())?
        }
        StatsRequest::Export { day } => serde_json::to_value(Bytes(statistics.export(day.parse()?).await?))?,
        StatsRequest::Import { file } => serde_json::to_value(statistics.import(file.0).await?)?,
    })
}

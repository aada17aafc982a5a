//! Trying a list without keeping anything: what it would come to.

use std::path::Path;
use std::time::Duration;

use atalaya_model::Clock;
use serde::{Deserialize, Serialize};

use super::fetch::{Fetched, fetch};
use super::one::in_full;
use super::state::{FeedState, Files};
use super::{FeedConfig, Surroundings, client, limits, reach, read, sane};

/// What a list came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Bytes that came.
    pub bytes: u64,
    /// Lines or elements that say something.
    pub lines: u64,
    /// Those of them that name nothing.
    pub wrong: u64,
    /// What is wrong with the first of these.
    pub first_wrong: Option<String>,
    /// Entries.
    pub entries: u64,
    /// IPv4 addresses that they cover.
    pub addresses: u64,
    /// Why it would be refused.
    pub refused: Option<String>,
}

/// Fetches a list and reads it. `folder` has the state that it is compared with.
///
/// # Errors
/// It cannot be fetched, or is no list, as a sentence.
pub async fn try_feed(
    config: &FeedConfig,
    folder: &Path,
    timeout: Duration,
    around: Surroundings,
) -> Result<Tried, String> {
    let client = client().map_err(|error| in_full(&error))?;
    let client = client.with_limits(limits::of_exchange(config, timeout));
    let client = client.with_reach(reach(config));
    let known = FeedState::default();
    let list = match fetch(config, &known, &client, &Clock::system()).await {
        Ok(Fetched::List(list)) => list,
        Ok(Fetched::Same) => return Err("the server says that nothing changed since never".to_owned()),
        Err(error) => return Err(in_full(&error)),
    };
    let (config, before) = (config.clone(), Files::new(folder, &config.name).state(config));
    let work = move || {
        let bytes = list.bytes.len() as u64;
        let reading = read::read(list.bytes, &config, Clock::system().now())?;
        let refused = sane::check(&reading, &config, &before, &around).err();
        Ok(Tried {
            bytes,
            lines: reading.lines,
            wrong: reading.wrong,
            entries: reading.entries.len() as u64,
            addresses: reading.entries.addresses(),
            first_wrong: reading.first_wrong,
            refused,
        })
    };
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|broken| Err(format!("it cannot be read: {broken}")))
}

//! Doing it: the listings of an address are withdrawn, once, in one transaction.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{Class, Decision, Listing, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Store, StoreError, Tally, Transaction};

use crate::{DelistConfig, DelistError, Prospect, assess, covering_prefixes};

/// The rule named in every decision that follows a removal.
pub const RULE: (&str, u32) = ("removal", 1);
/// The reason, as the listed party and everybody else may read it.
const REASON: &str = "Its holder asked for removal.";
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Who asks, as far as it is kept: the IPv4 address, or the /64 of an IPv6 address. Only for the limits, never shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(Prefix);

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self(Prefix::unit(address))
    }
}

impl Client {
    /// The text under which the store counts.
    fn name(self) -> String {
        self.0.to_string()
    }
}

/// What became of a removal.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It left. What stays is told too.
    Removed(Removed),
    /// It came back too often: it can leave from this time on.
    Wait {
        /// The first moment at which removal works.
        until: Timestamp,
    },
    /// Nothing covers the address, or somebody else was faster.
    NotListed,
    /// Every listing is taken out by hand: write to the postmaster.
    ByHandOnly {
        /// What stays.
        staying: Vec<Listing>,
    },
    /// This client has asked too often.
    TooMany {
        /// When it can ask again at the latest.
        until: Timestamp,
    },
}

/// An address that left.
#[derive(Debug, Clone, PartialEq)]
pub struct Removed {
    /// The last decision: a zone that has reached this serial no longer answers for what left.
    pub serial: Serial,
    /// What left, with its class.
    pub left: Vec<(Prefix, Class)>,
    /// What still covers the address, because it is taken out by hand only.
    pub staying: Vec<Listing>,
}

/// Takes `address` out of the list, if the rules let it.
///
/// Asked twice, the second time finds it [`Outcome::NotListed`]. The tally of its unit is wiped in the same transaction, so that
/// only new evidence lists it again.
///
/// # Errors
/// The store failed; nothing was changed.
pub async fn removal(
    store: &Store,
    config: &DelistConfig,
    address: IpAddr,
    client: Client,
    now: Timestamp,
) -> Result<Outcome, DelistError> {
    let unit = Prefix::unit(address);
    let remembered = store
        .removals_of(&unit, now.minus(config.remember.duration()))
        .await?;
    // Read inside the transaction that writes: of two who ask at the same time, the second finds nothing.
    let mut transaction = store.begin().await?;
    let listings = transaction.listings_in(&covering_prefixes(address)).await?;
    let (leaving, staying) = match assess(address, &listings, &remembered, config, now) {
        Prospect::Now { leaving, staying } => (leaving, staying),
        Prospect::NotListed => return Ok(Outcome::NotListed),
        Prospect::Wait { until } => return Ok(Outcome::Wait { until }),
        Prospect::ByHandOnly { staying } => return Ok(Outcome::ByHandOnly { staying }),
    };
    if let Some(until) = limit_reached(store, config, client, now).await? {
        tracing::info!(%unit, "a removal was refused: its client asked too often");
        return Ok(Outcome::TooMany { until });
    }
    let serial = withdraw(&mut transaction, unit, &leaving, client, now).await?;
    transaction.commit().await?;
    tracing::info!(%unit, %serial, "removed at the request of its holder");
    let left = leaving
        .into_iter()
        .map(|listing| (listing.prefix, listing.class))
        .collect();
    Ok(Outcome::Removed(Removed {
        serial,
        left,
        staying,
    }))
}

/// When this client may ask again, if it has reached one of its limits.
async fn limit_reached(
    store: &Store,
    config: &DelistConfig,
    client: Client,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    for (limit, window) in [(config.client_daily, DAY), (config.client_hourly, HOUR)] {
        if store.removals_by(&client.name(), now.minus(window)).await? >= u64::from(limit) {
            return Ok(Some(now.plus(window)));
        }
    }
    Ok(None)
}

/// Writes the decisions, notes the removal and wipes the tally; gives the serial of the last decision.
async fn withdraw(
    transaction: &mut Transaction,
    unit: Prefix,
    leaving: &[Listing],
    client: Client,
    now: Timestamp,
) -> Result<Serial, StoreError> {
    let mut last = Serial::default();
    for listing in leaving {
        let decision = Decision {
            prefix: listing.prefix,
            verdict: Verdict::Withdraw { class: listing.class },
            rule: Rule::new(RULE.0, RULE.1),
            score: 0.0,
            reason: REASON.to_owned(),
        };
        last = transaction.decide(&decision, now).await?.serial;
        transaction
            .add_removal(&unit, listing.class, &client.name(), now)
            .await?;
    }
    let tally = transaction
        .tallies(&[unit])
        .await?
        .remove(&unit)
        .unwrap_or_else(|| Tally::new(unit));
    transaction.put_tallies(&[wiped(&tally, now)]).await?;
    Ok(last)
}

/// A clean slate: old evidence lists nobody again. How often it was listed stays, and lengthens the next listing.
fn wiped(tally: &Tally, now: Timestamp) -> Tally {
    Tally {
        scored_at: now.max(tally.scored_at),
        listed_times: tally.listed_times,
        last_withdrawn_at: Some(now),
        ..Tally::new(tally.unit)
    }
}

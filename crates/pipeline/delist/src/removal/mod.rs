//! Doing it: the listings of an address are withdrawn, once, in one transaction.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{Class, Decision, Listing, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Asker, Removal, Store, StoreError, Transaction};

use crate::{DelistConfig, DelistError, Prospect, assess, covering_prefixes};

/// The rule named in every decision that follows a removal.
pub const RULE: (&str, u32) = ("removal", 1);
/// The reason, as the listed party and everybody else may read it.
const REASON: &str = "Removal was asked for on the page.";
/// Bits of an IPv6 address that one site is given at most (RFC 6177).
const IPV6_NETWORK: u8 = 48;
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Who asks, as far as it is kept: the IPv4 address, or the /64 of an IPv6 address; and the network that it belongs to, because whoever
/// has a /48 has 65,536 such /64. Only for the limits, never shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Client {
    /// The text under which the store counts the client.
    name: String,
    /// The text under which the store counts its network: the same for IPv4.
    network: String,
}

impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        let unit = Prefix::unit(address);
        let network = if unit.is_ipv4() {
            unit
        } else {
            Prefix::new(address, IPV6_NETWORK)
        };
        Self {
            name: unit.to_string(),
            network: network.to_string(),
        }
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
    /// This client, its network or everybody together has asked too often.
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
    // Read inside the transaction that writes: of two who ask at the same time, the second finds nothing.
    let mut transaction = store.begin_deciding().await?;
    let listings = transaction.listings_in(&covering_prefixes(address)).await?;
    let since = now.minus(config.remember.duration());
    let remembered = transaction.removals_of(&unit, since).await?;
    let refused = match assess(address, &listings, &remembered, config, now) {
        Prospect::Now { leaving, staying } => {
            match limit_reached(&mut transaction, config, &client, now).await? {
                None => return leave(transaction, (unit, &client), (leaving, staying), now).await,
                Some(until) => {
                    tracing::info!(%unit, "a removal was refused: too many were asked for");
                    Outcome::TooMany { until }
                }
            }
        }
        Prospect::NotListed => Outcome::NotListed,
        Prospect::Wait { until } => Outcome::Wait { until },
        Prospect::ByHandOnly { staying } => Outcome::ByHandOnly { staying },
    };
    transaction.rollback().await?;
    Ok(refused)
}

/// When this client may ask again, if one of the limits is reached.
async fn limit_reached(
    transaction: &mut Transaction,
    config: &DelistConfig,
    client: &Client,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let limits = [
        (Asker::Client(&client.name), config.client_daily, DAY),
        (Asker::Client(&client.name), config.client_hourly, HOUR),
        (Asker::Network(&client.network), config.network_hourly, HOUR),
        (Asker::Anyone, config.all_hourly, HOUR),
    ];
    for (asker, limit, window) in limits {
        let asked = transaction.count_removals(asker, now.minus(window), now).await?;
        if asked >= u64::from(limit) {
            return Ok(Some(now.plus(window)));
        }
    }
    Ok(None)
}

/// Writes the decisions, notes the removal and wipes the tally.
async fn leave(
    mut transaction: Transaction,
    (unit, client): (Prefix, &Client),
    (leaving, staying): (Vec<Listing>, Vec<Listing>),
    now: Timestamp,
) -> Result<Outcome, DelistError> {
    let withdraw = |listing: &Listing| Decision {
        prefix: listing.prefix,
        verdict: Verdict::Withdraw { class: listing.class },
        rule: Rule::new(RULE.0, RULE.1),
        score: 0.0,
        reason: REASON.to_owned(),
    };
    let decisions: Vec<Decision> = leaving.iter().map(withdraw).collect();
    let decided = transaction.decide_all(&decisions, now).await?;
    for listing in &leaving {
        let removal = Removal {
            prefix: unit,
            class: listing.class,
            client: &client.name,
            network: &client.network,
            at: now,
        };
        transaction.add_removal(&removal).await?;
    }
    transaction.wipe_tallies(&[unit], now).await?;
    transaction.commit().await?;
    let serial = decided.last().map_or(Serial(0), |last| last.serial);
    tracing::info!(%unit, %serial, "removed, as was asked for on the page");
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

#[cfg(test)]
mod tests;

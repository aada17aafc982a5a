//! Doing it: the listings of an address are withdrawn, once, in one transaction.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use atalaya_formats::why::Why;
use atalaya_model::{Class, Decision, Listing, MailAddress, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Asker, Removal, Store, StoreError, Transaction};

use crate::{DelistConfig, DelistError, Prospect, assess, covering_prefixes};

/// The rule named in every decision that follows a removal.
pub const RULE: (&str, u32) = ("removal", 1);
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
    /// Which limits hold for it.
    kind: Kind,
}

/// Which limits hold for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Anybody.
    Stranger,
    /// A contact on the page of its own network, which may have a server room to clean up after.
    Contact,
}

impl Client {
    /// The contact of a network, by the link in a notice.
    #[must_use]
    pub fn contact(address: &MailAddress) -> Self {
        let name = address.as_str().to_ascii_lowercase();
        Self {
            network: name.clone(),
            name,
            kind: Kind::Contact,
        }
    }
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
            kind: Kind::Stranger,
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
    let outcomes = removals(store, config, &[address], &client, now).await?;
    let outcome = outcomes.into_iter().next();
    Ok(outcome.unwrap_or(Outcome::NotListed))
}

/// The same for many addresses at once, in one transaction.
///
/// The outcomes stand in the order of the addresses. Each counts as one removal, and
/// those for which the limits leave no room stay. An address that shares its unit with one before it is [`Outcome::NotListed`].
///
/// # Errors
/// The store failed; nothing was changed.
pub async fn removals(
    store: &Store,
    config: &DelistConfig,
    addresses: &[IpAddr],
    client: &Client,
    now: Timestamp,
) -> Result<Vec<Outcome>, DelistError> {
    // Read inside the transaction that writes: of two who ask at the same time, the second finds nothing.
    let mut transaction = store.begin_deciding().await?;
    let mut room = None;
    let mut leaving = BTreeMap::new();
    let mut prospects = Vec::new();
    for address in addresses {
        let unit = Prefix::unit(*address);
        let prospect = match leaving.contains_key(&unit) {
            true => Prospect::NotListed,
            false => prospect(&mut transaction, config, *address, now).await?,
        };
        if let Prospect::Now {
            leaving: listings, ..
        } = &prospect
        {
            let room = match &mut room {
                Some(room) => room,
                empty => empty.insert(Room::of(&mut transaction, config, client, now).await?),
            };
            if room.take() {
                leaving.insert(unit, listings.clone());
            }
        }
        prospects.push((unit, prospect));
    }
    let mut serials = BTreeMap::new();
    if leaving.is_empty() {
        transaction.rollback().await?;
    } else {
        serials = leave(transaction, &leaving, client, now).await?;
    }
    let until = room.map_or(now, |room| room.until);
    let outcome = |(unit, prospect)| outcome(&unit, prospect, serials.get(&unit).copied(), until);
    Ok(prospects.into_iter().map(outcome).collect())
}

/// What the rules say about an address, as the transaction sees it.
async fn prospect(
    transaction: &mut Transaction,
    config: &DelistConfig,
    address: IpAddr,
    now: Timestamp,
) -> Result<Prospect, StoreError> {
    let listings = transaction.listings_in(&covering_prefixes(address)).await?;
    let since = now.minus(config.remember.duration());
    let remembered = transaction.removals_of(&Prefix::unit(address), since).await?;
    Ok(assess(address, &listings, &remembered, config, now))
}

/// What became of a prospect: it left with a serial, or found no room until a moment.
fn outcome(unit: &Prefix, prospect: Prospect, serial: Option<Serial>, until: Timestamp) -> Outcome {
    match (prospect, serial) {
        (Prospect::Now { leaving, staying }, Some(serial)) => Outcome::Removed(Removed {
            serial,
            left: leaving
                .into_iter()
                .map(|listing| (listing.prefix, listing.class))
                .collect(),
            staying,
        }),
        (Prospect::Now { .. }, None) => {
            tracing::info!(%unit, "a removal was refused: too many were asked for");
            Outcome::TooMany { until }
        }
        (Prospect::NotListed, _) => Outcome::NotListed,
        (Prospect::Wait { until }, _) => Outcome::Wait { until },
        (Prospect::ByHandOnly { staying }, _) => Outcome::ByHandOnly { staying },
    }
}

/// How many removals the limits leave a client, and when it may ask again after that.
#[derive(Debug, Clone, Copy)]
struct Room {
    left: u64,
    until: Timestamp,
}

impl Room {
    /// The room of a client: that of the limit which leaves it the least.
    async fn of(
        transaction: &mut Transaction,
        config: &DelistConfig,
        client: &Client,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let everybody = (Asker::Anyone, config.all_hourly, HOUR);
        let name = Asker::Client(&client.name);
        let limits = match client.kind {
            Kind::Stranger => vec![
                (name, config.client_daily, DAY),
                (name, config.client_hourly, HOUR),
                (Asker::Network(&client.network), config.network_hourly, HOUR),
                everybody,
            ],
            Kind::Contact => vec![(name, config.contact_hourly, HOUR), everybody],
        };
        let mut least = Self {
            left: u64::MAX,
            until: now,
        };
        for (asker, limit, window) in limits {
            let asked = transaction.count_removals(asker, now.minus(window), now).await?;
            let left = u64::from(limit).saturating_sub(asked);
            if left < least.left {
                let until = now.plus(window);
                least = Self { left, until };
            }
        }
        Ok(least)
    }

    /// Takes the room of one removal, if there is any.
    const fn take(&mut self) -> bool {
        let is_free = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_free
    }
}

/// Writes the decisions, notes the removals and wipes the tallies. Gives the last serial of each unit.
async fn leave(
    mut transaction: Transaction,
    leaving: &BTreeMap<Prefix, Vec<Listing>>,
    client: &Client,
    now: Timestamp,
) -> Result<BTreeMap<Prefix, Serial>, DelistError> {
    let why = Why::Removed.to_string();
    let withdraw = |listing: &Listing| Decision {
        prefix: listing.prefix,
        verdict: Verdict::Withdraw { class: listing.class },
        rule: Rule::new(RULE.0, RULE.1),
        score: 0.0,
        reason: why.clone(),
    };
    let decisions: Vec<Decision> = leaving.values().flatten().map(withdraw).collect();
    let decided = transaction.decide_all(&decisions, now).await?;
    let mut serials = BTreeMap::new();
    for (unit, listings) in leaving {
        for listing in listings {
            let removal = Removal {
                prefix: *unit,
                class: listing.class,
                client: &client.name,
                network: &client.network,
                at: now,
            };
            transaction.add_removal(&removal).await?;
        }
        let of_unit = decided
            .iter()
            .filter(|decided| unit.covers(&decided.decision.prefix));
        let serial = of_unit.map(|decided| decided.serial).max().unwrap_or(Serial(0));
        serials.insert(*unit, serial);
    }
    let units: Vec<Prefix> = leaving.keys().copied().collect();
    transaction.wipe_tallies(&units, now).await?;
    transaction.commit().await?;
    let serial = decided.last().map_or(Serial(0), |last| last.serial);
    tracing::info!(units = units.len(), %serial, "removed, as was asked for on the page");
    Ok(serials)
}

#[cfg(test)]
mod tests;

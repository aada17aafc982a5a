//! Bulk planning: what it costs to know the contacts of many addresses, before anybody is asked.
//!
//! Addresses become [neighbourhoods](network_of), of which files and cache know many already. The rest is one question each at most, because an
//! answer may hold for several of them. A plan takes half of each server's budget; the other half is left for what is in a hurry.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{Prefix, Timestamp, reserved};
use atalaya_net::server_of;
use serde::{Deserialize, Serialize};

use super::answer::neighbourhood;
use super::finder::Names;
use super::{ContactError, ContactFinder};

/// The kind of the jobs that work a plan off.
pub(super) const KIND: &str = "contact";
/// The part of a budget that is left to others.
const SHARE: u32 = 2;

/// What is to be asked of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queries {
    /// About which addresses, one a neighbourhood.
    pub addresses: Vec<IpAddr>,
    /// How many a minute.
    pub per_minute: u32,
}

impl Queries {
    /// How long they take.
    #[must_use]
    pub fn takes(&self) -> Duration {
        let minutes = self.addresses.len().div_ceil(self.per_minute.max(1) as usize);
        Duration::from_secs(u64::try_from(minutes).unwrap_or(u64::MAX).saturating_mul(60))
    }
}

/// What many addresses come to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Neighbourhoods whose contact is known, or known to be missing.
    pub known: u64,
    /// Neighbourhoods that nobody answers for.
    pub reserved: u64,
    /// The rest, by the server that is asked first.
    pub servers: BTreeMap<String, Queries>,
}

impl Plan {
    /// Adds another plan.
    pub fn add(&mut self, other: Self) {
        self.known = self.known.saturating_add(other.known);
        self.reserved = self.reserved.saturating_add(other.reserved);
        for (server, queries) in other.servers {
            let known = self.servers.entry(server).or_default();
            known.per_minute = queries.per_minute;
            known.addresses.extend(queries.addresses);
        }
    }
}

/// The network for which one question about an address is planned.
#[must_use]
pub fn network_of(address: IpAddr) -> Prefix {
    neighbourhood(address.to_canonical())
}

impl ContactFinder {
    /// What addresses come to, each of a [neighbourhood](network_of) of its own. Asks no registry about them; only the bootstrap files are
    /// fetched where they are missing or old.
    ///
    /// # Errors
    /// The store failed, or the operator's file cannot be used.
    pub async fn plan(&self, addresses: &[IpAddr], now: Timestamp) -> Result<Plan, ContactError> {
        let mut plan = Plan::default();
        for address in addresses {
            let mut search = self.search(*address, now);
            self.read_by_hand(&mut search, Names::NotAsked).await?;
            if self.known(&mut search).await?.is_some() {
                plan.known = plan.known.saturating_add(1);
                continue;
            }
            if reserved(&Prefix::single(search.address)).is_some() {
                plan.reserved = plan.reserved.saturating_add(1);
                continue;
            }
            let server = match self.sources.server_for(&mut search).await {
                Ok(Some(server)) => server_of(&server.base).map(|(host, _)| host),
                // WHOIS, or whoever is known when it is asked.
                Ok(None) | Err(_) => None,
            };
            let server = server.unwrap_or_else(|| "others".to_owned());
            let (_, per_minute) = self.sources.budgets.of(&server);
            let per_minute = (per_minute / SHARE).max(1);
            let queries = plan.servers.entry(server).or_default();
            queries.per_minute = per_minute;
            queries.addresses.push(search.address);
        }
        Ok(plan)
    }

    /// Queues questions to one server, of which so many were queued before. They are spread over the time that its budget takes, and a day's
    /// second plan adds none twice. The queue is in the store; [`ContactWorker`](super::ContactWorker) works it off.
    ///
    /// # Errors
    /// The store failed.
    pub async fn queue(&self, queries: &Queries, before: u64, now: Timestamp) -> Result<(), ContactError> {
        let per_minute = queries.per_minute.max(1) as usize;
        let mut transaction = self.store.begin().await?;
        for (minute, addresses) in (0_u64..).zip(queries.addresses.chunks(per_minute)) {
            let begun = before / u64::from(queries.per_minute.max(1));
            let wait = Duration::from_secs(begun.saturating_add(minute).saturating_mul(60));
            let jobs = addresses.iter().map(|address| {
                let key = format!("{} {}", network_of(*address), now.date());
                (key, address.to_string())
            });
            transaction.add_jobs(KIND, jobs, now.plus(wait)).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

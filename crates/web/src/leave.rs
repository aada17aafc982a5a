//! Leaving the list, for pages and API alike: do it, then wait until DNS says so too.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_delist::{Client, DelistError, Outcome, removal, removals};
use atalaya_model::{MailAddress, Serial};
use atalaya_publish::Zone;

use crate::app::Shared;
use crate::failure::Failure;

/// How often the zone is looked at while a removal waits for it. The zone follows within milliseconds.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// What became of a removal, and whether the zone has followed.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) outcome: Outcome,
    pub(crate) in_zone: InZone,
}

/// Whether DNS already answers without the listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InZone {
    /// It does.
    Now,
    /// It will within seconds.
    Soon,
}

/// Takes an address out of the list at the wish of `client`.
///
/// The removal is a task of its own: a reader who goes away, or a request that has had its time, does not cut it off half way. It ends
/// within the longest wait of the store.
pub(crate) async fn leave(shared: &Shared, address: IpAddr, client: IpAddr) -> Result<Left, Failure> {
    let app = &shared.app;
    let outcome = tokio::spawn(remove(Arc::clone(shared), address, client))
        .await
        .map_err(|broken| {
            tracing::error!(error = &broken as &dyn std::error::Error, "a removal was cut off");
            Failure::Internal
        })??;
    let in_zone = match &outcome {
        Outcome::Removed(removed) => {
            reached(&app.zone, removed.serial, app.config.web.zone_wait.duration()).await
        }
        _ => InZone::Now,
    };
    Ok(Left { outcome, in_zone })
}

/// Asks the rules of leaving, and does what they say.
async fn remove(shared: Shared, address: IpAddr, client: IpAddr) -> Result<Outcome, Failure> {
    let app = &shared.app;
    let (rules, now) = (&app.config.delist, app.clock.now());
    let outcome = removal(&app.store, rules, address, client.into(), now).await;
    outcome.map_err(|DelistError::Store(error)| Failure::from(error))
}

/// What became of many removals, and up to which decision the zone has followed.
#[derive(Debug)]
pub(crate) struct LeftTogether {
    /// In the order of the addresses.
    pub(crate) outcomes: Vec<Outcome>,
    /// The last decision, where something left.
    pub(crate) reached: Option<(Serial, InZone)>,
}

/// Takes addresses of a contact out of the list at its wish; a task of its own, as [`leave`].
pub(crate) async fn leave_together(
    shared: &Shared,
    addresses: Vec<IpAddr>,
    contact: &MailAddress,
) -> Result<LeftTogether, Failure> {
    let app = &shared.app;
    let (client, shared) = (Client::contact(contact), Arc::clone(shared));
    let remove = async move {
        let app = &shared.app;
        let (rules, now) = (&app.config.delist, app.clock.now());
        removals(&app.store, rules, &addresses, &client, now).await
    };
    let outcomes = tokio::spawn(remove).await.map_err(|broken| {
        tracing::error!(error = &broken as &dyn std::error::Error, "removals were cut off");
        Failure::Internal
    })?;
    let outcomes = outcomes.map_err(|DelistError::Store(error)| Failure::from(error))?;
    let serial = |outcome: &Outcome| match outcome {
        Outcome::Removed(removed) => Some(removed.serial),
        _ => None,
    };
    let reached = match outcomes.iter().filter_map(serial).max() {
        Some(serial) => Some((
            serial,
            reached(&app.zone, serial, app.config.web.zone_wait.duration()).await,
        )),
        None => None,
    };
    Ok(LeftTogether { outcomes, reached })
}

/// Waits until the zone has reached a serial.
pub(crate) async fn reached(zone: &Zone, serial: Serial, at_most: Duration) -> InZone {
    let follow = async {
        let mut look = tokio::time::interval(LOOK_AGAIN);
        while zone.serial() < serial {
            look.tick().await;
        }
    };
    match tokio::time::timeout(at_most, follow).await {
        Ok(()) => InZone::Now,
        Err(_elapsed) => InZone::Soon,
    }
}

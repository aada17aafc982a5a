//! Leaving the list, for pages and API alike: do it, then wait until DNS says so too.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_delist::{Outcome, removal};
use atalaya_model::Serial;
use atalaya_publish::Zone;

use crate::app::Inner;
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
pub(crate) async fn leave(shared: &Inner, address: IpAddr, client: IpAddr) -> Result<Left, Failure> {
    let app = &shared.app;
    let outcome = removal(
        &app.store,
        &app.config.delist,
        address,
        client.into(),
        app.clock.now(),
    )
    .await
    .map_err(|error| match error {
        atalaya_delist::DelistError::Store(error) => Failure::from(error),
    })?;
    let in_zone = match &outcome {
        Outcome::Removed(removed) => {
            reached(&app.zone, removed.serial, app.config.web.zone_wait.duration()).await
        }
        _ => InZone::Now,
    };
    Ok(Left { outcome, in_zone })
}

/// Waits until the zone has reached a serial.
async fn reached(zone: &Zone, serial: Serial, at_most: Duration) -> InZone {
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

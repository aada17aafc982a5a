//! In which network (ASN) an address is now, by the files of `places`.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Clock, Timestamp};
use atalaya_places::{Places, PlacesConfig};
use tracing::warn;

/// How often it is looked whether the files have changed.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Makes the configuration of the files that are there now.
type Configured = Box<dyn Fn() -> PlacesConfig + Send + Sync>;

/// The networks of addresses. The files are read when they are first needed, and again when they have changed.
pub struct Networks {
    configured: Configured,
    clock: Clock,
    places: Arc<Places>,
    looked_at: Option<Timestamp>,
}

impl Networks {
    /// Reads what `configured` names, asked again each time that somebody looks.
    #[must_use]
    pub fn new(configured: impl Fn() -> PlacesConfig + Send + Sync + 'static, clock: Clock) -> Self {
        Self {
            configured: Box::new(configured),
            clock,
            places: Arc::default(),
            looked_at: None,
        }
    }

    /// Reads the files again if they have changed. What was good before holds while one of them is wrong.
    pub(super) async fn refresh(&mut self) {
        let now = self.clock.now();
        let is_fresh = self
            .looked_at
            .is_some_and(|at| now.since(at) < LOOK_EVERY && now >= at);
        if is_fresh {
            return;
        }
        let config = (self.configured)();
        let is_first = self.looked_at.replace(now).is_none();
        if !is_first && !self.places.has_changed(&config) {
            return;
        }
        match tokio::task::spawn_blocking(move || Places::load(&config)).await {
            Ok(Ok(loaded)) if is_first || loaded.troubles.is_empty() => self.places = Arc::new(loaded.places),
            // Statistics read the same files and tell what is wrong with them.
            Ok(Ok(_spoiled)) => {}
            Ok(Err(failed)) => warn!(
                error = &failed as &dyn std::error::Error,
                "networks cannot be told apart"
            ),
            Err(broken) => warn!(
                error = &broken as &dyn std::error::Error,
                "networks cannot be told apart"
            ),
        }
    }

    /// The network of an address, as far as it is known.
    pub(super) fn of(&self, address: IpAddr) -> Option<u32> {
        self.places.network(address).map(|network| network.asn)
    }
}

impl fmt::Debug for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Networks")
    }
}

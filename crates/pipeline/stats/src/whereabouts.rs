//! Which files say in which country and network an address is, read when they are first needed and again when they have changed.

use std::sync::Arc;

use atalaya_model::{Clock, Period, Timestamp};
use atalaya_places::{Places, PlacesConfig};
use tokio::sync::Mutex;

use crate::error::StatsError;

/// How often the files are looked at.
const LOOK_EVERY: Period = Period::minutes(1);

/// How long a file that is wrong is not looked at again.
const AFTER_TROUBLE: Period = Period::hours(1);

/// Makes the configuration of the files that are there now: some may have been fetched.
type Configured = Box<dyn Fn() -> PlacesConfig + Send + Sync>;

/// The files, and what was read from them.
pub struct Whereabouts {
    configured: Configured,
    clock: Clock,
    read: Mutex<Option<Read>>,
}

/// What was read.
struct Read {
    places: Arc<Places>,
    /// How often something was read, which tells pictures of different data apart.
    edition: u64,
    looked_at: Timestamp,
}

impl Whereabouts {
    /// Reads what `configured` names, asked again each time that somebody looks.
    #[must_use]
    pub fn new(configured: impl Fn() -> PlacesConfig + Send + Sync + 'static, clock: Clock) -> Self {
        Self {
            configured: Box::new(configured),
            clock,
            read: Mutex::new(None),
        }
    }

    /// What the files say, with the edition of that.
    ///
    /// # Errors
    /// What the program brings with it is spoiled.
    pub(crate) async fn places(&self) -> Result<(Arc<Places>, u64), StatsError> {
        let mut read = self.read.lock().await;
        let now = self.clock.now();
        if let Some(known) = read.as_mut() {
            let is_fresh = now < known.looked_at.plus(LOOK_EVERY.duration());
            known.looked_at = if is_fresh { known.looked_at } else { now };
            if is_fresh || !known.places.has_changed(&(self.configured)()) {
                return Ok((Arc::clone(&known.places), known.edition));
            }
        }
        let (config, edition) = (
            (self.configured)(),
            read.as_ref().map_or(1, |known| known.edition.saturating_add(1)),
        );
        let loaded = tokio::task::spawn_blocking(move || Places::load_at(&config, now)).await??;
        for trouble in &loaded.troubles {
            tracing::warn!(
                error = trouble as &dyn std::error::Error,
                "a file of countries or networks is not used"
            );
        }
        if let Some(known) = read.as_mut().filter(|_known| !loaded.troubles.is_empty()) {
            // What was good before holds until somebody mends the file.
            known.looked_at = now.plus(AFTER_TROUBLE.duration());
            return Ok((Arc::clone(&known.places), known.edition));
        }
        let places = Arc::new(loaded.places);
        *read = Some(Read {
            places: Arc::clone(&places),
            edition,
            looked_at: now,
        });
        Ok((places, edition))
    }
}

impl std::fmt::Debug for Whereabouts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Whereabouts")
    }
}

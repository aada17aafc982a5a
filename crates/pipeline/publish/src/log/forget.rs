//! Deleting the salts of entries, so that nobody can tell any more whom they were about.

use atalaya_formats::tlog::{Opening, seal};
use atalaya_model::{Digest, Serial, Timestamp};
use atalaya_store::{LoggedDecision, Opens};

use super::error::chain;
use super::{LogError, PublicLog};

/// Entries looked at in one step.
const STEP: u32 = 4_096;

impl PublicLog {
    /// Forgets what is older than configured, and says so. A failure is told, and tried again the next time.
    pub(super) async fn forget_aged(&self) {
        let before = self.clock.now().minus(self.settings.keep_salts.duration());
        match self.forget_before(before).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(
                forgotten,
                "the public log has forgotten whom old entries were about"
            ),
            Err(error) => {
                tracing::warn!(error = %chain(&error), "salts of the public log were not deleted");
            }
        }
    }

    /// Forgets whom the decisions before a moment were about, but for those by which somebody is listed or allowed now; gives how many those were.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_before(&self, before: Timestamp) -> Result<u64, LogError> {
        let mut forgotten = 0_u64;
        let mut after = Serial(0);
        while let Some(next) = self.store.decisions_after(after, 1).await?.first() {
            // They stand in the order of their time, as far as the clock went on.
            if next.at >= before {
                break;
            }
            let aged = self.store.forgettable(after, before, STEP).await?;
            forgotten = forgotten.saturating_add(self.store.forget_salts(&seals(&aged)).await?);
            after = Serial(after.0.saturating_add(STEP.into()));
        }
        Ok(forgotten)
    }

    /// Forgets whom one decision was about, whatever stands by it; says whether it was known.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget(&self, serial: Serial) -> Result<bool, LogError> {
        let before = Serial(serial.0.saturating_sub(1));
        let logged = self.store.logged(before, 1).await?;
        let forgotten = self.store.forget_salts(&seals(&logged)).await?;
        Ok(forgotten > 0)
    }
}

/// The seals of decisions whose salts are known.
fn seals(logged: &[LoggedDecision]) -> Vec<(Serial, Digest)> {
    let seal_of = |one: &LoggedDecision| match one.opens {
        Opens::Salt(salt) => Some((one.decided.serial, seal(&salt, &Opening::text(&one.decided)))),
        Opens::Forgotten(_) => None,
    };
    logged.iter().filter_map(seal_of).collect()
}

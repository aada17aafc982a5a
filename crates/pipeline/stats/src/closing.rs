//! Days that are kept long enough: their picture stays, their addresses go.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::day::{Day, Days};
use crate::error::StatsError;
use crate::statistics::Statistics;

/// How often it is looked for days that are kept long enough.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// The wait between two of them: others work in between.
const PAUSE: Duration = Duration::from_secs(1);

impl Statistics {
    /// Closes days until `stop`.
    pub async fn close_days(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.close_oldest().await {
                Ok(true) => PAUSE,
                Ok(false) => LOOK_EVERY,
                Err(error) => {
                    tracing::warn!(%error, "the statistics of old days stay as they are for now");
                    LOOK_EVERY
                }
            };
            stop.run_until_cancelled(tokio::time::sleep(pause)).await;
        }
    }

    /// Closes the oldest day that is kept longer than wanted; tells whether there may be another.
    ///
    /// # Errors
    /// The store failed.
    pub async fn close_oldest(&self) -> Result<bool, StatsError> {
        let last = Day::of(self.now().minus(self.config().keep.duration())).plus(-1);
        let kept = self.store().kept_days(i32::MIN, last.number()).await?;
        let Some(oldest) = kept.first().map(|kept| Day::from_number(kept.day)) else {
            return Ok(false);
        };
        if self.store().picture(oldest.number()).await?.is_some() {
            // What came after the day was closed is too late for its figures.
            let mut transaction = self.store().begin().await?;
            transaction.forget_day(oldest.number()).await?;
            transaction.commit().await?;
            return Ok(kept.len() > 1);
        }
        let picture = self.picture(Days::one(oldest)).await?;
        let text = serde_json::to_string(picture.as_ref()).map_err(|error| StatsError::Pack(error.into()))?;
        let mut transaction = self.store().begin().await?;
        transaction.close_day(oldest.number(), text).await?;
        transaction.commit().await?;
        Ok(kept.len() > 1)
    }
}

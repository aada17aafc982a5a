//! Days that are kept long enough: their picture stays, their addresses go.
//!
//! The picture is made while the days before still stand, by which new addresses are told from those that return. Some days later the addresses
//! go. What is told of the day in between is seen as long as they stay, and is not in the picture.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::counter::READER;
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
            let pause = match self.close_some().await {
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

    /// Makes the picture of one day, or deletes the addresses of one; tells whether there may be more to do.
    ///
    /// # Errors
    /// The store failed.
    pub async fn close_some(&self) -> Result<bool, StatsError> {
        let last = Day::of(self.now().minus(self.config().keep.duration())).plus(-1);
        let due = last.plus(i32::try_from(self.config().days_looked_back()).unwrap_or(0));
        let kept = self.store().kept_days(i32::MIN, due.number()).await?;
        let pictures = self.store().days_of_pictures().await?;
        let mut days = kept.iter().map(|kept| Day::from_number(kept.day));
        if let Some(day) = days.clone().find(|day| !pictures.contains(&day.number())) {
            return self.keep_picture(day).await;
        }
        let Some(day) = days.find(|day| *day <= last) else {
            return Ok(false);
        };
        let mut transaction = self.store().begin().await?;
        transaction.forget_day(day.number()).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Makes the picture that stays, unless something that was observed is not counted yet.
    async fn keep_picture(&self, day: Day) -> Result<bool, StatsError> {
        if self.store().position(READER).await? < self.store().last_position().await? {
            return Ok(false);
        }
        let picture = self.picture(Days::one(day)).await?;
        let text = serde_json::to_string(picture.as_ref()).map_err(|error| StatsError::Pack(error.into()))?;
        let mut transaction = self.store().begin().await?;
        // If another process was faster, its picture is the one that stays.
        transaction.keep_picture(day.number(), text).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

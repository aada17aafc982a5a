//! The pages of statistics: what was counted on a day or on several, and each part of it as a file.

mod asked;
mod files;
mod page;
mod programs;
mod turns;

use std::sync::Arc;

use atalaya_stats::{Days, Picture, Statistics, StatsError};

use crate::app::Inner;
use crate::failure::Failure;

pub(crate) use self::files::file_of_days;
pub(crate) use self::page::{day, days_or_file, overview};
pub(crate) use self::programs::{api_day, api_days, api_list};
pub(crate) use self::turns::Turns;

/// Who answers, unless the operator keeps statistics to himself.
fn open(shared: &Inner) -> Result<&Arc<Statistics>, Failure> {
    let statistics = &shared.app.statistics;
    if statistics.config().public {
        Ok(statistics)
    } else {
        Err(Failure::NotFound)
    }
}

/// The picture of days of which something is known.
async fn picture(shared: &Inner, days: Days) -> Result<Arc<Picture>, Failure> {
    let statistics = open(shared)?;
    let known = statistics.days().await?;
    if !known.iter().any(|day| (days.first..=days.last).contains(day)) {
        return Err(Failure::NoDay(days.to_string()));
    }
    Ok(statistics.picture(days).await?)
}

/// Logs it, once, and tells the reader only that it cannot be done now.
impl From<StatsError> for Failure {
    fn from(error: StatsError) -> Self {
        match error {
            StatsError::Store(error) => error.into(),
            StatsError::Busy => Self::Unavailable,
            StatsError::Refused(_) => Self::BadDays,
            error => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "statistics cannot be shown"
                );
                Self::Internal
            }
        }
    }
}

//! When a letter must wait: inside the window of the last one, in quiet hours, and where a cap of the day is reached.

use std::time::Duration;

use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::{Letter, Letters, StoreError, Transaction};

use super::config::NoticeConfig;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// What makes a letter wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// The last letter to the contact is too recent.
    Window,
    /// The contact had all its letters of the day.
    Contact,
    /// The network had all its letters of the day.
    Network,
    /// Everybody together had all letters of the day.
    Total,
    /// The hours are quiet.
    QuietHours,
}

impl Limit {
    /// Its name in logs and metrics.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Contact => "contact",
            Self::Network => "network",
            Self::Total => "total",
            Self::QuietHours => "quiet-hours",
        }
    }
}

/// The limit that a letter meets, and until when it waits for that reason; none where it may be written.
pub(super) async fn met_by(
    letter: &Letter,
    config: &NoticeConfig,
    transaction: &mut Transaction,
) -> Result<Option<(Limit, Timestamp)>, StoreError> {
    if let Some(end) = config.quiet_hours.and_then(|hours| hours.end_of(letter.at)) {
        return Ok(Some((Limit::QuietHours, end)));
    }
    let end = end_of_window(&letter.contact, config, letter.at, transaction).await?;
    if end > letter.at {
        return Ok(Some((Limit::Window, end)));
    }
    let (today, tomorrow) = day_of(letter.at);
    for (limit, most, which) in [
        (
            Limit::Contact,
            config.max_per_contact,
            Letters::To(&letter.contact),
        ),
        (
            Limit::Network,
            config.max_per_network,
            Letters::About(&letter.network),
        ),
        (Limit::Total, config.max_per_day, Letters::All),
    ] {
        if transaction.letters_between(today, letter.at, which).await? >= u64::from(most) {
            return Ok(Some((limit, tomorrow)));
        }
    }
    Ok(None)
}

/// When the window of the last letter to a contact ends; `now` where none is open. It lasts no longer than a window from now, and what was
/// written still later than that was written by a clock that was wrong.
pub(super) async fn end_of_window(
    contact: &MailAddress,
    config: &NoticeConfig,
    now: Timestamp,
    transaction: &mut Transaction,
) -> Result<Timestamp, StoreError> {
    let window = config.digest_window.duration();
    let latest = now.plus(window);
    let last = transaction.last_letter_to(contact, latest).await?;
    Ok(last.map_or(now, |last| last.plus(window).clamp(now, latest)))
}

/// The day in UTC that a moment lies in: its first moment, and that of the next one.
fn day_of(now: Timestamp) -> (Timestamp, Timestamp) {
    let start = now.micros().saturating_sub(now.micros().rem_euclid(DAY));
    let start = Timestamp::from_micros(start);
    (start, start.plus(Duration::from_secs(86_400)))
}

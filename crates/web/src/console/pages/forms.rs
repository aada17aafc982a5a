//! What several forms and pages of the console read alike.

use std::time::Duration;

use atalaya_model::Timestamp;
use uuid::Uuid;

use crate::failure::Failure;

/// The longest reason, in characters: it stands in DNS answers and on pages.
const MAX_REASON: usize = 200;
/// The longest end that a form sets, in days.
const MAX_DAYS: u64 = 3_650;

/// A reason as it was typed: one line with something in it.
pub(super) fn reason_of(text: &str) -> Result<String, Failure> {
    let reason = line_of(text)?;
    if reason.is_empty() {
        return Err(Failure::BadRequest);
    }
    Ok(reason)
}

/// One line that may be empty.
pub(super) fn line_of(text: &str) -> Result<String, Failure> {
    let line = text.trim();
    let is_good = line.chars().count() <= MAX_REASON && !line.chars().any(char::is_control);
    is_good.then(|| line.to_owned()).ok_or(Failure::BadRequest)
}

/// The end that was chosen, in days from now; none for no end.
pub(super) fn end_of(text: &str, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    Ok(days_of(text)?.map(|days| now.plus(days)))
}

/// The length that was chosen in days; none for no end.
fn days_of(text: &str) -> Result<Option<Duration>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let days: u64 = text.parse().map_err(|_bad| Failure::BadRequest)?;
    if !(1..=MAX_DAYS).contains(&days) {
        return Err(Failure::BadRequest);
    }
    Ok(Some(Duration::from_secs(days.saturating_mul(86_400))))
}

/// How many a day were typed; none for any number.
pub(super) fn per_day_of(text: &str) -> Result<Option<u64>, Failure> {
    match text.trim() {
        "" => Ok(None),
        number => match number.parse() {
            Ok(number) if number > 0_u64 => Ok(Some(number)),
            _ => Err(Failure::BadRequest),
        },
    }
}

/// Cuts rows, of which one more was read than a page shows, to the page; gives the last of them where more follow.
pub(crate) fn cut<T>(rows: &mut Vec<T>, page: u32) -> Option<&T> {
    let page = page as usize;
    let is_more = rows.len() > page;
    rows.truncate(page);
    rows.last().filter(|_| is_more)
}

/// The row behind which a page begins, as `MICROSECONDS:ID`.
pub(super) fn cursor(text: &str) -> Option<(Timestamp, Uuid)> {
    let (at, id) = text.split_once(':')?;
    Some((Timestamp::from_micros(at.parse().ok()?), id.parse().ok()?))
}

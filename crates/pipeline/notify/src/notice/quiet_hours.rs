//! Quiet hours: the part of each day in which no notice is written.
//!
//! Written as `22:00-07:00`, in UTC, or with an offset behind it: `22:00-07:00 +02:00`. Summer time is not followed.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use atalaya_model::Timestamp;

/// Minutes of a day.
const DAY: i64 = 24 * 60;
/// The farthest offset there is, in minutes.
const MAX_OFFSET: i64 = 14 * 60;

/// A part of each day, in minutes since midnight; one that ends before it begins goes over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    begin: i64,
    end: i64,
    /// Minutes that the clock of these hours is ahead of UTC.
    offset: i64,
}

impl QuietHours {
    /// When the quiet hours that `now` lies in end; none where it lies in none.
    #[must_use]
    pub fn end_of(&self, now: Timestamp) -> Option<Timestamp> {
        let local = now.seconds().saturating_add(self.offset.saturating_mul(60));
        let second = local.rem_euclid(DAY * 60);
        let minute = second / 60;
        let is_quiet = if self.begin < self.end {
            (self.begin..self.end).contains(&minute)
        } else {
            minute >= self.begin || minute < self.end
        };
        let left = (self.end * 60 - second).rem_euclid(DAY * 60);
        let begun = Timestamp::from_seconds(now.seconds());
        is_quiet.then(|| begun.plus(Duration::from_secs(left.unsigned_abs())))
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = |minutes: i64| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        write!(f, "{}-{}", clock(self.begin), clock(self.end))?;
        match self.offset {
            0 => Ok(()),
            ahead if ahead > 0 => write!(f, " +{}", clock(ahead)),
            behind => write!(f, " -{}", clock(behind.saturating_neg())),
        }
    }
}

/// The text is no part of a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` are no quiet hours: write 22:00-07:00, or 22:00-07:00 +02:00")]
pub struct BadQuietHours(String);

impl FromStr for QuietHours {
    type Err = BadQuietHours;

    fn from_str(text: &str) -> Result<Self, BadQuietHours> {
        read(text).ok_or_else(|| BadQuietHours(text.to_owned()))
    }
}

atalaya_model::as_text!(QuietHours);

fn read(text: &str) -> Option<QuietHours> {
    let (hours, offset) = match text.trim().split_once(' ') {
        None => (text.trim(), 0),
        Some((hours, offset)) => (hours, offset_of(offset.trim())?),
    };
    let (begin, end) = hours.split_once('-')?;
    let hours = QuietHours {
        begin: minutes_of(begin)?,
        end: minutes_of(end)?,
        offset,
    };
    // Hours that are all quiet, or none, are a mistake.
    (hours.begin != hours.end && hours.begin < DAY && hours.end < DAY).then_some(hours)
}

/// `+02:00`, `-05:00` or `UTC`, in minutes.
fn offset_of(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let (sign, clock) = match text.strip_prefix('+') {
        Some(clock) => (1, clock),
        None => (-1, text.strip_prefix('-')?),
    };
    let minutes = minutes_of(clock).filter(|minutes| *minutes <= MAX_OFFSET)?;
    Some(minutes * sign)
}

/// `07:30`, in minutes.
fn minutes_of(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str, below: i64| {
        let is_two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>()
            .ok()
            .filter(|number| is_two_digits && *number < below)
    };
    Some(number(hours, 24)? * 60 + number(minutes, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(hours: &str, now: &str) -> Option<String> {
        let hours: QuietHours = hours.parse().unwrap();
        hours.end_of(now.parse().unwrap()).map(|end| end.to_string())
    }

    #[test]
    fn quiet_hours_go_over_midnight_and_end_on_the_minute() {
        let ends = |now| end_of("22:00-07:00", now);
        assert_eq!(ends("2026-11-23T21:59:59Z"), None);
        assert_eq!(
            ends("2026-11-23T22:00:00Z").as_deref(),
            Some("2026-11-24T07:00:00Z")
        );
        assert_eq!(
            ends("2026-11-24T06:59:59Z").as_deref(),
            Some("2026-11-24T07:00:00Z")
        );
        assert_eq!(ends("2026-11-24T07:00:00Z"), None);
        assert_eq!(
            end_of("12:00-14:30", "2026-11-24T12:30:10Z").as_deref(),
            Some("2026-11-24T14:30:00Z")
        );
    }

    #[test]
    fn an_offset_moves_them() {
        let madrid = "22:00-07:00 +01:00";
        assert_eq!(
            end_of(madrid, "2026-11-23T21:00:00Z").as_deref(),
            Some("2026-11-24T06:00:00Z")
        );
        assert_eq!(end_of(madrid, "2026-11-24T06:00:00Z"), None);
        let lima = "22:00-07:00 -05:00";
        assert_eq!(
            end_of(lima, "2026-11-24T03:00:00Z").as_deref(),
            Some("2026-11-24T12:00:00Z")
        );
    }

    #[test]
    fn what_is_written_is_read_back_and_nonsense_is_refused() {
        for text in ["22:00-07:00", "00:00-06:30 +05:45", "09:05-18:00 -03:30"] {
            assert_eq!(text.parse::<QuietHours>().unwrap().to_string(), text);
        }
        assert_eq!(
            "22:00-07:00 UTC".parse::<QuietHours>().unwrap().to_string(),
            "22:00-07:00"
        );
        for wrong in [
            "",
            "22-7",
            "22:00",
            "24:00-07:00",
            "22:60-07:00",
            "07:00-07:00",
            "22:00-07:00 Madrid",
            "22:00-07:00 +15:00",
            "+2:00-07:00",
        ] {
            assert!(wrong.parse::<QuietHours>().is_err(), "{wrong}");
        }
    }
}

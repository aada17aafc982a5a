//! Moments and the clock that tells them.
//!
//! A [`Timestamp`] is microseconds since 1970-01-01T00:00:00Z, as the store keeps it. A [`Clock`] is passed to whatever needs the
//! time, so that tests can set it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// A moment, in microseconds since the Unix epoch (UTC, leap seconds ignored).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);

    /// Makes a moment from microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Makes a moment from whole seconds since the epoch.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The moment `duration` later; the far end of time where that would overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// The moment `duration` earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// How long ago `earlier` was; nothing if it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The date alone, `2026-11-23`, for people.
    #[must_use]
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// The date in the form of RFC 5322 section 3.3, for mail headers.
    #[must_use]
    pub fn rfc5322(self) -> String {
        jiff::fmt::rfc2822::to_string(&self.jiff().to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default()
    }

    /// The moment of a date in the form of RFC 5322, as headers of mail and HTTP have it; none where it is none.
    #[must_use]
    pub fn of_rfc5322(text: &str) -> Option<Self> {
        let moment = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Self(moment.timestamp().as_microsecond()))
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }
}

/// RFC 3339 in UTC with whole seconds: `2026-11-23T22:10:00Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole =
            jiff::Timestamp::from_second(self.jiff().as_second()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        write!(f, "{whole}")
    }
}

/// The text is no moment in the form of RFC 3339.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a date: write 2026-12-31 or 2026-12-31T18:00:00Z")]
pub struct BadTimestamp(String);

/// Takes RFC 3339 (`2026-12-31T18:00:00Z`) or a bare date, which means its first moment in UTC.
impl FromStr for Timestamp {
    type Err = BadTimestamp;

    fn from_str(text: &str) -> Result<Self, BadTimestamp> {
        let full = if text.len() == 10 {
            format!("{text}T00:00:00Z")
        } else {
            text.to_owned()
        };
        full.parse::<jiff::Timestamp>()
            .map(|moment| Self(moment.as_microsecond()))
            .map_err(|_bad| BadTimestamp(text.to_owned()))
    }
}

crate::as_text!(Timestamp);

/// Tells the time. Cheap to clone and passed to whatever needs it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The clock of this machine.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the system's clock"
    )]
    pub fn system() -> Self {
        Self::new(|| {
            let now = std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            Timestamp::EPOCH.plus(now)
        })
    }

    /// A clock that asks `tell` for the time; tests set theirs by hand with it.
    pub fn new(tell: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_and_read_in_rfc_3339() {
        let moment: Timestamp = "2026-11-23T22:10:00Z".parse().unwrap();
        assert_eq!(moment.to_string(), "2026-11-23T22:10:00Z");
        assert_eq!(moment.date(), "2026-11-23");
        assert_eq!(moment.rfc5322(), "Mon, 23 Nov 2026 22:10:00 +0000");
        assert_eq!(
            Timestamp::of_rfc5322("Mon, 23 Nov 2026 22:10:00 GMT"),
            Some(moment)
        );
        assert_eq!(Timestamp::of_rfc5322("yesterday"), None);
    }

    #[test]
    fn a_bare_date_means_its_first_moment() {
        assert_eq!(
            "2026-12-31".parse::<Timestamp>().unwrap().to_string(),
            "2026-12-31T00:00:00Z"
        );
        assert!("31/12/2026".parse::<Timestamp>().is_err());
    }

    #[test]
    fn the_future_is_no_time_ago() {
        let now = Timestamp::from_seconds(100);
        assert_eq!(now.since(Timestamp::from_seconds(200)), Duration::ZERO);
        assert_eq!(now.since(Timestamp::from_seconds(40)), Duration::from_secs(60));
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        let far = Timestamp::from_micros(i64::MAX).plus(Duration::MAX);
        assert!(!far.to_string().is_empty());
        assert!(
            !Timestamp::from_micros(i64::MIN)
                .minus(Duration::MAX)
                .to_string()
                .is_empty()
        );
    }
}

//! The time at which a busy server wants to be asked again (RFC 9110 section 10.2.3, used by RFC 7480 section 5.5).

use std::time::Duration;

use atalaya_model::Timestamp;

/// Reads the header `Retry-After`: a number of seconds or a date.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Timestamp> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(now.plus(Duration::from_secs(u64::from(seconds))));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    Some(Timestamp::from_seconds(date.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read() {
        let now = Timestamp::from_seconds(1_000);
        assert_eq!(retry_after(" 120 ", now), Some(Timestamp::from_seconds(1_120)));
        let date = retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now).unwrap();
        assert_eq!(date.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-5", now), None);
    }
}

//! What the fields of a report say.

use std::net::IpAddr;

use atalaya_model::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Most categories of one report; there are 23.
pub const MAX_CATEGORIES: usize = 30;
/// The highest category.
const LAST_CATEGORY: u8 = 23;
/// The longest text of a date that is looked at.
const MAX_DATE: usize = 64;

/// Reads an address; space around it is passed over, and an IPv4 address in an IPv6 one is the IPv4 address.
#[must_use]
pub fn read_address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim();
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// Reads `18,22`: from one to [`MAX_CATEGORIES`] numbers from 1 to 23, each once in their order.
#[must_use]
pub fn read_categories(text: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(text).ok()?;
    let mut read = Vec::new();
    for (count, number) in text.split(',').enumerate() {
        let number: u8 = number.trim().parse().ok()?;
        if count >= MAX_CATEGORIES || !(1..=LAST_CATEGORY).contains(&number) {
            return None;
        }
        if !read.contains(&number) {
            read.push(number);
        }
    }
    Some(read)
}

/// Reads a moment: RFC 3339 with its offset, or the same without one, which is taken for UTC; `T` may be a space, and a bare date is its
/// first moment.
#[must_use]
pub fn read_time(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if text.len() > MAX_DATE {
        return None;
    }
    let moment = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let bare = text.parse::<DateTime>().ok()?;
        bare.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Some(Timestamp::from_micros(moment.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_numbers_that_there_are() {
        assert_eq!(read_categories(b"18,22"), Some(vec![18, 22]));
        assert_eq!(read_categories(b" 11 , 11"), Some(vec![11]));
        for wrong in [&b""[..], b"0", b"24", b"18,", b"ssh", b"1;2", b"\xff", b"256"] {
            assert_eq!(read_categories(wrong), None, "{wrong:?}");
        }
        assert_eq!(
            read_categories(["1"; MAX_CATEGORIES + 1].join(",").as_bytes()),
            None
        );
    }

    #[test]
    fn moments_are_read_with_and_without_an_offset() {
        for text in [
            "2026-11-26T18:00:00Z",
            "2026-11-26T20:00:00+02:00",
            "2026-11-26 18:00:00",
            "2026-11-26T18:00:00",
            " 2026-11-26T18:00:00.000+00:00 ",
        ] {
            assert_eq!(
                read_time(text.as_bytes()).unwrap().to_string(),
                "2026-11-26T18:00:00Z",
                "{text}"
            );
        }
        assert_eq!(
            read_time(b"2026-11-26").unwrap().to_string(),
            "2026-11-26T00:00:00Z"
        );
        for wrong in [
            "",
            "yesterday",
            "26.11.2026",
            "1795435200",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(read_time(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn addresses_are_read_in_both_families() {
        assert_eq!(read_address(b" ::ffff:192.0.2.1 "), "192.0.2.1".parse().ok());
        assert_eq!(read_address(b"2001:DB8::1"), "2001:db8::1".parse().ok());
        for wrong in [
            &b"192.0.2.0/24"[..],
            b"mail.example.org",
            b"127.0.foo.bar",
            b"\xff",
        ] {
            assert_eq!(read_address(wrong), None, "{wrong:?}");
        }
    }
}

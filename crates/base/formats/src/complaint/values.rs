//! Single values of reports, in every form that reporters write them.

use std::net::IpAddr;
use std::str::FromStr;

use atalaya_model::Timestamp;

use super::{MAX_NAMED, MAX_WORD};
use crate::message;

/// Most incidents that one report may stand for: what is above is a slip, or a lie.
const MAX_INCIDENTS: u64 = 1_000_000;

/// Time zones that are written by name and that RFC 5322 section 4.3 does not have. Names with two meanings are left out.
const ZONES: &[(&str, &str)] = &[("JST", "+0900"), ("CET", "+0100"), ("CEST", "+0200")];
/// Those that it has.
const KNOWN_ZONES: &[&str] = &[
    "UT", "UTC", "GMT", "Z", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT",
];
/// The months, as mail writes them.
const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

/// Text on one line, without what could not be shown, cut to [`MAX_WORD`].
pub(super) fn word(text: &str) -> String {
    message::presentable(text, MAX_WORD)
}

/// The same, and none where nothing is left.
pub(super) fn some_word(text: &str) -> Option<String> {
    Some(word(text)).filter(|word| !word.is_empty())
}

/// Adds a text to a list, once, while there is room.
pub(super) fn push(list: &mut Vec<String>, text: &str) {
    let text = word(text);
    if !text.is_empty() && list.len() < MAX_NAMED && !list.contains(&text) {
        list.push(text);
    }
}

/// An address: plain, in brackets, with the tag of RFC 5321 section 4.1.3, or with a comment behind it.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let first = text.split([' ', '(', ';']).find(|word| !word.is_empty())?;
    let bare = first.trim_matches(['[', ']', '<', '>', '"', '\'']);
    let bare = match bare.get(..5) {
        Some(tag) if tag.eq_ignore_ascii_case("ipv6:") => bare.get(5..)?,
        _ => bare,
    };
    IpAddr::from_str(bare).ok().map(|address| address.to_canonical())
}

/// The address in an envelope path: what stands in angle brackets, else the word with an `@`. Empty for `<>`.
pub(super) fn path(text: &str) -> Option<String> {
    if let Some((_, inner)) = text.rsplit_once('<') {
        return Some(word(inner.split('>').next().unwrap_or_default()));
    }
    // `rfc822; a@b.example` is how delivery reports write it.
    text.split([' ', ';', '"', '\''])
        .find(|word| word.contains('@'))
        .map(word)
}

/// A port; 0 is none.
pub(super) fn port(text: &str) -> Option<u16> {
    text.trim().parse().ok().filter(|port| *port != 0)
}

/// How many incidents.
pub(super) fn incidents(text: &str) -> Option<u64> {
    let digits = text.trim();
    digits
        .parse()
        .ok()
        .map(|count: u64| count.clamp(1, MAX_INCIDENTS))
}

/// A moment, as RFC 5322 or RFC 3339 has it, or nearly so. A date without a zone is none: it could be off by a day.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = word(text);
    let is_iso = text.as_bytes().get(4) == Some(&b'-');
    if is_iso {
        return iso(&text);
    }
    let words: Vec<&str> = text.split(['(', ')']).next()?.split_whitespace().collect();
    let line = match words.as_slice() {
        // `Feb  3 2014 02:13:35 +0100`
        [month, day, rest @ ..] if MONTHS.contains(&month.to_ascii_lowercase().as_str()) => {
            format!("{} {month} {}", day.trim_end_matches(','), rest.join(" "))
        }
        all => all.join(" "),
    };
    message::moment(&with_known_zone(line)?)
}

/// `2015-09-23 04:04:18 +0200`, `2026-04-17T17:02:02-0400` and what RFC 3339 has.
fn iso(text: &str) -> Option<Timestamp> {
    let mut words = text.split([' ', 'T']);
    let (date, time) = (words.next()?, words.next()?);
    let zone = match words.next() {
        Some("UTC" | "GMT") => "Z",
        Some(zone) => zone,
        None => "",
    };
    let joined = format!("{date}T{time}{zone}");
    joined.parse().ok()
}

/// A date whose zone is a number or a name that is known; none where it has another one.
fn with_known_zone(line: String) -> Option<String> {
    let zone = line.rsplit(' ').next()?;
    if !zone.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return Some(line);
    }
    let upper = zone.to_ascii_uppercase();
    if KNOWN_ZONES.contains(&upper.as_str()) {
        return Some(line);
    }
    let (_, offset) = ZONES.iter().find(|(name, _)| *name == upper)?;
    let start = line.len().checked_sub(zone.len())?;
    line.get(..start).map(|start| format!("{start}{offset}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_they_are_written() {
        for (text, moment_of) in [
            ("Thu, 8 Mar 2005 14:00:00 EDT", "2005-03-08T18:00:00Z"),
            ("Thu, 9 Apr 2006 23:34:45 JST", "2006-04-09T14:34:45Z"),
            ("Tue, 19 Jan 2016 14:32:40 -0500 (EST)", "2016-01-19T19:32:40Z"),
            ("Mon, 18 Jan 2016 23:57:24 UTC", "2016-01-18T23:57:24Z"),
            ("Fri, 31 Jan 2014 07:19:02 +0100", "2014-01-31T06:19:02Z"),
            ("Sun, 07 Jun 2015 21:09:11 +0200", "2015-06-07T19:09:11Z"),
            ("Feb  3 2014 02:13:35 +0100", "2014-02-03T01:13:35Z"),
            ("2015-07-23T01:58:17+00:00", "2015-07-23T01:58:17Z"),
            ("2015-09-23 04:04:18 +0200", "2015-09-23T02:04:18Z"),
            ("2026-04-17T17:02:02-0400", "2026-04-17T21:02:02Z"),
            ("2026-04-17T17:02:02Z", "2026-04-17T17:02:02Z"),
        ] {
            let read = moment(text).map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), Some(moment_of), "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_moments_is_none() {
        for text in [
            "",
            "(invalid)",
            "Tue, 19 Jan 2016 14:32:34",
            "2015-07-23T01:58:17",
            "2015-07-23",
            "Thu, 8 Mar 2005 14:00:00 XYZ",
            "This is not a date",
            "31 Feb 2016 14:32:34 +0000",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        for (text, read) in [
            ("192.0.2.1", "192.0.2.1"),
            ("[192.0.2.1]", "192.0.2.1"),
            ("192.0.2.1 (mx.example)", "192.0.2.1"),
            ("IPv6:2001:db8::1", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("'2001:db8::1'", "2001:db8::1"),
        ] {
            assert_eq!(address(text), Some(read.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "192.0.2.",
            "192.0.2.x",
            "XX.YY.ZZ.6",
            "192.0.2.1/24",
            "unknown",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn paths_lose_their_brackets() {
        assert_eq!(path("<a@b.example>").as_deref(), Some("a@b.example"));
        assert_eq!(path("a@b.example").as_deref(), Some("a@b.example"));
        assert_eq!(path("rfc822; a@b.example").as_deref(), Some("a@b.example"));
        assert_eq!(path("<>").as_deref(), Some(""));
        assert_eq!(path("redacted"), None);
    }

    #[test]
    fn counts_are_bounded() {
        assert_eq!(incidents("0"), Some(1));
        assert_eq!(incidents(" 12 "), Some(12));
        assert_eq!(incidents("99999999999"), Some(MAX_INCIDENTS));
        assert_eq!(incidents("many"), None);
        assert_eq!(port("0"), None);
        assert_eq!(port("65536"), None);
        assert_eq!(port("25"), Some(25));
    }
}

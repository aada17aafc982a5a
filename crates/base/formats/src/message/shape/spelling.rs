//! How values are spelled: dates, addresses and types.

use super::sign;

/// Most signs of a date that are told.
const MOST_DATE: usize = 64;
/// Most parameters of a type that are told.
const MOST_PARAMETERS: usize = 8;
/// Most white space of a gap that is told.
const MOST_GAP: usize = 4;
/// Types that are told.
const TYPES: &[&str] = &[
    "text/plain",
    "text/html",
    "multipart/alternative",
    "multipart/mixed",
    "multipart/related",
    "multipart/report",
    "multipart/signed",
];
/// Parameters that are told.
const PARAMETERS: &[&str] = &[
    "charset",
    "boundary",
    "type",
    "format",
    "delsp",
    "name",
    "report-type",
    "reply-type",
    "start",
    "micalg",
    "protocol",
    "method",
];
const DAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// The spelling of a date. Whether a day has two digits depends on the day, and is not told.
pub(super) fn date(value: &[u8]) -> String {
    let mut told = String::new();
    let mut rest = value;
    while let Some(first) = rest.first()
        && told.len() < MOST_DATE
    {
        let is_zone = matches!(first, b'+' | b'-') && told.ends_with('_');
        let same: fn(&u8) -> bool = match first {
            _ if is_zone => |byte| matches!(byte, b'+' | b'-' | b':') || byte.is_ascii_digit(),
            _ if first.is_ascii_alphabetic() => u8::is_ascii_alphabetic,
            _ if first.is_ascii_digit() => u8::is_ascii_digit,
            _ if first.is_ascii_whitespace() => u8::is_ascii_whitespace,
            b'(' => |byte| *byte != b')',
            _ => |_| false,
        };
        let length = rest.iter().take_while(|byte| same(byte)).count();
        let (run, behind) = rest.split_at_checked(length.max(1)).unwrap_or((rest, b""));
        match first {
            _ if is_zone => told.push_str("num"),
            _ if first.is_ascii_alphabetic() => told.push_str(word(run)),
            _ if first.is_ascii_digit() => told.push_str(if length == 4 { "####" } else { "#" }),
            _ if first.is_ascii_whitespace() => told.push('_'),
            b'(' => told.push_str("(c"),
            _ => told.push(sign(*first)),
        }
        rest = behind;
    }
    told
}

/// What a word of a date is.
fn word(run: &[u8]) -> &'static str {
    let abbreviates = |name: &&str| {
        run.len() == 3
            && name
                .as_bytes()
                .get(..3)
                .is_some_and(|start| start.eq_ignore_ascii_case(run))
    };
    let spells = |name: &&str| name.as_bytes().eq_ignore_ascii_case(run);
    let is_small = run.iter().all(u8::is_ascii_lowercase);
    let is_capital = run.iter().all(u8::is_ascii_uppercase);
    let spelled = |words: [&'static str; 3]| {
        let [small, capital, usual] = words;
        match () {
            () if is_small => small,
            () if is_capital => capital,
            () => usual,
        }
    };
    match run {
        _ if DAYS.iter().any(abbreviates) => spelled(["www", "WWW", "Www"]),
        _ if MONTHS.iter().any(abbreviates) => spelled(["mmm", "MMM", "Mmm"]),
        _ if DAYS.iter().any(spells) => "Weekday",
        _ if MONTHS.iter().any(spells) => "Month",
        b"GMT" => "GMT",
        b"UT" => "UT",
        b"UTC" => "UTC",
        b"Z" => "Z",
        _ => "abc",
    }
}

/// The form of the first address. Programs quote a name where it needs that, so that quotes are the name's and are not told.
pub(super) fn address(value: &[u8]) -> String {
    let (name, rest) = match quoted(value) {
        Some((_, rest)) => ("name", rest),
        None => match memchr::memchr2(b'<', b',', value).and_then(|at| value.split_at_checked(at)) {
            Some((before, rest)) if rest.starts_with(b"<") => {
                let name = before.trim_ascii_end();
                (
                    if name.is_empty() { "" } else { "name" },
                    value.get(name.len()..).unwrap_or(rest),
                )
            }
            _ => return bare(value).to_owned(),
        },
    };
    let mut told = name.to_owned();
    let open = rest.trim_ascii_start();
    if open.len() < rest.len() {
        told.push('_');
    }
    told.push_str(if open.starts_with(b"<") { "<@>" } else { "?" });
    told
}

/// The form of an address without brackets.
fn bare(value: &[u8]) -> &'static str {
    let has = |byte| memchr::memchr(byte, value).is_some();
    match (has(b'@'), has(b'(')) {
        (true, false) => "@",
        (true, true) => "@_(c)",
        _ if value.ends_with(b";") => "group",
        _ => "?",
    }
}

/// The domain of the last address.
pub(super) fn domain(value: &[u8]) -> Option<&[u8]> {
    let at = memchr::memrchr(b'@', value)?;
    let rest = value.get(at.saturating_add(1)..)?;
    let is_of_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    rest.get(..rest.iter().take_while(is_of_name).count())
}

/// A Content-Type.
#[derive(Debug, Default)]
pub(super) struct ContentType<'a> {
    pub(super) told: String,
    pub(super) boundary: Option<&'a [u8]>,
}

impl<'a> ContentType<'a> {
    pub(super) fn read(value: &'a [u8]) -> Self {
        let (name, mut rest) = split(value);
        let mut read = Self {
            told: media_type(name.trim_ascii()),
            boundary: None,
        };
        for _ in 0..MOST_PARAMETERS {
            let Some(parameter) = rest.strip_prefix(b";") else {
                break;
            };
            let start = parameter.trim_ascii_start();
            read.told.push(';');
            gap(parameter, start, &mut read.told);
            rest = read.take(start);
        }
        read
    }

    /// Takes one parameter, and gives what stands behind it.
    fn take(&mut self, parameter: &'a [u8]) -> &'a [u8] {
        let (name, value) =
            match memchr::memchr2(b'=', b';', parameter).and_then(|at| parameter.split_at_checked(at)) {
                Some((name, value)) if value.starts_with(b"=") => (name, value.get(1..).unwrap_or_default()),
                Some((name, rest)) => {
                    self.told
                        .push_str(if name.trim_ascii().is_empty() { "" } else { "?" });
                    return rest;
                }
                None => {
                    self.told.push_str(if parameter.is_empty() { "" } else { "?" });
                    return b"";
                }
            };
        let name = name.trim_ascii();
        let is_known = PARAMETERS
            .iter()
            .any(|known| known.as_bytes().eq_ignore_ascii_case(name));
        self.told
            .push_str(str::from_utf8(name).ok().filter(|_| is_known).unwrap_or("?"));
        let start = value.trim_ascii_start();
        let (inside, behind) = quoted(start).unwrap_or_else(|| split(start));
        let inside = inside.trim_ascii();
        self.told
            .push_str(if start.starts_with(b"\"") { "=\"v\"" } else { "=v" });
        if name.eq_ignore_ascii_case(b"boundary") {
            self.boundary.get_or_insert(inside);
        }
        split(behind).1
    }
}

/// What stands before a semicolon, and from it on.
fn split(value: &[u8]) -> (&[u8], &[u8]) {
    let at = memchr::memchr(b';', value).unwrap_or(value.len());
    value.split_at_checked(at).unwrap_or((value, b""))
}

/// What stands in the quotes that a text begins with, and behind them.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let inside = text.strip_prefix(b"\"")?;
    let mut is_escaped = false;
    let end = inside.iter().position(|byte| {
        let ends = *byte == b'"' && !is_escaped;
        is_escaped = *byte == b'\\' && !is_escaped;
        ends
    });
    let (inside, rest) = inside.split_at_checked(end?)?;
    Some((inside, rest.get(1..)?))
}

/// A type as it is spelled, where it is a usual one.
fn media_type(name: &[u8]) -> String {
    let is = |known: &&str| known.as_bytes().eq_ignore_ascii_case(name);
    let begins = |kind: &[u8]| {
        name.get(..kind.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(kind))
    };
    match str::from_utf8(name) {
        Ok(name) if TYPES.iter().any(is) => name,
        _ if begins(b"text/") => "text/?",
        _ if begins(b"multipart/") => "multipart/?",
        _ => "?",
    }
    .to_owned()
}

/// The white space between two places of the same text.
fn gap(from: &[u8], to: &[u8], told: &mut String) {
    let length = from.len().saturating_sub(to.len());
    let white = from.iter().take(length).filter(|byte| **byte != b'\r');
    for byte in white.take(MOST_GAP) {
        told.push_str(match byte {
            b'\n' => "\\n",
            b'\t' => "\\t",
            _ => "_",
        });
    }
}

/// The spelling of the MIME version.
pub(super) fn version(value: &[u8]) -> String {
    match value {
        b"1.0" => "1.0",
        _ if value.starts_with(b"1.0") && value.ends_with(b")") => "1.0_(c)",
        _ => "?",
    }
    .to_owned()
}

/// Which letters are used.
pub(super) fn letters(value: &[u8]) -> String {
    let has = |is: fn(&u8) -> bool| value.iter().any(is);
    match (has(u8::is_ascii_lowercase), has(u8::is_ascii_uppercase)) {
        (true, false) => "lower",
        (false, true) => "upper",
        (true, true) => "mixed",
        (false, false) => "?",
    }
    .to_owned()
}

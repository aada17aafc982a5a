//! Lengths of time and moments as zone files write them.

use atalaya_model::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Units with their length in seconds.
const UNITS: [(u8, u32); 5] = [
    (b's', 1),
    (b'm', 60),
    (b'h', 3_600),
    (b'd', 86_400),
    (b'w', 604_800),
];

/// Reads a length of time in seconds: `30`, `35m`, `2h`, `1w`, `1h30m`.
#[must_use]
pub fn seconds(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let (mut total, mut rest) = (0_u32, text);
    while !rest.is_empty() {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, behind) = rest.split_at_checked(digits)?;
        let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
        let (unit, behind) = match behind.split_first() {
            None => (1, behind),
            Some((letter, behind)) => {
                let letter = letter.to_ascii_lowercase();
                (UNITS.iter().find(|(unit, _)| *unit == letter)?.1, behind)
            }
        };
        total = total.checked_add(number.checked_mul(unit)?)?;
        rest = behind;
    }
    Some(total)
}

/// Reads a moment: `2026:11:26`, `2026-11-26-12:30:59`, `20261126`. `0` and `-` say that there is none.
pub(super) fn moment(text: &[u8]) -> Option<Option<Timestamp>> {
    if matches!(text, b"0" | b"-") {
        return Some(None);
    }
    let is_plain = text
        .iter()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'-'));
    let digits: Vec<i16> = text
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .map(|digit| i16::from(digit.saturating_sub(b'0')))
        .collect();
    if !is_plain || !matches!(digits.len(), 8 | 10 | 12 | 14) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = digits.get(from..to).unwrap_or_default();
        digits
            .iter()
            .fold(0_i16, |sum, digit| sum.saturating_mul(10).saturating_add(*digit))
    };
    let part = |from: usize| i8::try_from(number(from, from.saturating_add(2))).ok();
    let civil = DateTime::new(
        number(0, 4),
        part(4)?,
        part(6)?,
        part(8)?,
        part(10)?,
        part(12)?,
        0,
    )
    .ok()?;
    let seconds = civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
    Some(Some(Timestamp::from_seconds(seconds)))
}

//! Numbers, shares and dates, as a language writes them.

use atalaya_model::Timestamp;

use super::Words;
use crate::day::Day;
use crate::figures::Measure;

/// Most runs of days that are written.
const MOST_RUNS: usize = 12;

impl Words {
    /// A number with its thousands apart.
    #[must_use]
    pub fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut written = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
                written.push(self.thousands);
            }
            written.push(digit);
        }
        written
    }

    /// A number in little room: `9,999`, `12.3 k`, `4.5 M`.
    #[must_use]
    pub fn short(&self, number: u64) -> String {
        let units = [
            (1_000_000_000_000, "T"),
            (1_000_000_000, "G"),
            (1_000_000, "M"),
            (1_000, "k"),
        ];
        let unit = units
            .into_iter()
            .find(|(unit, _)| number >= *unit && number >= 10_000);
        match unit {
            Some((unit, name)) => format!("{} {name}", self.tenths(number, unit)),
            None => self.number(number),
        }
    }

    /// Bytes in little room.
    #[must_use]
    pub fn bytes(&self, bytes: u64) -> String {
        let units = [
            (1 << 40, "TiB"),
            (1 << 30, "GiB"),
            (1 << 20, "MiB"),
            (1 << 10, "KiB"),
        ];
        match units.into_iter().find(|(unit, _)| bytes >= *unit) {
            Some((unit, name)) => format!("{} {name}", self.tenths(bytes, unit)),
            None => format!("{bytes} B"),
        }
    }

    /// One of a measure, in little room.
    #[must_use]
    pub fn of(&self, measure: Measure, number: u64) -> String {
        match measure {
            Measure::Bytes => self.bytes(number),
            _ => self.short(number),
        }
    }

    /// How many of a unit it is, with a decimal where it is not whole.
    pub(crate) fn tenths(&self, number: u64, unit: u64) -> String {
        // Rounded, so that 19,999 is 20 k.
        let tenths = u128::from(number)
            .saturating_mul(10)
            .saturating_add(u128::from(unit / 2))
            / u128::from(unit.max(1));
        let whole = self.number(u64::try_from(tenths / 10).unwrap_or(u64::MAX));
        match tenths % 10 {
            0 => whole,
            rest => format!("{whole}{}{rest}", self.decimal),
        }
    }

    /// A part of a whole, in percent.
    #[must_use]
    pub fn share(&self, part: u64, whole: u64) -> String {
        if whole == 0 {
            return "–".to_owned();
        }
        let thousandth = u128::from(part)
            .saturating_mul(1_000)
            .saturating_add(u128::from(whole / 2))
            / u128::from(whole);
        if thousandth == 0 && part > 0 {
            return format!("< 0{}1 %", self.decimal);
        }
        format!("{}{}{} %", thousandth / 10, self.decimal, thousandth % 10)
    }

    /// A day, by its text.
    #[must_use]
    pub fn day(&self, day: &str) -> String {
        let mut parts = day.split('-');
        let (year, month, number) = (parts.next(), parts.next(), parts.next());
        let month = month
            .and_then(|month| month.parse::<usize>().ok())
            .and_then(|month| self.months.get(month.checked_sub(1)?));
        match (year, month, number.and_then(|number| number.parse().ok())) {
            (Some(year), Some(month), Some(number)) => (self.date)(number, month, year),
            _ => day.to_owned(),
        }
    }

    /// A month, by its text: `2026-11`.
    #[must_use]
    pub fn month(&self, month: &str) -> String {
        let (year, number) = month.split_once('-').unwrap_or((month, ""));
        let name = number
            .parse::<usize>()
            .ok()
            .and_then(|number| self.months.get(number.checked_sub(1)?));
        name.map_or_else(|| month.to_owned(), |name| format!("{name} {year}"))
    }

    /// Days from a first to a last, which may be one.
    #[must_use]
    pub fn days(&self, first: &str, last: &str) -> String {
        if first == last {
            self.day(first)
        } else {
            (self.days)(&self.day(first), &self.day(last))
        }
    }

    /// Days in runs: `3 November 2026, 5 to 19 November 2026`; the first ones, and how many days more there are.
    pub(crate) fn runs(&self, days: &[String]) -> String {
        let number = |day: &str| day.parse::<Day>().map_or(i32::MIN, Day::number);
        let runs = days.chunk_by(|one, two| number(one).saturating_add(1) == number(two));
        let (mut written, mut count) = (Vec::new(), 0_usize);
        for run in runs.take(MOST_RUNS) {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                written.push(self.run(first, last));
            }
            count = count.saturating_add(run.len());
        }
        let mut text = written.join(", ");
        let more = days.len().saturating_sub(count);
        if more > 0 {
            text.push(' ');
            text.push_str(&(self.charts.and_more)(&self.number(more as u64)));
        }
        text
    }

    /// Days from a first to a last; of one month, the month stands once.
    fn run(&self, first: &str, last: &str) -> String {
        match (first.rsplit_once('-'), last.rsplit_once('-')) {
            (Some((month, day)), Some((same, _))) if month == same && first != last => {
                (self.days)(day.trim_start_matches('0'), &self.day(last))
            }
            _ => self.days(first, last),
        }
    }

    /// A moment to the minute.
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> String {
        let text = at.to_string();
        format!(
            "{}, {} UTC",
            self.day(&at.date()),
            text.get(11..16).unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use atalaya_places::Language;

    use crate::day::Day;
    use crate::words::words;

    #[test]
    fn numbers_follow_the_language() {
        let (english, spanish) = (words(Language::English), words(Language::Spanish));
        assert_eq!(english.number(1_234_567), "1,234,567");
        assert_eq!(spanish.number(1_234), "1.234");
        assert_eq!(english.short(9_999), "9,999");
        assert_eq!(english.short(19_999), "20 k");
        assert_eq!(spanish.short(12_345), "12,3 k");
        assert_eq!(english.short(u64::MAX).chars().last(), Some('T'));
        assert_eq!(english.bytes(1_536), "1.5 KiB");
        assert_eq!(english.share(1, 8), "12.5 %");
        assert_eq!(spanish.share(1, 1_000_000), "< 0,1 %");
        assert_eq!(english.share(3, 0), "–");
        assert_eq!(spanish.day("2026-03-05"), "5 de marzo de 2026");
        assert_eq!(
            english.days("2026-03-05", "2026-03-06"),
            "5 March 2026 to 6 March 2026"
        );
        assert_eq!(english.day("nonsense"), "nonsense");
    }

    #[test]
    fn days_are_written_in_runs() {
        let (english, spanish) = (words(Language::English), words(Language::Spanish));
        let days = |days: &[&str]| days.iter().map(|day| (*day).to_owned()).collect::<Vec<_>>();
        let some = days(&["2026-10-30", "2026-11-01", "2026-11-02", "2026-11-03"]);
        assert_eq!(english.runs(&some), "30 October 2026, 1 to 3 November 2026");
        assert_eq!(
            spanish.runs(&some),
            "30 de octubre de 2026, 1 a 3 de noviembre de 2026"
        );
        let over = days(&["2026-10-31", "2026-11-01"]);
        assert_eq!(english.runs(&over), "31 October 2026 to 1 November 2026");
        let apart: Vec<String> = (0..300)
            .map(|day| Day::from_number(day * 2).to_string())
            .collect();
        let text = english.runs(&apart);
        assert!(text.ends_with(" and 288 more") && text.len() < 400, "{text}");
        assert_eq!(english.runs(&[]), "");
    }
}

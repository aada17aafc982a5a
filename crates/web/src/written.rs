//! Writing figures for people: dates, lengths of time, sizes, numbers, in the reader's language.

use std::time::Duration;

use atalaya_model::Timestamp;

use crate::texts::UnitTexts;

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;
const MINUTE: u64 = 60;

/// A moment, as machines and as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moment {
    /// RFC 3339, for the `datetime` attribute.
    pub(crate) iso: String,
    /// `23 November 2026, 22:10 UTC`.
    pub(crate) text: String,
}

impl UnitTexts {
    /// Writes a moment to the minute.
    pub(crate) fn moment(&self, at: Timestamp) -> Moment {
        let iso = at.to_string();
        let time = iso.get(11..16).unwrap_or_default();
        Moment {
            text: format!("{}, {time} UTC", self.day(at)),
            iso,
        }
    }

    /// Writes the day of a moment.
    pub(crate) fn day(&self, at: Timestamp) -> String {
        let date = at.date();
        let mut parts = date.split('-');
        let (year, month, day) = (parts.next(), parts.next(), parts.next());
        let month = month
            .and_then(|month| month.parse::<usize>().ok())
            .and_then(|month| self.months.get(month.checked_sub(1)?));
        match (year, month, day.and_then(|day| day.parse().ok())) {
            (Some(year), Some(month), Some(day)) => (self.date)(day, month, year),
            _ => date,
        }
    }

    /// Writes a length of time in its largest whole unit, in whole seconds at least.
    pub(crate) fn duration(&self, length: Duration) -> String {
        let seconds = length.as_secs();
        // A day and a half reads better as 36 hours, two days better as days.
        let (unit, words) = [(DAY, &self.days), (HOUR, &self.hours), (MINUTE, &self.minutes)]
            .into_iter()
            .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit))
            .unwrap_or((1, &self.seconds));
        let count = seconds / unit;
        let [one, many] = words;
        format!("{} {}", self.number(count), if count == 1 { one } else { many })
    }

    /// Writes several lengths of time: `1, 1, 2, 4 days` where all are whole days, else each with its unit.
    pub(crate) fn durations(&self, lengths: &[Duration]) -> String {
        let whole_days = lengths.iter().all(|length| length.as_secs().is_multiple_of(DAY));
        let [_, days] = self.days;
        let mut words: Vec<String> = lengths
            .iter()
            .map(|length| {
                if whole_days {
                    self.number(length.as_secs() / DAY)
                } else {
                    self.duration(*length)
                }
            })
            .collect();
        let last = words.pop().unwrap_or_default();
        let list = if words.is_empty() {
            last
        } else {
            format!("{} {} {last}", words.join(", "), self.and)
        };
        if whole_days {
            format!("{list} {days}")
        } else {
            list
        }
    }

    /// Writes a number of bytes: `812 B`, `4.2 KiB`, `1.3 MiB`.
    pub(crate) fn size(&self, bytes: u64) -> String {
        let (unit, name) = match bytes {
            0..1_024 => return format!("{bytes} B"),
            1_024..1_048_576 => (1_024, "KiB"),
            _ => (1_048_576, "MiB"),
        };
        let tenths = bytes.saturating_mul(10) / unit;
        format!(
            "{}{}{} {name}",
            self.number(tenths / 10),
            self.decimal,
            tenths % 10
        )
    }

    /// Writes a number with its thousands apart.
    pub(crate) fn number(&self, number: u64) -> String {
        let digits = number.to_string();
        let mut written = String::with_capacity(digits.len() + digits.len() / 3);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                written.push(self.thousands);
            }
            written.push(digit);
        }
        written
    }

    /// Writes a score with one or two decimals at most.
    pub(crate) fn score(&self, score: f64) -> String {
        let written = format!("{score:.2}");
        let written = written.trim_end_matches('0').trim_end_matches('.');
        written.replace('.', &self.decimal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn english() -> &'static UnitTexts {
        &Language::English.texts().units
    }

    fn spanish() -> &'static UnitTexts {
        &Language::Spanish.texts().units
    }

    #[test]
    fn moments_are_written_in_words() {
        let at = "2026-03-05T07:09:59Z".parse().unwrap();
        assert_eq!(english().moment(at).text, "5 March 2026, 07:09 UTC");
        assert_eq!(spanish().moment(at).text, "5 de marzo de 2026, 07:09 UTC");
        assert_eq!(english().moment(at).iso, "2026-03-05T07:09:59Z");
        // The ends of time have years of another length; they are written, not cut.
        assert!(!english().moment(Timestamp::from_micros(i64::MIN)).text.is_empty());
    }

    #[test]
    fn lengths_are_written_in_their_largest_whole_unit() {
        let write = |seconds| english().duration(Duration::from_secs(seconds));
        assert_eq!(write(86_400), "1 day");
        assert_eq!(write(129_600), "36 hours");
        assert_eq!(write(300), "5 minutes");
        assert_eq!(write(1), "1 second");
        assert_eq!(write(0), "0 seconds");
        assert_eq!(spanish().duration(Duration::from_secs(172_800)), "2 días");
    }

    #[test]
    fn several_lengths_share_their_unit_where_they_can() {
        let days = |counts: &[u64]| {
            counts
                .iter()
                .map(|n| Duration::from_secs(n * 86_400))
                .collect::<Vec<_>>()
        };
        assert_eq!(english().durations(&days(&[1, 1, 2, 4])), "1, 1, 2 and 4 days");
        assert_eq!(spanish().durations(&days(&[1, 2])), "1 y 2 días");
        assert_eq!(
            english().durations(&[Duration::from_secs(3_600), Duration::from_secs(86_400)]),
            "1 hour and 1 day"
        );
    }

    #[test]
    fn sizes_numbers_and_scores_follow_the_language() {
        assert_eq!(english().size(812), "812 B");
        assert_eq!(english().size(4_301), "4.2 KiB");
        assert_eq!(spanish().size(2_621_440), "2,5 MiB");
        assert_eq!(english().number(1_234_567), "1,234,567");
        assert_eq!(spanish().number(999), "999");
        assert_eq!(english().score(3.0), "3");
        assert_eq!(spanish().score(1.25), "1,25");
    }
}

//! Ranges with the moment at which they end, for programs that take entries out by themselves.
//!
//! An address is listed until the last of its listings ends. So a range is cut where a listing inside lasts longer, and neighbours are
//! joined where they end together.

use atalaya_model::{Prefix, Timestamp};

use super::Export;
use super::ranges::Range;

/// A range, and when it ends; none for no end.
pub(super) type Timed = (Range, Option<Timestamp>);

impl Export {
    /// The ranges that are listed, each address once and with its end; what is allowed is cut out, neighbours that end together are joined.
    pub(super) fn timed(&self) -> impl Iterator<Item = Timed> {
        let entries = self.entries().map(|(prefix, mark)| {
            let classes = mark.classes(self.hour);
            let wanted = classes.filter(|(class, _)| self.filter.wants(*class));
            (prefix, wanted.map(|(_, until)| until).reduce(later).flatten())
        });
        let outside = flat(entries).flat_map(|(range, until)| {
            let ranges = self.holes.outside(range);
            ranges.map(move |range| (range, until))
        });
        joined(outside)
    }
}

/// The later of two ends.
fn later(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    Some(one?.max(other?))
}

/// Cuts entries, which come in their order, so that each address is in one range: with the latest end of all that hold it.
fn flat(entries: impl Iterator<Item = (Prefix, Option<Timestamp>)>) -> impl Iterator<Item = Timed> {
    let mut entries = entries.peekable();
    // What is not told yet of the entries around, the widest first.
    let mut around: Vec<(Prefix, Option<Range>, Option<Timestamp>)> = Vec::new();
    std::iter::from_fn(move || {
        loop {
            let next = entries.peek().copied();
            let closed = around.pop_if(|(outer, ..)| next.is_none_or(|(inner, _)| !outer.covers(&inner)));
            if let Some((_, rest, until)) = closed {
                match rest {
                    Some(range) => return Some((range, until)),
                    None => continue,
                }
            }
            let (prefix, own) = entries.next()?;
            let range = Range::from(prefix);
            let Some((_, rest, until)) = around.last_mut() else {
                around.push((prefix, Some(range), own));
                continue;
            };
            let until = *until;
            let (before, behind) = rest.take().map_or((None, None), |rest| rest.around(&range));
            *rest = behind;
            around.push((prefix, Some(range), later(own, until)));
            if let Some(before) = before {
                return Some((before, until));
            }
        }
    })
}

/// Joins neighbours that end together.
fn joined(ranges: impl Iterator<Item = Timed>) -> impl Iterator<Item = Timed> {
    let mut ranges = ranges.peekable();
    std::iter::from_fn(move || {
        let (mut range, until) = ranges.next()?;
        while let Some((next, _)) = ranges.next_if(|(next, end)| *end == until && range.is_next_to(next)) {
            range = range.up_to(&next);
        }
        Some((range, until))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flattened(entries: &[(&str, Option<i64>)]) -> Vec<String> {
        let entries = entries.iter().map(|(prefix, until)| {
            let prefix: Prefix = prefix.parse().unwrap();
            (prefix, until.map(Timestamp::from_seconds))
        });
        let timed = joined(flat(entries)).map(|(range, until)| match until {
            Some(until) => format!("{range} {}", until.seconds()),
            None => range.to_string(),
        });
        timed.collect()
    }

    #[test]
    fn an_address_lasts_as_long_as_the_last_of_its_listings() {
        let nested = [
            ("192.0.2.0/24", Some(5)),
            ("192.0.2.0/28", Some(3)),
            ("192.0.2.4", None),
            ("192.0.2.5", Some(5)),
            ("192.0.2.6", Some(9)),
            ("192.0.2.128/25", Some(7)),
            ("192.0.2.255", Some(8)),
            ("192.0.3.0/24", Some(8)),
            ("2001:db8::/64", None),
        ];
        let expected = [
            "192.0.2.0/30 5",
            "192.0.2.4",
            "192.0.2.5 5",
            "192.0.2.6 9",
            "192.0.2.7-192.0.2.127 5",
            "192.0.2.128-192.0.2.254 7",
            "192.0.2.255-192.0.3.255 8",
            "2001:db8::/64",
        ];
        assert_eq!(flattened(&nested), expected);
        assert!(flattened(&[]).is_empty());
    }
}

//! What stands beside an entry, in four bytes.

use std::cmp::Ordering;

use atalaya_model::{Kind, Timestamp};

/// The kinds by their number in a mark. The numbers stand in files: new kinds come behind, and none leaves.
const KINDS: [Kind; 18] = [
    Kind::Spam,
    Kind::Backscatter,
    Kind::Connection,
    Kind::UnknownRecipient,
    Kind::Protocol,
    Kind::EarlyTalker,
    Kind::RelayAttempt,
    Kind::LoginAttack,
    Kind::PortScan,
    Kind::WebAttack,
    Kind::Flood,
    Kind::Malware,
    Kind::Phishing,
    Kind::Fraud,
    Kind::Bot,
    Kind::Listed,
    Kind::NotSpam,
    Kind::Other,
];
/// The bits of the kind.
const KIND: u32 = 0x7f;
/// The bit of an entry that the list names no more.
const LEFT: u32 = 0x80;
/// The hour, counted from 1970, stands above this bit: enough for 1,900 years. None is 0.
const HOUR: u32 = 8;
/// The last hour that fits.
const LAST_HOUR: i64 = 0xff_ffff;
/// Seconds of an hour.
const SECONDS: i64 = 3_600;

/// What an entry did, when the list named it last, and whether it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::feeds) struct Mark(pub(super) u32);

impl Mark {
    /// An entry that the list names, and the time that it gives for it.
    pub(in crate::feeds) fn new(kind: Kind, at: Option<Timestamp>) -> Self {
        let number = KINDS.iter().position(|known| *known == kind);
        let number = number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(KIND);
        Self(number | at.map_or(0, hour) << HOUR)
    }

    /// What it did.
    pub(in crate::feeds) fn kind(self) -> Kind {
        let number = usize::try_from(self.0 & KIND).ok();
        let kind = number.and_then(|number| KINDS.get(number));
        kind.copied().unwrap_or(Kind::Other)
    }

    /// When it was named last; none for when the list was fetched last.
    pub(super) fn named_at(self) -> Option<Timestamp> {
        let hour = i64::from(self.0 >> HOUR);
        (hour > 0).then(|| Timestamp::from_seconds(hour.saturating_mul(SECONDS)))
    }

    /// Whether the list names it no more.
    pub(super) const fn has_left(self) -> bool {
        self.0 & LEFT != 0
    }

    /// The same after it left the list, which named it at `last` for the last time.
    pub(super) fn leave(self, last: Timestamp) -> Self {
        let hour = if self.named_at().is_some() { 0 } else { hour(last) };
        Self(self.0 | LEFT | hour << HOUR)
    }

    /// Which of two was named last.
    pub(super) fn cmp_moment(&self, other: &Self) -> Ordering {
        let moment = |mark: &Self| mark.named_at().map_or(i64::MAX, Timestamp::micros);
        moment(self).cmp(&moment(other))
    }
}

/// The hour of a moment; the first there is for older ones.
fn hour(at: Timestamp) -> u32 {
    let hour = at.seconds().div_euclid(SECONDS).clamp(1, LAST_HOUR);
    u32::try_from(hour).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_number_of_its_own() {
        for kind in KINDS {
            assert_eq!(Mark::new(kind, None).kind(), kind);
        }
        let mut kinds = KINDS.to_vec();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), KINDS.len());
    }

    #[test]
    fn a_mark_knows_the_hour_in_which_it_was_named_last() {
        let at: Timestamp = "2026-11-26T18:30:00Z".parse().unwrap();
        let named = Mark::new(Kind::Bot, Some(at));
        assert_eq!(named.named_at().unwrap().to_string(), "2026-11-26T18:00:00Z");
        let later = at.plus(std::time::Duration::from_secs(86_400));
        let left = named.leave(later);
        assert_eq!((left.named_at(), left.kind()), (named.named_at(), Kind::Bot));
        assert!(left.has_left() && !named.has_left());
        let untimed = Mark::new(Kind::Bot, None);
        assert_eq!(untimed.named_at(), None);
        assert_eq!(untimed.leave(at).named_at(), named.named_at());
        let ancient = Mark::new(Kind::Bot, Some(Timestamp::from_seconds(-9)));
        assert_eq!(ancient.named_at().unwrap().to_string(), "1970-01-01T01:00:00Z");
        assert_eq!(untimed.cmp_moment(&named), Ordering::Greater);
    }
}

//! The addresses that our own sensors saw of late: what a list that changes is looked up for.

use std::collections::{HashSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{Prefix, Timestamp};

/// Most addresses, at about 100 bytes each; those that came longest ago are forgotten first.
const MOST: usize = 100_000;
/// How long ago an address may have come. What came earlier is looked up when it comes again.
pub(super) const LATE: Duration = Duration::from_secs(86_400);

/// Addresses, one of each unit, in the order in which they came first.
#[derive(Debug, Default)]
pub(super) struct Recent {
    units: HashSet<Prefix>,
    seen: VecDeque<(IpAddr, Timestamp)>,
}

impl Recent {
    /// Notes an address that came then.
    pub(super) fn note(&mut self, address: IpAddr, at: Timestamp, now: Timestamp) {
        if now.since(at) > LATE || !self.units.insert(Prefix::unit(address)) {
            return;
        }
        self.seen.push_back((address, at));
        while self.seen.len() > MOST {
            self.forget_first();
        }
    }

    /// The addresses that came of late.
    pub(super) fn since(&mut self, now: Timestamp) -> Vec<IpAddr> {
        while self.seen.front().is_some_and(|(_, at)| now.since(*at) > LATE) {
            self.forget_first();
        }
        self.seen.iter().map(|(address, _)| *address).collect()
    }

    fn forget_first(&mut self) {
        if let Some((address, _)) = self.seen.pop_front() {
            self.units.remove(&Prefix::unit(address));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_last_addresses_are_known_each_once_and_for_a_day() {
        let mut recent = Recent::default();
        let start = Timestamp::from_seconds(1_000_000);
        let later = start.plus(LATE);
        let address = |text: &str| text.parse().unwrap();
        recent.note(address("192.0.2.1"), start, start);
        recent.note(address("192.0.2.1"), start, start);
        recent.note(address("2001:db8::1"), later, later);
        recent.note(address("2001:db8::2"), later, later);
        recent.note(address("192.0.2.9"), start, later.plus(Duration::from_secs(1)));
        assert_eq!(
            recent.since(later),
            [address("192.0.2.1"), address("2001:db8::1")]
        );
        assert_eq!(
            recent.since(later.plus(Duration::from_secs(1))),
            [address("2001:db8::1")]
        );
        for number in 0..200_000 {
            recent.note(Ipv4Addr::from_bits(number).into(), later, later);
        }
        assert_eq!(recent.since(later).len(), MOST);
        assert_eq!(recent.units.len(), MOST);
    }
}

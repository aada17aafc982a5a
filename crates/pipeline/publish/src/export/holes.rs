//! What no export may list: the allow list, and the loopback addresses, which hold the test entries.

use std::net::Ipv4Addr;

use atalaya_model::Prefix;

use super::ranges::Range;
use super::widest;

/// Prefixes that are cut out of whatever is listed around them; in their order, none inside another.
#[derive(Debug, Clone)]
pub(crate) struct Holes(Vec<Prefix>);

impl Holes {
    /// The holes that an allow list makes; its entries come in their order.
    pub(super) fn new(allowed: impl Iterator<Item = Prefix>) -> Self {
        let mut all: Vec<Prefix> = allowed.collect();
        let loopback = Prefix::new(Ipv4Addr::LOCALHOST.into(), 8);
        all.insert(all.partition_point(|prefix| *prefix < loopback), loopback);
        Self(widest(all.into_iter()).collect())
    }

    /// Whether all of a prefix is cut out.
    pub(super) fn cover(&self, prefix: &Prefix) -> bool {
        let behind = self.0.partition_point(|hole| hole <= prefix);
        let before = behind.checked_sub(1).and_then(|at| self.0.get(at));
        before.is_some_and(|hole| hole.covers(prefix))
    }

    /// The holes inside a prefix.
    pub(super) fn inside(&self, prefix: Prefix) -> impl Iterator<Item = Prefix> {
        let from = self.0.partition_point(|hole| *hole < prefix);
        let rest = self.0.get(from..).unwrap_or_default().iter().copied();
        rest.take_while(move |hole| prefix.covers(hole))
    }

    /// What of a range is not cut out.
    pub(super) fn outside(&self, range: Range) -> impl Iterator<Item = Range> {
        let is_before = |hole: &Prefix| Range::from(*hole).is_before(&range);
        let from = self.0.partition_point(is_before);
        let holes = self.0.get(from..).unwrap_or_default().iter();
        let holes = holes
            .map(|hole| Range::from(*hole))
            .take_while(move |hole| !range.is_before(hole));
        let mut rest = Some(range);
        holes
            .map(Some)
            .chain(std::iter::once(None))
            .filter_map(move |hole| {
                let range = rest.take()?;
                let (before, behind) = hole.map_or((Some(range), None), |hole| range.around(&hole));
                rest = behind;
                before
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_allowed_is_cut_out() {
        let allowed = ["192.0.2.0/30", "192.0.2.2", "192.0.2.8", "2001:db8::/64"];
        let holes = Holes::new(allowed.into_iter().map(prefix));
        let outside = |text: &str| -> Vec<String> {
            let ranges = holes.outside(Range::from(prefix(text)));
            ranges.map(|range| range.to_string()).collect()
        };
        assert_eq!(outside("192.0.2.0/28"), ["192.0.2.4/30", "192.0.2.9-192.0.2.15"]);
        assert_eq!(outside("192.0.2.0/31"), [""; 0]);
        assert_eq!(outside("198.51.100.0/24"), ["198.51.100.0/24"]);
        assert_eq!(outside("2001:db8::/63"), ["2001:db8:0:1::/64"]);
        assert!(holes.cover(&prefix("192.0.2.2")) && !holes.cover(&prefix("192.0.2.4")));
        assert!(holes.cover(&prefix("127.0.0.2")));
        assert_eq!(holes.inside(prefix("192.0.2.0/24")).count(), 2);
    }
}

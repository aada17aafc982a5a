//! The clients that may ask without a key, as ranges of addresses that do not touch: one search in a sorted row, however many
//! prefixes there are.

use std::net::IpAddr;

use atalaya_model::Prefix;

/// Addresses of clients.
#[derive(Debug)]
pub(super) struct Clients {
    /// Everybody is one of them; then nothing is looked up.
    everybody: bool,
    /// First and last address of each range, in order.
    ranges: Vec<(IpAddr, IpAddr)>,
}

impl Clients {
    pub(super) fn new(prefixes: &[Prefix]) -> Self {
        let mut sorted = prefixes.to_vec();
        // A wider prefix stands before those inside.
        sorted.sort_by_key(|prefix| (prefix.network(), prefix.length()));
        let mut ranges: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(sorted.len());
        for prefix in sorted {
            let (first, last) = (prefix.network(), prefix.last());
            if ranges.last().is_none_or(|(_, before)| *before < first) {
                ranges.push((first, last));
            }
        }
        let is_whole = |ipv4| {
            let whole = |prefix: &Prefix| prefix.is_ipv4() == ipv4 && prefix.length() == 0;
            prefixes.iter().any(whole)
        };
        Self {
            everybody: is_whole(true) && is_whole(false),
            ranges,
        }
    }

    /// Whether an address is one of them.
    pub(super) fn contains(&self, client: IpAddr) -> bool {
        if self.everybody {
            return true;
        }
        let client = client.to_canonical();
        let behind = self.ranges.partition_point(|(first, _)| *first <= client);
        let range = behind.checked_sub(1).and_then(|at| self.ranges.get(at));
        range.is_some_and(|(_, last)| client <= *last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_client_is_in_if_a_prefix_holds_it(
            prefixes in prop::collection::vec((any::<bool>(), 0_u8..8, 0_u8..=8), 0..12),
            v4: bool,
            client in 0_u8..8,
        ) {
            // A few neighbours, so that prefixes hold each other and the client.
            let address = |v4: bool, low: u8| -> IpAddr {
                if v4 { [192, 0, 2, low].into() } else { std::net::Ipv6Addr::from_bits(u128::from(low)).into() }
            };
            let prefixes: Vec<Prefix> = prefixes
                .into_iter()
                .map(|(v4, low, width)| Prefix::new(address(v4, low), if v4 { 32 } else { 128 } - width))
                .collect();
            let client = address(v4, client);
            let expected = prefixes.iter().any(|prefix| prefix.contains(client));
            prop_assert_eq!(Clients::new(&prefixes).contains(client), expected);
        }
    }

    #[test]
    fn one_family_alone_is_not_everybody() {
        let clients = Clients::new(&["0.0.0.0/0".parse().unwrap()]);
        assert!(clients.contains([198, 51, 100, 1].into()));
        assert!(!clients.contains("2001:db8::1".parse().unwrap()));
        assert!(!Clients::new(&[]).contains([198, 51, 100, 1].into()));
    }
}

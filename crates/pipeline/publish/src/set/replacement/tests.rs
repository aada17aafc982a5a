//! A replacement against two plain lists, looked at after each of its steps.

use std::collections::BTreeSet;

use atalaya_model::{Class, Listing, Rule, Serial, Timestamp};
use proptest::prelude::*;

use super::*;

/// Addresses of several /8, /16 and /24 networks, so that pieces end anywhere in them.
fn any_address() -> impl Strategy<Value = IpAddr> {
    let ipv4 =
        (0_u8..3, 0_u8..3, 0_u8..2, 0_u8..6).prop_map(|(a, b, c, d)| IpAddr::from([1 + a, b, c, d * 50]));
    let ipv6 = (0_u16..3, 0_u16..4).prop_map(|(a, b)| IpAddr::from([0x2001, a, 0, 0, 0, 0, 0, b]));
    prop_oneof![3 => ipv4, 1 => ipv6]
}

fn any_prefix() -> impl Strategy<Value = Prefix> {
    let host_bits = prop_oneof![6 => Just(0_u8), 1 => 1_u8..=10, 1 => 14_u8..=32, 1 => Just(128)];
    (any_address(), host_bits).prop_map(|(address, host_bits)| {
        let longest: u8 = if address.is_ipv4() { 32 } else { 128 };
        Prefix::new(address, longest.saturating_sub(host_bits))
    })
}

/// What a list holds: listings, each once, and what it allows.
type List = (BTreeSet<(Prefix, Class)>, BTreeSet<Prefix>);

fn any_list() -> impl Strategy<Value = List> {
    let class = prop::sample::select(vec![Class::Spam, Class::Bot]);
    (
        prop::collection::btree_set((any_prefix(), class), 0..40),
        prop::collection::btree_set(any_prefix(), 0..4),
    )
}

fn allow_entry(prefix: Prefix) -> AllowEntry {
    AllowEntry {
        prefix,
        reason: String::new(),
        since: Timestamp::EPOCH,
        until: None,
        serial: Serial(1),
    }
}

fn set(list: &List) -> Set {
    let listing = |(prefix, class): &(Prefix, Class)| Listing {
        prefix: *prefix,
        class: *class,
        reason: String::new(),
        rule: Rule::new("trap-spam", 1),
        since: Timestamp::EPOCH,
        until: None,
        serial: Serial(1),
    };
    Set::new(
        list.0.iter().map(listing),
        list.1.iter().map(|prefix| allow_entry(*prefix)),
    )
}

fn held(prefix: Prefix, class: Class) -> Held {
    Held {
        prefix,
        class,
        until: None,
        text: None,
    }
}

/// What is asked after each step: the ends of all prefixes.
fn questions(lists: [&List; 2]) -> BTreeSet<IpAddr> {
    let listed = lists
        .iter()
        .flat_map(|list| list.0.iter().map(|(prefix, _)| *prefix));
    let allowed = lists.iter().flat_map(|list| list.1.iter().copied());
    listed
        .chain(allowed)
        .flat_map(|prefix| [prefix.network(), prefix.last()])
        .collect()
}

fn is_listed(set: &Set, address: IpAddr) -> bool {
    set.view().listings_of(address, Timestamp::EPOCH).next().is_some()
}

/// Whether entries of a list name an address.
fn names<'a>(mut entries: impl Iterator<Item = &'a Prefix>, address: IpAddr) -> bool {
    entries.any(|prefix| prefix.contains(address))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn each_step_answers_by_the_old_list_or_by_the_new_one(
        old in any_list(),
        new in any_list(),
        piece in 1_usize..12,
        cut in any::<prop::sample::Index>(),
    ) {
        let (mut set, anew) = (set(&old), set(&new));
        let before = set.view().clone();
        // What is asked, whether it may be listed on the way, and whether it must be.
        let named = |list: &List, address| names(list.0.iter().map(|(prefix, _)| prefix), address);
        let rules = questions([&old, &new]).into_iter().map(|address| {
            let is_silent = [&old, &new].iter().any(|list| names(list.1.iter(), address));
            let [old, new] = [&old, &new].map(|list| named(list, address) && !is_silent);
            (address, old || new, old && new)
        });
        let rules: Vec<(IpAddr, bool, bool)> = rules.collect();
        let check = |set: &Set| {
            for (address, may, must) in &rules {
                let answer = is_listed(set, *address);
                prop_assert!(*may || !answer, "{} is invented", address);
                prop_assert!(answer || !*must, "{} is lost", address);
            }
            Ok(())
        };
        let mut listings: Vec<(Prefix, Class)> = new.0.iter().copied().collect();
        listings.sort_by_key(|(prefix, _)| place(prefix.network()));
        // The first one ends in the middle, the second one comes to the end.
        let cut = cut.index(listings.len().saturating_add(1));
        for (count, is_whole) in [(cut, false), (listings.len(), true)] {
            let mut replacement = Replacement::in_pieces(piece);
            for prefix in &new.1 {
                replacement.allow(&mut set, &allow_entry(*prefix));
            }
            check(&set)?;
            for (prefix, class) in &listings[..count] {
                replacement.list(&mut set, &held(*prefix, *class));
                check(&set)?;
            }
            if is_whole {
                replacement.finish(&mut set);
            }
        }
        prop_assert!(set.view().entries().eq(anew.view().entries()));
        prop_assert!(set.view().allowed(Timestamp::EPOCH).eq(anew.view().allowed(Timestamp::EPOCH)));
        prop_assert_eq!(set.view().listings(), anew.view().listings());
        // Whoever reads the old list still reads it.
        prop_assert!(before.entries().eq(self::set(&old).view().entries()));
    }

    #[test]
    fn what_comes_out_of_its_order_is_in_at_the_end(
        old in any_list(),
        new in any_list().prop_flat_map(|(listed, allowed)| {
            let listed: Vec<_> = listed.into_iter().collect();
            (Just(listed).prop_shuffle(), Just(allowed))
        }),
        piece in 1_usize..12,
    ) {
        let mut set = set(&old);
        let mut replacement = Replacement::in_pieces(piece);
        for prefix in &new.1 {
            replacement.allow(&mut set, &allow_entry(*prefix));
        }
        for (prefix, class) in &new.0 {
            replacement.list(&mut set, &held(*prefix, *class));
        }
        replacement.finish(&mut set);
        let anew = self::set(&(new.0.iter().copied().collect(), new.1));
        prop_assert!(set.view().entries().eq(anew.view().entries()));
        prop_assert_eq!(set.view().listings(), anew.view().listings());
    }
}

//! The rules of the set one by one, then the set against a plain list of everything.

use std::net::Ipv4Addr;
use std::time::Duration;

use atalaya_model::{Decision, Rule, Serial};
use proptest::prelude::*;

use super::*;

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A set after these verdicts, decided one second after the other.
fn set(verdicts: &[(&str, Verdict)]) -> Set {
    let mut set = Set::default();
    for ((prefix_text, verdict), serial) in verdicts.iter().zip(1..) {
        set.apply(&decided(serial, prefix(prefix_text), *verdict));
    }
    set
}

fn decided(serial: u32, prefix: Prefix, verdict: Verdict) -> Decided {
    Decided {
        serial: Serial(serial.into()),
        at: at(serial.into()),
        decision: Decision {
            prefix,
            verdict,
            rule: Rule::new("test", 1),
            score: 0.0,
            reason: format!("reason {serial}"),
        },
    }
}

fn list(class: Class) -> Verdict {
    Verdict::List { class, until: None }
}

fn list_until(class: Class, seconds: i64) -> Verdict {
    Verdict::List {
        class,
        until: Some(at(seconds)),
    }
}

const ALLOW: Verdict = Verdict::Allow { until: None };

fn found(set: &Set, text: &str, now: i64) -> Vec<(String, Class)> {
    set.listings_of(address(text), at(now))
        .into_iter()
        .map(|listing| (listing.prefix.to_string(), listing.class))
        .collect()
}

#[test]
fn every_listing_that_covers_an_address_answers_the_longest_first() {
    let set = set(&[
        ("192.0.2.0/24", list(Class::Policy)),
        ("192.0.2.9", list(Class::Spam)),
        ("192.0.2.9", list(Class::Manual)),
        ("192.0.0.0/9", list(Class::Bot)),
        ("192.0.3.0/24", list(Class::Spam)),
    ]);
    assert_eq!(
        found(&set, "192.0.2.9", 10),
        [
            ("192.0.2.9".to_owned(), Class::Manual),
            ("192.0.2.9".to_owned(), Class::Spam),
            ("192.0.2.0/24".to_owned(), Class::Policy),
            ("192.0.0.0/9".to_owned(), Class::Bot),
        ]
    );
    assert_eq!(found(&set, "192.128.2.9", 10), []);
    assert_eq!(set.listings(), 5);
}

#[test]
fn a_listed_64_covers_every_address_inside() {
    let set = set(&[("2001:db8::/64", list(Class::Spam))]);
    assert_eq!(found(&set, "2001:db8::ffff:ffff:ffff:ffff", 10).len(), 1);
    assert_eq!(found(&set, "2001:db8:0:1::", 10), []);
}

#[test]
fn a_mapped_address_is_looked_up_as_ipv4() {
    let set = set(&[("192.0.2.0/24", list(Class::Spam)), ("::/0", list(Class::Bot))]);
    assert_eq!(
        found(&set, "::ffff:192.0.2.9", 10),
        [("192.0.2.0/24".to_owned(), Class::Spam)]
    );
}

#[test]
fn a_listing_ends_on_its_date_without_any_decision() {
    let set = set(&[("192.0.2.9", list_until(Class::Spam, 100))]);
    assert_eq!(found(&set, "192.0.2.9", 99).len(), 1);
    assert_eq!(found(&set, "192.0.2.9", 100).len(), 0);
    assert!(set.has_any_in(prefix("192.0.2.0/24"), at(99)));
    assert!(!set.has_any_in(prefix("192.0.2.0/24"), at(100)));
}

#[test]
fn one_allowed_address_inside_a_listed_24_is_not_listed() {
    let set = set(&[
        ("192.0.2.0/24", list(Class::Spam)),
        ("192.0.2.9", list(Class::Manual)),
        ("192.0.2.9", ALLOW),
    ]);
    assert_eq!(found(&set, "192.0.2.9", 10), []);
    assert_eq!(found(&set, "192.0.2.8", 10).len(), 1);
    assert!(set.has_any_in(prefix("192.0.2.0/24"), at(10)));
}

#[test]
fn a_wide_allow_entry_silences_everything_below_until_it_ends() {
    let allow = Verdict::Allow { until: Some(at(100)) };
    let set = set(&[("192.0.2.9", list(Class::Spam)), ("192.0.0.0/16", allow)]);
    assert_eq!(found(&set, "192.0.2.9", 99), []);
    assert!(!set.has_any_in(prefix("192.0.2.0/24"), at(99)));
    assert!(!set.has_any_in(prefix("192.0.0.0/8"), at(99)));
    assert_eq!(found(&set, "192.0.2.9", 100).len(), 1);
    assert!(set.has_any_in(prefix("192.0.0.0/8"), at(100)));
}

#[test]
fn extending_keeps_the_reason_and_moves_the_end() {
    let extend = Verdict::Extend {
        class: Class::Spam,
        until: Some(at(500)),
    };
    let set = set(&[("192.0.2.9", list_until(Class::Spam, 100)), ("192.0.2.9", extend)]);
    let listings = set.listings_of(address("192.0.2.9"), at(400));
    let listing = listings.first().unwrap();
    assert_eq!((listing.reason.as_str(), listing.since), ("reason 1", at(1)));
    assert_eq!((listing.serial, listing.until), (Serial(2), Some(at(500))));
    assert_eq!(set.listings(), 1);
}

#[test]
fn withdrawing_one_class_leaves_the_others() {
    let mut set = set(&[
        ("192.0.2.9", list(Class::Spam)),
        ("192.0.2.9", list(Class::Bot)),
        ("192.0.2.9", Verdict::Withdraw { class: Class::Spam }),
    ]);
    assert_eq!(
        found(&set, "192.0.2.9", 10),
        [("192.0.2.9".to_owned(), Class::Bot)]
    );
    set.withdraw(&prefix("192.0.2.9"), Class::Bot);
    set.withdraw(&prefix("192.0.2.9"), Class::Bot);
    assert_eq!((set.listings(), set.listed.len()), (0, 0));
}

#[test]
fn a_question_about_a_crowd_of_dead_entries_stays_cheap_and_errs_to_yes() {
    let listings = (0..=MOST_LOOKED_AT).map(|number| {
        let host = Ipv4Addr::from_bits(0x0a00_0000 + u32::try_from(number).unwrap());
        listing(&decided(1, host.into(), ALLOW), Class::Spam, Some(at(100)))
    });
    let set = Set::new(listings, []);
    assert!(set.has_any_in(prefix("10.0.0.0/8"), at(200)));
    assert!(!set.has_any_in(prefix("10.0.0.0/25"), at(200)));
}

/// The set as a plain list of what stands, asked by going through all of it.
#[derive(Debug, Default)]
struct Naive {
    listed: Vec<(Prefix, Class, Option<Timestamp>)>,
    allowed: Vec<(Prefix, Option<Timestamp>)>,
}

impl Naive {
    fn apply(&mut self, prefix: Prefix, verdict: Verdict) {
        match verdict {
            Verdict::List { class, until } | Verdict::Extend { class, until } => {
                self.listed.retain(|entry| (entry.0, entry.1) != (prefix, class));
                self.listed.push((prefix, class, until));
            }
            Verdict::Withdraw { class } => self.listed.retain(|entry| (entry.0, entry.1) != (prefix, class)),
            Verdict::Allow { until } => {
                self.allowed.retain(|entry| entry.0 != prefix);
                self.allowed.push((prefix, until));
            }
            Verdict::Disallow => self.allowed.retain(|entry| entry.0 != prefix),
        }
    }

    fn listings_of(&self, address: IpAddr, now: Timestamp) -> Vec<(Prefix, Class)> {
        let lasts = |until: Option<Timestamp>| until.is_none_or(|until| until > now);
        let is_allowed = self
            .allowed
            .iter()
            .any(|(prefix, until)| prefix.contains(address) && lasts(*until));
        let mut found: Vec<_> = self
            .listed
            .iter()
            .filter(|(prefix, _, until)| !is_allowed && prefix.contains(address) && lasts(*until))
            .map(|(prefix, class, _)| (*prefix, *class))
            .collect();
        found.sort_by_key(|(prefix, class)| (std::cmp::Reverse(prefix.length()), *class));
        found
    }
}

/// Sixteen addresses of each family, so that entries meet often.
fn any_address() -> impl Strategy<Value = IpAddr> {
    (0_u8..16, any::<bool>()).prop_map(|(last, v4)| {
        if v4 {
            IpAddr::from([192, 0, 2, last])
        } else {
            IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, u16::from(last)])
        }
    })
}

fn any_prefix() -> impl Strategy<Value = Prefix> {
    (any_address(), 0_u8..=4).prop_map(|(address, host_bits)| {
        let longest = if address.is_ipv4() { 32 } else { 128 };
        Prefix::new(address, longest - host_bits)
    })
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    let class = prop::sample::select(Class::ALL.to_vec());
    let until = prop::option::of((0_i64..4).prop_map(|step| at(step * 100)));
    (0_u8..5, class, until).prop_map(|(kind, class, until)| match kind {
        0 => Verdict::Extend { class, until },
        1 => Verdict::Withdraw { class },
        2 => Verdict::Allow { until },
        3 => Verdict::Disallow,
        _ => Verdict::List { class, until },
    })
}

proptest! {
    #[test]
    fn the_set_agrees_with_a_plain_list(
        history in prop::collection::vec((any_prefix(), any_verdict()), 0..40),
        question in any_prefix(),
    ) {
        let (mut set, mut naive) = (Set::default(), Naive::default());
        for ((prefix, verdict), serial) in history.into_iter().zip(1..) {
            set.apply(&decided(serial, prefix, verdict));
            naive.apply(prefix, verdict);
        }
        prop_assert_eq!(set.listings(), naive.listed.len());
        prop_assert_eq!(set.allow_entries(), naive.allowed.len());
        for now in [0, 100, 199, 250, 1000].map(at) {
            let mut is_any_listed = false;
            for last in 0..16 {
                for address in [IpAddr::from([192, 0, 2, last]), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()])] {
                    let expected = naive.listings_of(address, now);
                    let found: Vec<_> = set.listings_of(address, now).iter().map(|listing| (listing.prefix, listing.class)).collect();
                    is_any_listed |= question.contains(address) && !expected.is_empty();
                    prop_assert_eq!(found, expected, "{} at {}", address, now);
                }
            }
            // It may err to "yes" only, and only where something is allowed.
            if is_any_listed || naive.allowed.is_empty() {
                prop_assert_eq!(set.has_any_in(question, now), is_any_listed, "{} at {}", question, now);
            }
        }
    }

    #[test]
    fn a_snapshot_gives_the_same_set_as_its_history(history in prop::collection::vec((any_prefix(), any_verdict()), 0..40)) {
        let mut set = Set::default();
        for ((prefix, verdict), serial) in history.into_iter().zip(1..) {
            set.apply(&decided(serial, prefix, verdict));
        }
        let every = [prefix("0.0.0.0/0"), prefix("::/0")];
        let listings: Vec<_> = every.iter().flat_map(|all| set.listed.inside(all)).flatten().cloned().collect();
        let allowed: Vec<_> = every.iter().flat_map(|all| set.allowed.inside(all)).cloned().collect();
        let copy = Set::new(listings, allowed);
        let now = Timestamp::EPOCH.plus(Duration::from_secs(150));
        for last in 0..16 {
            let address = IpAddr::from([192, 0, 2, last]);
            prop_assert_eq!(copy.listings_of(address, now), set.listings_of(address, now));
        }
        prop_assert_eq!(copy.listings(), set.listings());
    }
}

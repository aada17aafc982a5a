//! The rules of the set one by one, then the set against a plain list of everything.

use atalaya_model::{Decision, Rule, Serial};
use proptest::prelude::*;

use super::*;

/// Times of these tests are hours: the step in which the set keeps ends.
fn at(hours: i64) -> Timestamp {
    Timestamp::from_seconds(hours * 3600)
}

fn prefix(text: &str) -> Prefix {
    text.parse().unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A set after these verdicts, decided one hour after the other.
fn set(verdicts: &[(&str, Verdict)]) -> Set {
    let mut set = Set::default();
    for ((prefix_text, verdict), serial) in verdicts.iter().zip(1..) {
        set.apply([&decided(serial, prefix(prefix_text), *verdict)]);
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
            rule: Rule::new(Rule::BY_HAND, 1),
            score: 0.0,
            reason: format!("reason {serial}"),
        },
    }
}

fn list(class: Class) -> Verdict {
    Verdict::List { class, until: None }
}

fn list_until(class: Class, hours: i64) -> Verdict {
    Verdict::List {
        class,
        until: Some(at(hours)),
    }
}

const ALLOW: Verdict = Verdict::Allow { until: None };

fn found(set: &Set, text: &str, now: i64) -> Vec<(String, Class)> {
    set.view()
        .listings_of(address(text), at(now))
        .map(|held| (held.prefix.to_string(), held.class))
        .collect()
}

fn has_any(set: &Set, text: &str, now: i64) -> bool {
    set.view().has_any_in(prefix(text), at(now))
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
    assert_eq!(set.view().listings(), 5);
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
fn a_listing_ends_by_itself_in_the_hour_of_its_end_and_never_before() {
    let set = set(&[(
        "192.0.2.9",
        Verdict::List {
            class: Class::Spam,
            until: Some(at(100).plus(std::time::Duration::from_secs(1))),
        },
    )]);
    let is_listed = |now| set.view().listings_of(address("192.0.2.9"), now).next().is_some();
    assert!(is_listed(at(100)) && is_listed(at(101).minus(std::time::Duration::from_secs(1))));
    assert!(!is_listed(at(101)));
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
    assert!(has_any(&set, "192.0.2.0/24", 10));
}

#[test]
fn a_wide_allow_entry_silences_everything_below_until_it_ends() {
    let allow = Verdict::Allow { until: Some(at(100)) };
    let set = set(&[("192.0.2.9", list(Class::Spam)), ("192.0.0.0/16", allow)]);
    assert_eq!(found(&set, "192.0.2.9", 99), []);
    assert!(!has_any(&set, "192.0.2.0/24", 99));
    assert_eq!(found(&set, "192.0.2.9", 100).len(), 1);
    assert!(has_any(&set, "192.0.0.0/8", 100));
}

#[test]
fn extending_keeps_the_text_and_moves_the_end() {
    let extend = Verdict::Extend {
        class: Class::Spam,
        until: Some(at(500)),
    };
    let set = set(&[("192.0.2.9", list_until(Class::Spam, 100)), ("192.0.2.9", extend)]);
    let held: Vec<Held> = set.view().listings_of(address("192.0.2.9"), at(400)).collect();
    let [held] = held.as_slice() else {
        panic!("{held:?}")
    };
    assert_eq!(
        (held.text.as_deref(), held.until),
        (Some("reason 1"), Some(at(500)))
    );
    assert_eq!(set.view().listings(), 1);
}

#[test]
fn withdrawing_one_class_leaves_the_others() {
    let withdraw = |class| Verdict::Withdraw { class };
    let mut set = set(&[
        ("192.0.2.9", list(Class::Spam)),
        ("192.0.2.9", list(Class::Bot)),
        ("192.0.2.9", withdraw(Class::Spam)),
    ]);
    assert_eq!(
        found(&set, "192.0.2.9", 10),
        [("192.0.2.9".to_owned(), Class::Bot)]
    );
    for serial in [4, 5] {
        set.apply([&decided(serial, prefix("192.0.2.9"), withdraw(Class::Bot))]);
    }
    assert_eq!((set.view().listings(), set.view().singles.len()), (0, 0));
}

#[test]
fn a_view_stays_as_it_is() {
    let mut set = set(&[("192.0.2.9", list(Class::Spam))]);
    let view = set.view().clone();
    set.apply([&decided(
        2,
        prefix("192.0.2.9"),
        Verdict::Withdraw { class: Class::Spam },
    )]);
    set.apply([&decided(3, prefix("192.0.2.8"), list(Class::Bot))]);
    let classes: Vec<Class> = view
        .listings_of(address("192.0.2.9"), at(1))
        .map(|held| held.class)
        .collect();
    assert_eq!(classes, [Class::Spam]);
    assert!(view.listings_of(address("192.0.2.8"), at(1)).next().is_none());
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
        let mut allowed = self.allowed.iter();
        let is_allowed = allowed.any(|(prefix, until)| prefix.contains(address) && lasts(*until));
        let listed = self.listed.iter();
        let mut found: Vec<_> = listed
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
    (any_address(), prop_oneof![4 => 0_u8..=4, 1 => 8_u8..=20]).prop_map(|(address, host_bits)| {
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
        at_once in 1_usize..9,
        question in any_prefix(),
    ) {
        let (mut set, mut naive) = (Set::default(), Naive::default());
        let history: Vec<Decided> = history
            .into_iter()
            .zip(1..)
            .map(|((prefix, verdict), serial)| {
                naive.apply(prefix, verdict);
                decided(serial, prefix, verdict)
            })
            .collect();
        history.chunks(at_once).for_each(|decisions| set.apply(decisions));
        let view = set.view();
        prop_assert_eq!(view.listings(), naive.listed.len());
        prop_assert_eq!(view.allow_entries(), naive.allowed.len());
        let mut listed = naive.listed.clone();
        listed.sort_by_key(|(prefix, class, _)| (*prefix, *class));
        let entries: Vec<_> = view.entries().flat_map(|(prefix, mark)| mark.classes(at(1)).map(move |(class, until)| (prefix, class, until))).collect();
        listed.retain(|(.., until)| until.is_none_or(|until| until > at(1)));
        prop_assert_eq!(entries, listed);
        for now in [1, 100, 199, 250, 1000].map(at) {
            let mut allowed: Vec<Prefix> = naive.allowed.iter().filter(|(_, until)| until.is_none_or(|until| until > now)).map(|(prefix, _)| *prefix).collect();
            allowed.sort_unstable();
            prop_assert_eq!(view.allowed(now).collect::<Vec<_>>(), allowed);
            let mut is_any_listed = false;
            for last in 0..16 {
                for address in [IpAddr::from([192, 0, 2, last]), IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last.into()])] {
                    let expected = naive.listings_of(address, now);
                    let found: Vec<_> = view.listings_of(address, now).map(|held| (held.prefix, held.class)).collect();
                    is_any_listed |= question.contains(address) && !expected.is_empty();
                    prop_assert_eq!(found, expected, "{} at {}", address, now);
                }
            }
            // It may err to "yes" only.
            prop_assert!(view.has_any_in(question, now) || !is_any_listed, "{} at {}", question, now);
            if naive.listed.is_empty() {
                prop_assert!(!view.has_any_in(question, now));
            }
        }
    }

    #[test]
    fn what_is_filled_in_at_once_is_the_same_as_one_after_the_other(
        history in prop::collection::vec((any_prefix(), prop::sample::select(Class::ALL.to_vec()), 0_i64..4), 0..60),
    ) {
        let mut one_by_one = Set::default();
        let mut listings = Vec::new();
        for ((prefix, class, step), serial) in history.into_iter().zip(1..) {
            let decided = decided(serial, prefix, list_until(class, step * 100));
            one_by_one.apply([&decided]);
            listings.push(Listing {
                prefix,
                class,
                reason: decided.decision.reason,
                rule: decided.decision.rule,
                since: decided.at,
                until: Some(at(step * 100)),
                serial: decided.serial,
            });
        }
        let at_once = Set::new(listings, []);
        for last in 0..16 {
            let address = IpAddr::from([192, 0, 2, last]);
            prop_assert!(at_once.view().listings_of(address, at(150)).eq(one_by_one.view().listings_of(address, at(150))));
        }
        prop_assert_eq!(at_once.view().listings(), one_by_one.view().listings());
    }
}

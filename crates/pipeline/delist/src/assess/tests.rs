//! The rules of leaving, one behaviour each.

use atalaya_model::{Class, Period, Rule, Serial};
use proptest::prelude::*;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn start() -> Timestamp {
    "2026-11-23T22:10:00Z".parse().unwrap()
}

fn address() -> IpAddr {
    "192.0.2.7".parse().unwrap()
}

fn listing(prefix: &str, class: Class, since: Timestamp) -> Listing {
    Listing {
        prefix: prefix.parse().unwrap(),
        class,
        reason: "Spam reached our traps.".to_owned(),
        rule: Rule::new("trap-spam", 1),
        since,
        until: Some(since.plus(DAY * 60)),
        serial: Serial(1),
    }
}

fn spam(since: Timestamp) -> Vec<Listing> {
    vec![listing("192.0.2.7", Class::Spam, since)]
}

#[test]
fn the_first_removal_is_immediate() {
    let listings = spam(start());
    let prospect = assess(address(), &listings, &[], &DelistConfig::default(), start());
    assert_eq!(
        prospect,
        Prospect::Now {
            leaving: listings,
            staying: vec![]
        }
    );
}

#[test]
fn waits_grow_one_one_two_four_eight_days_and_end_at_the_longest() {
    let config = DelistConfig::default();
    let days: Vec<u64> = (0..9)
        .map(|n| wait_after(n, &config).as_secs() / 86_400)
        .collect();
    assert_eq!(days, [0, 1, 1, 2, 4, 8, 16, 30, 30]);
    assert_eq!(wait_after(usize::MAX, &config), config.longest_wait.duration());
}

#[test]
fn who_comes_back_waits_from_the_new_listing_on() {
    let (config, back) = (DelistConfig::default(), start().plus(DAY * 5));
    let removals = [start()];
    let assess_at = |now| assess(address(), &spam(back), &removals, &config, now);
    assert_eq!(
        assess_at(back),
        Prospect::Wait {
            until: back.plus(DAY)
        }
    );
    assert!(matches!(assess_at(back.plus(DAY)), Prospect::Now { .. }));
}

#[test]
fn removals_are_forgotten_after_their_time() {
    let (config, back) = (DelistConfig::default(), start().plus(DAY * 91));
    assert!(matches!(
        assess(address(), &spam(back), &[start()], &config, back),
        Prospect::Now { .. }
    ));
}

#[test]
fn a_clock_that_was_ahead_makes_nobody_wait_for_years() {
    let (config, ahead) = (DelistConfig::default(), start().plus(DAY * 3_650));
    let assess_at =
        |since, removals: &[Timestamp]| assess(address(), &spam(since), removals, &config, start());
    let removed = start().minus(DAY);
    assert!(matches!(assess_at(ahead, &[removed]), Prospect::Now { .. }));
    assert!(matches!(assess_at(start(), &[ahead]), Prospect::Now { .. }));
    // A clock that is ahead by seconds changes nothing.
    let soon = start().plus(Duration::from_secs(2));
    let until = soon.plus(DAY);
    assert_eq!(assess_at(soon, &[removed]), Prospect::Wait { until });
}

#[test]
fn one_removal_from_two_classes_counts_once() {
    let (config, back) = (DelistConfig::default(), start().plus(DAY));
    let removals = [start(), start(), start()];
    let prospect = assess(address(), &spam(back), &removals, &config, back);
    assert_eq!(
        prospect,
        Prospect::Wait {
            until: back.plus(DAY)
        }
    );
}

#[test]
fn wider_prefixes_and_other_classes_are_taken_out_by_hand() {
    let config = DelistConfig::default();
    let range = listing("192.0.2.0/24", Class::Spam, start());
    let by_hand = listing("192.0.2.7", Class::Manual, start());
    let assess_these = |listings: &[Listing]| assess(address(), listings, &[], &config, start());
    assert_eq!(
        assess_these(std::slice::from_ref(&range)),
        Prospect::ByHandOnly {
            staying: vec![range.clone()]
        }
    );
    let own = spam(start());
    let all = [own.clone(), vec![range.clone(), by_hand.clone()]].concat();
    assert_eq!(
        assess_these(&all),
        Prospect::Now {
            leaving: own,
            staying: vec![range, by_hand]
        }
    );
}

#[test]
fn what_is_over_or_covers_others_is_no_listing_of_the_address() {
    let config = DelistConfig::default();
    let other = listing("192.0.2.8", Class::Spam, start());
    let over = spam(start().minus(DAY * 61));
    let all = [over, vec![other]].concat();
    assert_eq!(
        assess(address(), &all, &[], &config, start()),
        Prospect::NotListed
    );
}

#[test]
fn an_ipv6_address_leaves_with_its_64_and_what_lies_inside() {
    let config = DelistConfig::default();
    let address: IpAddr = "2001:db8::1:2".parse().unwrap();
    let of_unit = listing("2001:db8::/64", Class::Spam, start());
    let of_host = listing("2001:db8::1:2", Class::Bot, start());
    let of_network = listing("2001:db8::/32", Class::Spam, start());
    let all = [of_unit.clone(), of_host.clone(), of_network.clone()];
    assert_eq!(
        assess(address, &all, &[], &config, start()),
        Prospect::Now {
            leaving: vec![of_unit, of_host],
            staying: vec![of_network]
        }
    );
    assert_eq!(covering_prefixes(address).len(), 129);
}

/// One address through a random life: listed, asked to leave, time passing.
#[derive(Debug, Clone)]
enum Step {
    Listed,
    Asked,
    Passed(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Listed),
        3 => Just(Step::Asked),
        3 => (1_u64..20 * 86_400).prop_map(Step::Passed),
    ]
}

fn rules() -> impl Strategy<Value = DelistConfig> {
    (1_u64..200, 0_u64..72, 0_u64..40).prop_map(|(remember, first, longest)| DelistConfig {
        remember: Period::days(remember),
        first_wait: Period::hours(first),
        longest_wait: Period::hours(first + longest * 24),
        ..DelistConfig::default()
    })
}

proptest! {
    #[test]
    fn a_longer_past_never_shortens_the_wait(config in rules(), removals in 0_usize..80) {
        prop_assert!(wait_after(removals, &config) <= wait_after(removals + 1, &config));
        prop_assert!(wait_after(removals, &config) <= config.longest_wait.duration());
    }

    #[test]
    fn in_any_life_the_first_removal_succeeds_and_the_wait_only_grows(
        config in rules(),
        life in prop::collection::vec(step(), 1..60),
    ) {
        let (mut now, mut since) = (start(), None);
        let mut removals: Vec<Timestamp> = Vec::new();
        // The wait of the last return, with the number of removals that it was counted from.
        let mut last: Option<(Duration, usize)> = None;
        for step in life {
            match step {
                Step::Passed(seconds) => now = now.plus(Duration::from_secs(seconds)),
                Step::Listed => { since.get_or_insert(now); }
                Step::Asked => {
                    let Some(listed) = since else { continue };
                    let remembered = removals.iter().filter(|at| now.since(**at) <= config.remember.duration()).count();
                    let mut endless = spam(listed);
                    endless[0].until = None;
                    let prospect = assess(address(), &endless, &removals, &config, now);
                    let wait = match prospect {
                        Prospect::Now { .. } => Duration::ZERO,
                        Prospect::Wait { until } => until.since(listed),
                        other => return Err(TestCaseError::fail(format!("{other:?}"))),
                    };
                    if remembered == 0 {
                        prop_assert_eq!(wait, Duration::ZERO, "a first removal always succeeds");
                    }
                    if let (Some((before, then)), false) = (last, wait.is_zero()) {
                        prop_assert!(remembered < then || wait >= before, "{:?} after {:?}", wait, before);
                    }
                    if !wait.is_zero() {
                        last = Some((wait, remembered));
                        // What was promised holds: at that time, with nothing new, it leaves.
                        let promised = listed.plus(wait);
                        let then = assess(address(), &endless, &removals, &config, promised);
                        let leaves = matches!(then, Prospect::Now { .. });
                        prop_assert!(leaves, "{:?}", then);
                        continue;
                    }
                    // Whoever is let go at once without having to wait has waited long enough already.
                    prop_assert!(now.since(listed) >= wait_after(remembered, &config));
                    if removals.last() != Some(&now) { removals.push(now); }
                    since = None;
                }
            }
        }
    }
}

//! The rules, one behaviour each.

use atalaya_model::{Class, Envelope, Handshake, Kind, ObservationId, Period, Prefix, Rule, Serial};
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn unit() -> Prefix {
    "192.0.2.1".parse().unwrap()
}

fn seen(trap: Trap, recipient: &str, at: Timestamp) -> Observation {
    Observation {
        id: ObservationId(uuid::Uuid::nil()),
        address: unit().network(),
        seen_at: at,
        sensor: "trap".to_owned(),
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap,
        envelope: Envelope {
            recipients: vec![recipient.to_owned()],
            ..Envelope::default()
        },
        subject: String::new(),
        source_port: None,
        message: None,
        message_size: 0,
        oddities: Vec::new(),
    }
}

fn tally_of(observations: &[Observation]) -> Tally {
    let mut tally = Tally::new(unit());
    observations
        .iter()
        .for_each(|one| weigh(&mut tally, one, &DecideConfig::default()));
    tally
}

fn listed_until(until: Timestamp) -> Listing {
    Listing {
        prefix: unit(),
        class: Class::Spam,
        reason: String::new(),
        rule: Rule::new("trap-spam", 1),
        since: NOW,
        until: Some(until),
        serial: Serial(1),
    }
}

#[test]
fn one_message_to_a_pristine_trap_lists() {
    let tally = tally_of(&[seen(Trap::Pristine, "a@trap.example", NOW)]);
    let until = NOW.plus(Period::days(3).duration());
    assert_eq!(
        judge(&tally, None, &DecideConfig::default(), NOW),
        Ruling::List { score: 1.0, until }
    );
}

#[test]
fn a_recycled_trap_alone_never_lists() {
    let tally = tally_of(&vec![seen(Trap::Recycled, "old@trap.example", NOW); 1_000]);
    assert_eq!(
        judge(&tally, None, &DecideConfig::default(), NOW),
        Ruling::Leave(Why::Uncorroborated)
    );
}

#[test]
fn three_different_weak_traps_list_together() {
    let traps = [
        "a@trap.example",
        "b@trap.example",
        "A@TRAP.example",
        "c@trap.example",
    ];
    let two = tally_of(
        &traps[..3]
            .iter()
            .map(|to| seen(Trap::Typo, to, NOW))
            .collect::<Vec<_>>(),
    );
    let three = tally_of(
        &traps
            .iter()
            .map(|to| seen(Trap::Typo, to, NOW))
            .collect::<Vec<_>>(),
    );
    assert_eq!(
        judge(&two, None, &DecideConfig::default(), NOW),
        Ruling::Leave(Why::Uncorroborated)
    );
    assert!(matches!(
        judge(&three, None, &DecideConfig::default(), NOW),
        Ruling::List { .. }
    ));
}

#[test]
fn a_score_halves_in_its_half_life() {
    let rules = DecideConfig {
        list_at: 2.0,
        ..DecideConfig::default()
    };
    let later = NOW.plus(rules.half_life.duration());
    let traps = [NOW, later].map(|at| seen(Trap::Pristine, "a@trap.example", at));
    assert_eq!(
        judge(&tally_of(&traps), None, &rules, later),
        Ruling::Leave(Why::TooLittle(1.5))
    );
}

#[test]
fn a_late_judge_rules_as_a_prompt_one_did_until_the_listing_would_be_over() {
    let tally = tally_of(&[seen(Trap::Pristine, "a@trap.example", NOW)]);
    let rules = DecideConfig::default();
    let end = NOW.plus(rules.first_lifetime.duration());
    let late = end.minus(Duration::from_secs(1));
    assert_eq!(
        judge(&tally, None, &rules, late),
        Ruling::List {
            score: 1.0,
            until: end
        }
    );
    assert_eq!(judge(&tally, None, &rules, end), Ruling::Leave(Why::TooOld));
}

#[test]
fn what_could_be_spoofed_and_backscatter_do_not_count() {
    let mut spoofed = seen(Trap::Pristine, "a@trap.example", NOW);
    spoofed.handshake = Handshake::Unproven;
    let mut bounce = seen(Trap::Pristine, "a@trap.example", NOW);
    bounce.kind = Kind::Backscatter;
    let role = seen(Trap::Role, "postmaster@trap.example", NOW);
    let tally = tally_of(&[spoofed, bounce, role]);
    assert_eq!(tally, Tally::new(unit()));
}

#[test]
fn the_lifetime_doubles_at_each_return_up_to_the_longest() {
    let rules = DecideConfig::default();
    let days = |times| lifetime(times, &rules).as_secs() / 86_400;
    assert_eq!(
        [days(0), days(1), days(2), days(3), days(4), days(5), days(90)],
        [3, 6, 12, 24, 48, 60, 60]
    );
}

#[test]
fn an_end_that_would_hardly_move_stays() {
    let mut tally = tally_of(&[seen(Trap::Pristine, "a@trap.example", NOW)]);
    tally.listed_times = 1;
    let full = NOW.plus(Period::days(3).duration());
    let rules = DecideConfig::default();
    let ruling = judge(
        &tally,
        Some(&listed_until(full.minus(Period::hours(1).duration()))),
        &rules,
        NOW,
    );
    assert_eq!(ruling, Ruling::Leave(Why::ListedLongEnough));
    let ruling = judge(
        &tally,
        Some(&listed_until(full.minus(Period::days(1).duration()))),
        &rules,
        NOW,
    );
    assert_eq!(
        ruling,
        Ruling::Extend {
            score: 1.0,
            until: full
        }
    );
}

#[test]
fn a_listing_without_end_is_left_alone() {
    let tally = tally_of(&[seen(Trap::Pristine, "a@trap.example", NOW)]);
    let listing = Listing {
        until: None,
        ..listed_until(NOW)
    };
    assert_eq!(
        judge(&tally, Some(&listing), &DecideConfig::default(), NOW),
        Ruling::Leave(Why::ListedLongEnough)
    );
}

proptest! {
    /// However many messages arrive in whatever order, the score is finite, and never grows by waiting.
    #[test]
    fn waiting_never_raises_a_score(ages in proptest::collection::vec(0_u64..10_000_000, 1..50), wait in 0_u64..100_000_000) {
        let seen: Vec<_> = ages
            .iter()
            .map(|age| seen(Trap::Pristine, "a@trap.example", NOW.minus(Duration::from_secs(*age))))
            .collect();
        let tally = tally_of(&seen);
        let rules = DecideConfig::default();
        let before = decayed(&tally, NOW, &rules);
        let after = decayed(&tally, NOW.plus(Duration::from_secs(wait)), &rules);
        prop_assert!(before.is_finite() && after <= before);
    }
}

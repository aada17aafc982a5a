//! The rules, one behaviour each.

use atalaya_model::{Class, Envelope, Handshake, Kind, ObservationId, Period, Prefix, Rule, Sensor, Serial};
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// When the observations are read, where that does not matter.
const LATER: Timestamp = Timestamp::from_seconds(1_900_000_000);
const DAY: Duration = Duration::from_secs(86_400);

fn unit() -> Prefix {
    "192.0.2.1".parse().unwrap()
}

fn seen(trap: Trap, recipient: &str, at: Timestamp) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(trap),
        envelope: Envelope {
            recipients: vec![recipient.to_owned()],
            ..Envelope::default()
        },
        ..Observation::new(
            ObservationId(uuid::Uuid::nil()),
            unit().network(),
            at,
            Sensor::Trap,
        )
    }
}

fn tally_of(observations: &[Observation]) -> Tally {
    let mut tally = Tally::new(unit());
    observations
        .iter()
        .for_each(|one| weigh(&mut tally, one, &DecideConfig::default(), LATER));
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

/// A strong hit long ago does not make up for corroboration that is missing today, however many weak hits lie in between.
#[test]
fn corroboration_ages_with_the_score() {
    let mut hits = vec![seen(Trap::Pristine, "a@trap.example", NOW)];
    let weekly = (1..30).map(|week| NOW.plus(DAY * 7 * week));
    hits.extend(weekly.flat_map(|at| vec![seen(Trap::Recycled, "old@trap.example", at); 2]));
    let last = hits.last().unwrap().seen_at;
    let rules = DecideConfig::default();
    let ruling = judge(&tally_of(&hits), None, &rules, last);
    assert_eq!(ruling, Ruling::Leave(Why::Uncorroborated));
    let witness = |trap, days| seen(Trap::Typo, trap, NOW.plus(DAY * days));
    let old = [witness("a@trap.example", 0), witness("b@trap.example", 0)];
    let new = vec![witness("c@trap.example", 60); 9];
    let ruling = judge(
        &tally_of(&[&old[..], &new].concat()),
        None,
        &rules,
        new[0].seen_at,
    );
    assert_eq!(ruling, Ruling::Leave(Why::Uncorroborated));
}

#[test]
fn every_recipient_is_a_witness() {
    let mut mail = seen(Trap::Recycled, "a@trap.example", NOW);
    mail.envelope.recipients = ["a@trap.example", "b@trap.example", "c@trap.example"]
        .map(str::to_owned)
        .into();
    let rules = DecideConfig::default();
    assert!(matches!(
        judge(&tally_of(&[mail.clone(), mail]), None, &rules, NOW),
        Ruling::List { .. }
    ));
}

#[test]
fn an_old_observation_that_is_read_late_counts_by_its_age() {
    let rules = DecideConfig::default();
    let old = seen(Trap::Pristine, "a@trap.example", NOW.minus(DAY * 900));
    assert_eq!(
        judge(&tally_of(std::slice::from_ref(&old)), None, &rules, NOW),
        Ruling::Leave(Why::TooOld)
    );
    let fresh = vec![seen(Trap::Recycled, "b@trap.example", NOW); 3];
    let tally = tally_of(&[&fresh[..], &[old]].concat());
    assert_eq!(tally.scored_at, NOW);
    assert!((tally.score - 1.5).abs() < 1e-9);
    assert_eq!(
        judge(&tally, None, &rules, NOW),
        Ruling::Leave(Why::Uncorroborated)
    );
}

#[test]
fn what_was_seen_before_the_evidence_was_wiped_counts_no_more() {
    let rules = DecideConfig::default();
    let mut tally = Tally {
        wiped_at: Some(NOW),
        ..Tally::new(unit())
    };
    weigh(
        &mut tally,
        &seen(Trap::Pristine, "a@trap.example", NOW),
        &rules,
        LATER,
    );
    assert_eq!(
        tally,
        Tally {
            wiped_at: Some(NOW),
            ..Tally::new(unit())
        }
    );
    let after = NOW.plus(Duration::from_micros(1));
    weigh(
        &mut tally,
        &seen(Trap::Pristine, "a@trap.example", after),
        &rules,
        LATER,
    );
    assert_eq!(tally.observations, 1);
}

#[test]
fn what_a_clock_that_was_ahead_wrote_holds_until_now_at_most() {
    let rules = DecideConfig::default();
    let ahead = NOW.plus(DAY * 3_650);
    let mut tally = Tally {
        score: 5.0,
        scored_at: ahead,
        strong_at: Some(ahead),
        last_withdrawn_at: Some(ahead),
        wiped_at: Some(ahead),
        ..Tally::new(unit())
    };
    weigh(
        &mut tally,
        &seen(Trap::Pristine, "a@trap.example", ahead),
        &rules,
        NOW,
    );
    assert_eq!(
        [
            Some(tally.scored_at),
            tally.strong_at,
            tally.last_withdrawn_at,
            tally.wiped_at
        ],
        [Some(NOW); 4]
    );
    let later = NOW.plus(DAY * 30);
    weigh(
        &mut tally,
        &seen(Trap::Pristine, "a@trap.example", ahead),
        &rules,
        later,
    );
    assert_eq!((tally.observations, tally.scored_at), (1, later));
    assert!(tally.score < 1.01, "{}", tally.score);
}

fn any_hit() -> impl Strategy<Value = Observation> {
    let traps = prop_oneof![Just(Trap::Pristine), Just(Trap::Recycled), Just(Trap::Typo)];
    (traps, 0_u8..40, 0_u64..10_000_000).prop_map(|(trap, recipient, age)| {
        let at = NOW.minus(Duration::from_secs(age));
        seen(trap, &format!("{recipient}@trap.example"), at)
    })
}

proptest! {
    /// The judge may read late what was seen early: the tally is the same in whatever order it reads.
    #[test]
    fn the_order_of_reading_does_not_matter(
        (hits, other) in proptest::collection::vec(any_hit(), 1..60)
            .prop_flat_map(|hits| (Just(hits.clone()), Just(hits).prop_shuffle())),
        wiped in proptest::option::of(0_u64..10_000_000),
    ) {
        let weigh_all = |hits: &[Observation]| {
            let wiped_at = wiped.map(|age| NOW.minus(Duration::from_secs(age)));
            let mut tally = Tally { wiped_at, ..Tally::new(unit()) };
            hits.iter().for_each(|hit| weigh(&mut tally, hit, &DecideConfig::default(), LATER));
            tally
        };
        let (one, two) = (weigh_all(&hits), weigh_all(&other));
        prop_assert!((one.score - two.score).abs() < 1e-9, "{} {}", one.score, two.score);
        prop_assert_eq!(Tally { score: 0.0, ..one }, Tally { score: 0.0, ..two });
    }

    /// However many messages arrive in whatever order, the score is finite, and never grows by waiting.
    #[test]
    fn waiting_never_raises_a_score(ages in proptest::collection::vec(0_u64..10_000_000, 1..50), wait in 0_u64..100_000_000) {
        let seen: Vec<_> = ages
            .iter()
            .map(|age| seen(Trap::Pristine, "a@trap.example", NOW.minus(Duration::from_secs(*age))))
            .collect();
        let tally = tally_of(&seen);
        let rules = DecideConfig::default();
        let before = decayed(tally.score, NOW.since(tally.scored_at), &rules);
        let later = NOW.plus(Duration::from_secs(wait));
        let after = decayed(tally.score, later.since(tally.scored_at), &rules);
        prop_assert!(before.is_finite() && after <= before);
    }
}

//! The rules, one behaviour each.

mod named;

use std::collections::BTreeMap;

use atalaya_model::{
    Class, Envelope, Handshake, Kind, ObservationId, Period, Prefix, Rule, Sensor, Serial, Trap,
};
use proptest::prelude::*;

use super::*;
use crate::rules::STANDARD;

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

fn standard() -> Rules {
    /// Read once: some tests ask thousands of times.
    static RULES: std::sync::LazyLock<Rules> = std::sync::LazyLock::new(|| Rules::standard().unwrap());
    RULES.clone()
}

/// What the spam of a tally calls for.
fn says_of(tally: &Tally, standing: Option<&Listing>, rules: &Rules, now: Timestamp) -> Ruling {
    let nothing = Case::default();
    let case = tally.cases.get(&Class::Spam).unwrap_or(&nothing);
    let times = tally.listed_times.saturating_sub(u32::from(standing.is_some()));
    judge((Class::Spam, case), standing, times, rules, now)
}

/// The spam of a tally.
fn spam(tally: &Tally) -> &Case {
    &tally.cases[&Class::Spam]
}

fn tally_of(observations: &[Observation]) -> Tally {
    let (mut tally, rules) = (Tally::new(unit()), standard());
    observations
        .iter()
        .for_each(|one| weigh(&mut tally, one, &rules, 1.0, LATER));
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
        says_of(&tally, None, &standard(), NOW),
        Ruling::List { score: 1.0, until }
    );
}

#[test]
fn a_recycled_trap_alone_never_lists() {
    let tally = tally_of(&vec![seen(Trap::Recycled, "old@trap.example", NOW); 1_000]);
    assert_eq!(
        says_of(&tally, None, &standard(), NOW),
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
        says_of(&two, None, &standard(), NOW),
        Ruling::Leave(Why::Uncorroborated)
    );
    assert!(matches!(
        says_of(&three, None, &standard(), NOW),
        Ruling::List { .. }
    ));
}

#[test]
fn a_score_halves_in_its_half_life() {
    let rules = Rules {
        list_at: 2.0,
        ..standard()
    };
    let later = NOW.plus(rules.half_life(Kind::Spam).unwrap());
    let traps = [NOW, later].map(|at| seen(Trap::Pristine, "a@trap.example", at));
    assert_eq!(
        says_of(&tally_of(&traps), None, &rules, later),
        Ruling::Leave(Why::TooLittle(1.5))
    );
}

#[test]
fn a_late_judge_rules_as_a_prompt_one_did_until_the_listing_would_be_over() {
    let tally = tally_of(&[seen(Trap::Pristine, "a@trap.example", NOW)]);
    let rules = standard();
    let end = NOW.plus(rules.classes[&Class::Spam].first.duration());
    let late = end.minus(Duration::from_secs(1));
    assert_eq!(
        says_of(&tally, None, &rules, late),
        Ruling::List {
            score: 1.0,
            until: end
        }
    );
    assert_eq!(says_of(&tally, None, &rules, end), Ruling::Leave(Why::TooOld));
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
    let rules = standard();
    let days = |times| lifetime(times, &rules.classes[&Class::Spam]).as_secs() / 86_400;
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
    let rules = standard();
    let ruling = says_of(
        &tally,
        Some(&listed_until(full.minus(Period::hours(1).duration()))),
        &rules,
        NOW,
    );
    assert_eq!(ruling, Ruling::Leave(Why::ListedLongEnough));
    let ruling = says_of(
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
        says_of(&tally, Some(&listing), &standard(), NOW),
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
    let rules = standard();
    let ruling = says_of(&tally_of(&hits), None, &rules, last);
    assert_eq!(ruling, Ruling::Leave(Why::Uncorroborated));
    let witness = |trap, days| seen(Trap::Typo, trap, NOW.plus(DAY * days));
    let old = [witness("a@trap.example", 0), witness("b@trap.example", 0)];
    let new = vec![witness("c@trap.example", 60); 9];
    let ruling = says_of(
        &tally_of(&[&old[..], &new].concat()),
        None,
        &rules,
        new[0].seen_at,
    );
    assert_eq!(ruling, Ruling::Leave(Why::Uncorroborated));
}

#[test]
fn every_trap_is_a_witness_and_no_other_recipient() {
    let names = ["a@trap.example", "b@trap.example", "c@trap.example"].map(str::to_owned);
    let mut to_all = seen(Trap::Recycled, "", NOW);
    to_all.envelope.recipients = names.to_vec();
    let mut to_three = to_all.clone();
    to_three.traps = names.to_vec();
    let mut to_one = to_all.clone();
    to_one.traps = names.get(..1).unwrap().to_vec();
    let mut forwarded = to_three.clone();
    forwarded.oddities.push("forwarded".to_owned());
    let witnesses = |mail: &Observation| {
        let tally = tally_of(&[mail.clone(), mail.clone()]);
        let names: Vec<String> = spam(&tally).witnesses.keys().cloned().collect();
        let ruling = says_of(&tally, None, &standard(), NOW);
        (names.join(" "), matches!(ruling, Ruling::List { .. }))
    };
    let three = "trap:a@trap.example trap:b@trap.example trap:c@trap.example";
    assert_eq!(witnesses(&to_three), (three.to_owned(), true));
    assert_eq!(witnesses(&to_one), ("trap:a@trap.example".to_owned(), false));
    assert_eq!(witnesses(&forwarded), ("trap:a@trap.example".to_owned(), false));
    // Kept before the traps were told: which of them are is unknown.
    assert_eq!(witnesses(&to_all), ("trap/".to_owned(), false));
    let mut replayed = seen(Trap::Recycled, "invented@b.example", NOW);
    replayed.sensor = Sensor::Replay;
    assert_eq!(witnesses(&replayed), ("replay/".to_owned(), false));
}

#[test]
fn a_trap_is_one_witness_whichever_of_our_sensors_saw_it() {
    let hits = [Sensor::Trap, Sensor::Policy, Sensor::Milter].map(|sensor| Observation {
        sensor,
        traps: vec!["A@trap.example".to_owned()],
        ..seen(Trap::Recycled, "a@trap.example", NOW)
    });
    let tally = tally_of(&hits);
    assert!(spam(&tally).witnesses.keys().eq(["trap:a@trap.example"]));
    let ruling = says_of(&tally, None, &standard(), NOW);
    assert!(!matches!(ruling, Ruling::List { .. }), "{ruling:?}");
}

#[test]
fn an_old_observation_that_is_read_late_counts_by_its_age() {
    let rules = standard();
    let old = seen(Trap::Pristine, "a@trap.example", NOW.minus(DAY * 900));
    assert_eq!(
        says_of(&tally_of(std::slice::from_ref(&old)), None, &rules, NOW),
        Ruling::Leave(Why::TooOld)
    );
    let fresh = vec![seen(Trap::Recycled, "b@trap.example", NOW); 3];
    let tally = tally_of(&[&fresh[..], &[old]].concat());
    assert_eq!(spam(&tally).at, NOW);
    assert!((score(spam(&tally)) - 1.5).abs() < 1e-9);
    assert_eq!(
        says_of(&tally, None, &rules, NOW),
        Ruling::Leave(Why::Uncorroborated)
    );
}

#[test]
fn what_was_seen_before_the_evidence_was_wiped_counts_no_more() {
    let rules = standard();
    let mut tally = Tally {
        wiped_at: Some(NOW),
        ..Tally::new(unit())
    };
    weigh(
        &mut tally,
        &seen(Trap::Pristine, "a@trap.example", NOW),
        &rules,
        1.0,
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
        1.0,
        LATER,
    );
    assert_eq!(spam(&tally).observations, 1);
}

#[test]
fn what_a_clock_that_was_ahead_wrote_holds_until_now_at_most() {
    let rules = standard();
    let ahead = NOW.plus(DAY * 3_650);
    let case = Case {
        weights: BTreeMap::from([(Kind::Spam, 5.0)]),
        at: ahead,
        strong_at: Some(ahead),
        ..Case::default()
    };
    let mut tally = Tally {
        cases: BTreeMap::from([(Class::Spam, case)]),
        last_withdrawn_at: Some(ahead),
        wiped_at: Some(ahead),
        ..Tally::new(unit())
    };
    weigh(
        &mut tally,
        &seen(Trap::Pristine, "a@trap.example", ahead),
        &rules,
        1.0,
        NOW,
    );
    assert_eq!(
        [
            Some(spam(&tally).at),
            spam(&tally).strong_at,
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
        1.0,
        later,
    );
    assert_eq!((spam(&tally).observations, spam(&tally).at), (1, later));
    assert!(score(spam(&tally)) < 1.01, "{tally:?}");
}

/// Two tallies of the same facts: all is the same, but for the rounding of the weights.
fn same_but_for_rounding(one: &Tally, two: &Tally) -> Result<(), TestCaseError> {
    let bare = |tally: &Tally| {
        let mut bare = tally.clone();
        bare.cases.values_mut().for_each(|case| case.weights.clear());
        bare
    };
    prop_assert_eq!(bare(one), bare(two));
    for (class, case) in &one.cases {
        let other = &two.cases[class];
        let far = |kind: &Kind| {
            (case.weights.get(kind).unwrap_or(&0.0) - other.weights.get(kind).unwrap_or(&0.0)).abs()
        };
        let kinds = case.weights.keys().chain(other.weights.keys());
        prop_assert!(kinds.map(far).all(|far| far < 1e-9), "{case:?} {other:?}");
    }
    Ok(())
}

fn any_hit() -> impl Strategy<Value = Observation> {
    let traps = prop_oneof![Just(Trap::Pristine), Just(Trap::Recycled), Just(Trap::Typo)];
    let kinds = prop_oneof![
        Just(Kind::Spam),
        Just(Kind::RelayAttempt),
        Just(Kind::Phishing),
        Just(Kind::Malware)
    ];
    (traps, kinds, 0_u8..40, 0_u64..10_000_000).prop_map(|(trap, kind, recipient, age)| {
        let at = NOW.minus(Duration::from_secs(age));
        Observation {
            kind,
            ..seen(trap, &format!("{recipient}@trap.example"), at)
        }
    })
}

/// One reporter floods one address: with whatever he names as recipients, nobody is listed by his word alone. Others that agree list it.
#[test]
fn one_reporter_who_floods_an_address_lists_nobody() {
    let rules = standard();
    let report = |sensor, source: &str, number: u32| Observation {
        sensor,
        source: source.to_owned(),
        handshake: Handshake::Reported,
        ..seen(Trap::Pristine, &format!("{number}@trap.example"), NOW)
    };
    let words = [
        Sensor::Report,
        Sensor::Complaint,
        Sensor::Feed,
        Sensor::Log,
        Sensor::Trap,
    ];
    for sensor in words {
        let flood: Vec<_> = (0..2_000)
            .map(|number| report(sensor, "member", number))
            .collect();
        let alone = says_of(&tally_of(&flood), None, &rules, NOW);
        assert_eq!(alone, Ruling::Leave(Why::Uncorroborated), "{sensor}");
    }
    let others = ["one", "two", "three"].map(|source| report(Sensor::Report, source, 1));
    let two = says_of(&tally_of(&others[..2]), None, &rules, NOW);
    assert_eq!(two, Ruling::Leave(Why::Uncorroborated));
    assert!(matches!(
        says_of(&tally_of(&others), None, &rules, NOW),
        Ruling::List { .. }
    ));
}

#[test]
fn what_a_source_is_worth_weighs_its_word() {
    let rules = standard();
    let mut tally = Tally::new(unit());
    let report = Observation {
        sensor: Sensor::Report,
        trap: None,
        ..seen(Trap::Typo, "a@trap.example", NOW)
    };
    weigh(&mut tally, &report, &rules, 0.5, NOW);
    assert!((score(spam(&tally)) - 0.3).abs() < 1e-9);
}

#[test]
fn each_class_has_its_own_case_and_the_second_is_no_return() {
    let rules = standard();
    let mut attack = seen(Trap::Pristine, "a@trap.example", NOW);
    attack.kind = Kind::RelayAttempt;
    let mut tally = tally_of(&[seen(Trap::Pristine, "a@trap.example", NOW), attack]);
    let decisions = rule_on(&mut tally, &[], &rules, NOW);
    let classes: Vec<_> = decisions.iter().filter_map(|one| one.verdict.class()).collect();
    assert_eq!(classes, [Class::Spam, Class::Bot]);
    let three_days = Some(NOW.plus(DAY * 3));
    assert!(decisions.iter().all(|one| one.verdict.until() == three_days));
    assert!(decisions.iter().all(|one| one.rule.0 == "score/3"));
    let standing = [
        listed_until(NOW.plus(DAY)),
        Listing {
            class: Class::Bot,
            ..listed_until(NOW.plus(DAY))
        },
    ];
    let again = rule_on(&mut tally, &standing, &rules, NOW);
    assert!(
        again.iter().all(|one| one.verdict.until() == three_days),
        "{again:?}"
    );
    assert_eq!(again.len(), 2);
}

#[test]
fn the_reason_names_what_was_seen_and_no_trap() {
    let rules = standard();
    let mut hits = vec![seen(Trap::Pristine, "a@trap.example", NOW)];
    let text = |hits: &[Observation]| rule_on(&mut tally_of(hits), &[], &rules, NOW)[0].reason.clone();
    assert_eq!(
        text(&hits),
        "Spam reached our traps: 1 message, the last on 2027-01-15."
    );
    hits.push(Observation {
        kind: Kind::Phishing,
        ..hits[0].clone()
    });
    assert_eq!(
        text(&hits),
        "Seen or reported 2 times: spam, phishing; the last on 2027-01-15."
    );
    assert!(!text(&hits).contains("trap.example"));
}

#[test]
fn a_rule_that_is_gone_lets_its_evidence_go() {
    let without = STANDARD.replace("[kind.phishing]\nclass = \"spam\"\nhalf_life = \"3d\"\n", "");
    let rules = Rules::parse(&without).unwrap();
    let mut tally = tally_of(&[Observation {
        kind: Kind::Phishing,
        ..seen(Trap::Pristine, "a@trap.example", NOW)
    }]);
    weigh(
        &mut tally,
        &seen(Trap::Typo, "b@trap.example", NOW),
        &rules,
        1.0,
        NOW,
    );
    assert_eq!(spam(&tally).weights, BTreeMap::from([(Kind::Spam, 0.5)]));
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
            let rules = standard();
            hits.iter().for_each(|hit| weigh(&mut tally, hit, &rules, 1.0, LATER));
            tally
        };
        let (one, two) = (weigh_all(&hits), weigh_all(&other));
        same_but_for_rounding(&one, &two)?;
        let rules = standard();
        let lists = |tally: &Tally| {
            let ruling = says_of(tally, None, &rules, NOW);
            matches!(ruling, Ruling::List { .. })
        };
        let scores = [&one, &two].map(|tally| tally.cases.get(&Class::Spam).map_or(0.0, score));
        // A score that lies within the rounding of the threshold may fall on either side.
        if (scores[0] - rules.list_at).abs() > 1e-6 {
            prop_assert_eq!(lists(&one), lists(&two));
        }
    }

    /// However many messages arrive in whatever order, the score is finite, and never grows by waiting.
    #[test]
    fn waiting_never_raises_a_score(ages in proptest::collection::vec(0_u64..10_000_000, 1..50), wait in 0_u64..100_000_000) {
        let seen: Vec<_> = ages
            .iter()
            .map(|age| seen(Trap::Pristine, "a@trap.example", NOW.minus(Duration::from_secs(*age))))
            .collect();
        let tally = tally_of(&seen);
        let rules = standard();
        let case = spam(&tally);
        let at = |moment: Timestamp| decayed(score(case), moment.since(case.at), Kind::Spam, &rules);
        let before = at(NOW);
        let after = at(NOW.plus(Duration::from_secs(wait)));
        prop_assert!(before.is_finite() && after <= before);
    }
}

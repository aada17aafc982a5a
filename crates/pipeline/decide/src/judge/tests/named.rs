//! Whoever names a pristine trap and sends no message.

use super::*;

#[test]
fn a_pristine_trap_that_was_only_named_lists_who_comes_back_or_was_seen_otherwise() {
    let named = Observation {
        kind: Kind::UnknownRecipient,
        sensor: Sensor::Policy,
        ..seen(Trap::Pristine, "a@trap.example", NOW)
    };
    let ruling = |seen: &[Observation]| says_of(&tally_of(seen), None, &standard(), NOW);
    assert_eq!(
        ruling(std::slice::from_ref(&named)),
        Ruling::Leave(Why::TooLittle(0.6))
    );
    let others = [
        named.clone(),
        seen(Trap::Recycled, "old@trap.example", NOW),
        seen(Trap::Pristine, "a@trap.example", NOW),
    ];
    for other in others {
        let told = ruling(&[named.clone(), other]);
        assert!(matches!(told, Ruling::List { .. }), "{told:?}");
    }
}

#[test]
fn a_pristine_trap_that_is_named_again_lists_within_a_day() {
    let named = |hours: u64| Observation {
        kind: Kind::UnknownRecipient,
        sensor: Sensor::Policy,
        ..seen(
            Trap::Pristine,
            "a@trap.example",
            NOW.plus(Duration::from_hours(hours)),
        )
    };
    for (hours, is_listed) in [(24, true), (27, true), (29, false)] {
        let again = named(hours);
        let now = again.seen_at;
        let told = says_of(&tally_of(&[named(0), again]), None, &standard(), now);
        assert_eq!(
            matches!(told, Ruling::List { .. }),
            is_listed,
            "{hours}: {told:?}"
        );
    }
}

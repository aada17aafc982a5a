//! The ranges against a plain walk over the claims.

use proptest::prelude::*;

use super::*;

fn claim(first: u32, last: u32, value: u16) -> Claim<u32, u16> {
    Claim {
        first,
        last,
        layer: Layer::Files,
        value,
    }
}

#[test]
fn the_narrower_claim_is_heard_and_the_lower_layer_before_it() {
    let reserved = Claim {
        layer: Layer::Reserved,
        ..claim(40, 90, 0)
    };
    let beneath = Claim {
        layer: Layer::BuiltIn,
        ..claim(0, 1, 9)
    };
    let ranges = Ranges::of_claims(vec![
        claim(10, 100, 1),
        claim(20, 30, 2),
        claim(5, 25, 3),
        claim(20, 30, 4),
        reserved,
        beneath,
        claim(1, u32::MAX, 5),
    ]);
    let said = [0, 1, 4, 5, 19, 20, 30, 31, 39, 40, 90, 91, 100, 101, u32::MAX].map(|key| ranges.get(key));
    assert_eq!(said, [9, 5, 5, 3, 3, 2, 2, 1, 1, 0, 0, 1, 1, 5, 5]);
}

#[test]
fn the_next_key_that_is_wanted_is_found_by_leaps() {
    let ranges = Ranges::of_claims(vec![
        claim(10, 19, 1),
        claim(30, 39, 2),
        claim(40, 49, 1),
        claim(u32::MAX, u32::MAX, 3),
    ]);
    let next = |from: u32, wanted: u16| ranges.next(from, |value| value == wanted);
    assert_eq!(next(0, 1), Some(10));
    assert_eq!(next(15, 1), Some(15));
    assert_eq!(next(20, 1), Some(40));
    assert_eq!(next(50, 1), None);
    assert_eq!(next(0, 3), Some(u32::MAX));
    assert_eq!(next(u32::MAX, 3), Some(u32::MAX));
    assert_eq!(Ranges::<u32, u16>::default().next(0, |value| value == 1), None);
}

#[test]
fn the_ends_of_the_space_are_found() {
    let empty: Ranges<u32, u16> = Ranges::default();
    assert_eq!((empty.get(0), empty.get(u32::MAX)), (0, 0));
    let none: Ranges<u64, u16> = Ranges::of_claims(Vec::new());
    assert_eq!((none.get(0), none.get(u64::MAX)), (0, 0));
    let ends = Ranges::of_claims(vec![claim(0, 0, 1), claim(u32::MAX, u32::MAX, 2)]);
    assert_eq!(
        [0, 1, u32::MAX - 1, u32::MAX].map(|key| ends.get(key)),
        [1, 0, 0, 2]
    );
    assert_eq!(ends.len(), 3);
}

proptest! {
    #[test]
    fn a_lookup_agrees_with_a_walk_over_all_claims(
        rows in prop::collection::vec((0_u32..400, 0_u32..60, 0_u16..6, 0_u8..3), 0..60),
        shift in prop::sample::select(vec![0_u32, 16, 20]),
    ) {
        let layers = [Layer::Reserved, Layer::Files, Layer::BuiltIn];
        let claims: Vec<Claim<u64, u16>> = rows
            .iter()
            .map(|(first, more, value, layer)| Claim {
                first: UNICAST + (u64::from(*first) << (shift + 20)),
                last: UNICAST + (u64::from(first + more) << (shift + 20)),
                layer: layers[usize::from(*layer)],
                value: *value,
            })
            .collect();
        let ranges = Ranges::of_claims(claims.clone());
        for place in 0..480_u64 {
            let key = UNICAST + (place << (shift + 20));
            for key in [key.saturating_sub(1), key, key + 1] {
                let holding = claims.iter().enumerate().filter(|(_, claim)| claim.first <= key && key <= claim.last);
                let heard = holding.min_by_key(|(at, claim)| (claim.layer, claim.last - claim.first, claim.first, *at));
                let value = heard.map_or(0, |(_, claim)| claim.value);
                prop_assert_eq!(ranges.get(key), value);
            }
        }
    }
}

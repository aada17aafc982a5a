//! What reporters took back: a later word of the same one about the same address, by which nothing that he said before counts any more.
//!
//! It is kept with the tally of the unit, so that whatever is read later, and in whatever order, is measured by it.

use std::collections::BTreeMap;

use atalaya_model::{Observation, Timestamp};
use atalaya_store::Tally;

/// Most words remembered for one unit, the newest. What an older one took back counts again at the next adding up; that is counted.
const MOST: usize = 64;

/// Up to when each reporter took back what he said of an address, by [`name_of`].
pub(crate) type TakenBack = BTreeMap<String, Timestamp>;

/// Notes that a reporter takes back what he said.
pub(crate) fn take_back(tally: &mut Tally, word: &Observation, now: Timestamp) {
    let at = word.seen_at.min(now);
    let last = tally.taken_back.entry(name_of(word)).or_insert(at);
    *last = at.max(*last);
    while tally.taken_back.len() > MOST {
        let oldest = tally.taken_back.iter().min_by_key(|(name, at)| (**at, *name));
        let Some(name) = oldest.map(|(name, _)| name.clone()) else {
            return;
        };
        tally.taken_back.remove(&name);
        metrics::counter!("atalaya_decide_taken_back_forgotten_total").increment(1);
    }
}

/// Whether somebody said something and took it back.
pub(crate) fn is_taken_back(taken_back: &TakenBack, seen: &Observation) -> bool {
    !taken_back.is_empty()
        && taken_back
            .get(&name_of(seen))
            .is_some_and(|at| seen.seen_at <= *at)
}

/// Who spoke of which address.
fn name_of(seen: &Observation) -> String {
    format!("{} {} {}", seen.sensor, seen.address, seen.source)
}

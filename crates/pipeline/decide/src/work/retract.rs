//! Reporters who take back what they said: the evidence of the unit is added up again without it, and what does not stand on the rest
//! leaves. Nothing that was recorded changes.

use std::collections::BTreeMap;

use atalaya_formats::why::Why;
use atalaya_model::{Decision, Listing, Observation, Prefix, Rule};
use atalaya_store::{Seen, StoreError, Tally, Transaction};

use super::Judge;
use super::standing::Standing;
use crate::again::{Measure, Part};
use crate::judge::{is_taken_back, take_back};
use crate::withdraw::{is_ruled, leave};

/// Most words of a reporter of one unit that are looked through for one that he takes back; after more, there is taken to be one.
const MOST_WORDS: u32 = 1_000;

impl Judge {
    /// Follows the words of a batch by which something is taken back: mends the tallies, and gives the withdrawals.
    pub(super) async fn retract(
        &self,
        transaction: &mut Transaction,
        (batch, standing): (&[Seen], &Standing),
        tallies: &mut Vec<Tally>,
    ) -> Result<Vec<Decision>, StoreError> {
        let mut words: BTreeMap<Prefix, Vec<&Observation>> = BTreeMap::new();
        for seen in batch.iter().map(|seen| &seen.observation) {
            if standing.takes_back(seen) {
                words.entry(seen.unit()).or_default().push(seen);
            }
        }
        let units: Vec<Prefix> = words.keys().copied().collect();
        let Some(last) = batch.last().filter(|_last| !units.is_empty()) else {
            return Ok(Vec::new());
        };
        let mut known = transaction.tallies(&units).await?;
        let mut decisions = Vec::new();
        for (unit, words) in words {
            let place = tallies.iter().position(|other| other.unit == unit);
            let mut tally = match place {
                Some(place) => tallies.remove(place),
                None => known.remove(&unit).unwrap_or_else(|| Tally::new(unit)),
            };
            let mut is_less = false;
            for word in words {
                is_less |= said_before(transaction, &tally, word, last.position).await?;
                take_back(&mut tally, word, standing.now);
            }
            if !is_less {
                tallies.push(tally);
                continue;
            }
            let (tally, gone) = self
                .without(transaction, tally, (last.position, standing))
                .await?;
            decisions.extend(gone);
            // What the batch added to it before is in the new sum too.
            tallies.push(tally);
        }
        Ok(decisions)
    }

    /// A tally without what was taken back, and the withdrawals of what does not stand on the rest.
    async fn without(
        &self,
        transaction: &mut Transaction,
        tally: Tally,
        (up_to, standing): (u64, &Standing),
    ) -> Result<(Tally, Vec<Decision>), StoreError> {
        let measure = Measure {
            rules: &standing.rules,
            now: standing.now,
        };
        let taken_back = tally.taken_back.clone();
        let part = |seen: &Observation| match standing.is_evidence(seen) {
            true if is_taken_back(&taken_back, seen) => Part::Lost,
            true => Part::Counts,
            false => Part::Nothing,
        };
        let (mut tally, lost) = measure.add_up(transaction, tally, up_to, part).await?;
        let falls = |listing: &&Listing| {
            is_ruled(&listing.rule)
                && !listing.is_over(standing.now)
                && lost.contains(&listing.class)
                && !measure.stands(&tally, listing.class)
        };
        // Who reported is not told.
        let (rule, why) = (Rule::new("retracted", 1), Why::ReportsTakenBack.to_string());
        let listings = standing.listings_of(tally.unit).iter().filter(falls);
        let gone: Vec<Decision> = listings.map(|listing| leave(listing, &rule, &why)).collect();
        // It was listed wrongly: it is no return if it comes again.
        let wrong = u32::try_from(gone.len()).unwrap_or(u32::MAX);
        tally.listed_times = tally.listed_times.saturating_sub(wrong);
        Ok((tally, gone))
    }
}

/// Whether the reporter said something of the address that this word takes back and none before.
async fn said_before(
    transaction: &mut Transaction,
    tally: &Tally,
    word: &Observation,
    up_to: u64,
) -> Result<bool, StoreError> {
    let source = (word.sensor, word.source.as_str());
    let said = transaction
        .observations_by(&tally.unit, source, up_to, MOST_WORDS)
        .await?;
    let is_taken = |seen: &Seen| {
        let seen = &seen.observation;
        seen.address == word.address && seen.counts() && !is_taken_back(&tally.taken_back, seen)
    };
    Ok(said.len() >= MOST_WORDS as usize || said.iter().any(is_taken))
}

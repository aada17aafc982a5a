//! The list that stands before the flood comes.

use std::net::Ipv4Addr;
use std::time::Duration;

use atalaya_model::{Class, Decision, Prefix, Rule, Timestamp, Verdict};
use atalaya_store::{Store, StoreError};

/// Listings decided in one transaction.
const BATCH: usize = 16_384;
/// The distance of two listed addresses.
const STEP: u32 = 40;
/// How long they stand: nothing ends while it is measured.
const STANDS: Duration = Duration::from_secs(30 * 86_400);

/// Lists so many addresses.
pub(super) async fn fill(store: &Store, listed: u32, now: Timestamp) -> Result<(), StoreError> {
    let numbers: Vec<u32> = (0..listed).collect();
    for batch in numbers.chunks(BATCH) {
        let decisions: Vec<Decision> = batch.iter().map(|at| decision(*at, now)).collect();
        let mut transaction = store.begin_deciding().await?;
        transaction.decide_all(&decisions, now).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// The address of a listing.
pub(super) fn listed_address(at: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x1000_0000_u32.wrapping_add(at.wrapping_mul(STEP)))
}

fn decision(at: u32, now: Timestamp) -> Decision {
    Decision {
        prefix: Prefix::single(listed_address(at).into()),
        verdict: Verdict::List {
            class: Class::Spam,
            until: Some(now.plus(STANDS)),
        },
        rule: Rule::new("by-hand", 1),
        score: 1.0,
        reason: "Spam reached our traps.".to_owned(),
    }
}

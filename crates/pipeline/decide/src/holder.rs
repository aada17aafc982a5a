//! When a prefix changes its holder, what its former holder did is no reason any more: what the rules listed inside leaves.
//!
//! The holder is the name of the network that the registry gives. It is known as far as contacts were looked up, and seen to change when
//! one is looked up again; nobody asks registries for this alone.

use atalaya_formats::why::Why;
use atalaya_model::{Listing, Rule, Timestamp};
use atalaya_store::{Store, StoreError};

use crate::withdraw::{is_ruled, withdraw};

/// The name under which the store keeps up to which moment changes were followed, in microseconds.
const READER: &str = "holders";
/// Changes followed in one step.
const CHANGES: u32 = 100;
/// Most listings of one network that leave: more is no customer's network, but a registry's.
const MOST: u32 = 10_000;

/// Follows the next changes; tells whether there may be more.
pub(crate) async fn follow_batch(store: &Store, now: Timestamp) -> Result<bool, StoreError> {
    let position = store.position(READER).await?;
    let after = Timestamp::from_micros(i64::try_from(position).unwrap_or(i64::MAX));
    let changes = store.holders_changed(after, CHANGES).await?;
    let Some((_, last)) = changes.last().copied() else {
        return Ok(false);
    };
    let (rule, why) = (Rule::new("new-holder", 1), Why::NewHolder.to_string());
    let mut transaction = store.begin_deciding().await?;
    for (network, changed_at) in &changes {
        let inside = transaction.listings_inside(network, MOST).await?;
        let old: Vec<Listing> = inside
            .into_iter()
            .filter(|listing| is_ruled(&listing.rule) && listing.since < *changed_at)
            .collect();
        withdraw(&mut transaction, &old, (&rule, &why), now).await?;
    }
    let position = u64::try_from(last.micros()).unwrap_or_default();
    transaction.set_position(READER, position).await?;
    transaction.commit().await?;
    Ok(changes.len() >= CHANGES as usize)
}

//! The allow list in memory, for whoever decides: an address has some thirty prefixes around it, and to ask for all of them costs the
//! judge of a flood more than everything else.
//!
//! The allow list changes by decisions only, and whoever has the turn decides alone: what was read at one serial holds as long as no
//! later decision is about the allow list.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use atalaya_model::{AllowEntry, Prefix, Serial};

use crate::listings::some_allowed;
use crate::sql::values;
use crate::{StoreError, Transaction};

/// Most entries that are kept; a longer list is asked each time.
const MAX_ENTRIES: u32 = 100_000;
/// Most decisions that are looked through for one about the allow list; after more, it is read again.
const MAX_DECISIONS: u64 = 50_000;

/// The allow list as it was last read.
#[derive(Default)]
pub(crate) struct AllowCache(Mutex<Option<AllowList>>);

/// The allow list at a serial.
#[derive(Clone)]
struct AllowList {
    serial: Serial,
    entries: Arc<HashMap<Prefix, AllowEntry>>,
}

impl AllowCache {
    fn get(&self) -> Option<AllowList> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, list: AllowList) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(list);
    }
}

impl Transaction {
    /// The entries of the allow list that cover one of these prefixes, by what is in memory; none where the database must be asked:
    /// the transaction has not the turn, has decided itself, or the list is long.
    pub(crate) async fn covering_in_memory(
        &mut self,
        prefixes: &[Prefix],
    ) -> Result<Option<Vec<AllowEntry>>, StoreError> {
        let Some(serial) = self.undecided() else {
            return Ok(None);
        };
        let entries = match self.store().allow_cache().get() {
            Some(list) if self.stands(list.serial, serial).await? => list.entries,
            _ => match self.read_allow_list().await? {
                Some(entries) => entries,
                None => return Ok(None),
            },
        };
        let found = covering(&entries, prefixes);
        self.store().allow_cache().set(AllowList { serial, entries });
        Ok(Some(found))
    }

    /// Whether no decision after `then` and up to `now` is about the allow list.
    async fn stands(&mut self, then: Serial, now: Serial) -> Result<bool, StoreError> {
        if then == now {
            return Ok(true);
        }
        // A later serial than now: the store was put back to an earlier state.
        if now
            .0
            .checked_sub(then.0)
            .is_none_or(|count| count > MAX_DECISIONS)
        {
            return Ok(false);
        }
        let sql = "SELECT 1 FROM decisions WHERE serial > $1 AND verdict IN ('allow', 'disallow') LIMIT 1";
        Ok(self.connection.row(sql, values![then]).await?.is_none())
    }

    async fn read_allow_list(&mut self) -> Result<Option<Arc<HashMap<Prefix, AllowEntry>>>, StoreError> {
        let entries = some_allowed(&mut self.connection, MAX_ENTRIES.saturating_add(1)).await?;
        if entries.len() > MAX_ENTRIES as usize {
            return Ok(None);
        }
        let entries = entries.into_iter().map(|entry| (entry.prefix, entry));
        Ok(Some(Arc::new(entries.collect())))
    }
}

/// The entries that cover one of these prefixes, each once.
fn covering(entries: &HashMap<Prefix, AllowEntry>, prefixes: &[Prefix]) -> Vec<AllowEntry> {
    if entries.is_empty() {
        return Vec::new();
    }
    let around = prefixes.iter().flat_map(|prefix| prefix.with_parents());
    let found: HashMap<Prefix, &AllowEntry> = around
        .filter_map(|prefix| Some((prefix, entries.get(&prefix)?)))
        .collect();
    found.into_values().cloned().collect()
}

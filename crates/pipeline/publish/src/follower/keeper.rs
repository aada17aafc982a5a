//! Keeps the list on disk: when to write it, and what to make of it at the start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Serial;
use atalaya_store::{Store, StoreError};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::BATCH;
use crate::set::{Set, View};
use crate::snapshot::{self, Standing};

/// After so many decisions it is written anew: reading them all takes a second or two.
const MOST_DECISIONS: u64 = 100_000;
/// After so long it is written anew, if anything was decided.
const LONGEST: Duration = Duration::from_secs(300);

/// The file, and what stands in it.
#[derive(Debug)]
pub(super) struct Keeper {
    path: Arc<PathBuf>,
    /// Whether it was read already: it is only for the start.
    is_read: bool,
    /// The last decision that was to be kept in it, by this store.
    kept: Option<Serial>,
    due: Option<Instant>,
    writing: Option<JoinHandle<()>>,
}

impl Keeper {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            is_read: false,
            kept: None,
            due: None,
            writing: None,
        }
    }

    /// Reads the list, once, and what the store has decided since. None where there is no list, where it is broken, or where the store holds
    /// other decisions; then it is to be read from the store.
    pub(super) async fn load(&mut self, store: &Store) -> Option<(Standing, Set)> {
        if std::mem::replace(&mut self.is_read, true) {
            return None;
        }
        let path = Arc::clone(&self.path);
        let read = tokio::task::spawn_blocking(move || snapshot::load(&path)).await;
        let refused = match read {
            Ok(Ok(Some((standing, set)))) => {
                let serial = standing.serial;
                let loaded = catch_up(store, standing, set).await;
                // The list of another store is not this one's, whatever its serial.
                self.kept = loaded.is_some().then_some(serial);
                return loaded;
            }
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => error.to_string(),
            Err(broken) => broken.to_string(),
        };
        tracing::warn!(file = %self.path.display(), refused, "the list on disk is refused; it is read from the store");
        None
    }

    /// Whether the list is to be written, which stands at `serial`, and nothing is being written.
    pub(super) fn is_due(&mut self, serial: Serial) -> bool {
        let is_writing = self
            .writing
            .as_ref()
            .is_some_and(|writing| !writing.is_finished());
        if is_writing || self.kept == Some(serial) {
            return false;
        }
        let now = Instant::now();
        let due = *self
            .due
            .get_or_insert_with(|| now.checked_add(LONGEST).unwrap_or(now));
        let many = self
            .kept
            .is_none_or(|kept| serial.0.saturating_sub(kept.0) >= MOST_DECISIONS);
        many || now >= due
    }

    /// Writes the list.
    pub(super) fn keep(&mut self, standing: Standing, view: View) {
        self.kept = Some(standing.serial);
        self.due = None;
        let path = Arc::clone(&self.path);
        self.writing = Some(tokio::task::spawn_blocking(move || {
            if let Err(error) = snapshot::save(&path, &standing, &view) {
                tracing::warn!(file = %path.display(), %error, "the list was not kept on disk; the next start takes longer");
            }
        }));
    }

    /// What was decided is to be kept now, however little it is.
    pub(super) fn make_due(&mut self) {
        self.due = Some(Instant::now());
    }

    /// Waits until what is being written is written.
    pub(super) async fn finish(&mut self) {
        if let Some(writing) = self.writing.take()
            && let Err(error) = writing.await
        {
            tracing::warn!(%error, "the list was not kept on disk; the next start takes longer");
        }
    }
}

/// Brings a list from disk to what the store has decided since. A store that cannot be read leaves it as it is: that is better than no answer.
async fn catch_up(store: &Store, mut standing: Standing, mut set: Set) -> Option<(Standing, Set)> {
    loop {
        match further(store, &mut standing, &mut set).await {
            Ok(Some(true)) => {}
            Ok(Some(false)) => return Some((standing, set)),
            Ok(None) => {
                tracing::warn!("the list on disk is of another store; it is read from this one");
                return None;
            }
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(
                    error,
                    "the decisions since the list was kept on disk cannot be read yet"
                );
                return Some((standing, set));
            }
        }
    }
}

/// Applies some decisions; tells whether there may be more, or nothing where the store holds others than those that went in.
async fn further(store: &Store, standing: &mut Standing, set: &mut Set) -> Result<Option<bool>, StoreError> {
    let before_last = Serial(standing.serial.0.saturating_sub(1));
    let decisions = store.decisions_after(before_last, BATCH).await?;
    let new = match (&standing.last, decisions.split_first()) {
        (None, _) if standing.serial == Serial(0) => decisions.as_slice(),
        (Some(last), Some((first, new))) if last == first => new,
        _ => return Ok(None),
    };
    let mut expected = new.iter().zip(standing.serial.0.saturating_add(1)..);
    if expected.any(|(decided, expected)| decided.serial.0 != expected) {
        return Ok(None);
    }
    set.apply(new);
    if let Some(last) = new.last() {
        *standing = Standing {
            serial: last.serial,
            last: Some(last.clone()),
        };
    }
    Ok(Some(!new.is_empty()))
}

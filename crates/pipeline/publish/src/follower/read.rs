//! Loads a zone from the store, piece by piece: a list of millions never stands in memory in any other form.

use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Rule, Serial};
use atalaya_store::{ListLine, Piece, Store, StoreError};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::loading::Loading;
use crate::set::Held;
use crate::zone::Zone;

/// Pieces that wait for the zone: enough that reading and loading go on side by side.
const PIECES: usize = 2;
/// Between two words on how far it came.
const PROGRESS: Duration = Duration::from_secs(10);

/// Puts the list as it is at one moment in the place of what the zone holds, and tells the last decision that is in it.
///
/// A zone that answers already is left as it is by a store that cannot be read to its end: the list is read once before it is read to
/// be taken. If the store fails only then, each address is as one of the two lists has it, until the zone was loaded again.
///
/// # Errors
/// The store failed.
pub async fn load_list(store: &Store, zone: &Arc<Zone>) -> Result<Serial, StoreError> {
    let (serial, loading) = take_list(store, zone).await?;
    finish(loading, serial).await;
    Ok(serial)
}

/// The same up to its last step, which is [`finish`].
pub(super) async fn take_list(store: &Store, zone: &Arc<Zone>) -> Result<(Serial, Loading), StoreError> {
    if zone.is_loaded() {
        let (sender, mut pieces) = mpsc::channel(PIECES);
        let look = async { while pieces.recv().await.is_some() {} };
        let (read, ()) = tokio::join!(store.read_list(Rule::BY_HAND, sender), look);
        read?;
    }
    let (sender, pieces) = mpsc::channel(PIECES);
    let loading = Loading::new(Arc::clone(zone));
    let load = tokio::task::spawn_blocking(|| take(pieces, loading));
    let serial = store.read_list(Rule::BY_HAND, sender).await?;
    Ok((serial, outcome(load.await)))
}

/// Ends what [`take_list`] began.
pub(super) async fn finish(loading: Loading, serial: Serial) {
    outcome(tokio::task::spawn_blocking(move || loading.finish(serial)).await);
}

/// What a thread has come to. It is never cancelled: what it ends with is its panic.
fn outcome<T>(joined: Result<T, tokio::task::JoinError>) -> T {
    joined.unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()))
}

/// Takes all pieces, and tells now and then how far it came.
fn take(mut pieces: mpsc::Receiver<Piece>, mut loading: Loading) -> Loading {
    let (mut listings, mut told) = (0_usize, Instant::now());
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Allowed(entries) => loading.allow(&entries),
            Piece::Listings(lines) => {
                listings = listings.saturating_add(lines.len());
                loading.list(lines.into_iter().map(held));
            }
        }
        if told.elapsed() >= PROGRESS {
            told = Instant::now();
            tracing::info!(listings, "the list is being read from the store");
        }
    }
    loading
}

fn held(line: ListLine) -> Held {
    Held {
        prefix: line.prefix,
        class: line.class,
        until: line.until,
        text: line.reason.map(Arc::from),
    }
}

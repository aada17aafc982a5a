//! Reads the whole list from the store into a set, piece by piece: a list of millions never stands in memory in any other form.

use atalaya_model::Serial;
use atalaya_store::{Piece, Store, StoreError};
use tokio::sync::mpsc;

use crate::set::{Filler, Set};

/// Pieces that wait for the builder: enough that reading and building go on side by side.
const PIECES: usize = 2;

/// Reads the list as it is at one moment, and tells the last decision that is in it.
///
/// # Errors
/// The store failed.
pub async fn read_list(store: &Store) -> Result<(Serial, Set), StoreError> {
    let (sender, mut pieces) = mpsc::channel(PIECES);
    let build = tokio::task::spawn_blocking(move || {
        let mut filler = Filler::default();
        while let Some(piece) = pieces.blocking_recv() {
            match piece {
                Piece::Listings(listings) => listings.iter().for_each(|listing| filler.list(listing)),
                Piece::Allowed(entries) => entries.iter().for_each(|entry| filler.allow(entry)),
            }
        }
        filler.finish()
    });
    let serial = store.read_list(sender).await?;
    match build.await {
        Ok(set) => Ok((serial, set)),
        // It is never cancelled: this is its panic.
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

//! What keeps statistics from being counted or shown.

use atalaya_store::StoreError;

use crate::segment::BadSegment;

/// Why there are no statistics.
#[derive(Debug, thiserror::Error)]
pub enum StatsError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was kept cannot be read.
    #[error("a piece of the statistics of a day cannot be read: {0}")]
    Segment(#[from] BadSegment),
    /// What was counted cannot be packed.
    #[error("statistics cannot be packed: {0}")]
    Pack(std::io::Error),
    /// What the program brings with it is spoiled.
    #[error(transparent)]
    Places(#[from] atalaya_places::PlacesError),
    /// The work broke off.
    #[error("the work on statistics broke off: {0}")]
    Broken(#[from] tokio::task::JoinError),
    /// Too many wait for pictures.
    #[error("too many ask for statistics at once; ask again in a moment")]
    Busy,
    /// What was asked for cannot be had.
    #[error("{0}")]
    Refused(String),
}

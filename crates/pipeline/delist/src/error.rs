//! What can go wrong while an address leaves.

use atalaya_store::StoreError;

/// Why a removal could not be made. Nothing was changed; asking again later is safe.
#[derive(Debug, thiserror::Error)]
pub enum DelistError {
    /// The store failed; [`StoreError::is_temporary`] tells whether to try again.
    #[error("the removal could not be written")]
    Store(#[from] StoreError),
}

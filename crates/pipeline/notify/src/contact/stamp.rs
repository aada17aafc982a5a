//! By what a file is known again.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use atalaya_model::Timestamp;

/// What changes with a file, however it is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// When it was written.
    pub(super) made_at: Timestamp,
    nanoseconds: i64,
    size: u64,
    inode: u64,
}

impl Stamp {
    /// The stamp of a file; none where there is none to be read.
    pub(super) async fn of(path: &Path) -> Option<Self> {
        let found = tokio::fs::metadata(path).await.ok()?;
        Some(Self {
            made_at: Timestamp::from_seconds(found.mtime()),
            nanoseconds: found.mtime_nsec(),
            size: found.size(),
            inode: found.ino(),
        })
    }
}

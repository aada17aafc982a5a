//! The test data that stands beside the project and is read in place.

use std::path::{Path, PathBuf};

/// The file or folder `path` of the shared test data; none where it is absent, so that the test can be skipped.
#[must_use]
pub fn data(path: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let found = workspace.join("../shared/data").join(path);
    found.exists().then_some(found)
}

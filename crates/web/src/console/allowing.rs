//! Looking through the allow list, however long it is, a page at a time: the page of the console and the call for programs look alike.

use atalaya_model::{AllowEntry, Prefix};
use serde::Deserialize;

use super::access::in_query;
use super::pages::cut;
use crate::app::Inner;
use crate::failure::Failure;

/// Which entries are asked for, as it stands in a query.
#[derive(Debug, Default, Deserialize)]
pub(super) struct AllowAsked {
    /// An address or prefix: what overlaps it.
    #[serde(default)]
    pub(super) around: String,
    /// The last entry of the page before.
    #[serde(default)]
    pub(super) after: String,
    /// The deed that a page tells of.
    pub(super) deed: Option<u64>,
}

impl AllowAsked {
    /// The filter as it stands in the query of a link, without where the page begins.
    pub(super) fn in_link(&self) -> String {
        format!("around={}", in_query(self.around.trim()))
    }
}

/// A page of the allow list.
#[derive(Debug, Default)]
pub(super) struct AllowPage {
    /// The entries that are not over.
    pub(super) entries: Vec<AllowEntry>,
    /// The last entry, where more follow; those of the page may all be over.
    pub(super) next: Option<Prefix>,
}

/// Reads a page of at most so many entries; none where what is asked for cannot be read.
pub(super) async fn read(
    shared: &Inner,
    asked: &AllowAsked,
    most: u32,
) -> Result<Option<AllowPage>, Failure> {
    let (Ok(around), Ok(after)) = (some(&asked.around), some(&asked.after)) else {
        return Ok(None);
    };
    let store = &shared.app.store;
    let mut entries = store
        .allowed_page(around.as_ref(), after.as_ref(), most.saturating_add(1))
        .await?;
    let next = cut(&mut entries, most).map(|last| last.prefix);
    let now = shared.app.clock.now();
    entries.retain(|entry| !entry.is_over(now));
    Ok(Some(AllowPage { entries, next }))
}

/// A prefix of a query; none where the field is empty.
fn some(text: &str) -> Result<Option<Prefix>, <Prefix as std::str::FromStr>::Err> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some),
    }
}

//! The proofs that the page of an address shows folded: those that are at hand.
//!
//! In: what is known of the address. Out: for each of its listings the proof, where it could be made in a moment. The page never waits longer for it, and
//! shows the link to the page of the proofs instead; however many pages are asked for, the store is read for a few proofs at a time.

use std::time::Duration;

use atalaya_formats::tlog::{Checkpoint, Note, Proof};
use atalaya_model::Serial;
use data_encoding::BASE64;

use super::{check_command, file_link, standing};
use crate::app::Inner;
use crate::lookup::{Facts, Standing};
use crate::texts::Texts;

/// Pages that make proofs at the same time: one reads the store twice or so, in a millisecond.
pub(crate) const MOST_PROVING: usize = 4;
/// The longest that a page waits for its proofs.
const PATIENCE: Duration = Duration::from_millis(100);
/// Listings of one address that are proven on its page; whoever is in more classes follows the link.
const MOST_PROVEN: usize = 4;

/// The proofs of some decisions.
#[derive(Default)]
pub(in crate::pages) struct Folded {
    proofs: Vec<(Serial, Proof)>,
    /// The key that the heads are signed with.
    key: String,
}

/// One proof as the page shows it.
pub(in crate::pages) struct FoldedView {
    pub(in crate::pages) title: String,
    pub(in crate::pages) index: String,
    pub(in crate::pages) size: String,
    pub(in crate::pages) root: String,
    /// From the entry up.
    pub(in crate::pages) hashes: Vec<String>,
    pub(in crate::pages) command: String,
    pub(in crate::pages) file: String,
}

impl Folded {
    /// Makes the proofs of an address that is listed, as far as they are at hand.
    pub(in crate::pages) async fn of(shared: &Inner, facts: &Facts) -> Self {
        let Standing::Listed(_) = facts.standing else {
            return Self::default();
        };
        let Ok(_place) = shared.proving.try_acquire() else {
            return Self::default();
        };
        let made = tokio::time::timeout(PATIENCE, Self::make(shared, facts)).await;
        made.ok().flatten().unwrap_or_default()
    }

    /// Makes them; none where there is no log, or it cannot be read.
    async fn make(shared: &Inner, facts: &Facts) -> Option<Self> {
        let log = shared.app.log.as_ref()?;
        let mut proofs = Vec::new();
        for serial in standing(facts).into_iter().take(MOST_PROVEN) {
            match log.prove(serial).await {
                Ok(proof) => proofs.extend(proof.map(|proof| (serial, proof))),
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "a page goes out without its proof");
                    return None;
                }
            }
        }
        Some(Self {
            proofs,
            key: log.key().to_string(),
        })
    }

    /// The proof of one decision about the address of these facts, if it is at hand.
    pub(in crate::pages) fn view(
        &self,
        serial: Serial,
        facts: &Facts,
        t: &'static Texts,
    ) -> Option<FoldedView> {
        let (_, proof) = self.proofs.iter().find(|(proven, _)| *proven == serial)?;
        let head = Checkpoint::read(&Note::read(&proof.checkpoint).ok()?.text).ok()?;
        let index = t.units.number(proof.index);
        let size = t.units.number(head.size);
        Some(FoldedView {
            title: (t.log.fold_title)(&index, &size),
            index,
            size,
            root: BASE64.encode(&head.root.0),
            hashes: proof.hashes.iter().map(|hash| BASE64.encode(&hash.0)).collect(),
            command: check_command(serial, &self.key),
            file: file_link(facts, serial),
        })
    }
}

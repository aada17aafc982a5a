//! The journal: what the last decisions changed, so that a secondary gets the difference since the serial that it has (RFC 1995).
//!
//! It keeps some 56 bytes for each decision and no version of the list: the version that a secondary has is made again from the newest when
//! it asks. Several decisions about one entry become one difference then, whatever came between (RFC 1995 section 5). A restart empties it;
//! who asks for what it does not hold gets the whole zone.

use std::collections::VecDeque;

use atalaya_model::Serial;

use crate::set::Undo;

/// The undos of the last decisions, without a gap, the newest first.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    undos: VecDeque<Undo>,
    most: usize,
}

impl Journal {
    /// Keeps so many decisions; none where nobody may ask.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            undos: VecDeque::new(),
            most,
        }
    }

    /// Whether anything is kept at all.
    pub(crate) fn is_kept(&self) -> bool {
        self.most > 0
    }

    /// Takes the next decision in; the oldest goes when there are too many.
    pub(crate) fn add(&mut self, undo: Undo) {
        self.undos.truncate(self.most.saturating_sub(1));
        self.undos.push_front(undo);
    }

    /// Forgets everything: the list was replaced.
    pub(crate) fn clear(&mut self) {
        self.undos = VecDeque::new();
    }

    /// The undos of the decisions after `known`, up to `last`, which the journal stands at; nothing if some are not there any more.
    pub(crate) fn since(&self, known: Serial, last: Serial) -> Option<Vec<Undo>> {
        let count = usize::try_from(last.0.checked_sub(known.0)?).ok()?;
        (count <= self.undos.len()).then(|| self.undos.iter().take(count).copied().collect())
    }
}

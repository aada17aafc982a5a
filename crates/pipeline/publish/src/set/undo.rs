//! What a decision changes in a set, kept so small that thousands of them can be taken back later.
//!
//! An [`Undo`] is what an entry was before a decision. A view with the undos of the last decisions done to it, the newest first, is the
//! view before those decisions: it shares with the newest all that they left alone. No version is kept for it meanwhile.

use std::collections::HashMap;

use atalaya_model::{Decided, Prefix, Verdict};

use super::mark::{End, Mark, MarkNumber, MarkTable};
use super::prefixes::Prefixes;
use super::{Set, View, single};

/// What one entry was before a decision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Undo {
    prefix: Prefix,
    was: Was,
}

/// The state of an entry.
#[derive(Debug, Clone, Copy)]
enum Was {
    /// Its classes, none if it was in no class.
    Listed(Mark),
    /// The end of its place on the allow list, if it had one.
    Allowed(Option<End>),
}

/// The prefixes that some decisions were about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched(Prefixes<()>);

impl Touched {
    /// Whether a prefix holds, or lies in, one that was decided about.
    pub(crate) fn overlaps(&self, prefix: Prefix) -> bool {
        self.0.has_inside(prefix) || self.0.covering(prefix).next().is_some()
    }
}

impl Set {
    /// What the entry of a decision is now; to be asked before the decision is done.
    pub(crate) fn undo(&self, decided: &Decided) -> Undo {
        let prefix = decided.decision.prefix;
        let was = match decided.decision.verdict {
            Verdict::List { .. } | Verdict::Extend { .. } | Verdict::Withdraw { .. } => {
                let number = match single(&prefix) {
                    Some(address) => self.view.singles.get(address),
                    None => self.view.listed.get(&prefix),
                };
                Was::Listed(
                    number
                        .map(|number| self.view.marks.get(number))
                        .unwrap_or_default(),
                )
            }
            Verdict::Allow { .. } | Verdict::Disallow => Was::Allowed(self.view.allowed.get(&prefix)),
        };
        Undo { prefix, was }
    }
}

impl View {
    /// The view before the decisions of these undos, which come the newest first, and what they were about; nothing if it needs more marks
    /// than there are numbers. It tells what is listed and counts nothing.
    pub(crate) fn before(&self, undos: impl Iterator<Item = Undo>) -> Option<(Self, Touched)> {
        let (mut listed, mut allowed) = (HashMap::new(), HashMap::new());
        let mut touched = Touched::default();
        // Of several decisions about one entry the first one knew what it had been.
        for undo in undos {
            touched.0.set(&undo.prefix, Some(()));
            match undo.was {
                Was::Listed(mark) => drop(listed.insert(undo.prefix, mark)),
                Was::Allowed(end) => drop(allowed.insert(undo.prefix, end)),
            }
        }
        let mut view = self.clone();
        let mut numbers = Numbers::new(&mut view.marks);
        let mut changes = Vec::new();
        for (prefix, mark) in listed {
            let number = if mark.len() > 0 {
                Some(numbers.number(mark)?)
            } else {
                None
            };
            match single(&prefix) {
                Some(address) => changes.push((address, number)),
                None => drop(view.listed.set(&prefix, number)),
            }
        }
        changes.sort_unstable();
        view.singles.change(&changes, |_, changes| {
            changes.last().and_then(|(_, number)| *number)
        });
        for (prefix, end) in allowed {
            view.allowed.set(&prefix, end);
        }
        Some((view, touched))
    }
}

/// Numbers behind those of a table, for marks that may have lost theirs.
struct Numbers<'a> {
    table: &'a mut MarkTable,
    given: HashMap<Mark, MarkNumber>,
    next: usize,
}

impl<'a> Numbers<'a> {
    fn new(table: &'a mut MarkTable) -> Self {
        let next = table.numbers();
        Self {
            table,
            given: HashMap::new(),
            next,
        }
    }

    /// The number of a mark; none if all are given.
    fn number(&mut self, mark: Mark) -> Option<MarkNumber> {
        if let Some(number) = self.given.get(&mark) {
            return Some(*number);
        }
        let number = MarkNumber::try_from(self.next).ok()?;
        self.table.set(number, mark);
        self.given.insert(mark, number);
        self.next = self.next.saturating_add(1);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undo_is_small() {
        assert!(size_of::<Undo>() <= 56, "{}", size_of::<Undo>());
    }
}

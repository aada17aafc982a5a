//! A tree over the first two octets of an IPv4 address, whose parts are shared between its versions.
//!
//! The first octet leads to a branch, the second to a leaf. A clone shares everything with the original and costs one counter; a change
//! copies the two levels on its way and puts a new leaf in, some microseconds, and leaves every clone as it was. So one writer can go
//! on changing its tree while any number of readers keep the version that they took, without locks and without ever seeing half a
//! change.

use std::sync::Arc;

/// Children of a branch: the values of one octet.
const CHILDREN: usize = 256;

/// A node whose children stand at one octet.
type Branch<T> = [Option<T>; CHILDREN];

/// Leaves by the first two octets of an address.
#[derive(Debug)]
pub(super) struct Tree<L> {
    root: Arc<Branch<Arc<Branch<L>>>>,
}

impl<L> Clone for Tree<L> {
    fn clone(&self) -> Self {
        Self {
            root: Arc::clone(&self.root),
        }
    }
}

impl<L> Default for Tree<L> {
    fn default() -> Self {
        Self {
            root: Arc::new([const { None }; CHILDREN]),
        }
    }
}

impl<L> Tree<L> {
    /// The leaf at these octets.
    #[inline]
    pub(super) fn leaf(&self, first: u8, second: u8) -> Option<&L> {
        let branch = self.root.get(usize::from(first))?.as_deref()?;
        branch.get(usize::from(second))?.as_ref()
    }

    /// The first octets that lead to a leaf.
    pub(super) fn branches(&self) -> Vec<u8> {
        taken(&self.root)
    }

    /// The second octets that lead to a leaf behind this first one.
    pub(super) fn leaves_below(&self, first: u8) -> Vec<u8> {
        let branch = self.root.get(usize::from(first));
        branch
            .and_then(Option::as_ref)
            .map_or_else(Vec::new, |branch| taken(branch))
    }

    /// The leaves that hold addresses from `first` to `last`, in their order, each with the part of it that is meant: the first and the
    /// last address in it, by the two octets that lead on.
    pub(super) fn between(&self, first: u32, last: u32) -> impl Iterator<Item = (&L, u16, u16)> {
        let (high_first, high_last) = (high(first), high(last));
        let [top_first, ..] = first.to_be_bytes();
        let [top_last, ..] = last.to_be_bytes();
        let branches = (top_first..=top_last)
            .filter_map(|top| Some((top, self.root.get(usize::from(top))?.as_deref()?)));
        let leaves = branches.flat_map(|(top, branch)| {
            let leaves = branch.iter().zip(0_u8..=u8::MAX);
            leaves.filter_map(move |(leaf, second)| Some((u16::from_be_bytes([top, second]), leaf.as_ref()?)))
        });
        let leaves = leaves
            .skip_while(move |(high, _)| *high < high_first)
            .take_while(move |(high, _)| *high <= high_last);
        leaves.map(move |(high, leaf)| {
            let from = if high == high_first { low(first) } else { 0 };
            let to = if high == high_last { low(last) } else { u16::MAX };
            (leaf, from, to)
        })
    }

    /// All leaves in the order of their addresses, each with the two octets that lead to it.
    pub(super) fn leaves(&self) -> impl Iterator<Item = ([u8; 2], &L)> {
        let branches = self.root.iter().zip(0_u8..=u8::MAX);
        let branches = branches.filter_map(|(branch, first)| Some((first, branch.as_ref()?)));
        branches.flat_map(|(first, branch)| {
            let leaves = branch.iter().zip(0_u8..=u8::MAX);
            leaves.filter_map(move |(leaf, second)| Some(([first, second], leaf.as_ref()?)))
        })
    }

    /// Bytes of the two levels above the leaves.
    pub(super) fn bytes(&self) -> usize {
        let branches = self.root.iter().flatten();
        let below: usize = branches.map(|branch| size_of_val(&**branch)).sum();
        below.saturating_add(size_of_val(&*self.root))
    }
}

impl<L: Clone> Tree<L> {
    /// Takes out all leaves whose first octet is less than this one.
    pub(super) fn forget_before(&mut self, first: u8) {
        let root = Arc::make_mut(&mut self.root);
        root.iter_mut()
            .take(usize::from(first))
            .for_each(|branch| *branch = None);
    }

    /// Puts what `change` makes of the leaf at these octets in its place; none takes it out.
    pub(super) fn change(&mut self, [first, second]: [u8; 2], change: impl FnOnce(Option<&L>) -> Option<L>) {
        let leaf = change(self.leaf(first, second));
        let Some(slot) = Arc::make_mut(&mut self.root).get_mut(usize::from(first)) else {
            return;
        };
        if slot.is_none() && leaf.is_none() {
            return;
        }
        let branch = Arc::make_mut(slot.get_or_insert_with(|| Arc::new([const { None }; CHILDREN])));
        if let Some(place) = branch.get_mut(usize::from(second)) {
            *place = leaf;
        }
        if branch.iter().all(Option::is_none) {
            *slot = None;
        }
    }
}

/// The octets at which a branch has children.
fn taken<T>(branch: &Branch<T>) -> Vec<u8> {
    let children = branch.iter().zip(0_u8..=u8::MAX);
    children
        .filter(|(child, _)| child.is_some())
        .map(|(_, octet)| octet)
        .collect()
}

/// The octets that lead to a leaf.
const fn high(address: u32) -> u16 {
    let [first, second, ..] = address.to_be_bytes();
    u16::from_be_bytes([first, second])
}

/// The octets that lead on from a leaf.
pub(super) const fn low(address: u32) -> u16 {
    let [.., third, last] = address.to_be_bytes();
    u16::from_be_bytes([third, last])
}

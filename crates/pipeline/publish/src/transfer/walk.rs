//! The walk over the names of a zone: what stands at each, in one version or in the difference of two, without ever holding more than
//! the way to one name.
//!
//! A copy of the zone answers by the rules of wildcards (RFC 4592), and they are not those of prefixes: a wildcard answers for the names
//! that do not exist below it, and a name that exists, be it only above others, takes itself and all below out of it. So at each node the walk
//! asks what covers all of it and which labels below lead on to something else:
//!
//! - nothing else below: one wildcard says it all;
//! - something else below: the wildcard says it for the other labels, and each label that leads on says again what still holds there;
//! - something below that must *not* be found (an allowed address in a listed range): no wildcard can say that. Every other label gets a
//!   name of its own, 255 for an octet or 15 for a nibble, at the one level where the hole is.
//!
//! The same holds where a wildcard would take in names of the other family ([`Node::may_have_wildcard`]): a listed /8 from 1.0.0.0/8 to
//! 9.0.0.0/8 takes some 28,000 names, a /16 there 2,800.
//!
//! What an end says is not looked at for secondaries: an entry is in the zone until a decision takes it out. So a copy is the same whenever
//! it is made, and the difference of two versions is right at any time. A zone file that nobody updates is made for a moment.

use atalaya_model::{Prefix, Timestamp};

use super::labels::Labels;
use super::node::{Family, Node};
use crate::set::{Classes, Held, Touched, View};
use crate::test_points::{TestPoint, has_test_point, special_addresses, test_point};

/// Before every end.
const WHATEVER_ENDS: Timestamp = Timestamp::EPOCH;

/// One version of the list, seen as names.
#[derive(Debug, Clone)]
pub(super) struct Version {
    view: View,
    classes: Classes,
    at: Timestamp,
}

/// What stands at a node, and where the walk goes on.
#[derive(Debug, Default)]
struct Step {
    /// The listings at the name, or at the wildcard below it where the node is no whole address.
    listings: Vec<Held>,
    /// The labels below that have names.
    onward: Labels,
}

/// In which of two versions a node has names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
    Both,
}

/// What stands at a name in two versions, no listings where the name is not there.
#[derive(Debug)]
pub(super) struct Change {
    /// The name, or the one above the wildcard.
    pub(super) node: Node,
    /// What it was.
    pub(super) before: Vec<Held>,
    /// What it is.
    pub(super) after: Vec<Held>,
}

/// The names of one version, or those that differ between two.
#[derive(Debug)]
pub(super) struct Walk {
    before: Version,
    after: Version,
    touched: Touched,
    /// At most 256 nodes for each level of the tree: what the walk takes in memory.
    ahead: Vec<(Node, Side)>,
}

impl Walk {
    /// All names of a version.
    pub(super) fn whole(version: Version) -> Self {
        let nothing = Version {
            view: View::default(),
            ..version
        };
        Self::new(nothing, version, Touched::default(), Side::After)
    }

    /// The same without the families whose whole does not fit.
    pub(super) fn within(mut self, fits: impl Fn(&Prefix) -> bool) -> Self {
        self.ahead.retain(|(root, _)| fits(&root.prefix()));
        self
    }

    /// The names that differ; nothing outside `touched` does.
    pub(super) fn difference(before: Version, after: Version, touched: Touched) -> Self {
        Self::new(before, after, touched, Side::Both)
    }

    fn new(before: Version, after: Version, touched: Touched, side: Side) -> Self {
        let roots = [Family::Ipv6, Family::Ipv4].map(|family| (Node::root(family), side));
        Self {
            before,
            after,
            touched,
            ahead: roots.to_vec(),
        }
    }

    /// Looks at one node and puts those below it ahead.
    fn visit(&mut self, node: Node, side: Side) -> Change {
        let step = |version: &Version, without| {
            if side == without {
                Step::default()
            } else {
                version.step(node)
            }
        };
        let before = step(&self.before, Side::After);
        let after = step(&self.after, Side::Before);
        let labels = before.onward.union(after.onward);
        let below = labels.iter().rev().map(|label| {
            let side = match (before.onward.has(label), after.onward.has(label)) {
                (true, false) => Side::Before,
                (false, true) => Side::After,
                _ => Side::Both,
            };
            (node.child(label), side)
        });
        self.ahead.extend(below);
        Change {
            node,
            before: before.listings,
            after: after.listings,
        }
    }
}

impl Iterator for Walk {
    type Item = Change;

    fn next(&mut self) -> Option<Change> {
        while let Some((node, side)) = self.ahead.pop() {
            // What nobody decided about is the same on both sides, all the way down.
            if side == Side::Both && !self.touched.overlaps(node.prefix()) {
                continue;
            }
            let change = self.visit(node, side);
            if change.before != change.after {
                return Some(change);
            }
        }
        None
    }
}

impl Version {
    /// The listings of these classes, whatever their ends.
    pub(super) const fn new(view: View, classes: Classes) -> Self {
        let at = WHATEVER_ENDS;
        Self { view, classes, at }
    }

    /// Those of them that hold at a moment.
    pub(super) fn at(self, at: Timestamp) -> Self {
        Self { at, ..self }
    }

    /// What stands at a node of which something is known above, and where to go on.
    fn step(&self, node: Node) -> Step {
        let listings = self.over(node);
        if node.is_whole() || self.is_silent(node) {
            return Step {
                listings,
                onward: Labels::NONE,
            };
        }
        let other = self.other_below(node);
        if listings.is_empty() {
            return Step {
                listings,
                onward: other,
            };
        }
        let can_say = node.may_have_wildcard() && other.iter().all(|label| self.has_names(node.child(label)));
        if can_say {
            Step {
                listings,
                onward: other,
            }
        } else {
            Step {
                listings: Vec::new(),
                onward: Labels::all(node.family()),
            }
        }
    }

    /// Whether the walk finds any name at or below a node.
    fn has_names(&self, node: Node) -> bool {
        let is_covered = !self.over(node).is_empty();
        if node.is_whole() || self.is_silent(node) {
            return is_covered;
        }
        let other = self.other_below(node);
        (is_covered && other != Labels::all(node.family()))
            || other.iter().any(|label| self.has_names(node.child(label)))
    }

    /// The listings that hold for all of a node, unless something inside says more.
    fn over(&self, node: Node) -> Vec<Held> {
        if node.is_mapped() {
            return Vec::new();
        }
        let prefix = node.prefix();
        let of_zone = |held: &Held| self.classes.contains(held.class);
        match test_point(prefix.network(), self.classes) {
            TestPoint::Listed(held) if prefix.is_single() => held,
            TestPoint::Never if prefix.is_single() => Vec::new(),
            _ => {
                let listings = self.view.listings_over(prefix, self.at);
                listings.filter(of_zone).collect()
            }
        }
    }

    /// Whether nothing at or below a node is listed, whatever the set holds there.
    fn is_silent(&self, node: Node) -> bool {
        let prefix = node.prefix();
        node.is_mapped()
            || (self.view.allowed_at(prefix, self.at).is_some() && !has_test_point(&prefix, self.classes))
    }

    /// The labels below a node that lead to anything of their own: a listing, an allow entry, a test entry.
    fn other_below(&self, node: Node) -> Labels {
        let prefix = node.prefix();
        let mut labels = Labels::NONE;
        let ranges = self.view.ranges_in(prefix).filter(|inside| *inside != prefix);
        let special = special_addresses(self.classes).filter(|special| prefix.covers(special));
        for (first, last) in ranges.chain(special).filter_map(|inside| node.labels_of(&inside)) {
            labels.add(first, last);
        }
        if let Some((network, length)) = node.ipv4() {
            for octet in self.view.octets_below(network, length) {
                labels.add(octet, octet);
            }
        }
        if let Some(label) = node.label_to_mapped() {
            labels.add(label, label);
        }
        labels
    }
}

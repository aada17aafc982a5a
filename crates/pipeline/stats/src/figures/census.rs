//! What many share on a day: only that gets a place of its own in figures. Whoever makes up a new dialect, stack or header for each connection
//! makes no row, no set and no name; he is counted with all others whom nothing tells.

use std::collections::HashMap;
use std::hash::Hash;

use atalaya_model::{DialectId, ShapeId};

use crate::profile::Profile;
use crate::segment::Segment;
use crate::sender::{Neighbourhood, Sender};

/// Texts that are read for one day: those that most share.
const MOST_TEXTS: usize = 50_000;

/// How many share what.
#[derive(Debug, Default)]
pub(crate) struct Census {
    least: u32,
    dialects: Shared<DialectId>,
    shapes: Shared<ShapeId>,
    stacks: Shared<String>,
}

/// How many share each of these. Of IPv6, a /48 counts once, because its holder has 65,536 senders to make it look like many.
#[derive(Debug)]
struct Shared<K>(HashMap<K, (u32, Spot)>);

/// Where somebody was counted last: senders come in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    One(Sender),
    Wide(Neighbourhood),
}

impl Spot {
    const fn of(sender: Sender) -> Self {
        match sender {
            Sender::V4(_) => Self::One(sender),
            Sender::V6(_) => Self::Wide(sender.neighbourhood()),
        }
    }
}

impl<K> Default for Shared<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq + Clone> Shared<K> {
    fn count(&mut self, key: &K, spot: Spot) {
        match self.0.get_mut(key) {
            Some((count, last)) if *last != spot => (*count, *last) = (count.saturating_add(1), spot),
            Some(_same) => {}
            None => {
                self.0.insert(key.clone(), (1, spot));
            }
        }
    }

    fn of(&self, key: &K) -> u32 {
        self.0.get(key).map_or(0, |(count, _)| *count)
    }

    /// Those that most share, the first ones first.
    fn foremost(&self, most: usize) -> impl Iterator<Item = &K> {
        let mut all: Vec<(&K, u32)> = self.0.iter().map(|(key, (count, _))| (key, *count)).collect();
        if all.len() > most {
            all.select_nth_unstable_by_key(most, |(_, count)| std::cmp::Reverse(*count));
            all.truncate(most);
        }
        all.into_iter().map(|(key, _)| key)
    }
}

impl Census {
    /// Of what was counted of a day. What fewer than `least` share is rare.
    pub(crate) fn of(segment: &Segment, least: u32) -> Self {
        let mut census = Self {
            least,
            ..Self::default()
        };
        for cell in segment.cells() {
            let Some(profile) = segment.profiles().get(cell.profile as usize) else {
                continue;
            };
            let spot = Spot::of(cell.sender);
            if let Some(dialect) = &profile.dialect {
                census.dialects.count(dialect, spot);
            }
            if let Some(shape) = &profile.headers {
                census.shapes.count(shape, spot);
            }
            if !profile.stack.is_empty() {
                census.stacks.count(&profile.stack, spot);
            }
        }
        census
    }

    /// The dialects whose texts are worth reading.
    pub(crate) fn dialects(&self) -> impl Iterator<Item = DialectId> {
        self.dialects.foremost(MOST_TEXTS).copied()
    }

    /// The header shapes whose texts are worth reading.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = ShapeId> {
        self.shapes.foremost(MOST_TEXTS).copied()
    }

    /// Whether many share the dialect of a profile.
    pub(crate) fn has_common_dialect(&self, profile: &Profile) -> bool {
        profile
            .dialect
            .is_some_and(|dialect| self.dialects.of(&dialect) >= self.least)
    }

    /// Whether many share the header shape of a profile.
    pub(crate) fn has_common_shape(&self, profile: &Profile) -> bool {
        profile
            .headers
            .is_some_and(|shape| self.shapes.of(&shape) >= self.least)
    }

    /// Whether many share the stack of a profile.
    pub(crate) fn has_common_stack(&self, profile: &Profile) -> bool {
        self.stacks.of(&profile.stack) >= self.least
    }
}

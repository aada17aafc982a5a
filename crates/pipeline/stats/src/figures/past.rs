//! What a day before tells of those that are looked at: who was there, and who showed which stack.

use std::collections::HashMap;

use atalaya_formats::signatures::Matcher;

use super::census::Census;
use super::crowd::Crowd;
use super::look::{Shown, Stack};
use crate::segment::Segment;
use crate::sender::Sender;

/// Who was there on a day, and who showed which stack.
#[derive(Debug, Default)]
pub(crate) struct Past {
    pub(crate) crowd: Crowd,
    pub(crate) stacks: Stacks,
}

/// Who showed which stack.
#[derive(Debug, Default)]
pub(crate) struct Stacks {
    /// The strange ones, by signature.
    pub(super) strange: HashMap<String, Crowd>,
    /// The ordinary ones, by system.
    pub(super) ordinary: HashMap<String, Crowd>,
}

impl Past {
    /// Of what was counted of a day.
    pub(crate) fn of(segment: &Segment, matcher: &Matcher, census: &Census) -> Self {
        let profiles = segment.profiles().iter();
        let shown: Vec<Shown> = profiles
            .map(|profile| Shown::of(profile, matcher, census))
            .collect();
        let mut past = Self::default();
        for cell in segment.cells() {
            if let Some(shown) = shown.get(cell.profile as usize) {
                past.crowd.insert(cell.sender);
                past.stacks.add(shown, cell.sender);
            }
        }
        past
    }
}

impl Stacks {
    fn add(&mut self, shown: &Shown, sender: Sender) {
        let (crowds, key) = match shown.stack {
            Stack::Strange => (&mut self.strange, &shown.signature),
            Stack::Ordinary => (&mut self.ordinary, &shown.system),
            Stack::Unseen => return,
        };
        if let Some(crowd) = crowds.get_mut(key) {
            crowd.insert(sender);
        } else {
            crowds.insert(key.clone(), Crowd::from_iter([sender]));
        }
    }

    /// Takes in those of another day.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, others) in [
            (&mut self.strange, &other.strange),
            (&mut self.ordinary, &other.ordinary),
        ] {
            for (key, crowd) in others {
                mine.entry(key.clone()).or_default().add(crowd);
            }
        }
    }
}

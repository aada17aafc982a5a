//! The set: what is listed and what is allowed, in memory, without sockets, store or clock.
//!
//! In goes what a snapshot holds and then one decision after the other; out come the listings that cover an address at a moment, and
//! whether a prefix holds any. Three rules make the answers:
//!
//! - all listings that cover an address answer, whatever their length, each class of a prefix for itself;
//! - an entry whose end has passed answers no more, even if no decision has taken it out yet: ends are kept by the hour, rounded up;
//! - an allow entry that covers an address silences every listing of it, also where one address inside a listed /24 is allowed.
//!
//! It keeps what DNS answers with and nothing else. Reason, beginning, rule and serial of a listing stand in the store alone; only a text
//! that a person wrote is kept, because no class says it.
//!
//! The one writer changes a [`Set`]; readers hold a [`View`], a version of it that stays as it is while they look. Making a view shares
//! everything and copies nothing, so that the writer gives a new one out after each decision or after a hundred thousand, as it likes.
//!
//! # Structure
//!
//! - `singles`: single IPv4 addresses, which are nearly all of a list. The `tree` leads over two octets to the `leaf` of a /16, one block
//!   of bytes that groups its addresses by /24: a byte for each address, two for each group, then the marks.
//! - `mark`: what an entry is listed as, the classes with their ends. Many entries share one mark, so that each keeps a number of two bytes;
//!   a leaf with few marks keeps one byte for each entry, and one with a single mark keeps it once.
//! - `prefixes`: ranges, IPv6 networks and the allow list, orders of magnitude less, in short sorted runs.
//!
//! A change copies one leaf and the two branches above it; all else is shared with the versions that readers still hold.
//!
//! # Cost
//!
//! Bytes for each address, all levels of the tree included, measured on a union of public lists and on a made one:
//!
//! | list | different ends | bytes |
//! |---|---|---|
//! | 2.6 million addresses | 1 | 2.33 |
//! | the same | 72 | 3.87 |
//! | the same | 1,440 | 4.31 |
//! | 4.6 million, made as clusters | 1,440 | 3.83 |
//!
//! What was weighed against it: a hash set takes about 9 bytes; a sorted array 4 without marks, is slower to search, and cannot change
//! without being copied whole; Roaring bitmaps 2 to 3.4, without marks; a plain bitmap 512 MB whatever is listed, without marks; a radix
//! tree 25 bytes and more.

mod leaf;
mod mark;
mod prefixes;
pub(crate) mod singles;
mod tree;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{AllowEntry, Class, Decided, Listing, Prefix, Timestamp, Verdict};

use self::mark::{End, Mark, MarkNumber, MarkTable, Marks};
use self::prefixes::Prefixes;
use self::singles::Singles;

/// Texts of the operator that are kept; a list by hand has one reason for many entries. Entries beyond say what their class says.
const MOST_TEXTS: usize = 4096;
/// Listings put in together while a set is filled: what is waiting takes more memory than what is in.
const BATCH: usize = 1 << 20;

/// The listings and the allow list, for the one who changes them.
#[derive(Debug, Default)]
pub struct Set {
    view: View,
    marks: Marks,
    texts: HashMap<Arc<str>, u16>,
}

/// The listings and the allow list of one moment, for all who look.
#[derive(Debug, Clone, Default)]
pub struct View {
    singles: Singles,
    listed: Prefixes<MarkNumber>,
    allowed: Prefixes<End>,
    marks: MarkTable,
    texts: Arc<Vec<Arc<str>>>,
    /// Listings in all: an entry may be in several classes.
    listings: usize,
}

/// A listing as the set keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What is listed.
    pub prefix: Prefix,
    /// The class.
    pub class: Class,
    /// When it ends, to the hour and not before; none for no end.
    pub until: Option<Timestamp>,
    /// Why, where a person listed it.
    pub text: Option<Arc<str>>,
}

/// An entry of the allow list as the set keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// What is allowed.
    pub prefix: Prefix,
    /// When it ends, to the hour and not before; none for no end.
    pub until: Option<Timestamp>,
}

/// What one decision does to the classes of an entry.
#[derive(Debug, Clone, Copy)]
enum Change {
    /// In this class until then, with the text of a person where there is one.
    List(Class, Option<Timestamp>, Option<u16>),
    /// In this class until then, with the text that it had.
    Extend(Class, Option<Timestamp>),
    /// Out of this class.
    Withdraw(Class),
}

impl Set {
    /// Makes a set of what a snapshot holds.
    #[must_use]
    pub fn new(
        listings: impl IntoIterator<Item = Listing>,
        allowed: impl IntoIterator<Item = AllowEntry>,
    ) -> Self {
        let mut set = Self::default();
        for entry in allowed {
            set.view.allowed.set(&entry.prefix, Some(End::at(entry.until)));
        }
        let mut waiting = Vec::new();
        for listing in listings {
            let text = set.text(listing.rule.name(), &listing.reason);
            let change = Change::List(listing.class, listing.until, text);
            match single(&listing.prefix) {
                Some(address) => waiting.push((address, change)),
                None => set.change_prefix(&listing.prefix, change),
            }
            if waiting.len() >= BATCH {
                set.change_singles(&mut waiting);
            }
        }
        set.change_singles(&mut waiting);
        set
    }

    /// What is there now, for readers.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Does what was decided, as the store does it with its own tables.
    pub fn apply(&mut self, decided: &Decided) {
        let decision = &decided.decision;
        let prefix = &decision.prefix;
        let change = match decision.verdict {
            Verdict::List { class, until } => {
                Change::List(class, until, self.text(decision.rule.name(), &decision.reason))
            }
            // One that is not there is entered, because the decision says that it holds.
            Verdict::Extend { class, until } => Change::Extend(class, until),
            Verdict::Withdraw { class } => Change::Withdraw(class),
            Verdict::Allow { until } => {
                self.view.allowed.set(prefix, Some(End::at(until)));
                return;
            }
            Verdict::Disallow => {
                self.view.allowed.set(prefix, None);
                return;
            }
        };
        match single(prefix) {
            Some(address) => self.change_singles(&mut vec![(address, change)]),
            None => self.change_prefix(prefix, change),
        }
    }

    /// Makes changes of single addresses, several of one address in their order; leaves the list of them empty.
    fn change_singles(&mut self, changes: &mut Vec<(u32, Change)>) {
        changes.sort_by_key(|(address, _)| *address);
        let (marks, listings) = (&mut self.marks, &mut self.view.listings);
        self.view.singles.change(changes, |known, changes| {
            marks.change(known, changes.iter().map(|(_, change)| *change), listings)
        });
        changes.clear();
        self.view.marks = self.marks.table().clone();
    }

    fn change_prefix(&mut self, prefix: &Prefix, change: Change) {
        let known = self.view.listed.get(prefix);
        let mark = self.marks.change(known, [change], &mut self.view.listings);
        self.view.listed.set(prefix, mark);
        self.view.marks = self.marks.table().clone();
    }

    /// The number of a text, where a person wrote it.
    fn text(&mut self, rule: &str, reason: &str) -> Option<u16> {
        if rule != BY_HAND {
            return None;
        }
        if let Some(number) = self.texts.get(reason) {
            return Some(*number);
        }
        let number = u16::try_from(self.texts.len())
            .ok()
            .filter(|number| usize::from(*number) < MOST_TEXTS)?;
        let text: Arc<str> = reason.into();
        Arc::make_mut(&mut self.view.texts).push(Arc::clone(&text));
        self.texts.insert(text, number);
        Some(number)
    }
}

/// The rule of what a person decides.
const BY_HAND: &str = "by-hand";

impl Marks {
    /// The mark of an entry after some changes, none if it is in no class any more; counts the listings that come and go.
    fn change(
        &mut self,
        known: Option<MarkNumber>,
        changes: impl IntoIterator<Item = Change>,
        listings: &mut usize,
    ) -> Option<MarkNumber> {
        let before = known.map(|number| self.table().get(number)).unwrap_or_default();
        let after = changes.into_iter().fold(before, |mark, change| match change {
            Change::List(class, until, text) => {
                let mark = mark.without(class).with(class, until);
                text.map_or(mark, |text| mark.with_text(class, text))
            }
            Change::Extend(class, until) => mark.with(class, until),
            Change::Withdraw(class) => mark.without(class),
        });
        *listings = listings.saturating_add(after.len()).saturating_sub(before.len());
        let number = (after.len() > 0).then(|| self.take(after));
        if let Some(known) = known {
            self.release(known);
        }
        number
    }
}

impl View {
    /// The number of listings, those included whose end has passed.
    #[must_use]
    pub fn listings(&self) -> usize {
        self.listings
    }

    /// The number of entries of the allow list.
    #[must_use]
    pub fn allow_entries(&self) -> usize {
        self.allowed.len()
    }

    /// Bytes that the single addresses take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.singles.bytes()
    }

    /// The listings that cover an address and hold at `now`, the longest prefix first, then by class; none if it is allowed.
    pub fn listings_of(&self, address: IpAddr, now: Timestamp) -> impl Iterator<Item = Held> {
        let address = Prefix::single(address);
        let is_allowed = self.allowed_at(address, now).is_some();
        let marks = (!is_allowed)
            .then(|| self.marks_of(address))
            .into_iter()
            .flatten();
        marks.flat_map(move |(prefix, mark)| {
            mark.classes(now).map(move |(class, until)| Held {
                prefix,
                class,
                until,
                text: mark
                    .text_of(class)
                    .and_then(|text| self.texts.get(usize::from(text)).cloned()),
            })
        })
    }

    /// The entry of the allow list that covers all of a prefix at `now`, the longest.
    #[must_use]
    pub fn allowed_at(&self, prefix: Prefix, now: Timestamp) -> Option<Allowed> {
        let covering = self.allowed.covering(prefix);
        let mut entries = covering.map(|(prefix, end)| Allowed {
            prefix,
            until: end.until(),
        });
        entries.find(|entry| entry.until.is_none_or(|until| now < until))
    }

    /// Whether an address of a prefix is listed at `now`: what makes a name above it an empty non-terminal (RFC 8020).
    ///
    /// It may say "yes" too often, never "no": a name that exists without records costs a resolver one more question, but a name denied
    /// wrongly hides every listing below it. "Too often" is where all that is inside is over, or allowed.
    #[must_use]
    pub fn has_any_in(&self, prefix: Prefix, now: Timestamp) -> bool {
        if self.allowed_at(prefix, now).is_some() {
            return false;
        }
        let mut covering = self.listed.covering(prefix);
        if covering.any(|(_, mark)| self.marks.get(mark).classes(now).next().is_some())
            || self.listed.has_inside(prefix)
        {
            return true;
        }
        match (prefix.network(), prefix.last()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                self.singles.has_between(first.to_bits(), last.to_bits())
            }
            _ => false,
        }
    }

    /// The marks that cover a single address, the longest prefix first.
    fn marks_of(&self, address: Prefix) -> impl Iterator<Item = (Prefix, Mark)> {
        let own = single(&address)
            .and_then(|number| self.singles.get(number))
            .map(|mark| (address, mark));
        // Single IPv4 addresses never stand among the prefixes.
        own.into_iter()
            .chain(self.listed.covering(address))
            .map(|(prefix, mark)| (prefix, self.marks.get(mark)))
    }
}

/// The number of a single IPv4 address.
fn single(prefix: &Prefix) -> Option<u32> {
    match prefix.network() {
        IpAddr::V4(address) if prefix.is_single() => Some(address.to_bits()),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests;

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

mod classes;
mod file;
mod leaf;
mod mark;
mod prefixes;
mod replacement;
pub(crate) mod singles;
mod tree;
mod undo;

pub(crate) use self::replacement::Replacement;
pub(crate) use self::undo::{Touched, Undo};

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use atalaya_model::{AllowEntry, Class, Decided, Decision, Listing, Prefix, Rule, Timestamp, Verdict};

pub(crate) use self::classes::{Classes, Codes};
use self::leaf::Leaf;
pub(crate) use self::mark::Mark;
use self::mark::{End, MarkNumber, MarkTable, Marks};
use self::prefixes::{Prefixes, Run, merged};
use self::singles::Singles;
use self::tree::low;

/// Texts of the operator that are kept; a list by hand has one reason for many entries. Entries beyond say what their class says.
const MOST_TEXTS: usize = 4096;
/// Listings put in together while a set is filled, at least: what is waiting takes more memory than what is in.
const LEAST_BATCH: usize = 1 << 16;
/// Of what is in, so much may wait: even if the order has no plan, each part of the set is made anew so often and no more.
const BATCH_SHARE: usize = 16;

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

/// Where an address is to be looked up. Found and fetched for many addresses before the first is looked up, so that the processor waits
/// for the memory of all at once and not for one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'v> {
    address: IpAddr,
    leaf: Option<&'v Leaf>,
    ranges: Option<&'v Run<u32, MarkNumber>>,
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
    List(Class, End, Option<u16>),
    /// In this class until then, with the text that it had.
    Extend(Class, End),
    /// Out of this class.
    Withdraw(Class),
    /// Out of every class.
    Clear,
}

impl Set {
    /// Makes a set of what a snapshot holds.
    #[must_use]
    pub fn new(
        listings: impl IntoIterator<Item = Listing>,
        allowed: impl IntoIterator<Item = AllowEntry>,
    ) -> Self {
        let mut filler = Filler::default();
        allowed.into_iter().for_each(|entry| filler.allow(&entry));
        listings.into_iter().for_each(|listing| filler.list(&listing));
        filler.finish()
    }

    /// What is there now, for readers.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// Does what was decided, in this order, as the store does it with its own tables. Many decisions at once cost much less than one by one:
    /// what lies in one /16 is made anew once for all of them.
    pub fn apply<'d>(&mut self, decisions: impl IntoIterator<Item = &'d Decided>) {
        let mut singles = Vec::new();
        for decided in decisions {
            let Some(change) = self.change_of(&decided.decision) else {
                continue;
            };
            match single(&decided.decision.prefix) {
                Some(address) => singles.push((address, change)),
                None => self.change_prefix(&decided.decision.prefix, [change]),
            }
        }
        self.change_singles(&mut singles);
    }

    /// What a decision does to the listings; the allow list is changed at once.
    fn change_of(&mut self, decision: &Decision) -> Option<Change> {
        let prefix = &decision.prefix;
        let change = match decision.verdict {
            Verdict::List { class, until } => {
                let text = self.text(decision.rule.name(), &decision.reason);
                Change::List(class, End::at(until), text)
            }
            // One that is not there is entered, because the decision says that it holds.
            Verdict::Extend { class, until } => Change::Extend(class, End::at(until)),
            Verdict::Withdraw { class } => Change::Withdraw(class),
            Verdict::Allow { until } => {
                self.view.allowed.set(prefix, Some(End::at(until)));
                return None;
            }
            Verdict::Disallow => {
                self.view.allowed.set(prefix, None);
                return None;
            }
        };
        Some(change)
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

    fn change_prefix(&mut self, prefix: &Prefix, changes: impl IntoIterator<Item = Change>) {
        let known = self.view.listed.get(prefix);
        let mark = self.marks.change(known, changes, &mut self.view.listings);
        self.view.listed.set(prefix, mark);
        self.view.marks = self.marks.table().clone();
    }

    /// The change that enters a listing.
    fn change_to(&mut self, listing: &Listing) -> Change {
        let text = self.text(listing.rule.name(), &listing.reason);
        Change::List(listing.class, End::at(listing.until), text)
    }

    /// The number of a text, where a person wrote it.
    fn text(&mut self, rule: &str, reason: &str) -> Option<u16> {
        if rule == Rule::BY_HAND {
            self.number_of(reason)
        } else {
            None
        }
    }

    /// The number of a text; none if there are too many.
    fn number_of(&mut self, reason: &str) -> Option<u16> {
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

/// Fills a set with a whole list, many entries at once.
#[derive(Debug, Default)]
struct Filler {
    set: Set,
    waiting: Vec<(u32, Change)>,
}

impl Filler {
    /// Puts an entry of the allow list in.
    fn allow(&mut self, entry: &AllowEntry) {
        self.set
            .view
            .allowed
            .set(&entry.prefix, Some(End::at(entry.until)));
    }

    /// Puts a listing in.
    fn list(&mut self, listing: &Listing) {
        let change = self.set.change_to(listing);
        match single(&listing.prefix) {
            Some(address) => self.waiting.push((address, change)),
            None => self.set.change_prefix(&listing.prefix, [change]),
        }
        let most = self.set.view.listings.div_euclid(BATCH_SHARE).max(LEAST_BATCH);
        if self.waiting.len() >= most {
            self.set.change_singles(&mut self.waiting);
        }
    }

    /// The set, with everything in it.
    fn finish(mut self) -> Set {
        self.set.change_singles(&mut self.waiting);
        self.set
    }
}

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
            Change::List(class, end, text) => {
                let mark = mark.without(class).with(class, end);
                text.map_or(mark, |text| mark.with_text(class, text))
            }
            Change::Extend(class, end) => mark.with(class, end),
            Change::Withdraw(class) => mark.without(class),
            Change::Clear => Mark::default(),
        });
        *listings = listings.saturating_add(after.len()).saturating_sub(before.len());
        let number = (after.len() > 0).then(|| self.take(after));
        if let Some(known) = known {
            self.release(known);
        }
        number
    }
}

impl Place<'_> {
    /// Reads a little of everything that looking it up will read. What comes back means nothing.
    #[inline]
    pub(crate) fn fetch(&self) -> usize {
        let ranges = self.ranges.and_then(|run| run.first());
        let length = ranges.map_or(0, |(key, _)| usize::from(key.length));
        self.leaf.map_or(0, Leaf::fetch).wrapping_add(length)
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
        self.listings_over(Prefix::single(address), now)
    }

    /// The same for all of a prefix: what any address in it is listed as, if nothing inside says more.
    pub(crate) fn listings_over(&self, prefix: Prefix, now: Timestamp) -> impl Iterator<Item = Held> {
        let is_allowed = self.allowed_at(prefix, now).is_some();
        let marks = (!is_allowed).then(|| self.marks_of(prefix)).into_iter().flatten();
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

    /// Where an address is to be looked up.
    #[inline]
    pub(crate) fn place(&self, address: IpAddr) -> Place<'_> {
        let ipv4 = match address {
            IpAddr::V4(address) => Some(address.to_bits()),
            IpAddr::V6(_) => None,
        };
        Place {
            address,
            leaf: ipv4.and_then(|address| self.singles.leaf(address)),
            ranges: ipv4.and_then(|address| self.listed.ipv4_near(address)),
        }
    }

    /// The codes of an address at `now` among some classes: the same as [`View::listings_of`], with less to carry.
    #[inline]
    pub(crate) fn codes_at(&self, place: &Place<'_>, among: Classes, now: Timestamp) -> Codes {
        let mut codes = Codes::default();
        let mut put = |number| self.marks.get(number).put_codes(&mut codes, among, now);
        let address = Prefix::single(place.address);
        match place.address {
            IpAddr::V4(address) => {
                let address = address.to_bits();
                let own = place.leaf.and_then(|leaf| leaf.get(low(address)));
                own.into_iter().for_each(&mut put);
                self.listed.covering_ipv4(address, place.ranges).for_each(put);
            }
            IpAddr::V6(_) => self.listed.covering(address).for_each(|(_, number)| put(number)),
        }
        if codes.is_empty() || self.allowed_at(address, now).is_none() {
            codes
        } else {
            Codes::default()
        }
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

    /// Everything that is listed, over or not, in its order: IPv4 before IPv6, by network, what is wider before what lies inside.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (Prefix, Mark)> {
        let singles = self.singles.entries();
        let singles = singles.map(|(address, mark)| (Prefix::from(Ipv4Addr::from_bits(address)), mark));
        let all = merged(singles, self.listed.entries(), |(prefix, _)| *prefix);
        all.map(|(prefix, mark)| (prefix, self.marks.get(mark)))
    }

    /// The allow list as it holds at `now`, in the same order.
    pub(crate) fn allowed(&self, now: Timestamp) -> impl Iterator<Item = Prefix> {
        let entries = self.allowed.entries();
        let hold = entries.filter(move |(_, end)| end.until().is_none_or(|until| now < until));
        hold.map(|(prefix, _)| prefix)
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

    /// The octets that follow on the bits of an IPv4 network of whole octets in single addresses that are listed.
    pub(crate) fn octets_below(&self, network: u32, length: u8) -> Vec<u8> {
        self.singles.octets_below(network, length)
    }

    /// The ranges, networks and allow entries that lie inside a prefix, or are the same.
    pub(crate) fn ranges_in(&self, prefix: Prefix) -> impl Iterator<Item = Prefix> {
        self.listed
            .inside(prefix)
            .into_iter()
            .chain(self.allowed.inside(prefix))
    }

    /// The marks that cover all of a prefix, the longest prefix first.
    fn marks_of(&self, prefix: Prefix) -> impl Iterator<Item = (Prefix, Mark)> {
        let own = single(&prefix)
            .and_then(|number| self.singles.get(number))
            .map(|mark| (prefix, mark));
        // Single IPv4 addresses never stand among the prefixes.
        own.into_iter()
            .chain(self.listed.covering(prefix))
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

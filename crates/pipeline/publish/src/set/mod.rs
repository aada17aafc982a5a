//! The set: what is listed and what is allowed, in memory, without sockets, store or clock.
//!
//! In goes what a snapshot holds and then one decision after the other; out come the listings that cover an address at a moment, and
//! whether a prefix holds any. Three rules make the answers:
//!
//! - all listings that cover an address answer, whatever their length, each class of a prefix for itself;
//! - an entry whose end has passed answers no more, even if no decision has taken it out yet;
//! - an allow entry that covers an address silences every listing of it, also where one address inside a listed /24 is allowed.
//!
//! It keeps whole [`Listing`]s in ordered maps, which is easy to see through and not small. Whatever replaces it has to agree with it.

mod prefix_map;

use std::net::IpAddr;

use atalaya_model::{AllowEntry, Class, Decided, Listing, Prefix, Timestamp, Verdict};

use self::prefix_map::PrefixMap;

/// Entries that [`Set::has_any_in`] looks at before it answers "yes" unseen, so that one query stays cheap whatever the set holds.
const MOST_LOOKED_AT: usize = 256;

/// The listings and the allow list of one moment.
#[derive(Debug, Default)]
pub struct Set {
    /// The listings of each prefix, in the order of their classes; never empty.
    listed: PrefixMap<Vec<Listing>>,
    allowed: PrefixMap<AllowEntry>,
    /// Listings in all, because a prefix may have several.
    listings: usize,
}

impl Set {
    /// Makes a set of what a snapshot holds.
    #[must_use]
    pub fn new(
        listings: impl IntoIterator<Item = Listing>,
        allowed: impl IntoIterator<Item = AllowEntry>,
    ) -> Self {
        let mut set = Self::default();
        for listing in listings {
            set.list(listing);
        }
        for entry in allowed {
            set.allowed.insert(&entry.prefix.clone(), entry);
        }
        set
    }

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

    /// Does what was decided, as the store does it with its own tables.
    pub fn apply(&mut self, decided: &Decided) {
        let prefix = &decided.decision.prefix;
        match decided.decision.verdict {
            Verdict::List { class, until } => self.list(listing(decided, class, until)),
            Verdict::Extend { class, until } => self.extend(decided, class, until),
            Verdict::Withdraw { class } => self.withdraw(prefix, class),
            Verdict::Allow { until } => self.allowed.insert(
                prefix,
                AllowEntry {
                    prefix: *prefix,
                    reason: decided.decision.reason.clone(),
                    since: decided.at,
                    until,
                    serial: decided.serial,
                },
            ),
            Verdict::Disallow => drop(self.allowed.remove(prefix)),
        }
    }

    /// The listings that cover an address and hold at `now`, the longest prefix first, then by class; none if it is allowed.
    #[must_use]
    pub fn listings_of(&self, address: IpAddr, now: Timestamp) -> Vec<&Listing> {
        if self.allowed_at(Prefix::single(address), now).is_some() {
            return Vec::new();
        }
        self.listed
            .covering(Prefix::single(address))
            .flatten()
            .filter(|listing| !listing.is_over(now))
            .collect()
    }

    /// The entry of the allow list that covers all of a prefix at `now`, the longest.
    #[must_use]
    pub fn allowed_at(&self, prefix: Prefix, now: Timestamp) -> Option<&AllowEntry> {
        self.allowed
            .covering(prefix)
            .find(|entry| entry.until.is_none_or(|until| now < until))
    }

    /// Whether an address of a prefix is listed at `now`: what makes a name above it an empty non-terminal (RFC 8020).
    ///
    /// It may say "yes" too often, never "no": a name that exists without records costs a resolver one more question, but a name
    /// denied wrongly hides every listing below it. "Too often" happens where several allow entries silence a listing only
    /// together, and where the first 256 listings inside are all over or allowed.
    #[must_use]
    pub fn has_any_in(&self, prefix: Prefix, now: Timestamp) -> bool {
        if self.allowed_at(prefix, now).is_some() {
            return false;
        }
        let holds = |listing: &Listing| !listing.is_over(now);
        if self.listed.covering(prefix).flatten().any(holds) {
            return true;
        }
        self.listed
            .inside(&prefix)
            .flatten()
            .enumerate()
            .any(|(looked_at, listing)| {
                looked_at >= MOST_LOOKED_AT
                    || (holds(listing) && self.allowed_at(listing.prefix, now).is_none())
            })
    }

    /// Puts a listing in, in the place of the one of the same prefix and class.
    fn list(&mut self, listing: Listing) {
        let classes = self.listed.entry(&listing.prefix);
        if let Some(known) = find(classes, listing.class) {
            *known = listing;
            return;
        }
        // Nearly every prefix has one listing; a vector that grows by itself makes room for four.
        classes.reserve_exact(1);
        classes.push(listing);
        classes.sort_unstable_by_key(|listing| listing.class);
        self.listings = self.listings.saturating_add(1);
    }

    /// Moves the end of a listing; one that is not there is entered, because the decision says that it holds.
    fn extend(&mut self, decided: &Decided, class: Class, until: Option<Timestamp>) {
        let known = self.listed.get_mut(&decided.decision.prefix);
        match known.and_then(|classes| find(classes, class)) {
            Some(known) => {
                known.until = until;
                known.serial = decided.serial;
            }
            None => self.list(listing(decided, class, until)),
        }
    }

    /// Takes a prefix out of a class.
    fn withdraw(&mut self, prefix: &Prefix, class: Class) {
        let Some(classes) = self.listed.get_mut(prefix) else {
            return;
        };
        let before = classes.len();
        classes.retain(|listing| listing.class != class);
        self.listings = self.listings.saturating_sub(before.saturating_sub(classes.len()));
        if classes.is_empty() {
            self.listed.remove(prefix);
        }
    }
}

/// The listing of a class among those of one prefix.
fn find(classes: &mut [Listing], class: Class) -> Option<&mut Listing> {
    classes.iter_mut().find(|listing| listing.class == class)
}

/// The listing that a decision makes.
fn listing(decided: &Decided, class: Class, until: Option<Timestamp>) -> Listing {
    Listing {
        prefix: decided.decision.prefix,
        class,
        reason: decided.decision.reason.clone(),
        rule: decided.decision.rule.clone(),
        since: decided.at,
        until,
        serial: decided.serial,
    }
}

#[cfg(test)]
mod tests;

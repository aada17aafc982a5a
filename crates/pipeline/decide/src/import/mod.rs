//! Lists of others, taken over by the operator: many prefixes into one class, with one reason and one end.
//!
//! The same protections hold as everywhere: what is reserved or allowed is never listed. What stands in the class already, at least as
//! long, stays as it is, so that an import can be run again after it was cut short. Nobody is notified: what others saw is no
//! evidence that a network could act on.
//!
//! A list that is imported again and again is known by its class and its [`Source`]; `replace` takes out what it names no more.

mod replace;
mod source;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use atalaya_model::{
    AllowEntry, Class, Decision, Listing, Prefix, Rule, Serial, Timestamp, Verdict, reserved,
};
use atalaya_store::Store;
use serde::{Deserialize, Serialize};

pub use self::replace::{Replacement, standing, withdraw};
pub use self::source::{BadSource, Source};
use crate::DecideError;

/// The widest IPv4 prefix of an ordinary list: a /8 is what one registry may hold, and no list of senders names more.
const WIDEST_IPV4: u8 = 8;
/// The widest IPv6 prefix of an ordinary list: a registry gives a provider no more than a /19.
const WIDEST_IPV6: u8 = 19;
/// A listing that ends this much earlier than wished stays as it is: the zone keeps ends by the hour.
const SAME_END: Duration = Duration::from_secs(3600);

/// What is to become of the prefixes of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The class that they are put in.
    pub class: Class,
    /// Which of the lists of this class it is; none where there is one only.
    pub source: Option<Source>,
    /// Why, in one sentence that the listed party may read.
    pub reason: String,
    /// The end; none for no end.
    pub until: Option<Timestamp>,
    /// How wide a prefix may be.
    pub width: Width,
}

/// How wide a prefix of a list may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Width {
    /// As wide as lists of senders are: /8 in IPv4, /19 in IPv6. What is wider is a mistake.
    Ordinary,
    /// Any, because somebody looked.
    Any,
}

impl Width {
    /// Whether a prefix is too wide.
    #[must_use]
    pub fn refuses(self, prefix: &Prefix) -> bool {
        let widest = if prefix.is_ipv4() {
            WIDEST_IPV4
        } else {
            WIDEST_IPV6
        };
        self == Self::Ordinary && prefix.length() < widest
    }
}

/// What became of the prefixes of a list, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Listed, now or in place of another listing of this class.
    pub listed: u64,
    /// Listed by the same import before, and now for longer.
    pub extended: u64,
    /// In the class already, at least as long.
    pub unchanged: u64,
    /// On the allow list.
    pub allowed: u64,
    /// Not to be listed by anybody.
    pub reserved: u64,
    /// Wider than a list of senders should name.
    pub too_wide: u64,
    /// The last decision.
    pub serial: Serial,
}

impl Imported {
    /// Adds what became of others.
    pub fn add(&mut self, other: &Self) {
        let counts = [
            (&mut self.listed, other.listed),
            (&mut self.extended, other.extended),
            (&mut self.unchanged, other.unchanged),
            (&mut self.allowed, other.allowed),
            (&mut self.reserved, other.reserved),
            (&mut self.too_wide, other.too_wide),
        ];
        for (count, more) in counts {
            *count = count.saturating_add(more);
        }
        self.serial = self.serial.max(other.serial);
    }
}

/// Lists some prefixes of a list, in one transaction.
///
/// # Errors
/// The end has passed, or the store failed; then nothing of these was listed.
pub async fn import(
    store: &Store,
    import: &Import,
    prefixes: &[Prefix],
    now: Timestamp,
) -> Result<Imported, DecideError> {
    if import.until.is_some_and(|until| until <= now) {
        return Err(DecideError::AlreadyOver);
    }
    let (imported, wished) = sift(import, prefixes);
    let mut transaction = store.begin_deciding().await?;
    let allowed = allowed_now(&transaction.allowed().await?, now);
    let standing = transaction.listings_in(&wished).await?;
    let (mut imported, decisions) = import.weigh(imported, wished, &allowed, &standing);
    if decisions.is_empty() {
        transaction.rollback().await?;
        return Ok(imported);
    }
    let decided = transaction.decide_all(&decisions, now).await?;
    transaction.commit().await?;
    imported.serial = decided.last().map_or(Serial(0), |last| last.serial);
    Ok(imported)
}

/// What [`import`] would come to, were it called now; nothing is written.
///
/// # Errors
/// The store failed.
pub async fn preview(
    store: &Store,
    import: &Import,
    prefixes: &[Prefix],
    now: Timestamp,
) -> Result<Imported, DecideError> {
    let (imported, wished) = sift(import, prefixes);
    let allowed = allowed_now(&store.allowed().await?, now);
    let standing = store.listings_in(&wished).await?;
    Ok(import.weigh(imported, wished, &allowed, &standing).0)
}

impl Import {
    /// What can be told of prefixes without a store: those that could be listed count as listed.
    #[must_use]
    pub fn preview(&self, prefixes: &[Prefix]) -> Imported {
        let (imported, wished) = sift(self, prefixes);
        Imported {
            listed: wished.len() as u64,
            ..imported
        }
    }

    /// Whether a listing that ends then is as good as wished.
    fn is_met_by(&self, until: Option<Timestamp>) -> bool {
        match (until, self.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(until), Some(wished)) => until.plus(SAME_END) >= wished,
        }
    }

    /// Says what becomes of each prefix that may be listed, by what is allowed and what stands.
    fn weigh(
        &self,
        mut imported: Imported,
        wished: Vec<Prefix>,
        allowed: &HashSet<Prefix>,
        standing: &[Listing],
    ) -> (Imported, Vec<Decision>) {
        let in_class = standing.iter().filter(|listing| listing.class == self.class);
        let in_class: HashMap<Prefix, &Listing> = in_class.map(|listing| (listing.prefix, listing)).collect();
        let (rule, class, until) = (self.rule(), self.class, self.until);
        let mut decisions = Vec::with_capacity(wished.len());
        for prefix in wished {
            let (count, verdict) = match in_class.get(&prefix) {
                _ if prefix.with_parents().any(|around| allowed.contains(&around)) => {
                    (&mut imported.allowed, None)
                }
                Some(listing) if self.is_met_by(listing.until) => (&mut imported.unchanged, None),
                Some(listing) if listing.rule == rule => {
                    (&mut imported.extended, Some(Verdict::Extend { class, until }))
                }
                _ => (&mut imported.listed, Some(Verdict::List { class, until })),
            };
            *count = count.saturating_add(1);
            decisions.extend(verdict.map(|verdict| self.decision(prefix, verdict)));
        }
        (imported, decisions)
    }

    /// The rule of what this import lists: another one for each source.
    fn rule(&self) -> Rule {
        match &self.source {
            None => Rule::new(Rule::IMPORT, 1),
            Some(source) => Rule::new(&format!("{}-{source}", Rule::IMPORT), 1),
        }
    }

    fn decision(&self, prefix: Prefix, verdict: Verdict) -> Decision {
        Decision {
            prefix,
            verdict,
            rule: self.rule(),
            score: 0.0,
            reason: self.reason.clone(),
        }
    }
}

/// Counts what nobody may list; gives the others, each once.
fn sift(import: &Import, prefixes: &[Prefix]) -> (Imported, Vec<Prefix>) {
    let mut imported = Imported::default();
    let mut wished = Vec::with_capacity(prefixes.len());
    let mut seen = HashSet::with_capacity(prefixes.len());
    for prefix in prefixes {
        let count = if import.width.refuses(prefix) {
            &mut imported.too_wide
        } else if reserved(prefix).is_some() {
            &mut imported.reserved
        } else if seen.insert(*prefix) {
            wished.push(*prefix);
            continue;
        } else {
            &mut imported.unchanged
        };
        *count = count.saturating_add(1);
    }
    (imported, wished)
}

/// The prefixes of the allow list that hold.
fn allowed_now(allowed: &[AllowEntry], now: Timestamp) -> HashSet<Prefix> {
    let hold = allowed.iter().filter(|entry| !entry.is_over(now));
    hold.map(|entry| entry.prefix).collect()
}

#[cfg(test)]
mod tests;

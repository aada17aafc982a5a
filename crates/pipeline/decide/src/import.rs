//! Lists of others, taken over by the operator: many prefixes into one class, with one reason and one end.
//!
//! The same protections hold as everywhere: what is reserved or allowed is never listed. What stands in the class already, at least as
//! long, stays as it is, so that an import can be run again after it was cut short. Nobody is notified: what others saw is no
//! evidence that a network could act on.

use std::collections::HashSet;
use std::time::Duration;

use atalaya_model::{
    AllowEntry, Class, Decision, Listing, Prefix, Rule, Serial, Timestamp, Verdict, reserved,
};
use atalaya_store::Store;
use serde::{Deserialize, Serialize};

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
    /// Listed, or listed for longer.
    pub listed: u64,
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
    let (mut imported, wished) = sift(import, prefixes);
    let mut transaction = store.begin_deciding().await?;
    let allowed = allowed_now(&transaction.allowed().await?, now);
    let standing = transaction.listings_in(&wished).await?;
    let stays = |listing: &&Listing| listing.class == import.class && import.is_met_by(listing.until);
    let standing: HashSet<Prefix> = standing
        .iter()
        .filter(stays)
        .map(|listing| listing.prefix)
        .collect();
    let mut decisions = Vec::with_capacity(wished.len());
    for prefix in wished {
        if prefix.with_parents().any(|around| allowed.contains(&around)) {
            imported.allowed = imported.allowed.saturating_add(1);
        } else if standing.contains(&prefix) {
            imported.unchanged = imported.unchanged.saturating_add(1);
        } else {
            decisions.push(import.decision(prefix));
        }
    }
    if decisions.is_empty() {
        transaction.rollback().await?;
        return Ok(imported);
    }
    let decided = transaction.decide_all(&decisions, now).await?;
    transaction.commit().await?;
    imported.listed = decided.len() as u64;
    imported.serial = decided.last().map_or(Serial(0), |last| last.serial);
    Ok(imported)
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

    fn decision(&self, prefix: Prefix) -> Decision {
        Decision {
            prefix,
            verdict: Verdict::List {
                class: self.class,
                until: self.until,
            },
            rule: Rule::new("import", 1),
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
mod tests {
    //! On a real store.

    use atalaya_store::{Store, StoreUrl};
    use atalaya_testkit::TestClock;

    use super::*;
    use crate::by_hand;

    fn prefixes(texts: &[&str]) -> Vec<Prefix> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn wish(until: Option<Timestamp>) -> Import {
        Import {
            class: Class::Bot,
            reason: "On a list of others.".to_owned(),
            until,
            width: Width::Ordinary,
        }
    }

    async fn open() -> (Store, TestClock, tempfile::TempDir) {
        let clock = TestClock::at("2026-11-26T12:00:00Z".parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
        (Store::open(&url, clock.clock()).await.unwrap(), clock, folder)
    }

    #[tokio::test]
    async fn what_may_be_listed_is_listed_once_and_the_rest_is_counted() {
        let (store, clock, _folder) = open().await;
        let now = clock.now();
        let network = "198.51.100.0/24".parse().unwrap();
        by_hand::allow(&store, network, "ours", None, now).await.unwrap();
        let list = prefixes(&[
            "192.0.2.1",
            "192.0.2.1",
            "192.0.2.0/24",
            "198.51.100.7",
            "10.0.0.1",
            "0.0.0.0/0",
            "16.0.0.0/7",
            "2000::/18",
            "2001:db8::/64",
        ]);
        let first = import(&store, &wish(None), &list, now).await.unwrap();
        let expected = Imported {
            listed: 3,
            unchanged: 1,
            allowed: 1,
            reserved: 1,
            too_wide: 3,
            serial: Serial(4),
        };
        assert_eq!(first, expected);
        let again = import(&store, &wish(None), &list, now).await.unwrap();
        assert_eq!((again.listed, again.unchanged, again.serial), (0, 4, Serial(0)));
        let listings = store.listings(&list[0]).await.unwrap();
        assert_eq!(listings[0].rule.0, "import/1");
        assert_eq!(listings[0].reason, "On a list of others.");
    }

    #[tokio::test]
    async fn an_import_lengthens_and_never_shortens() {
        let (store, clock, _folder) = open().await;
        let now = clock.now();
        let list = prefixes(&["192.0.2.1"]);
        let in_days = |days: u64| Some(now.plus(Duration::from_secs(86_400 * days)));
        for (until, listed) in [
            (in_days(2), 1),
            (in_days(1), 0),
            (in_days(2).map(|end| end.plus(Duration::from_secs(60))), 0),
            (in_days(3), 1),
            (None, 1),
            (in_days(9), 0),
        ] {
            let imported = import(&store, &wish(until), &list, now).await.unwrap();
            assert_eq!(imported.listed, listed, "{until:?}");
        }
        let over = import(&store, &wish(Some(now)), &list, now).await;
        assert!(matches!(over, Err(DecideError::AlreadyOver)));
    }

    #[tokio::test]
    async fn force_takes_what_is_wide_and_still_not_what_is_reserved() {
        let (store, clock, _folder) = open().await;
        let forced = Import {
            width: Width::Any,
            ..wish(None)
        };
        let list = prefixes(&["16.0.0.0/7", "0.0.0.0/0"]);
        let imported = import(&store, &forced, &list, clock.now()).await.unwrap();
        assert_eq!((imported.listed, imported.reserved), (1, 1));
    }

    #[tokio::test]
    async fn nobody_is_notified() {
        let (store, clock, _folder) = open().await;
        let list = prefixes(&["192.0.2.1"]);
        import(&store, &wish(None), &list, clock.now()).await.unwrap();
        let job = store.take_job("notice", Duration::from_secs(60)).await.unwrap();
        assert!(job.is_none());
    }
}

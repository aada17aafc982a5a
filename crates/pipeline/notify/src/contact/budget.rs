//! How often each server may be asked: registries ban those who ask too often, and say so with patience or without.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::Timestamp;

/// Most servers that are remembered; strangers' referrals must not fill the memory.
const MAX_SERVERS: usize = 1_000;
/// The furthest slot that is named: how the queue looks then nobody knows now, so who would come later comes then and is given another.
const FURTHEST_SLOT: Duration = Duration::from_secs(15 * 60);
/// The longest that a server is left alone, whatever it asks for and whatever clock wrote it down: beyond that we look whether it has come
/// to its senses.
pub(super) const LONGEST_CLOSED: Duration = Duration::from_secs(24 * 60 * 60);
/// Drops in a query. A bucket that fills with so many queries a minute gains just as many drops in each microsecond, so that all is
/// counted in whole numbers.
const QUERY: u64 = 60_000_000;

/// The budgets of all servers, by name.
#[derive(Debug)]
pub(super) struct Budgets {
    per_minute: u32,
    /// Queries a minute of single servers, and of domains whose servers share them.
    special: BTreeMap<String, u32>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// What is left for one server: a bucket that fills evenly and holds a minute's worth.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Queries a minute.
    per_minute: u64,
    /// Drops.
    left: u64,
    /// When it was last filled.
    filled_at: Timestamp,
    /// The server asked to be left alone until then.
    closed_until: Timestamp,
    /// The last slot that was named to somebody who was sent away.
    promised: Timestamp,
}

impl Budgets {
    /// Budgets of so many queries a minute for each server. Where `special` names a server or a domain above it, it has a budget of its
    /// own, which all servers of the domain share: a registry that bans does it for all of them.
    pub(super) fn new(per_minute: u32, special: &BTreeMap<String, u32>) -> Self {
        let special = special.iter();
        Self {
            per_minute,
            special: special
                .map(|(name, per_minute)| (name.to_ascii_lowercase(), *per_minute))
                .collect(),
            buckets: Mutex::default(),
        }
    }

    /// Whose budget a server draws on, and how many queries a minute that is.
    pub(super) fn of<'a>(&'a self, server: &'a str) -> (&'a str, u32) {
        let mut name = server;
        loop {
            if let Some((name, per_minute)) = self.special.get_key_value(name) {
                return (name, *per_minute);
            }
            match name.split_once('.') {
                Some((_, parent)) => name = parent,
                None => return (server, self.per_minute),
            }
        }
    }

    /// Takes one query.
    ///
    /// # Errors
    /// When none is left: a time at which one will be. Each caller is named a slot of his own, so that those who wait come back one by one
    /// and not all for the same query.
    pub(super) fn take(&self, server: &str, now: Timestamp) -> Result<(), Timestamp> {
        let (name, per_minute) = self.of(server);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_SERVERS {
            buckets.retain(|_, bucket| bucket.closed_until > now || bucket.filled(now) < bucket.full());
        }
        let bucket = buckets
            .entry(name.to_owned())
            .or_insert_with(|| Bucket::new(per_minute, now));
        if bucket.closed_until > now {
            return Err(bucket.promise(bucket.closed_until, now));
        }
        bucket.left = bucket.filled(now);
        bucket.filled_at = now;
        if let Some(left) = bucket.left.checked_sub(QUERY) {
            bucket.left = left;
            return Ok(());
        }
        let missing = QUERY.saturating_sub(bucket.left);
        let free_at = now.plus(Duration::from_micros(missing.div_ceil(bucket.per_minute)));
        Err(bucket.promise(free_at, now))
    }

    /// Leaves a server alone until a moment, because it asked for that.
    pub(super) fn close(&self, server: &str, until: Timestamp, now: Timestamp) {
        let (name, per_minute) = self.of(server);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets
            .entry(name.to_owned())
            .or_insert_with(|| Bucket::new(per_minute, now))
            .closed_until = until.min(now.plus(LONGEST_CLOSED));
    }
}

impl Bucket {
    /// A full one.
    fn new(per_minute: u32, now: Timestamp) -> Self {
        let mut bucket = Self {
            per_minute: u64::from(per_minute).max(1),
            left: 0,
            filled_at: now,
            closed_until: Timestamp::EPOCH,
            promised: Timestamp::EPOCH,
        };
        bucket.left = bucket.full();
        bucket
    }

    /// Names the next slot that nobody was named yet, from `free_at` on.
    fn promise(&mut self, free_at: Timestamp, now: Timestamp) -> Timestamp {
        let furthest = free_at.max(now.plus(FURTHEST_SLOT));
        // How long it takes for one query to come in.
        let interval = Duration::from_micros(QUERY.div_ceil(self.per_minute));
        self.promised = free_at.max(self.promised.plus(interval)).min(furthest);
        self.promised
    }

    /// What is in it after filling up to now.
    fn filled(&self, now: Timestamp) -> u64 {
        let micros = u64::try_from(now.since(self.filled_at).as_micros()).unwrap_or(u64::MAX);
        let gained = micros.saturating_mul(self.per_minute);
        self.left.saturating_add(gained).min(self.full())
    }

    const fn full(&self) -> u64 {
        self.per_minute.saturating_mul(QUERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(number: i64) -> Timestamp {
        Timestamp::from_seconds(number)
    }

    #[test]
    fn a_minute_holds_its_queries_and_then_says_when() {
        let budgets = Budgets::new(2, &BTreeMap::new());
        assert_eq!(budgets.take("a", second(0)), Ok(()));
        assert_eq!(budgets.take("a", second(0)), Ok(()));
        assert_eq!(budgets.take("a", second(0)), Err(second(30)));
        assert_eq!(budgets.take("b", second(0)), Ok(()), "each server has its own");
        assert_eq!(budgets.take("a", second(30)), Ok(()));
        assert_eq!(budgets.take("a", second(30)), Err(second(60)));
        assert_eq!(budgets.take("a", second(9_999)), Ok(()));
    }

    #[test]
    fn those_who_wait_come_back_one_by_one_and_are_served_then() {
        let budgets = Budgets::new(2, &BTreeMap::new());
        assert_eq!(budgets.take("a", second(0)), Ok(()));
        assert_eq!(budgets.take("a", second(0)), Ok(()));
        for slot in [30, 60, 90, 120] {
            assert_eq!(budgets.take("a", second(1)), Err(second(slot)));
        }
        for slot in [30, 60, 90, 120] {
            assert_eq!(budgets.take("a", second(slot)), Ok(()));
        }
        for _ in 0..100 {
            assert!(
                budgets
                    .take("a", second(121))
                    .is_err_and(|slot| slot <= second(121 + 900))
            );
        }
    }

    #[test]
    fn a_closed_server_is_left_alone_until_it_opens() {
        let budgets = Budgets::new(10, &BTreeMap::new());
        budgets.close("a", second(100), second(0));
        assert_eq!(budgets.take("a", second(99)), Err(second(100)));
        assert_eq!(budgets.take("a", second(99)), Err(second(106)), "not all at once");
        assert_eq!(budgets.take("a", second(100)), Ok(()));
    }

    #[test]
    fn the_servers_of_a_domain_share_the_budget_that_the_domain_has() {
        let special = BTreeMap::from([
            ("registry.example".to_owned(), 1),
            ("whois.other.example".to_owned(), 2),
        ]);
        let budgets = Budgets::new(10, &special);
        assert_eq!(budgets.of("rdap.registry.example"), ("registry.example", 1));
        assert_eq!(budgets.of("badregistry.example"), ("badregistry.example", 10));
        assert_eq!(budgets.of("whois.other.example"), ("whois.other.example", 2));
        assert_eq!(budgets.take("rdap.registry.example", second(0)), Ok(()));
        assert_eq!(budgets.take("whois.registry.example", second(0)), Err(second(60)));
        budgets.close("rdap.registry.example", second(500), second(0));
        assert_eq!(
            budgets.take("whois.registry.example", second(400)),
            Err(second(500))
        );
    }

    #[test]
    fn many_servers_do_not_fill_the_memory() {
        let budgets = Budgets::new(1, &BTreeMap::new());
        for number in 0..5_000_i64 {
            assert_eq!(budgets.take(&number.to_string(), second(number * 60)), Ok(()));
        }
        assert!(budgets.buckets.lock().unwrap().len() <= MAX_SERVERS);
    }
}

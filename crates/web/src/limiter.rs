//! How often one client may do something: a count per minute, or per another window, in memory, of a bounded number of clients.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::{Prefix, Timestamp};

/// The usual length of a window.
const MINUTE: Duration = Duration::from_secs(60);
/// Most counts that are kept: a few MiB at the worst. When there are more, all begin anew: whoever has so many addresses gets past the
/// limit either way, and nobody else must be refused for it.
const MAX_COUNTS: usize = 20_000;
/// The IPv6 prefix that one site is commonly given (RFC 6177): it holds 65,536 clients of a /64 each.
const SITE: u8 = 48;
/// The share of a site: as many clients as a house of flats or a university may send from in the same minute.
const CLIENTS_OF_A_SITE: u32 = 8;

/// Counts the requests of each client, and of each IPv6 site.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_window: u32,
    window: Duration,
    counts: Mutex<HashMap<Prefix, Window>>,
}

/// What was counted since a window began.
#[derive(Debug, Clone, Copy)]
struct Window {
    began: Timestamp,
    requests: u32,
}

impl Window {
    /// One that begins now.
    const fn new(began: Timestamp) -> Self {
        Self { began, requests: 0 }
    }

    /// Counts one request more in a window of this length, and gives their number.
    fn count(&mut self, now: Timestamp, length: Duration) -> u32 {
        if self.is_over(now, length) {
            *self = Self::new(now);
        }
        self.requests = self.requests.saturating_add(1);
        self.requests
    }

    /// Whether another begins. A clock that was set back must not lock anybody out.
    fn is_over(&self, now: Timestamp, length: Duration) -> bool {
        now < self.began || now.since(self.began) >= length
    }
}

impl Limiter {
    /// Lets each client through so often a minute.
    pub(crate) fn new(per_minute: u32) -> Self {
        Self::each(MINUTE, per_minute)
    }

    /// The same in another window.
    pub(crate) fn each(window: Duration, per_window: u32) -> Self {
        Self {
            per_window,
            window,
            counts: Mutex::default(),
        }
    }

    /// What a client, or all of its IPv6 site, has asked for in this window.
    pub(crate) fn counted(&self, client: IpAddr, now: Timestamp) -> u32 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let widest = site_of(client).unwrap_or_else(|| Prefix::unit(client));
        counts
            .get(&widest)
            .filter(|window| !window.is_over(now, self.window))
            .map_or(0, |window| window.requests)
    }

    /// Counts a request and says whether it may pass.
    pub(crate) fn admits(&self, client: IpAddr, now: Timestamp) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut may_pass = |prefix: Prefix, limit: u32| {
            if counts.len() >= MAX_COUNTS && !counts.contains_key(&prefix) {
                counts.clear();
            }
            let window = counts.entry(prefix).or_insert(Window::new(now));
            window.count(now, self.window) <= limit
        };
        // The site first: what it is refused leaves no count of a client behind.
        site_of(client).is_none_or(|site| may_pass(site, self.per_window.saturating_mul(CLIENTS_OF_A_SITE)))
            && may_pass(Prefix::unit(client), self.per_window)
    }
}

/// The site of an IPv6 client.
fn site_of(client: IpAddr) -> Option<Prefix> {
    (!client.to_canonical().is_ipv4()).then(|| Prefix::new(client, SITE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn a_client_is_let_through_so_often_a_minute() {
        let limiter = Limiter::new(2);
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        assert!(limiter.admits(one, at(0)) && limiter.admits(one, at(1)));
        assert!(!limiter.admits(one, at(59)));
        assert!(limiter.admits(other, at(59)));
        assert!(limiter.admits(one, at(60)));
    }

    #[test]
    fn the_addresses_of_one_64_are_one_client() {
        let limiter = Limiter::new(1);
        assert!(limiter.admits("2001:db8::1".parse().unwrap(), at(0)));
        assert!(!limiter.admits("2001:db8::2".parse().unwrap(), at(0)));
    }

    #[test]
    fn a_48_has_the_share_of_a_few_clients() {
        let limiter = Limiter::new(1);
        let client = |n: u32| format!("2001:db8:0:{n:x}::1").parse().unwrap();
        for n in 0..CLIENTS_OF_A_SITE {
            assert!(limiter.admits(client(n), at(0)), "{n}");
        }
        assert!(!limiter.admits(client(CLIENTS_OF_A_SITE), at(1)));
        assert!(limiter.admits("2001:db8:1::1".parse().unwrap(), at(1)));
        assert!(limiter.admits(client(CLIENTS_OF_A_SITE), at(61)));
    }

    #[test]
    fn what_was_counted_is_that_of_the_whole_site_until_the_window_ends() {
        let limiter = Limiter::each(Duration::from_secs(3_600), 9);
        let (one, other) = ("2001:db8:0:1::1", "2001:db8:0:2::1");
        let count = |client: &str, at| limiter.counted(client.parse().unwrap(), at);
        assert!(limiter.admits(one.parse().unwrap(), at(0)));
        assert!(limiter.admits(one.parse().unwrap(), at(60)));
        assert_eq!((count(other, at(61)), count("192.0.2.1", at(61))), (2, 0));
        assert_eq!(count(one, at(3_600)), 0);
    }

    #[test]
    fn the_number_of_counts_is_bounded_and_newcomers_pass() {
        let limiter = Limiter::new(1);
        let client = |n: u32| IpAddr::from(n.to_be_bytes());
        let many = u32::try_from(MAX_COUNTS).unwrap();
        for n in 0..many {
            assert!(limiter.admits(client(n), at(0)));
        }
        assert!(!limiter.admits(client(0), at(1)));
        assert!(limiter.admits(client(many), at(1)));
        assert_eq!(limiter.counts.lock().unwrap().len(), 1);
    }
}

//! How often one client may change something: a count per minute, in memory, of a bounded number of clients.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::{Prefix, Timestamp};

/// The length of a window.
const WINDOW: Duration = Duration::from_secs(60);
/// Most clients that are remembered: a few MiB at the worst. When they are all of the last minute, newcomers are refused.
const MAX_CLIENTS: usize = 20_000;

/// Counts the requests of each client.
#[derive(Debug)]
pub(crate) struct Limiter {
    per_window: u32,
    clients: Mutex<HashMap<Prefix, Window>>,
}

/// What one client did since its window began.
#[derive(Debug, Clone, Copy)]
struct Window {
    began: Timestamp,
    requests: u32,
}

impl Limiter {
    /// Lets each client through so often a minute.
    pub(crate) fn new(per_window: u32) -> Self {
        Self {
            per_window,
            clients: Mutex::default(),
        }
    }

    /// Counts a request and says whether it may pass.
    pub(crate) fn admits(&self, client: IpAddr, now: Timestamp) -> bool {
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = Prefix::unit(client);
        if clients.len() >= MAX_CLIENTS && !clients.contains_key(&client) {
            clients.retain(|_, window| now.since(window.began) < WINDOW);
            if clients.len() >= MAX_CLIENTS {
                return false;
            }
        }
        let window = clients.entry(client).or_insert(Window {
            began: now,
            requests: 0,
        });
        // A clock that was set back must not lock anybody out.
        if now < window.began || now.since(window.began) >= WINDOW {
            *window = Window {
                began: now,
                requests: 0,
            };
        }
        window.requests = window.requests.saturating_add(1);
        window.requests <= self.per_window
    }
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
    fn the_number_of_clients_is_bounded_and_old_ones_make_room() {
        let limiter = Limiter::new(1);
        let client = |n: u32| IpAddr::from(n.to_be_bytes());
        let many = u32::try_from(MAX_CLIENTS).unwrap();
        for n in 0..many {
            assert!(limiter.admits(client(n), at(0)));
        }
        assert!(!limiter.admits(client(many), at(1)));
        assert!(limiter.admits(client(many), at(61)));
        assert_eq!(limiter.clients.lock().unwrap().len(), 1);
    }
}

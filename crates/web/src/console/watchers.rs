//! Those who watch the overview live: how many at the same time, in all and of one account and session, so that none takes the places of the others.

use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;

/// At the same time: a handful of people with some windows each.
const MOST: usize = 64;
/// Of one account: at its desk, at home and on a phone.
const MOST_OF_ACCOUNT: usize = 16;
/// Of one session: a browser has six connections for one site, or some windows more through a proxy.
const MOST_OF_SESSION: usize = 8;

/// Those who watch now.
#[derive(Debug, Clone, Default)]
pub(crate) struct Watchers {
    /// Account and session of each.
    places: Arc<Mutex<Vec<(Uuid, Uuid)>>>,
}

/// The place of one; given back when this is dropped.
#[derive(Debug)]
pub(crate) struct WatchPlace {
    watchers: Watchers,
    whose: (Uuid, Uuid),
}

impl Watchers {
    /// Gives a place to a session of an account; none where there is no more for it.
    pub(crate) fn enter(&self, account: Uuid, session: Uuid) -> Option<WatchPlace> {
        let whose = (account, session);
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let of_session = places.iter().filter(|place| **place == whose).count();
        let of_account = places.iter().filter(|(of, _)| *of == account).count();
        if places.len() >= MOST || of_account >= MOST_OF_ACCOUNT || of_session >= MOST_OF_SESSION {
            return None;
        }
        places.push(whose);
        Some(WatchPlace {
            watchers: self.clone(),
            whose,
        })
    }
}

impl Drop for WatchPlace {
    fn drop(&mut self) {
        let mut places = self
            .watchers
            .places
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = places.iter().position(|place| *place == self.whose) {
            places.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_session_and_one_account_take_their_share_and_leave_the_rest_to_others() {
        let watchers = Watchers::default();
        let id = Uuid::from_u128;
        let mut hers: Vec<_> = (0..MOST_OF_SESSION)
            .map(|_| watchers.enter(id(1), id(1)).unwrap())
            .collect();
        assert!(watchers.enter(id(1), id(1)).is_none());
        let others: Vec<_> = (2..90)
            .filter_map(|session| watchers.enter(id(1), id(session)))
            .collect();
        assert_eq!(hers.len() + others.len(), MOST_OF_ACCOUNT);
        let his = watchers.enter(id(2), id(99)).unwrap();
        // Whoever closes a window has its place again.
        hers.pop();
        assert!(watchers.enter(id(1), id(1)).is_some());
        let crowd: Vec<_> = (3..90)
            .filter_map(|account| watchers.enter(id(account), id(account)))
            .collect();
        assert_eq!(hers.len() + others.len() + crowd.len() + 1, MOST);
        drop((hers, others, crowd, his));
        assert_eq!(watchers.places.lock().unwrap().len(), 0);
    }
}

//! Who came for the first time, for the mode `defer-once`: a mail server comes again a little later, most spam programs do not.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::{Prefix, Timestamp};

/// Who comes again sooner than this has not waited.
const WAIT: Duration = Duration::from_secs(60);
/// Who comes again later than this is new.
const KNOWN: Duration = Duration::from_secs(86_400);
/// Addresses that are remembered; beyond them nobody is deferred, so that memory stays bounded and mail comes in.
const MOST: usize = 65_536;

/// When each address came first.
#[derive(Debug, Default)]
pub(crate) struct Newcomers(Mutex<HashMap<Prefix, Timestamp>>);

impl Newcomers {
    /// Whether an address that comes now has to come again.
    pub(crate) fn defers(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if first.len() >= MOST {
            first.retain(|_, came| now.since(*came) < KNOWN);
        }
        let is_full = first.len() >= MOST;
        let unit = Prefix::unit(address);
        match first.get(&unit) {
            Some(came) if now.since(*came) < KNOWN => now.since(*came) < WAIT,
            _ if is_full => false,
            _ => {
                first.insert(unit, now);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_again_in_time_is_let_in() {
        let newcomers = Newcomers::default();
        let address = IpAddr::from([192, 0, 2, 1]);
        let at = |seconds| newcomers.defers(address, Timestamp::from_seconds(seconds));
        assert_eq!([at(0), at(59), at(60), at(80_000)], [true, true, false, false]);
        assert_eq!([at(86_400), at(86_460)], [true, false]);
    }

    #[test]
    fn beyond_what_is_remembered_nobody_is_deferred() {
        let newcomers = Newcomers::default();
        for number in 0..u32::try_from(MOST).unwrap() {
            newcomers.defers(
                IpAddr::from((0x0a00_0000 + number).to_be_bytes()),
                Timestamp::EPOCH,
            );
        }
        let new = IpAddr::from([192, 0, 2, 1]);
        assert!(!newcomers.defers(new, Timestamp::EPOCH));
        assert!(newcomers.defers(new, Timestamp::from_seconds(86_400)));
    }
}

//! How many conversations, or lines of a log, are recorded: only so many an hour, of one address and of all, so that a flood cannot fill the store.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use atalaya_model::{Prefix, Timestamp};

/// Seconds of an hour.
const HOUR: i64 = 3_600;

/// Counts what was recorded in the running hour. Its size is bounded by what an hour may have.
#[derive(Debug)]
pub(crate) struct Ledger {
    per_address: u32,
    per_hour: u32,
    hour: Mutex<Hour>,
}

#[derive(Debug, Default)]
struct Hour {
    number: i64,
    all: u32,
    by_unit: HashMap<Prefix, u32>,
}

impl Ledger {
    /// One that lets so many in for each hour.
    pub(crate) fn new(per_address: u32, per_hour: u32) -> Self {
        Self {
            per_address,
            per_hour,
            hour: Mutex::default(),
        }
    }

    /// Counts one more, or says that there were enough.
    pub(crate) fn admits(&self, address: IpAddr, now: Timestamp) -> bool {
        let mut hour = self.hour.lock().unwrap_or_else(PoisonError::into_inner);
        let number = now.seconds().div_euclid(HOUR);
        if hour.number != number {
            *hour = Hour {
                number,
                ..Hour::default()
            };
        }
        if hour.all >= self.per_hour || self.per_address == 0 {
            return false;
        }
        let of_unit = hour.by_unit.entry(Prefix::unit(address)).or_default();
        if *of_unit >= self.per_address {
            return false;
        }
        *of_unit += 1;
        hour.all += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn an_hour_has_so_many_of_one_address_and_of_all() {
        let ledger = Ledger::new(2, 3);
        let now = Timestamp::from_seconds(7_200);
        let admits = |last| ledger.admits(address(last), now);
        assert_eq!([admits(1), admits(1), admits(1)], [true, true, false]);
        assert_eq!([admits(2), admits(2), admits(3)], [true, false, false]);
        assert!(ledger.admits(address(1), Timestamp::from_seconds(10_800)));
    }

    #[test]
    fn none_means_none() {
        assert!(!Ledger::new(0, 3).admits(address(1), Timestamp::EPOCH));
        assert!(!Ledger::new(3, 0).admits(address(1), Timestamp::EPOCH));
    }
}

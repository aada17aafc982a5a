//! How much of a day's questions was used: the day and its count in one number, so that threads count without a lock and none goes beyond.

use std::sync::atomic::Ordering;

use atalaya_model::Timestamp;

use crate::sync::AtomicU64;

/// Seconds of a day in UTC, which a quota is for.
const DAY_SECONDS: i64 = 86_400;
/// Bits of a count; what stands above is the number of the day. A day's questions over all the sockets there are stay far below.
const COUNT_BITS: u32 = 40;
/// The bits of the count.
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// The questions of one day.
#[derive(Debug)]
pub(crate) struct Quota(AtomicU64);

impl Quota {
    /// Nothing used.
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The questions of today.
    pub(crate) fn used(&self, now: Timestamp) -> u64 {
        let (_, count) = standing(self.0.load(Ordering::Relaxed), day(now));
        count
    }

    /// Takes one more, if there are less than `most`. The order among threads does not matter, only that none is lost.
    pub(crate) fn take(&self, now: Timestamp, most: Option<u64>) -> bool {
        let today = day(now);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |packed| {
                let (day, count) = standing(packed, today);
                let more = count.saturating_add(1).min(COUNT);
                most.is_none_or(|most| count < most)
                    .then_some((day << COUNT_BITS) | more)
            });
        taken.is_ok()
    }
}

/// The day that counts, and its count. At midnight one thread may be in the new day while another looked at the clock before: what that
/// one takes is of the new day too, for it must not bring the day before back, with nothing used.
fn standing(packed: u64, today: u64) -> (u64, u64) {
    let (day, count) = (packed >> COUNT_BITS, packed & COUNT);
    if day == today || day == today.saturating_add(1) {
        (day, count)
    } else {
        (today, 0)
    }
}

/// The number of a day, in so many bits as stand above a count.
fn day(now: Timestamp) -> u64 {
    let days = now.seconds().div_euclid(DAY_SECONDS);
    u64::try_from(days).unwrap_or_default() & (u64::MAX >> COUNT_BITS)
}

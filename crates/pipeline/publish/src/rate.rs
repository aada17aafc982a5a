//! Response rate limiting: how many answers over UDP one network gets in a second.
//!
//! Anybody can write somebody else's address into a datagram and have the answer, longer than the question, sent there. So each client
//! network (a /24 of IPv4, a /56 of IPv6) has a bucket of answers that fills with time. When it is empty most questions get nothing, and
//! every so many ("slip") an empty answer that says "ask over TCP", which a real client can do and a victim never asked for. The
//! method is that of Vixie and Schryver, "DNS Response Rate Limiting" (ISC-TN-2012-1), with one bucket for all answers, because the
//! names asked of a blocklist are all different.
//!
//! Each thread limits for itself: the kernel spreads the source ports over the threads, and a flood or a resolver uses many. Networks find
//! their bucket by a keyed hash; a few share one, and nobody outside can know which.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::{Prefix, Timestamp};

use crate::config::PublishConfig;
use crate::meters::Meters;

/// Buckets of a thread: 512 KiB.
const BUCKETS: usize = 1 << BUCKET_BITS;
const BUCKET_BITS: u32 = 16;
/// The length of a client network.
const IPV4_NETWORK: u32 = 24;
const IPV6_NETWORK: u32 = 56;

/// What a client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permit {
    /// Its answer.
    Answer,
    /// An empty answer that sends it to TCP.
    Truncate,
    /// Nothing.
    Drop,
}

/// The answers that a network may still get, at a moment in milliseconds.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: u32,
    at: u32,
}

/// The buckets of one thread.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    /// Answers a second, and most at once; nothing is limited where it is 0.
    rate: u32,
    /// Of so many questions too many one is sent to TCP; none where it is 0.
    slip: u32,
    exempt: Vec<Prefix>,
    buckets: Box<[Bucket]>,
    /// An odd number at random, by which networks find their buckets.
    key: u64,
    now: u32,
    refused: u32,
    dropped: u64,
    truncated: u64,
}

impl RateLimiter {
    /// The part of one of so many threads.
    pub(crate) fn new(config: &PublishConfig, threads: usize) -> Self {
        let threads = u32::try_from(threads).unwrap_or(u32::MAX).max(1);
        let rate = config.rate_limit.div_ceil(threads);
        let bucket = Bucket { left: rate, at: 0 };
        Self {
            rate,
            slip: config.rate_limit_slip,
            exempt: config.rate_limit_exempt.clone(),
            buckets: vec![bucket; if rate > 0 { BUCKETS } else { 0 }].into(),
            key: rand::random::<u64>() | 1,
            now: 0,
            refused: 0,
            dropped: 0,
            truncated: 0,
        }
    }

    /// All questions until the next call come now.
    pub(crate) fn set_time(&mut self, now: Timestamp) {
        let millis = now.since(Timestamp::EPOCH).as_millis();
        // It begins again after 49 days, and a clock may be set back: a bucket is then full too soon, once.
        self.now = u32::try_from(millis & u128::from(u32::MAX)).unwrap_or_default();
    }

    /// What the next question of a client gets. One that is proven to come from where it says, by a cookie, is not limited.
    #[inline]
    pub(crate) fn permit(&mut self, client: IpAddr, is_proven: impl FnOnce() -> bool) -> Permit {
        if self.rate == 0
            || self.takes_from_bucket(client)
            || self.exempt.iter().any(|prefix| prefix.contains(client))
            || is_proven()
        {
            return Permit::Answer;
        }
        self.refused = self.refused.wrapping_add(1);
        if self.refused.checked_rem(self.slip) == Some(0) {
            self.truncated = self.truncated.saturating_add(1);
            Permit::Truncate
        } else {
            self.dropped = self.dropped.saturating_add(1);
            Permit::Drop
        }
    }

    /// Counts what was refused since the last call.
    pub(crate) fn tell(&mut self, meters: &Meters) {
        meters.limited(
            std::mem::take(&mut self.dropped),
            std::mem::take(&mut self.truncated),
        );
    }

    /// Takes one answer from the bucket of a client, if one is left.
    fn takes_from_bucket(&mut self, client: IpAddr) -> bool {
        let network = match client {
            IpAddr::V4(client) => u64::from(client.to_bits() >> (Ipv4Addr::BITS - IPV4_NETWORK)),
            IpAddr::V6(client) => {
                u64::try_from(client.to_bits() >> (Ipv6Addr::BITS - IPV6_NETWORK)).unwrap_or_default()
            }
        };
        // The upper bits of a product with an odd number at random: few networks share a bucket, and nobody outside knows which
        // (Dietzfelbinger and others, "A Reliable Randomized Algorithm for the Closest-Pair Problem", 1997).
        let at =
            usize::try_from(network.wrapping_mul(self.key) >> (u64::BITS - BUCKET_BITS)).unwrap_or_default();
        let Some(bucket) = self.buckets.get_mut(at) else {
            return true;
        };
        let millis = u64::from(self.now.wrapping_sub(bucket.at));
        let fresh = millis.saturating_mul(u64::from(self.rate)).div_euclid(1000);
        if fresh > 0 {
            bucket.left = u32::try_from(fresh)
                .unwrap_or(u32::MAX)
                .saturating_add(bucket.left)
                .min(self.rate);
            bucket.at = self.now;
        }
        let is_left = bucket.left > 0;
        bucket.left = bucket.left.saturating_sub(1);
        is_left
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn limiter(rate: u32, slip: u32, threads: usize) -> RateLimiter {
        let config = PublishConfig {
            rate_limit: rate,
            rate_limit_slip: slip,
            ..PublishConfig::default()
        };
        RateLimiter::new(&config, threads)
    }

    fn permits(limiter: &mut RateLimiter, client: &str, count: usize) -> Vec<Permit> {
        let client = client.parse().unwrap();
        (0..count).map(|_| limiter.permit(client, || false)).collect()
    }

    #[test]
    fn a_network_has_so_many_answers_a_second_and_others_have_theirs() {
        let mut limiter = limiter(10, 3, 1);
        let mut expected = vec![Permit::Answer; 10];
        assert_eq!(permits(&mut limiter, "192.0.2.1", 10), expected);
        expected = vec![Permit::Drop, Permit::Drop, Permit::Truncate, Permit::Drop];
        assert_eq!(permits(&mut limiter, "192.0.2.77", 4), expected, "the same /24");
        assert_eq!(permits(&mut limiter, "198.51.100.1", 1), [Permit::Answer]);
        assert_eq!(permits(&mut limiter, "2001:db8::1", 1), [Permit::Answer]);
        limiter.set_time(Timestamp::EPOCH.plus(Duration::from_millis(100)));
        assert_eq!(
            permits(&mut limiter, "192.0.2.1", 2)[0],
            Permit::Answer,
            "a tenth of a second later"
        );
        assert_ne!(permits(&mut limiter, "192.0.2.1", 1)[0], Permit::Answer);
        limiter.set_time(Timestamp::from_seconds(50));
        let answers = permits(&mut limiter, "192.0.2.1", 50);
        assert_eq!(
            answers.iter().filter(|permit| **permit == Permit::Answer).count(),
            10,
            "no more than one second's worth"
        );
    }

    #[test]
    fn whoever_is_exempt_always_gets_an_answer_and_no_limit_is_no_limit() {
        assert_eq!(
            permits(&mut limiter(1, 1, 1), "127.0.0.1", 100),
            [Permit::Answer; 100]
        );
        assert_eq!(
            permits(&mut limiter(0, 1, 1), "192.0.2.1", 100),
            [Permit::Answer; 100]
        );
    }

    #[test]
    fn a_client_that_is_proven_is_not_limited() {
        let mut limiter = limiter(1, 1, 1);
        let permits = (0..9).map(|_| limiter.permit([192, 0, 2, 1].into(), || true));
        assert!(permits.eq([Permit::Answer; 9]));
    }

    #[test]
    fn without_slip_nothing_is_truncated() {
        let permits = permits(&mut limiter(1, 0, 1), "192.0.2.1", 9);
        assert_eq!(permits[1..], [Permit::Drop; 8]);
    }

    #[test]
    fn threads_share_the_limit() {
        let answers = permits(&mut limiter(9, 0, 2), "192.0.2.1", 9);
        assert_eq!(
            answers.iter().filter(|permit| **permit == Permit::Answer).count(),
            5
        );
    }
}

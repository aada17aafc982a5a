//! When a feed is asked again, and how much one answer may take.

use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_net::ExchangeLimits;

use super::FeedConfig;

/// The wait after the first failure; each further one doubles it, up to `every`.
const FIRST_WAIT: Duration = Duration::from_secs(300);
/// The longest wait that a server may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(7 * 86_400);

/// How much one fetch may take.
pub(super) fn of_exchange(config: &FeedConfig, timeout: Duration) -> ExchangeLimits {
    ExchangeLimits {
        timeout,
        max_answer: config.max_size.bytes(),
    }
}

/// The longest that anything lets a list wait.
pub(super) fn longest(config: &FeedConfig) -> Duration {
    config.every.duration().max(LONGEST_WAIT)
}

/// When the list is tried again after so many failures; `asked` is what its server asks for.
pub(super) fn next(
    config: &FeedConfig,
    failures: u32,
    asked: Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    let every = config.every.duration();
    let wait = match failures.checked_sub(1) {
        None => every,
        Some(more) => FIRST_WAIT
            .saturating_mul(1_u32.checked_shl(more).unwrap_or(u32::MAX))
            .min(every),
    };
    let asked = asked.map(|until| until.min(now.plus(LONGEST_WAIT)));
    now.plus(wait).max(asked.unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_tried_again_sooner_and_then_later_up_to_the_period() {
        let config = FeedConfig::new("x", "/x");
        let now = Timestamp::from_seconds(1_000_000);
        let wait = |failures| next(&config, failures, None, now).since(now).as_secs();
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 99].map(wait),
            [3600, 300, 600, 1200, 2400, 3600, 3600]
        );
        let asked = Some(now.plus(Duration::from_secs(7_200)));
        assert_eq!(next(&config, 1, asked, now).since(now).as_secs(), 7_200);
        let forever = Some(Timestamp::from_micros(i64::MAX));
        assert_eq!(next(&config, 1, forever, now), now.plus(LONGEST_WAIT));
    }
}

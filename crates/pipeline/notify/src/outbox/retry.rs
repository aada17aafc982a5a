//! When a mail is tried again.

use std::time::Duration;

use atalaya_store::OutgoingMail;

/// Doublings after which the longest wait is reached in any case.
const MOST_DOUBLINGS: u32 = 20;

/// The wait after the last try: `first`, doubled with each further try up to `longest`, and a quarter more or less, so that mails that
/// were refused together do not come back together. The quarter depends on the mail and the try, nothing else.
pub(super) fn wait(mail: &OutgoingMail, first: Duration, longest: Duration) -> Duration {
    let doublings = mail.attempts.saturating_sub(1).min(MOST_DOUBLINGS);
    let full = first.saturating_mul(1 << doublings).min(longest);
    let (high, low) = mail.id.as_u64_pair();
    let chance = (high ^ low)
        .wrapping_add(u64::from(mail.attempts))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        >> 32;
    // From three quarters of the wait to five quarters.
    let permille = u32::try_from(750 + chance % 501).unwrap_or(1_000);
    full.saturating_mul(permille) / 1_000
}

#[cfg(test)]
mod tests {
    use atalaya_model::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn mail(id: u128, attempts: u32) -> OutgoingMail {
        OutgoingMail {
            id: Uuid::from_u128(id),
            sender: String::new(),
            recipient: "a@b.example".parse().unwrap(),
            message: Vec::new(),
            attempts,
            unanswered: 0,
            created_at: Timestamp::EPOCH,
            leased_until: Timestamp::EPOCH,
        }
    }

    #[test]
    fn waits_grow_to_the_longest_and_vary_by_a_quarter() {
        let (first, longest) = (Duration::from_secs(300), Duration::from_secs(14_400));
        for id in 0..200 {
            for attempts in 1..60 {
                let full = first.as_secs_f64() * f64::from(attempts - 1).exp2();
                let full = full.min(longest.as_secs_f64());
                let wait = wait(&mail(id, attempts), first, longest).as_secs_f64();
                assert!((full * 0.75..=full * 1.251).contains(&wait), "{attempts}: {wait}");
            }
        }
    }

    #[test]
    fn mails_refused_together_come_back_apart() {
        let waits: std::collections::HashSet<_> = (0..50)
            .map(|id| {
                wait(
                    &mail(id, 1),
                    Duration::from_secs(300),
                    Duration::from_secs(14_400),
                )
            })
            .collect();
        assert!(waits.len() > 30, "{}", waits.len());
    }
}

//! What failed with a name, and who has to wait for it.
//!
//! Failures are counted by name and client: from the fourth on each makes that client wait longer for that name, and nobody else. What strangers fail
//! with a name together holds up only those clients from which nobody has signed in with it. Wrong codes behind a right password are counted apart, and
//! fewer of them are enough: a code has six digits, and whoever tries many has stolen the password.

use std::time::Duration;

use atalaya_model::{Digest, Prefix, Timestamp};
use atalaya_store::{Failures, StoreError};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::sign_in::Second;
use crate::app::Inner;

/// Failures of a client with a name before it has to wait.
const FREE: u64 = 3;
/// The first wait, which doubles with each failure, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// How long the failures of a client, and wrong codes, are remembered.
const DAY: Duration = Duration::from_secs(86_400);
/// Failures of all clients with a name, none more than an hour after the one before, after which only known clients may try.
const MOST_OF_ALL: u64 = 50;
const HOUR: Duration = Duration::from_secs(3_600);
/// Wrong codes of all clients behind the right password, none more than a day after the one before, after which only known clients may try: at three
/// codes in a million that hold at a moment, a hundredth of a chance in a year.
const MOST_CODES: u64 = 10;

/// Who tries.
#[derive(Clone, Copy)]
pub(super) struct Try {
    /// The digest of the name.
    who: Digest,
    /// The account that has it.
    account: Uuid,
    /// From where.
    client: Prefix,
}

/// What was wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The name or the password.
    Password,
    /// The code alone.
    Code,
}

impl Try {
    /// Somebody who says a name, which an account may have.
    pub(super) fn new(name: &str, account: Uuid, client: Prefix) -> Self {
        Self {
            who: digest_of(name),
            account,
            client,
        }
    }

    /// Whether this client has to wait with this name: for what it failed itself, or, where nobody has signed in from it, for what all clients failed
    /// together.
    pub(super) async fn is_held_up(&self, shared: &Inner) -> Result<bool, StoreError> {
        let (store, now) = (&shared.app.store, shared.app.clock.now());
        if must_wait(store.sign_in_failures(self.who, Some(self.client)).await?, now) {
            return Ok(true);
        }
        let of_all = store.sign_in_failures(self.who, None).await?;
        let codes = store.sign_in_failures(codes_of(self.who), None).await?;
        let is_crowd = is_full(of_all, MOST_OF_ALL, HOUR, now) || is_full(codes, MOST_CODES, DAY, now);
        Ok(is_crowd && !store.knows_client(self.account, self.client).await?)
    }

    /// Counts a failure, for the client and for all together.
    pub(super) async fn count(&self, shared: &Inner, wrong: Wrong) -> Result<(), StoreError> {
        let (store, now) = (&shared.app.store, shared.app.clock.now());
        if wrong == Wrong::Code {
            tracing::warn!(
                account = %self.account,
                client = %self.client,
                "a code at the console was wrong behind a right password: if this comes again, the password may be stolen"
            );
            let codes = codes_of(self.who);
            store.count_sign_in_failure(codes, None, now.minus(DAY)).await?;
        }
        store
            .count_sign_in_failure(self.who, Some(self.client), now.minus(DAY))
            .await?;
        store.count_sign_in_failure(self.who, None, now.minus(HOUR)).await
    }

    /// Forgets what failed: it has succeeded.
    pub(super) async fn forget(&self, shared: &Inner, by: Second) -> Result<(), StoreError> {
        let store = &shared.app.store;
        if by != Second::None {
            store.forget_sign_in_failures(codes_of(self.who), None).await?;
        }
        store.forget_sign_in_failures(self.who, Some(self.client)).await
    }
}

/// Whether so many have failed, the last of them not longer ago than this.
fn is_full(failures: Failures, most: u64, within: Duration, now: Timestamp) -> bool {
    failures.count >= most && failures.last_at.is_some_and(|last| now.since(last) < within)
}

/// Whether a client has failed too often to try again now.
fn must_wait(failures: Failures, now: Timestamp) -> bool {
    let Some(last) = failures.last_at else {
        return false;
    };
    let doublings = failures.count.saturating_sub(FREE + 1);
    let wait = match u32::try_from(doublings) {
        _ if failures.count <= FREE => Duration::ZERO,
        Ok(doublings) => FIRST_WAIT.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)),
        Err(_too_many) => LONGEST_WAIT,
    };
    // A clock that was set back must not lock anybody out.
    now >= last && now.since(last) < wait.min(LONGEST_WAIT)
}

/// The name under which failures are counted, whether there is such an account or not.
fn digest_of(name: &str) -> Digest {
    let folded = name.trim().to_ascii_lowercase();
    Digest(
        Sha256::new()
            .chain_update(b"atalaya sign-in\0")
            .chain_update(folded)
            .finalize()
            .into(),
    )
}

/// The name under which wrong codes behind its password are counted.
fn codes_of(who: Digest) -> Digest {
    Digest(
        Sha256::new()
            .chain_update(b"atalaya code\0")
            .chain_update(who.0)
            .finalize()
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_makes_the_wait_longer_up_to_a_quarter_of_an_hour() {
        let last = Timestamp::from_seconds(1_000_000);
        let waits = |count: u64, seconds: u64| {
            let failures = Failures {
                count,
                last_at: Some(last),
            };
            must_wait(failures, last.plus(Duration::from_secs(seconds)))
        };
        assert!(!waits(3, 0));
        assert!(waits(4, 4) && !waits(4, 5));
        assert!(waits(6, 19) && !waits(6, 20));
        assert!(waits(60, 899) && !waits(60, 900));
        assert!(waits(u64::MAX, 899) && !waits(u64::MAX, 900));
        assert!(!must_wait(Failures::default(), last));
    }

    #[test]
    fn failures_are_counted_for_a_name_in_whatever_letters() {
        assert_eq!(digest_of(" Marta "), digest_of("marta"));
        assert_ne!(digest_of("marta"), digest_of("maria"));
    }
}

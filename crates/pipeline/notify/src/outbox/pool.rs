//! Connections that are kept for the next mail to the same server.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_model::{Clock, Timestamp};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::task::JoinSet;

/// Most mails on one connection: so the load spreads over the machines behind a name, and a connection does not live for ever.
const MOST_MAILS: u32 = 100;
/// How long a connection waits for its next mail. Servers that are short of connections close idle ones after 10 seconds.
const IDLE: Duration = Duration::from_secs(5);
/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// The connections of nobody.
pub(super) struct Pool {
    clock: Clock,
    idle: Mutex<HashMap<String, Vec<Kept>>>,
}

/// A connection on which nothing is under way.
pub(super) struct Kept {
    pub(super) connection: AsyncSmtpConnection,
    /// The server.
    pub(super) name: String,
    /// How many mails it has carried.
    pub(super) mails: u32,
    since: Timestamp,
}

impl Kept {
    /// A new connection.
    pub(super) const fn new(connection: AsyncSmtpConnection, name: String) -> Self {
        Self {
            connection,
            name,
            mails: 0,
            since: Timestamp::EPOCH,
        }
    }
}

impl Pool {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            idle: Mutex::default(),
        }
    }

    /// A connection to a server, the one that was used last.
    pub(super) fn take(&self, name: &str) -> Option<Kept> {
        let now = self.clock.now();
        let kept = self.lock().get_mut(name)?.pop()?;
        if now.since(kept.since) < IDLE {
            return Some(kept);
        }
        leave(kept);
        None
    }

    /// Keeps a connection for the next mail, or ends it where it has carried enough.
    pub(super) fn give_back(&self, mut kept: Kept) {
        if kept.mails >= MOST_MAILS {
            return leave(kept);
        }
        kept.since = self.clock.now();
        self.lock().entry(kept.name.clone()).or_default().push(kept);
    }

    /// Ends what has waited too long.
    pub(super) fn sweep(&self) {
        let now = self.clock.now();
        let mut old = Vec::new();
        self.lock().retain(|_name, idle| {
            old.extend(idle.extract_if(.., |kept| now.since(kept.since) >= IDLE));
            !idle.is_empty()
        });
        old.into_iter().for_each(leave);
    }

    /// Ends all, and waits until the servers have heard of it.
    pub(super) async fn close(&self) {
        let all: Vec<_> = self.lock().drain().flat_map(|(_name, idle)| idle).collect();
        let goodbyes: JoinSet<()> = all.into_iter().map(goodbye).collect();
        goodbyes.join_all().await;
    }

    /// The map is whole even if a thread panicked while it held it.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Kept>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pool({} servers)", self.lock().len())
    }
}

/// Ends a connection, and nobody waits for it.
fn leave(kept: Kept) {
    drop(tokio::spawn(goodbye(kept)));
}

async fn goodbye(mut kept: Kept) {
    // A server that does not answer hears of it by the end of the connection.
    drop(tokio::time::timeout(GOODBYE, kept.connection.abort()).await);
}

//! The policies of MTA-STS (RFC 8461) that were fetched, as long as they hold.
//!
//! In: a domain. Out: its policy, from memory where the record still announces the same one, else fetched. Nothing is kept over a restart: the
//! first mail after one fetches anew, and whoever could suppress both the record and the policy just then would not be noticed.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_formats::mta_sts::{MAX_POLICY, Mode, Policy, announced};
use atalaya_model::{Clock, Timestamp};
use atalaya_net::{ExchangeLimits, HttpClient, HttpError, Reach, Resolver};
use tracing::warn;

/// How long fetching a policy may take (RFC 8461 section 3.3 suggests a minute).
const PATIENCE: Duration = Duration::from_secs(60);
/// Policies that are remembered.
const MOST: usize = 10_000;

/// The policies of domains.
pub(super) struct Policies {
    clock: Clock,
    client: HttpClient,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    id: String,
    policy: Arc<Policy>,
    until: Timestamp,
}

impl Policies {
    pub(super) fn new(clock: Clock) -> Result<Self, HttpError> {
        let limits = ExchangeLimits {
            timeout: PATIENCE,
            max_answer: MAX_POLICY,
        };
        Ok(Self {
            clock,
            // A policy that is elsewhere is none (RFC 8461 section 3.3).
            client: HttpClient::new(limits, 0, Arc::new(Reach::default()))?,
            known: Mutex::default(),
        })
    }

    /// The policy of a domain that must be obeyed, if it has one. One that cannot be fetched is none, unless an older one still holds.
    pub(super) async fn enforced(&self, domain: &str, resolver: &Resolver) -> Option<Arc<Policy>> {
        let policy = self.current(domain, resolver).await;
        policy.filter(|policy| policy.mode == Mode::Enforce)
    }

    async fn current(&self, domain: &str, resolver: &Resolver) -> Option<Arc<Policy>> {
        let now = self.clock.now();
        let known = self.lock().get(domain).filter(|known| known.until > now).cloned();
        let records = resolver.texts(&format!("_mta-sts.{domain}")).await;
        let id = records.ok().and_then(|records| announced(&records));
        let held = known.as_ref().map(|known| Arc::clone(&known.policy));
        let Some(id) = id.filter(|id| known.as_ref().is_none_or(|known| known.id != *id)) else {
            return held;
        };
        match self.fetch(domain).await {
            Ok(policy) => Some(self.keep(domain, id, policy, now)),
            Err(why) => {
                warn!(domain, why, "the MTA-STS policy of a domain cannot be fetched");
                held
            }
        }
    }

    async fn fetch(&self, domain: &str) -> Result<Policy, String> {
        let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
        let answer = self
            .client
            .get(&url, "text/plain")
            .await
            .map_err(|error| error.to_string())?;
        match answer.status {
            200 => Policy::parse(&answer.body).map_err(|error| error.to_string()),
            status => Err(format!("the server answers with status {status}")),
        }
    }

    pub(super) fn keep(&self, domain: &str, id: String, policy: Policy, now: Timestamp) -> Arc<Policy> {
        let policy = Arc::new(policy);
        let known = Known {
            id,
            policy: Arc::clone(&policy),
            until: now.plus(policy.max_age),
        };
        let mut all = self.lock();
        if all.len() >= MOST {
            all.retain(|_domain, known| known.until > now);
        }
        if all.len() < MOST {
            all.insert(domain.to_owned(), known);
        }
        policy
    }

    /// The map is whole even if a thread panicked while it held it.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policies({})", self.lock().len())
    }
}

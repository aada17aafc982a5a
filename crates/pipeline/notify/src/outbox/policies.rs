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
/// How long a policy that could not be fetched is not asked for again (RFC 8461 section 3.3).
const AFTER_FAILURE: Duration = Duration::from_secs(300);
/// The type of a policy (RFC 8461 section 3.2): on some servers strangers may lay down files of others.
const POLICY_TYPE: &str = "text/plain";
/// Policies that are remembered, and as many that could not be fetched.
const MOST: usize = 10_000;

/// The policies of domains.
pub(super) struct Policies {
    clock: Clock,
    client: HttpClient,
    known: Mutex<Known>,
}

/// What is known of domains.
#[derive(Default)]
struct Known {
    policies: HashMap<String, Held<Arc<Policy>>>,
    failures: HashMap<String, Held<()>>,
}

/// What holds for a domain, under the id that its record announced.
#[derive(Clone)]
struct Held<T> {
    id: String,
    what: T,
    until: Timestamp,
}

impl Policies {
    /// Fetching one takes no longer than `most`.
    pub(super) fn new(clock: Clock, most: Duration) -> Result<Self, HttpError> {
        let limits = ExchangeLimits {
            timeout: PATIENCE.min(most),
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
        let known = held(&self.lock().policies, domain, now);
        let records = resolver.texts(&format!("_mta-sts.{domain}")).await;
        let id = records.ok().and_then(|records| announced(&records));
        let failed = held(&self.lock().failures, domain, now);
        let is_new = |id: &String| {
            known.as_ref().is_none_or(|known| known.id != *id)
                && failed.as_ref().is_none_or(|failed| failed.id != *id)
        };
        let Some(id) = id.filter(is_new) else {
            return known.map(|known| known.what);
        };
        match self.fetch(domain).await {
            Ok(policy) => Some(self.keep(domain, id, policy, now)),
            Err(why) => {
                warn!(domain, why, "the MTA-STS policy of a domain cannot be fetched");
                let until = self.clock.now().plus(AFTER_FAILURE);
                let failure = Held { id, what: (), until };
                put(&mut self.lock().failures, domain, failure, now);
                known.map(|known| known.what)
            }
        }
    }

    async fn fetch(&self, domain: &str) -> Result<Policy, String> {
        let url = format!("https://mta-sts.{domain}/.well-known/mta-sts.txt");
        let answer = self
            .client
            .get(&url, POLICY_TYPE)
            .await
            .map_err(|error| error.to_string())?;
        match (answer.status, answer.content_type) {
            (200, Some(kind)) if is_policy(&kind) => {
                Policy::parse(&answer.body).map_err(|error| error.to_string())
            }
            (200, _) => Err(format!("it is of another type than {POLICY_TYPE}")),
            (status, _) => Err(format!("the server answers with status {status}")),
        }
    }

    pub(super) fn keep(&self, domain: &str, id: String, policy: Policy, now: Timestamp) -> Arc<Policy> {
        let policy = Arc::new(policy);
        let held = Held {
            id,
            what: Arc::clone(&policy),
            until: now.plus(policy.max_age),
        };
        put(&mut self.lock().policies, domain, held, now);
        policy
    }

    /// The maps are whole even if a thread panicked while it held them.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What still holds for a domain.
fn held<T: Clone>(all: &HashMap<String, Held<T>>, domain: &str, now: Timestamp) -> Option<Held<T>> {
    all.get(domain).filter(|held| held.until > now).cloned()
}

/// Remembers it, where there is room.
fn put<T>(all: &mut HashMap<String, Held<T>>, domain: &str, held: Held<T>, now: Timestamp) {
    if all.len() >= MOST {
        all.retain(|_domain, held| held.until > now);
    }
    if all.len() < MOST {
        all.insert(domain.to_owned(), held);
    }
}

/// Whether a document is of the type of policies, whatever its parameters.
fn is_policy(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case(POLICY_TYPE)
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policies({})", self.lock().policies.len())
    }
}

//! The keys of those who sign: asked for in DNS once, kept for a while, and checked against a signature.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_formats::dkim::{Claim, Flaw, Key, PublicKey};
use atalaya_model::{Clock, Timestamp};
use atalaya_net::{DnsError, Resolver};
use metrics::counter;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use tokio::time::timeout;

/// How long DNS has for one key.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long a key is kept. Whoever takes one back is believed no later.
const KEPT: Duration = Duration::from_secs(3_600);
/// How long it is kept that there is no key that can be used.
const NONE_KEPT: Duration = Duration::from_secs(600);
/// Keys that are asked for at the same time for one domain that is told: whoever lets us wait does not hold all who verify.
const MOST_OF_DOMAIN: usize = 2;
/// How long nobody is asked again who did not answer: for no key of that domain.
const FAILURE_KEPT: Duration = Duration::from_secs(60);
/// Most keys that are kept; each is some hundred bytes.
const MOST_KEPT: usize = 5_000;

/// What became of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is the domain's.
    Valid,
    /// It proves nothing.
    Flawed(Flaw),
    /// DNS does not answer now.
    Later,
    /// Others wait for keys of that domain already.
    Busy,
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Flawed(_) => "flawed",
            Self::Later => "later",
            Self::Busy => "busy",
        }
    }
}

/// What is known of a name: a key, why there is none, or, without either, that nobody answered.
type Known = Option<Result<Key, Flaw>>;

/// The keys.
#[derive(Debug)]
pub(in crate::feedback) struct Keys {
    resolver: Resolver,
    clock: Clock,
    kept: Mutex<HashMap<String, (Known, Timestamp)>>,
    /// For whom keys are being asked for, each as often as they are.
    asking: Mutex<Vec<String>>,
}

/// A place among those who ask for keys for a domain; given back when dropped.
struct Place<'a> {
    keys: &'a Keys,
    domain: &'a str,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut asking = self.keys.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = asking.iter().position(|one| one == self.domain) {
            asking.swap_remove(own);
        }
    }
}

impl Keys {
    /// Asks there.
    pub(in crate::feedback) fn new(resolver: Resolver, clock: Clock) -> Self {
        Self {
            resolver,
            clock,
            kept: Mutex::default(),
            asking: Mutex::default(),
        }
    }

    /// Checks a signature, for the domain that is told if it is valid.
    pub(super) async fn verdict(&self, claim: &Claim, told: &str) -> Verdict {
        let names = (&*claim.signature().key_name(), claim.signature().domain());
        let verdict = match self.key(names, told).await {
            None => Verdict::Busy,
            Some(None) => Verdict::Later,
            Some(Some(Err(flaw))) => Verdict::Flawed(flaw),
            Some(Some(Ok(key))) => match key.of(claim.signature()) {
                Err(flaw) => Verdict::Flawed(flaw),
                Ok(public) if fits(public, claim) => Verdict::Valid,
                Ok(_) => Verdict::Flawed(Flaw::Wrong),
            },
        };
        counter!("atalaya_notify_signatures_total", "outcome" => verdict.name()).increment(1);
        verdict
    }

    /// What is known of the name of a key of a domain; none where too many ask already.
    async fn key(&self, (name, domain): (&str, &str), told: &str) -> Option<Known> {
        let now = self.clock.now();
        // Under the domain itself it is kept that nobody answered.
        if let Some(known) = self.kept(name, now).or_else(|| self.kept(domain, now)) {
            return Some(known);
        }
        let _place = self.place(told)?;
        let (known, keep) = match timeout(PATIENCE, self.resolver.texts(name)).await {
            Ok(Ok(texts)) => {
                let key = Key::read(&texts);
                let keep = if key.is_ok() { KEPT } else { NONE_KEPT };
                (Some(key), keep)
            }
            Ok(Err(DnsError::BadName(_))) => (Some(Err(Flaw::NoKey)), NONE_KEPT),
            Ok(Err(DnsError::Unanswered(_))) | Err(_) => (None, FAILURE_KEPT),
        };
        let about = if known.is_some() { name } else { domain };
        self.keep(about, known.clone(), (now, keep));
        Some(known)
    }

    fn place<'a>(&'a self, domain: &'a str) -> Option<Place<'a>> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if asking.iter().filter(|one| *one == domain).count() >= MOST_OF_DOMAIN {
            return None;
        }
        asking.push(domain.to_owned());
        Some(Place { keys: self, domain })
    }

    fn kept(&self, name: &str, now: Timestamp) -> Option<Known> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, until) = kept.get(name)?;
        (*until > now).then(|| known.clone())
    }

    fn keep(&self, name: &str, known: Known, (now, keep): (Timestamp, Duration)) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, (_, until)| *until > now);
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(name.to_owned(), (known, now.plus(keep)));
    }
}

/// Whether a signature was made with that key.
fn fits(public: &PublicKey, claim: &Claim) -> bool {
    match public {
        PublicKey::Rsa(key) => UnparsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, key)
            .verify(claim.signed(), claim.bytes())
            .is_ok(),
        // RFC 8463 section 3: the digest is what is signed.
        PublicKey::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key)
            .verify(digest(&SHA256, claim.signed()).as_ref(), claim.bytes())
            .is_ok(),
    }
}

#[cfg(test)]
mod tests;

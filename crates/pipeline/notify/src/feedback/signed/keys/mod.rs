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
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a key is kept. Whoever takes one back is believed no later.
const KEPT: Duration = Duration::from_secs(3_600);
/// How long it is kept that there is no key that can be used.
const NONE_KEPT: Duration = Duration::from_secs(600);
/// How long nobody is asked again who did not answer.
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
}

impl Verdict {
    const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Flawed(_) => "flawed",
            Self::Later => "later",
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
}

impl Keys {
    /// Asks there.
    pub(in crate::feedback) fn new(resolver: Resolver, clock: Clock) -> Self {
        Self {
            resolver,
            clock,
            kept: Mutex::default(),
        }
    }

    /// Checks a signature.
    pub(super) async fn verdict(&self, claim: &Claim) -> Verdict {
        let verdict = match self.key(&claim.signature().key_name()).await {
            None => Verdict::Later,
            Some(Err(flaw)) => Verdict::Flawed(flaw),
            Some(Ok(key)) => match key.of(claim.signature()) {
                Err(flaw) => Verdict::Flawed(flaw),
                Ok(public) if fits(public, claim) => Verdict::Valid,
                Ok(_) => Verdict::Flawed(Flaw::Wrong),
            },
        };
        counter!("atalaya_notify_signatures_total", "outcome" => verdict.name()).increment(1);
        verdict
    }

    async fn key(&self, name: &str) -> Known {
        let now = self.clock.now();
        if let Some(known) = self.kept(name, now) {
            return known;
        }
        let (known, keep) = match timeout(PATIENCE, self.resolver.texts(name)).await {
            Ok(Ok(texts)) => {
                let key = Key::read(&texts);
                let keep = if key.is_ok() { KEPT } else { NONE_KEPT };
                (Some(key), keep)
            }
            Ok(Err(DnsError::BadName(_))) => (Some(Err(Flaw::NoKey)), NONE_KEPT),
            Ok(Err(DnsError::Unanswered(_))) | Err(_) => (None, FAILURE_KEPT),
        };
        self.keep(name, known.clone(), (now, keep));
        known
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

//! Keeping the protected ranges: read and asked about again now and then, and where they grow, what the rules listed inside leaves.
//!
//! What DNS said of a domain is kept in the store. While DNS fails, or says that a domain has no ranges at all, the last good answer holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use atalaya_formats::why::{self, Protector};
use atalaya_model::{Class, Clock, Listing, Prefix, Rule};
use atalaya_net::Resolver;
use atalaya_store::{ProtectedDomain, Store, StoreError};
use tokio_util::sync::CancellationToken;

use super::{BadRanges, ProtectConfig, Protected, domains, files};
use crate::withdraw::{is_ruled, withdraw};

/// Listings looked at in one step when a range acts backwards.
const BATCH: u32 = 1_000;

/// Why it cannot be said what is protected.
#[derive(Debug, thiserror::Error)]
pub enum ProtectError {
    /// A file cannot be used.
    #[error(transparent)]
    Ranges(#[from] BadRanges),
    /// The store failed.
    #[error("the store could not tell what is protected")]
    Store(#[from] StoreError),
}

/// The protected ranges at work.
#[derive(Debug)]
pub struct Protection {
    config: ProtectConfig,
    store: Store,
    clock: Clock,
    current: ArcSwap<Protected>,
}

impl Protection {
    /// Reads what is protected.
    ///
    /// # Errors
    /// A file cannot be used, or the store failed: what was to be protected could be listed.
    pub async fn open(config: ProtectConfig, store: Store, clock: Clock) -> Result<Self, ProtectError> {
        let ranges = from_files(config.files.clone()).await?;
        let answers = store.protected_domains().await?;
        let protection = Self {
            config,
            store,
            clock,
            current: ArcSwap::default(),
        };
        let all = protection.put_together(ranges, &answers);
        protection.current.store(Arc::new(all));
        Ok(protection)
    }

    /// What is protected now.
    #[must_use]
    pub fn current(&self) -> Arc<Protected> {
        self.current.load_full()
    }

    /// Withdraws what stands inside, then reads again at each refresh, until `stop`. What fails is told and tried again.
    pub async fn run(&self, stop: CancellationToken) {
        let mut before = Protected::default();
        let mut pause = if self.config.domains.is_empty() {
            self.config.refresh.duration()
        } else {
            // What DNS says of the domains may be old, or not known at all.
            Duration::ZERO
        };
        while !stop.is_cancelled() {
            let current = self.current();
            match self.act_backwards(&before, &current).await {
                Ok(()) => before = (*current).clone(),
                Err(error) => tell(&error, "what stands in protected ranges stays listed for now"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = self.config.refresh.duration();
            let refreshed = tokio::select! {
                () = stop.cancelled() => return,
                refreshed = self.refresh() => refreshed,
            };
            if let Err(error) = refreshed {
                tell(&error, "the protected ranges stay as they were");
            }
        }
    }

    /// Reads the files, and asks about the domains, again.
    ///
    /// # Errors
    /// A file cannot be used, or the store failed; the ranges stay as they were.
    pub async fn refresh(&self) -> Result<(), ProtectError> {
        let ranges = from_files(self.config.files.clone()).await?;
        let resolver = Resolver::new(self.config.resolvers.clone());
        for domain in &self.config.domains {
            match domains::ranges(&resolver, domain).await {
                Ok(ranges) if ranges.is_empty() => {
                    tracing::warn!(
                        domain,
                        "DNS names no senders of this domain; the last answer holds"
                    );
                }
                Ok(ranges) => {
                    let answer = ProtectedDomain {
                        domain: domain.clone(),
                        ranges,
                        found_at: self.clock.now(),
                    };
                    self.store.keep_protected_domain(&answer).await?;
                }
                Err(error) => tell(
                    &error,
                    "DNS does not say who sends for a domain; the last answer holds",
                ),
            }
        }
        let answers = self.store.protected_domains().await?;
        self.current.store(Arc::new(self.put_together(ranges, &answers)));
        Ok(())
    }

    /// Puts all that is protected together. Answers about domains that are configured no more are left out.
    fn put_together(&self, from_files: Vec<Prefix>, answers: &[ProtectedDomain]) -> Protected {
        let mut all = Protected::default();
        let configured = Protector::Configured.to_string();
        for range in self.config.ranges.iter().copied().chain(from_files) {
            all.add(range, &configured);
        }
        let wanted = answers
            .iter()
            .filter(|answer| self.config.domains.contains(&answer.domain));
        for answer in wanted {
            let why = Protector::Domain(answer.domain.clone()).to_string();
            answer.ranges.iter().for_each(|range| all.add(*range, &why));
        }
        all
    }

    /// Withdraws what the rules listed in ranges that were not protected `before`.
    ///
    /// # Errors
    /// The store failed; what was committed stays.
    pub async fn act_backwards(&self, before: &Protected, current: &Protected) -> Result<(), StoreError> {
        for (range, why) in current.iter() {
            if before.covering(range).is_none() {
                self.clear(range, why).await?;
            }
        }
        Ok(())
    }

    /// Withdraws what the rules listed that shares an address with a range. What was listed by hand stays.
    async fn clear(&self, range: Prefix, why: &str) -> Result<(), StoreError> {
        let mut after: Option<(Prefix, Class)> = None;
        loop {
            let page = self
                .store
                .listings_page(Some(&range), after.as_ref(), BATCH)
                .await?;
            let Some(last) = page.last().map(|last| (last.prefix, last.class)) else {
                return Ok(());
            };
            after = Some(last);
            let ruled: Vec<Listing> = page.into_iter().filter(|at| is_ruled(&at.rule)).collect();
            if ruled.is_empty() {
                continue;
            }
            let now = self.clock.now();
            let mut transaction = self.store.begin_deciding().await?;
            let reason = why::protected(&range, why);
            let rule = (&Rule::new("protected", 1), reason.as_str());
            // Whatever left meanwhile is passed over.
            let decided = withdraw(&mut transaction, &ruled, rule, now).await?;
            transaction.commit().await?;
            tracing::info!(%range, withdrawn = decided.len(), "what stood in a protected range left the list");
        }
    }
}

/// Reads the files of ranges.
async fn from_files(paths: Vec<PathBuf>) -> Result<Vec<Prefix>, BadRanges> {
    let read = move || {
        let mut all = Vec::new();
        for path in &paths {
            all.extend(files::read(path)?);
        }
        Ok(all)
    };
    match tokio::task::spawn_blocking(read).await {
        Ok(read) => read,
        Err(broken) => Err(BadRanges::Unreadable(PathBuf::new(), broken.into())),
    }
}

/// Tells a failure that is tried again.
fn tell(error: &(dyn std::error::Error + 'static), what: &'static str) {
    tracing::warn!(error, "{what}");
}

#[cfg(test)]
mod tests;

//! Looking an address up: what the zone says, and what the store knows beside it.
//!
//! The zone alone says listed or not, so that the page, the API and DNS cannot disagree. The store adds what the zone does not keep
//! (reason, beginning, rule and serial of each listing), evidence, history and notices; where it does not answer in time these are
//! missing, and the answer stands.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_delist::DelistConfig;
use atalaya_formats::redact::SharedTrapNames;
use atalaya_formats::signatures::Matcher;
use atalaya_formats::view::{Hiding, SECRET_NAME, Veil, network_key};
use atalaya_model::{Listing, Prefix, Rule, Serial, Timestamp, reserved};
use atalaya_publish::{Allowed, Held, Zone};
use atalaya_store::{Dossier, DossierLimits, Store, StoreError};
use tokio::sync::OnceCell;

use crate::{AppConfig, WebConfig};

/// Most notices that are shown.
const MAX_NOTICES: u32 = 20;
/// Names that are hidden on the spot: that takes a small part of a millisecond.
const FEW_NAMES: usize = 64;

/// The places to look an address up in.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// Says listed or not.
    pub(crate) zone: Arc<Zone>,
    /// The name of the zone.
    pub(crate) zone_name: String,
    /// Knows the details.
    pub(crate) store: Store,
    /// What to ask the store for.
    pub(crate) limits: LookupLimits,
    /// Never shown.
    traps: SharedTrapNames,
    signatures: Arc<Matcher>,
    /// For where nothing is shown.
    nothing_hidden: Veil,
    key: OnceCell<Vec<u8>>,
}

/// How much is asked of the store, and how long it is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LookupLimits {
    /// Observations, newest first.
    pub(crate) observations: u32,
    /// Decisions, newest first.
    pub(crate) decisions: u32,
    /// Removals of so long ago still count.
    pub(crate) remember: Duration,
    /// After this the answer goes out without details.
    pub(crate) patience: Duration,
}

impl LookupLimits {
    /// As configured.
    pub(crate) fn new(web: &WebConfig, delist: &DelistConfig) -> Self {
        Self {
            observations: web.observations_shown,
            decisions: web.decisions_shown,
            remember: delist.remember.duration(),
            patience: web.details_timeout.duration(),
        }
    }
}

/// The zone was not loaded yet: nobody can say who is listed. Try again in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list is still being loaded: try again in a moment")]
pub struct NotLoaded;

/// Why a page goes out without details.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoDetails {
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Hiding the traps was cut short.
    #[error("the traps could not be hidden")]
    Hiding(#[from] tokio::task::JoinError),
}

/// What is known of an address.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// The address, an IPv4 address in its IPv4 form.
    pub(crate) address: IpAddr,
    /// The unit in which it is listed.
    pub(crate) unit: Prefix,
    /// The last decision that the zone knows.
    pub(crate) serial: Serial,
    /// When this was read.
    pub(crate) now: Timestamp,
    /// What the zone says.
    pub(crate) standing: Standing,
    /// What the store knows; none where it did not answer.
    pub(crate) details: Option<Details>,
}

/// What the zone says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Standing {
    /// Listed, the longest prefix first.
    Listed(Vec<Held>),
    /// A test entry, listed always.
    TestEntry(Vec<Held>),
    /// Kept off the list.
    Allowed(Allowed),
    /// In a range that is never listed, and what that is for.
    Reserved(&'static str),
    /// Nothing.
    NotListed,
}

/// What the store knows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    /// What it keeps; of the listings also those that the zone does not have (yet).
    pub(crate) kept: Dossier,
    /// Hides the addresses of traps.
    pub(crate) veil: Veil,
}

impl Facts {
    /// The listings that stand, also those of a test entry.
    pub(crate) fn listings(&self) -> &[Held] {
        match &self.standing {
            Standing::Listed(listings) | Standing::TestEntry(listings) => listings,
            Standing::Allowed(_) | Standing::Reserved(_) | Standing::NotListed => &[],
        }
    }

    /// What the store knows of a listing; none where it did not answer, or does not have it.
    pub(crate) fn stored(&self, held: &Held) -> Option<&Listing> {
        let mut listings = self.details.as_ref()?.kept.listings.iter();
        listings.find(|listing| (listing.prefix, listing.class) == (held.prefix, held.class))
    }

    /// When a listing ends: to the second as the store has it, else to the hour.
    pub(crate) fn until(&self, held: &Held) -> Option<Timestamp> {
        self.stored(held).map_or(held.until, |listing| listing.until)
    }
}

impl Lookup {
    /// Looks up in this zone and this store.
    pub(crate) fn new(store: Store, zone: Arc<Zone>, limits: LookupLimits, config: &AppConfig) -> Self {
        Self {
            zone_name: zone.name(),
            zone,
            store,
            limits,
            traps: config.traps.clone(),
            signatures: Arc::clone(&config.signatures),
            nothing_hidden: Veil::default(),
            key: OnceCell::new(),
        }
    }

    /// What the zone says about an address.
    ///
    /// # Errors
    /// The zone was not loaded yet.
    pub(crate) fn standing(&self, address: IpAddr, now: Timestamp) -> Result<Facts, NotLoaded> {
        if !self.zone.is_loaded() {
            return Err(NotLoaded);
        }
        let address = address.to_canonical();
        let unit = Prefix::unit(address);
        let answer = self.zone.lookup(address, now);
        let standing = match (answer.listings.is_empty(), answer.allowed, reserved(&unit)) {
            (false, _, Some(_)) => Standing::TestEntry(answer.listings),
            (false, _, None) => Standing::Listed(answer.listings),
            (true, Some(entry), _) => Standing::Allowed(entry),
            (true, None, Some(purpose)) => Standing::Reserved(purpose),
            (true, None, None) => Standing::NotListed,
        };
        Ok(Facts {
            address,
            unit,
            serial: answer.serial,
            now,
            standing,
            details: None,
        })
    }

    /// What the zone says about an address, with all details that the store gives in time.
    ///
    /// # Errors
    /// The zone was not loaded yet.
    pub(crate) async fn facts(&self, address: IpAddr, now: Timestamp) -> Result<Facts, NotLoaded> {
        let mut facts = self.standing(address, now)?;
        if matches!(facts.standing, Standing::Reserved(_) | Standing::TestEntry(_)) {
            facts.details = Some(Details {
                kept: Dossier {
                    listings: facts.listings().iter().map(test_entry).collect(),
                    ..Dossier::default()
                },
                veil: self.nothing_hidden.clone(),
            });
            return Ok(facts);
        }
        let details = self.details(&facts);
        facts.details = match tokio::time::timeout(self.limits.patience, details).await {
            Ok(Ok(details)) => Some(details),
            Ok(Err(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a page goes out without details"
                );
                None
            }
            Err(_elapsed) => {
                tracing::warn!("a page goes out without details: the store is slow");
                None
            }
        };
        Ok(facts)
    }

    /// Asks the store for everything at once.
    async fn details(&self, facts: &Facts) -> Result<Details, NoDetails> {
        let limits = DossierLimits {
            observations: self.limits.observations,
            decisions: self.limits.decisions,
            notices: MAX_NOTICES,
            removals_since: facts.now.minus(self.limits.remember),
        };
        let kept = self.store.dossier(facts.address, limits, facts.now).await?;
        self.veiled(&facts.unit, kept).await
    }

    /// Lays a veil over what was seen of a unit, with the pseudonyms that its network has everywhere.
    pub(crate) async fn veiled(&self, unit: &Prefix, kept: Dossier) -> Result<Details, NoDetails> {
        if kept.observations.is_empty() {
            let veil = self.nothing_hidden.clone();
            return Ok(Details { kept, veil });
        }
        let key = network_key(self.key().await?, kept.network.as_ref(), unit);
        let (traps, signatures) = (self.traps.get(), Arc::clone(&self.signatures));
        let names = kept
            .observations
            .iter()
            .map(|seen| seen.envelope.recipients.len());
        let names = names.sum::<usize>().saturating_add(traps.count());
        let veiled = move || {
            let hiding = Hiding {
                key: &key,
                traps: &traps,
            };
            let veil = Veil::new(hiding, &kept.observations, signatures);
            Details { kept, veil }
        };
        // Messages to hundreds of recipients make a large veil, which others must not wait for.
        if names <= FEW_NAMES {
            Ok(veiled())
        } else {
            Ok(tokio::task::spawn_blocking(veiled).await?)
        }
    }

    /// The key is read once: it never changes.
    pub(crate) async fn key(&self) -> Result<&[u8], StoreError> {
        let key = self
            .key
            .get_or_try_init(|| self.store.secret(SECRET_NAME))
            .await?;
        Ok(key)
    }
}

/// A test entry as the store would have it: no decision made it, so that it stands at the serial before the first.
fn test_entry(held: &Held) -> Listing {
    Listing {
        prefix: held.prefix,
        class: held.class,
        reason: held.text.as_deref().unwrap_or_default().to_owned(),
        rule: Rule::new("test-entry", 1),
        since: Timestamp::EPOCH,
        until: held.until,
        serial: Serial::default(),
    }
}

//! The zone as everybody sees it: the set, the serial that it stands at, and what the zone says about itself.
//!
//! DNS server and web pages ask the same [`Zone`], so that they cannot disagree. Questions take a read lock and touch memory only;
//! one decision takes the write lock for the moment of one insertion. A whole set is built outside the lock and swapped in.

use std::net::IpAddr;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use atalaya_formats::dnsbl::Meaning;
use atalaya_model::{AllowEntry, Decided, Listing, Prefix, Serial, Timestamp};

use crate::apex::Apex;
use crate::config::PublishConfig;
use crate::error::PublishError;
use crate::set::Set;
use crate::test_points::{TestPoint, has_test_point, test_point};

/// The published zone: shared by the follower, which changes it, and by all who answer from it.
#[derive(Debug)]
pub struct Zone {
    apex: Apex,
    public_url: String,
    max_udp_answer: u16,
    state: RwLock<State>,
}

/// What changes.
#[derive(Debug, Default)]
struct State {
    set: Set,
    serial: Serial,
    loaded: bool,
}

/// What the zone says about an address, at which serial.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The last decision that went into it.
    pub serial: Serial,
    /// The listings that cover the address, the longest prefix first; none if it is allowed.
    pub listings: Vec<Listing>,
    /// The entry of the allow list that covers the address.
    pub allowed: Option<AllowEntry>,
}

impl Answer {
    /// Whether the address is listed.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        !self.listings.is_empty()
    }
}

/// What stands at a name in the zone.
#[derive(Debug)]
pub(crate) enum Finding {
    /// These listings of this address.
    Listed(IpAddr, Vec<Listing>),
    /// No records, but listings below (an empty non-terminal).
    Above,
    /// Nothing at it and nothing below.
    Nothing,
}

impl Zone {
    /// Makes a zone that knows nothing yet: questions fail until [`Zone::load`]. The text of each listing sends its reader to
    /// `/ip/ADDRESS` below `public_url`.
    ///
    /// # Errors
    /// The configuration names no zone that could be served.
    pub fn new(config: &PublishConfig, public_url: &str) -> Result<Self, PublishError> {
        Ok(Self {
            apex: Apex::new(config)?,
            public_url: public_url.trim_end_matches('/').to_owned(),
            max_udp_answer: config.max_udp_answer,
            state: RwLock::default(),
        })
    }

    /// The name of the zone, without a dot at the end.
    #[must_use]
    pub fn name(&self) -> String {
        self.apex.zone.to_string()
    }

    /// Whether a set was loaded, so that "not listed" means it.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.read().loaded
    }

    /// The last decision that the zone knows.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.read().serial
    }

    /// The number of listings and of allow entries.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let state = self.read();
        (state.set.listings(), state.set.allow_entries())
    }

    /// What the zone says about an address. Ask [`Zone::is_loaded`] before taking "nothing" for an answer.
    #[must_use]
    pub fn lookup(&self, address: IpAddr, now: Timestamp) -> Answer {
        let state = self.read();
        let listings = state.listings(address, now);
        let allowed = if listings.is_empty() {
            state.set.allowed_at(Prefix::single(address), now).cloned()
        } else {
            None
        };
        Answer {
            serial: state.serial,
            listings,
            allowed,
        }
    }

    /// What stands at a name, and the serial that it was read at; nothing before a set was loaded.
    pub(crate) fn find(&self, meaning: &Meaning, now: Timestamp) -> Option<(Serial, Finding)> {
        let state = self.read();
        if !state.loaded {
            return None;
        }
        if let Some(address) = meaning.address() {
            let listings = state.listings(address, now);
            if !listings.is_empty() {
                return Some((state.serial, Finding::Listed(address, listings)));
            }
        }
        let above = meaning.prefixes().any(|prefix| state.has_any_below(prefix, now));
        let finding = if above { Finding::Above } else { Finding::Nothing };
        Some((state.serial, finding))
    }

    /// Puts a whole set in the place of the one that answered so far, and gives that one back to be dropped at leisure.
    pub fn load(&self, set: Set, serial: Serial) -> Set {
        let mut state = self.write();
        state.serial = serial;
        state.loaded = true;
        std::mem::replace(&mut state.set, set)
    }

    /// Does what was decided. A decision that the zone knows already changes nothing.
    ///
    /// # Errors
    /// Decisions between the last one and this one are missing: the zone must be loaded again.
    pub fn apply(&self, decided: &Decided) -> Result<(), PublishError> {
        let mut state = self.write();
        if decided.serial <= state.serial {
            return Ok(());
        }
        if decided.serial.0 != state.serial.0.saturating_add(1) {
            return Err(PublishError::Gap {
                last: state.serial,
                found: decided.serial,
            });
        }
        state.set.apply(decided);
        state.serial = decided.serial;
        Ok(())
    }

    /// What the zone says about itself.
    pub(crate) fn apex(&self) -> &Apex {
        &self.apex
    }

    /// Where the web pages are.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The longest answer over UDP.
    pub(crate) fn max_udp_answer(&self) -> u16 {
        self.max_udp_answer
    }

    /// Nothing panics while it holds the lock. If something did, one decision could be half done; all others still have their answers,
    /// which nobody has from a lock that stays poisoned.
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The listings of an address, the test entries before everything else.
    fn listings(&self, address: IpAddr, now: Timestamp) -> Vec<Listing> {
        match test_point(address.to_canonical()) {
            TestPoint::Listed(listing) => vec![listing],
            TestPoint::Never => Vec::new(),
            TestPoint::None => self.set.listings_of(address, now).into_iter().cloned().collect(),
        }
    }

    /// Whether a name that means this prefix has listings below it.
    fn has_any_below(&self, prefix: Prefix, now: Timestamp) -> bool {
        // Nothing is below a whole address: what is listed there was found already, and 127.0.0.1 never is.
        !prefix.is_single() && (has_test_point(&prefix) || self.set.has_any_in(prefix, now))
    }
}

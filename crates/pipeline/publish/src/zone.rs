//! The zone as everybody sees it: the set, the serial that it stands at, and what the zone says about itself.
//!
//! DNS server and web pages ask the same [`Zone`], so that they cannot disagree. A question takes the version that stands, without a
//! lock, and is answered from it alone, so that no answer mixes two versions. Whoever changes the zone takes turns, makes a new version
//! beside the one that answers, and puts it in its place in one step.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use atalaya_formats::dnsbl::Meaning;
use atalaya_model::{Decided, Prefix, Serial, Timestamp};

use crate::apex::Apex;
use crate::config::PublishConfig;
use crate::error::PublishError;
use crate::export::{Export, Filter};
use crate::set::{Allowed, Held, Set, View};
use crate::test_points::{TestPoint, has_test_point, test_point};

/// The published zone: shared by the follower, which changes it, and by all who answer from it.
#[derive(Debug)]
pub struct Zone {
    apex: Apex,
    public_url: String,
    max_udp_answer: u16,
    /// What answers now.
    current: ArcSwap<State>,
    /// What the next version is made from; whoever holds it is the only one who changes anything.
    writer: Mutex<Set>,
}

/// One version of what changes.
#[derive(Debug, Default)]
struct State {
    view: View,
    serial: Serial,
    loaded: bool,
}

/// What the zone says about an address, at which serial.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The last decision that went into it.
    pub serial: Serial,
    /// The listings that cover the address, the longest prefix first; none if it is allowed.
    pub listings: Vec<Held>,
    /// The entry of the allow list that covers the address.
    pub allowed: Option<Allowed>,
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
    Listed(IpAddr, Vec<Held>),
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
            current: ArcSwap::default(),
            writer: Mutex::default(),
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
        self.current.load().loaded
    }

    /// The last decision that the zone knows.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.current.load().serial
    }

    /// The number of listings and of allow entries.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let state = self.current.load();
        (state.view.listings(), state.view.allow_entries())
    }

    /// What the zone says about an address. Ask [`Zone::is_loaded`] before taking "nothing" for an answer.
    #[must_use]
    pub fn lookup(&self, address: IpAddr, now: Timestamp) -> Answer {
        let state = self.current.load();
        let listings = state.listings(address, now);
        let allowed = if listings.is_empty() {
            state.view.allowed_at(Prefix::single(address), now)
        } else {
            None
        };
        Answer {
            serial: state.serial,
            listings,
            allowed,
        }
    }

    /// The list as it stands, to be written; nothing before a set was loaded.
    #[must_use]
    pub fn export(&self, filter: Filter, now: Timestamp) -> Option<Export> {
        let state = self.current.load();
        let about = self.apex.about(state.serial, &self.public_url);
        state
            .loaded
            .then(|| Export::new(state.view.clone(), state.serial, about, filter, now))
    }

    /// What stands at a name, and the serial that it was read at; nothing before a set was loaded.
    pub(crate) fn find(&self, meaning: &Meaning, now: Timestamp) -> Option<(Serial, Finding)> {
        let state = self.current.load();
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
        let mut writer = self.write();
        let old = std::mem::replace(&mut *writer, set);
        self.current.store(Arc::new(State {
            view: writer.view().clone(),
            serial,
            loaded: true,
        }));
        old
    }

    /// Does what was decided, all of it in one version: no answer knows some of these decisions and not the others. Decisions that the
    /// zone knows already change nothing.
    ///
    /// # Errors
    /// Decisions are missing before one of these: the zone must be loaded again. It stands at the last one before the gap.
    pub fn apply(&self, decisions: &[Decided]) -> Result<(), PublishError> {
        let mut writer = self.write();
        let before = self.current.load();
        let mut serial = before.serial;
        let mut gap = None;
        for decided in decisions {
            if decided.serial <= serial {
                continue;
            }
            if decided.serial.0 != serial.0.saturating_add(1) {
                gap = Some(PublishError::Gap {
                    last: serial,
                    found: decided.serial,
                });
                break;
            }
            writer.apply(decided);
            serial = decided.serial;
        }
        if serial > before.serial {
            self.current.store(Arc::new(State {
                view: writer.view().clone(),
                serial,
                loaded: before.loaded,
            }));
        }
        gap.map_or(Ok(()), Err)
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

    /// Nothing panics while it holds the lock. If something did, one decision could be half done; with a lock that stays poisoned the
    /// zone would never change again.
    fn write(&self) -> MutexGuard<'_, Set> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The listings of an address, the test entries before everything else.
    fn listings(&self, address: IpAddr, now: Timestamp) -> Vec<Held> {
        match test_point(address.to_canonical()) {
            TestPoint::Listed(held) => vec![held],
            TestPoint::Never => Vec::new(),
            TestPoint::None => self.view.listings_of(address, now).collect(),
        }
    }

    /// Whether a name that means this prefix has listings below it.
    fn has_any_below(&self, prefix: Prefix, now: Timestamp) -> bool {
        // Nothing is below a whole address: what is listed there was found already, and 127.0.0.1 never is.
        !prefix.is_single() && (has_test_point(&prefix) || self.view.has_any_in(prefix, now))
    }
}

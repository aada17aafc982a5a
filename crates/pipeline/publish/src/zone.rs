//! The zone as everybody sees it: the set, the serial that it stands at, and what the zone says about itself.
//!
//! DNS server and web pages ask the same [`Zone`], so that they cannot disagree. A question takes the version that stands, without a
//! lock, and is answered from it alone, so that no answer mixes two versions. Whoever changes the zone takes turns, makes a new version
//! beside the one that answers, and puts it in its place in one step.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, Guard};
use atalaya_formats::dnsbl::Meaning;
use atalaya_model::{Decided, Prefix, Serial, Timestamp};
use tokio::sync::watch;

use crate::access::Access;
use crate::answer::{Cookies, Identity, Moment, PreparedZones, Question, Usual, has_valid_cookie};
use crate::apex::Apex;
use crate::config::PublishConfig;
use crate::error::PublishError;
use crate::export::{Export, Filter};
use crate::meters::{Top, TopReport, TopShard};
use crate::published::PublishedZones;
use crate::set::{Allowed, Classes, Held, Place, Set, Touched, View};
use crate::test_points::{TestPoint, has_test_point, test_point};
use crate::transfer::{Journal, Secondaries};

/// The published zone: shared by the follower, which changes it, and by all who answer from it.
#[derive(Debug)]
pub struct Zone {
    published: PublishedZones,
    access: Access,
    cookies: Cookies,
    identity: Identity,
    top: Top,
    public_url: String,
    max_udp_answer: u16,
    prepared: PreparedZones,
    secondaries: Secondaries,
    sends_texts: bool,
    /// What answers now.
    current: ArcSwap<State>,
    /// What the next version is made from; whoever holds it is the only one who changes anything.
    writer: Mutex<Writer>,
    /// Tells who waits for it of each new version.
    news: watch::Sender<Serial>,
}

/// What makes the versions.
#[derive(Debug, Default)]
struct Writer {
    set: Set,
    journal: Journal,
}

/// What a secondary that stands at an older serial has to be told.
#[derive(Debug)]
pub(crate) struct Difference {
    /// The list as it was.
    pub(crate) before: View,
    /// The list as it is.
    pub(crate) after: View,
    /// What was decided about meanwhile.
    pub(crate) touched: Touched,
    /// The serial of the list as it is.
    pub(crate) serial: Serial,
}

/// One version of what changes.
#[derive(Debug, Default)]
struct State {
    view: View,
    serial: Serial,
    loaded: bool,
}

/// One version of the zone, which stays as it is while questions are answered from it.
#[derive(Debug)]
pub(crate) struct Version<'z> {
    state: Guard<Arc<State>>,
    prepared: &'z PreparedZones,
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
        let published = PublishedZones::new(config)?;
        Ok(Self {
            prepared: PreparedZones::new(&published),
            published,
            access: Access::new(config),
            cookies: Cookies::new(config)?,
            identity: Identity::new(config),
            top: Top::default(),
            public_url: public_url.trim_end_matches('/').to_owned(),
            max_udp_answer: config.max_udp_answer,
            secondaries: Secondaries::new(config)?,
            sends_texts: config.transfer_texts,
            current: ArcSwap::default(),
            writer: Mutex::new(Writer {
                set: Set::default(),
                journal: Journal::new(config.journal_length()),
            }),
            news: watch::Sender::default(),
        })
    }

    /// The name of the zone, without a dot at the end.
    #[must_use]
    pub fn name(&self) -> String {
        self.apex().zone.to_string()
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
        let listings = state.listings(address, Classes::ALL, now);
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
        let about = self.apex().about(state.serial, &self.public_url);
        state
            .loaded
            .then(|| Export::new(state.view.clone(), state.serial, about, filter, now))
    }

    /// What stands at a name of a zone with these classes, and the serial that it was read at; nothing before a set was loaded.
    pub(crate) fn find(
        &self,
        meaning: &Meaning,
        classes: Classes,
        now: Timestamp,
    ) -> Option<(Serial, Finding)> {
        let state = self.current.load();
        if !state.loaded {
            return None;
        }
        if let Some(address) = meaning.address() {
            let listings = state.listings(address, classes, now);
            if !listings.is_empty() {
                return Some((state.serial, Finding::Listed(address, listings)));
            }
        }
        let above = meaning
            .prefixes()
            .any(|prefix| state.has_any_below(prefix, classes, now));
        let finding = if above { Finding::Above } else { Finding::Nothing };
        Some((state.serial, finding))
    }

    /// Puts a whole set in the place of the one that answered so far, and gives that one back to be dropped at leisure.
    pub fn load(&self, set: Set, serial: Serial) -> Set {
        let mut writer = self.write();
        writer.journal.clear();
        let old = std::mem::replace(&mut writer.set, set);
        self.current.store(Arc::new(State {
            view: writer.set.view().clone(),
            serial,
            loaded: true,
        }));
        self.news.send_replace(serial);
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
        let known = decisions
            .iter()
            .take_while(|decided| decided.serial <= before.serial)
            .count();
        let new = decisions.get(known..).unwrap_or_default();
        let expected = before.serial.0.saturating_add(1)..;
        let follow = new
            .iter()
            .zip(expected)
            .take_while(|(decided, expected)| decided.serial.0 == *expected)
            .count();
        let (new, rest) = new.split_at(follow);
        let serial = new.last().map_or(before.serial, |last| last.serial);
        let gap = rest.first().map(|found| PublishError::Gap {
            last: serial,
            found: found.serial,
        });
        if !new.is_empty() {
            writer.apply(new);
            self.current.store(Arc::new(State {
                view: writer.set.view().clone(),
                serial,
                loaded: before.loaded,
            }));
            self.news.send_replace(serial);
        }
        gap.map_or(Ok(()), Err)
    }

    /// The version that answers now, for as many questions as come together.
    pub(crate) fn version(&self) -> Version<'_> {
        Version {
            state: self.current.load(),
            prepared: &self.prepared,
        }
    }

    /// The list as it is, and the last decision in it; nothing before a set was loaded.
    pub(crate) fn whole(&self) -> Option<(View, Serial)> {
        let state = self.current.load();
        state.loaded.then(|| (state.view.clone(), state.serial))
    }

    /// What has changed since `known`; nothing if that is not known any more. Takes some time where much has changed.
    pub(crate) fn difference(&self, known: Serial) -> Option<Difference> {
        // Journal and version fit together while nobody writes.
        let (undos, after, serial) = {
            let writer = self.write();
            let (after, serial) = self.whole()?;
            (writer.journal.since(known, serial)?, after, serial)
        };
        let (before, touched) = after.before(undos.into_iter())?;
        Some(Difference {
            before,
            after,
            touched,
            serial,
        })
    }

    /// The serial of each new version, for those who wait for one.
    pub(crate) fn news(&self) -> watch::Receiver<Serial> {
        self.news.subscribe()
    }

    /// What the combined zone says about itself.
    pub(crate) fn apex(&self) -> &Apex {
        &self.published.combined().apex
    }

    /// The combined zone and its sub-zones.
    pub(crate) fn published(&self) -> &PublishedZones {
        &self.published
    }

    /// Who may ask.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Who asked most today, and about what; at most so many of each.
    #[must_use]
    pub fn top(&self, most: usize, now: Timestamp) -> TopReport {
        let zones: Vec<String> = self
            .published
            .iter()
            .map(|zone| zone.apex.zone.to_string())
            .collect();
        self.top.read(most, &zones, now)
    }

    /// A place to count who asks most, for one thread.
    pub(crate) fn top_shard(&self) -> TopShard {
        self.top.shard()
    }

    /// The cookies of clients.
    pub(crate) fn cookies(&self) -> &Cookies {
        &self.cookies
    }

    /// Whether a query brings a cookie of ours.
    pub(crate) fn has_valid_cookie(&self, query: &[u8], client: IpAddr, now: Timestamp) -> bool {
        has_valid_cookie(query, &self.cookies, client, now)
    }

    /// What the server tells about itself.
    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where the web pages are.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Who copies the zone.
    pub(crate) fn secondaries(&self) -> &Secondaries {
        &self.secondaries
    }

    /// Whether copies of the zone hold the texts too.
    pub(crate) fn sends_texts(&self) -> bool {
        self.sends_texts
    }

    /// The longest answer over UDP.
    pub(crate) fn max_udp_answer(&self) -> u16 {
        self.max_udp_answer
    }

    /// Nothing panics while it holds the lock. If something did, one decision could be half done; with a lock that stays poisoned the
    /// zone would never change again.
    fn write(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Version<'_> {
    /// Reads a usual question; none where the query asks another.
    #[inline]
    pub(crate) fn read(&self, query: &[u8]) -> Option<Question> {
        self.prepared.read(query).filter(|_question| self.state.loaded)
    }

    /// Where the answer to a question is to be looked up.
    #[inline]
    pub(crate) fn place(&self, question: &Question) -> Place<'_> {
        self.state.view.place(question.address)
    }

    /// Answers a usual question into `answer`; none, and nothing written, where the answer is too long.
    #[inline]
    pub(crate) fn answer(
        &self,
        query: &[u8],
        (question, place): (&Question, &Place<'_>),
        answer: &mut Vec<u8>,
        now: Timestamp,
    ) -> Option<Usual> {
        let moment = Moment {
            view: &self.state.view,
            place,
            serial: self.state.serial,
            now,
        };
        self.prepared.answer(query, question, answer, &moment)
    }
}

impl Writer {
    /// Does what was decided, and keeps what it changes where somebody may ask for it.
    fn apply(&mut self, decisions: &[Decided]) {
        if !self.journal.is_kept() {
            self.set.apply(decisions);
            return;
        }
        for decided in decisions {
            self.journal.add(self.set.undo(decided));
            self.set.apply([decided]);
        }
    }
}

impl State {
    /// The listings of an address in these classes, the test entries before everything else.
    fn listings(&self, address: IpAddr, classes: Classes, now: Timestamp) -> Vec<Held> {
        match test_point(address.to_canonical(), classes) {
            TestPoint::Listed(held) => held,
            TestPoint::Never => Vec::new(),
            TestPoint::None => {
                let listings = self.view.listings_of(address, now);
                listings.filter(|held| classes.contains(held.class)).collect()
            }
        }
    }

    /// Whether a name that means this prefix has listings below it. In a zone with some classes it is enough that others have: a name
    /// that exists without records denies nothing.
    fn has_any_below(&self, prefix: Prefix, classes: Classes, now: Timestamp) -> bool {
        // Nothing is below a whole address: what is listed there was found already, and 127.0.0.1 never is.
        !prefix.is_single() && (has_test_point(&prefix, classes) || self.view.has_any_in(prefix, now))
    }
}

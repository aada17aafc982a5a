//! The zone as everybody sees it: the set, the serial that it stands at, and what the zone says about itself.
//!
//! DNS server and web pages ask the same [`Zone`], so that they cannot disagree. A question takes the version that stands, without a
//! lock, and is answered from it alone, so that no answer mixes two versions. Whoever changes the zone takes turns, makes a new version
//! beside the one that answers, and puts it in its place in one step.

use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::Guard;
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
use crate::publication::{Numbered, Publication};
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
    /// What answers now, and what the next version is made from.
    publication: Publication<State, Writer>,
}

/// What makes the versions.
#[derive(Debug, Default)]
struct Writer {
    set: Set,
    /// The last decision in the set, which readers may not have yet.
    serial: Serial,
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
    holds: Holds,
}

/// What a version holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Holds {
    /// No list yet, or a part of the first one.
    #[default]
    Nothing,
    /// A list that is being replaced: each address is as the old one or as the new one has it.
    TwoLists,
    /// The list at its serial.
    OneList,
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
            publication: Publication::new(
                State::default(),
                Writer {
                    journal: Journal::new(config.journal_length()),
                    ..Writer::default()
                },
            ),
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
        self.publication.current().is_loaded()
    }

    /// The last decision that the zone knows.
    #[must_use]
    pub fn serial(&self) -> Serial {
        self.publication.current().serial
    }

    /// The number of listings and of allow entries.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let state = self.publication.current();
        (state.view.listings(), state.view.allow_entries())
    }

    /// What the zone says about an address. Ask [`Zone::is_loaded`] before taking "nothing" for an answer.
    #[must_use]
    pub fn lookup(&self, address: IpAddr, now: Timestamp) -> Answer {
        let state = self.publication.current();
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

    /// The list as it stands, to be written; nothing before a set was loaded, or while another one takes its place.
    #[must_use]
    pub fn export(&self, filter: Filter, now: Timestamp) -> Option<Export> {
        let state = self.publication.current();
        let about = self.apex().about(state.serial, &self.public_url);
        (state.holds == Holds::OneList)
            .then(|| Export::new(state.view.clone(), state.serial, about, filter, now))
    }

    /// What stands at a name of a zone with these classes, and the serial that it was read at; nothing before a set was loaded.
    pub(crate) fn find(
        &self,
        meaning: &Meaning,
        classes: Classes,
        now: Timestamp,
    ) -> Option<(Serial, Finding)> {
        let state = self.publication.current();
        if !state.is_loaded() {
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
        self.publication.change(|writer, _before| {
            writer.journal.clear();
            writer.serial = serial;
            let old = std::mem::replace(&mut writer.set, set);
            (Some(writer.version(Holds::OneList)), old)
        })
    }

    /// Changes a part of the set on the way from one list to another.
    pub(crate) fn replace(&self, change: impl FnOnce(&mut Set)) {
        self.publication.change(|writer, before| {
            writer.journal.clear();
            change(&mut writer.set);
            let holds = match before.holds {
                Holds::Nothing => Holds::Nothing,
                Holds::TwoLists | Holds::OneList => Holds::TwoLists,
            };
            (Some(writer.version(holds)), ())
        });
    }

    /// Makes the last change on this way.
    pub(crate) fn end_replacement(&self, change: impl FnOnce(&mut Set), serial: Serial) {
        self.publication.change(|writer, _before| {
            writer.journal.clear();
            change(&mut writer.set);
            writer.serial = serial;
            (Some(writer.version(Holds::OneList)), ())
        });
    }

    /// Does what was decided, all of it in one version: no answer knows some of these decisions and not the others. Decisions that the
    /// zone knows already change nothing.
    ///
    /// # Errors
    /// Decisions are missing before one of these: the zone must be loaded again. It stands at the last one before the gap.
    pub fn apply(&self, decisions: &[Decided]) -> Result<(), PublishError> {
        let prepared = self.prepare(decisions);
        self.show();
        prepared
    }

    /// The same, but nobody sees it before [`Zone::show`]. Each version that readers have costs a copy of what leads to its changes; many
    /// decisions that wait together are cheaper.
    ///
    /// # Errors
    /// As those of [`Zone::apply`].
    pub(crate) fn prepare(&self, decisions: &[Decided]) -> Result<(), PublishError> {
        self.publication.change(|writer, _before| {
            let (new, gap) = following(decisions, writer.serial);
            writer.apply(new);
            (None, gap.map_or(Ok(()), Err))
        })
    }

    /// Lets readers see what was prepared.
    pub(crate) fn show(&self) {
        self.publication
            .change(|writer, before| (writer.news(before), ()));
    }

    /// The last decision that was done, whether readers see it or not.
    pub(crate) fn prepared(&self) -> Serial {
        self.publication.both(|writer, _state| writer.serial)
    }

    /// The version that answers now, for as many questions as come together.
    pub(crate) fn version(&self) -> Version<'_> {
        Version {
            state: self.publication.current(),
            prepared: &self.prepared,
        }
    }

    /// The list as it is, and the last decision in it; nothing before a set was loaded, or while another one takes its place.
    pub(crate) fn whole(&self) -> Option<(View, Serial)> {
        let state = self.publication.current();
        (state.holds == Holds::OneList).then(|| (state.view.clone(), state.serial))
    }

    /// What has changed since `known`; nothing if that is not known any more. Takes some time where much has changed.
    pub(crate) fn difference(&self, known: Serial) -> Option<Difference> {
        let (undos, after, serial) = self.publication.change(|writer, before| {
            let next = writer.news(before);
            let state = next.as_ref().unwrap_or(before);
            let undos = (state.holds == Holds::OneList)
                .then(|| writer.journal.since(known, state.serial))
                .flatten();
            let known = undos.map(|undos| (undos, state.view.clone(), state.serial));
            (next, known)
        })?;
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
        self.publication.news()
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
}

impl Version<'_> {
    /// Reads a usual question; none where the query asks another.
    #[inline]
    pub(crate) fn read(&self, query: &[u8]) -> Option<Question> {
        self.prepared
            .read(query)
            .filter(|_question| self.state.is_loaded())
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
        self.serial = decisions.last().map_or(self.serial, |last| last.serial);
        if !self.journal.is_kept() {
            self.set.apply(decisions);
            return;
        }
        let mut rest = decisions;
        while !rest.is_empty() {
            // An undo is what an entry was before its decision, so that two of one entry do not go together.
            let mut known = HashSet::new();
            let is_new = |decided: &&Decided| known.insert(decided.decision.prefix);
            let (together, behind) = rest.split_at(rest.iter().take_while(is_new).count());
            for decided in together {
                self.journal.add(self.set.undo(decided));
            }
            self.set.apply(together);
            rest = behind;
        }
    }

    /// The version that readers lack, if something was done since theirs.
    fn news(&self, shown: &State) -> Option<State> {
        (self.serial != shown.serial).then(|| self.version(shown.holds))
    }

    /// The set as it is now, to answer.
    fn version(&self, holds: Holds) -> State {
        State {
            view: self.set.view().clone(),
            serial: self.serial,
            holds,
        }
    }
}

impl Numbered for State {
    fn serial(&self) -> Serial {
        self.serial
    }

    fn is_news(&self) -> bool {
        self.holds != Holds::TwoLists
    }
}

/// Those of some decisions that follow what is known, without a gap, and the gap where there is one.
fn following(decisions: &[Decided], known: Serial) -> (&[Decided], Option<PublishError>) {
    let new = decisions.iter().position(|decided| decided.serial > known);
    let new = new.and_then(|at| decisions.get(at..)).unwrap_or_default();
    let expected = known.0.saturating_add(1)..;
    let follow = new.iter().zip(expected);
    let follow = follow
        .take_while(|(decided, expected)| decided.serial.0 == *expected)
        .count();
    let (new, rest) = new.split_at(follow);
    let gap = rest.first().map(|found| PublishError::Gap {
        last: new.last().map_or(known, |last| last.serial),
        found: found.serial,
    });
    (new, gap)
}

impl State {
    /// Whether "not listed" means it.
    const fn is_loaded(&self) -> bool {
        !matches!(self.holds, Holds::Nothing)
    }

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

//! A list in memory that other rules keep: the same plain functions as those of the judge, on the same facts.
//!
//! It behaves as a judge would that comes to each observation at once. It never touches the store.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;

use atalaya_model::{
    Class, Decided, Decision, Listing, Observation, Prefix, Rule, Serial, Timestamp, Verdict, reserved,
};
use atalaya_store::{SourceRecord, Tally};

use crate::escalate::{KeptOff, escalate, network_of};
use crate::learn::{Outcome, Source, add, beginner, outcome, worth};
use crate::protect::Protected;
use crate::rules::{Rules, is_strangers_word};
use crate::withdraw::is_ruled;
use crate::{rule_on, weigh};

/// Most sources remembered for one class of a unit; as many observations as learning looks at.
const MOST_SOURCES: usize = 100;

/// What became of one observation.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The rules decided.
    Decided(Decision),
    /// The rules would have decided, but the unit is protected or allowed; why.
    Stopped(Decision, String),
}

/// A list in memory.
#[derive(Debug)]
pub struct World {
    rules: Arc<Rules>,
    protected: Arc<Protected>,
    units: HashMap<Prefix, Unit>,
    allowed: HashMap<Prefix, Option<Timestamp>>,
    sources: HashMap<Source, SourceRecord>,
    /// How many listings stand by rule in each network; kept only where networks are escalated.
    networks: HashMap<Prefix, BTreeSet<Prefix>>,
    /// When listings end, the next first. What was extended meanwhile is found again at its new end.
    ends: BinaryHeap<Reverse<(Timestamp, Prefix, Class)>>,
    listed: usize,
    now: Timestamp,
}

/// What is known of one prefix.
#[derive(Debug)]
struct Unit {
    tally: Tally,
    listings: Vec<Listing>,
    /// Who spoke against it.
    sources: BTreeSet<(Class, Source)>,
}

impl World {
    /// An empty list.
    #[must_use]
    pub fn new(rules: Arc<Rules>, protected: Arc<Protected>) -> Self {
        Self {
            rules,
            protected,
            units: HashMap::new(),
            allowed: HashMap::new(),
            sources: HashMap::new(),
            networks: HashMap::new(),
            ends: BinaryHeap::new(),
            listed: 0,
            now: Timestamp::EPOCH,
        }
    }

    /// How many listings stand.
    #[must_use]
    pub const fn listed(&self) -> usize {
        self.listed
    }

    /// Lets time pass; gives what ended, with the time of its end.
    pub fn advance(&mut self, to: Timestamp) -> Vec<(Timestamp, Prefix, Class)> {
        let mut ended = Vec::new();
        while let Some(Reverse((at, prefix, class))) = self.ends.peek().copied() {
            if at > to {
                break;
            }
            self.ends.pop();
            if self
                .listing(prefix, class)
                .is_some_and(|listing| listing.until == Some(at))
            {
                self.end(prefix, class, (&Rule::new("expired", 1), at));
                ended.push((at, prefix, class));
            }
        }
        if !self.allowed.is_empty() {
            self.allowed
                .retain(|_, until| until.is_none_or(|until| until > to));
        }
        self.now = self.now.max(to);
        ended
    }

    /// Judges one observation.
    pub fn observe(&mut self, seen: &Observation) -> Vec<Step> {
        let unit = seen.unit();
        let is_evidence =
            seen.counts() && reserved(&unit).is_none() && !self.is_allowed(Prefix::single(seen.address));
        if !is_evidence {
            return Vec::new();
        }
        let worth = self.worth(seen);
        let rules = Arc::clone(&self.rules);
        let now = self.now;
        let kept_off = self.why_kept_off(unit);
        let known = self.unit(unit);
        weigh(&mut known.tally, seen, &rules, worth, now);
        if let Some(weighing) = rules.weighing(seen)
            && known.sources.len() < MOST_SOURCES
        {
            let source = (seen.sensor, seen.source.clone());
            known.sources.insert((weighing.class, source));
        }
        if let Some(why) = kept_off {
            let mut trial = known.tally.clone();
            let would = rule_on(&mut trial, &known.listings, &rules, now);
            let would = would
                .into_iter()
                .filter(|one| matches!(one.verdict, Verdict::List { .. }));
            return would.map(|one| Step::Stopped(one, why.clone())).collect();
        }
        let mut decisions = rule_on(&mut known.tally, &known.listings, &rules, now);
        for decision in &decisions {
            self.enter(decision, now);
        }
        if rules.escalation.is_some()
            && decisions
                .iter()
                .any(|one| matches!(one.verdict, Verdict::List { .. }))
        {
            decisions.extend(self.escalate(network_of(unit)));
        }
        decisions.into_iter().map(Step::Decided).collect()
    }

    /// Takes over a decision of others than the rules: by hand, a removal, the allow list.
    pub fn follow(&mut self, decided: &Decided) {
        let Decision {
            prefix,
            verdict,
            rule,
            ..
        } = &decided.decision;
        match verdict {
            Verdict::List { .. } | Verdict::Extend { .. } => self.enter(&decided.decision, decided.at),
            Verdict::Withdraw { class } => {
                self.end(*prefix, *class, (rule, decided.at));
                self.wipe(*prefix, decided.at);
            }
            Verdict::Allow { until } => {
                self.allowed.insert(*prefix, *until);
                self.clear(*prefix, decided.at);
            }
            Verdict::Disallow => {
                self.allowed.remove(prefix);
            }
        }
    }

    /// Takes everything inside a prefix off the list, as the allow list does.
    fn clear(&mut self, around: Prefix, at: Timestamp) {
        let inside = self.units.iter().filter(|(prefix, _)| around.covers(prefix));
        let listed: Vec<(Prefix, Class)> = inside
            .flat_map(|(prefix, unit)| unit.listings.iter().map(|listing| (*prefix, listing.class)))
            .collect();
        for (prefix, class) in listed {
            self.end(prefix, class, (&Rule::new("allowed", 1), at));
            self.wipe(prefix, at);
        }
    }

    /// Lists a network, if so many of its units are listed now.
    fn escalate(&mut self, network: Prefix) -> Option<Decision> {
        let units = self.networks.get(&network).into_iter().flatten().copied();
        let around = units.chain([network]).filter_map(|unit| self.units.get(&unit));
        let inside: Vec<Listing> = around.flat_map(|unit| unit.listings.iter().cloned()).collect();
        let is_allowed = self.allowed.keys().any(|allowed| allowed.overlaps(&network));
        let kept_off = if is_allowed || self.protected.touching(network).is_some() {
            KeptOff::Yes
        } else {
            KeptOff::No
        };
        let decision = escalate(network, &inside, kept_off, &self.rules, self.now)?;
        self.enter(&decision, self.now);
        Some(decision)
    }

    /// Changes the listings as a decision says.
    fn enter(&mut self, decision: &Decision, at: Timestamp) {
        let (prefix, verdict) = (decision.prefix, decision.verdict);
        let Some(class) = verdict.class() else { return };
        let is_escalated = self.rules.escalation.is_some() && prefix.is_unit();
        if is_escalated && is_ruled(&decision.rule) {
            self.networks
                .entry(network_of(prefix))
                .or_default()
                .insert(prefix);
        }
        if let Some(until) = verdict.until() {
            self.ends.push(Reverse((until, prefix, class)));
        }
        let is_list = matches!(verdict, Verdict::List { .. });
        let listings = &mut self.unit(prefix).listings;
        let standing = listings.iter_mut().find(|listing| listing.class == class);
        match (standing, is_list) {
            (Some(listing), false) => listing.until = verdict.until(),
            (None, false) => {}
            (standing, true) => {
                let listing = listing(decision, class, at);
                match standing {
                    Some(old) => *old = listing,
                    None => {
                        listings.push(listing);
                        self.listed = self.listed.saturating_add(1);
                    }
                }
            }
        }
    }

    /// Takes a listing off, and learns from how it ended.
    fn end(&mut self, prefix: Prefix, class: Class, (rule, at): (&Rule, Timestamp)) {
        let Some(unit) = self.units.get_mut(&prefix) else {
            return;
        };
        let Some(place) = unit.listings.iter().position(|listing| listing.class == class) else {
            return;
        };
        let listing = unit.listings.swap_remove(place);
        unit.tally.last_withdrawn_at = Some(at);
        self.listed = self.listed.saturating_sub(1);
        let spoke = unit.sources.iter().filter(|(of, _)| *of == class);
        let sources: Vec<Source> = spoke.map(|(_, source)| source.clone()).collect();
        if unit.listings.is_empty()
            && let Some(network) = self.networks.get_mut(&network_of(prefix))
        {
            network.remove(&prefix);
        }
        if let (true, Some(outcome)) = (is_ruled(&listing.rule), outcome(rule, &self.rules.learning)) {
            self.learn(sources, outcome, at);
        }
    }

    fn learn(&mut self, sources: Vec<Source>, outcome: Outcome, at: Timestamp) {
        for source in sources {
            let record = self
                .sources
                .entry(source.clone())
                .or_insert_with(|| beginner(source));
            add(record, outcome, at, &self.rules.learning);
        }
    }

    /// Gives a unit that left before its end a clean slate.
    fn wipe(&mut self, prefix: Prefix, at: Timestamp) {
        if prefix.is_unit() {
            let unit = self.unit(prefix);
            unit.tally.cases.clear();
            unit.tally.last_withdrawn_at = Some(at);
            unit.tally.wiped_at = Some(at);
        }
    }

    /// What is known of a prefix, made where it is new.
    fn unit(&mut self, prefix: Prefix) -> &mut Unit {
        self.units.entry(prefix).or_insert_with(|| Unit {
            tally: Tally::new(prefix),
            listings: Vec::new(),
            sources: BTreeSet::new(),
        })
    }

    fn listing(&self, prefix: Prefix, class: Class) -> Option<&Listing> {
        let listings = &self.units.get(&prefix)?.listings;
        listings.iter().find(|listing| listing.class == class)
    }

    fn worth(&self, seen: &Observation) -> f64 {
        if !is_strangers_word(seen) {
            return 1.0;
        }
        let source = (seen.sensor, seen.source.clone());
        worth(self.sources.get(&source), &self.rules.learning, self.now)
    }

    /// Whether all of `prefix` is on the allow list.
    fn is_allowed(&self, prefix: Prefix) -> bool {
        !self.allowed.is_empty()
            && prefix
                .with_parents()
                .any(|around| self.allowed.contains_key(&around))
    }

    /// Why a unit may not be listed, if it may not.
    fn why_kept_off(&self, unit: Prefix) -> Option<String> {
        if let Some((range, why)) = self.protected.touching(unit) {
            return Some(format!("{range}: {why}"));
        }
        self.is_allowed(unit)
            .then(|| "it is on the allow list".to_owned())
    }
}

/// The listing that a decision makes.
fn listing(decision: &Decision, class: Class, at: Timestamp) -> Listing {
    Listing {
        prefix: decision.prefix,
        class,
        reason: String::new(),
        rule: decision.rule.clone(),
        since: at,
        until: decision.verdict.until(),
        serial: Serial(0),
    }
}

//! Adds up the cells of days, one day after the other.

use std::collections::HashMap;
use std::sync::Arc;

use atalaya_formats::signatures::Matcher;
use atalaya_model::Timestamp;
use atalaya_places::{Country, Places};

use super::crowd::Crowd;
use super::estimate::{Estimate, Frequencies};
use super::group::{Group, Sum};
use super::look::{Identity, Names, Shown};
use super::past::{Past, Stacks};
use super::picture::Dimension;
use super::table::{Table, seen};
use crate::day::Day;
use crate::profile::Profile;
use crate::segment::{Cell, Segment};
use crate::sender::Neighbourhood;

/// The rankings whose keys are words of a profile.
pub(super) const OF_PROFILES: [Dimension; 6] = [
    Dimension::System,
    Dimension::Dialect,
    Dimension::Helo,
    Dimension::Headers,
    Dimension::Trap,
    Dimension::Sensor,
];

/// What was added up.
pub(crate) struct Tally {
    pub(super) names: Names,
    pub(super) places: Arc<Places>,
    pub(super) total: Group,
    pub(super) identities: Table<Identity>,
    /// What is kept of an identity beside its figures, by its place.
    pub(super) more: Vec<More>,
    /// By the place of the ranking in [`OF_PROFILES`].
    pub(super) rankings: [Table<String>; 6],
    pub(super) hours: [Group; 24],
    pub(super) countries: HashMap<Option<Country>, Sum>,
    pub(super) networks: HashMap<Option<u32>, Sum>,
    pub(super) prefixes: HashMap<Neighbourhood, Sum>,
    pub(super) stacks: Stacks,
    pub(super) days: Vec<DayTally>,
}

/// What is kept of an identity beside its figures.
#[derive(Debug, Default, Clone)]
pub(super) struct More {
    /// Connections by hour.
    pub(super) hours: [u64; 24],
    /// The estimate of each day.
    pub(super) sizes: Vec<Estimate>,
    /// The signatures of its stacks.
    pub(super) signatures: Vec<String>,
    /// How often its addresses were seen on the day that is being added.
    today: Frequencies,
    /// Its addresses of that day.
    pub(super) crowd_today: Crowd,
}

/// One day by itself.
#[derive(Debug)]
pub(super) struct DayTally {
    pub(super) day: Day,
    pub(super) total: Group,
    /// The number of addresses of each identity, by its place.
    pub(super) identities: Vec<u64>,
}

/// Where the cells of a profile are added.
struct Slots {
    identity: usize,
    rankings: [usize; 6],
}

impl Tally {
    /// Nothing so far.
    pub(crate) fn new(names: Names, places: Arc<Places>) -> Self {
        Self {
            names,
            places,
            total: Group::default(),
            identities: Table::default(),
            more: Vec::new(),
            rankings: Default::default(),
            hours: Default::default(),
            countries: HashMap::new(),
            networks: HashMap::new(),
            prefixes: HashMap::new(),
            stacks: Stacks::default(),
            days: Vec::new(),
        }
    }

    /// The texts that names are made with may grow from day to day.
    pub(crate) const fn names_mut(&mut self) -> &mut Names {
        &mut self.names
    }

    /// What names stacks.
    pub(crate) fn matcher(&self) -> &Matcher {
        &self.names.matcher
    }

    /// Adds a day. Only what heard mail itself counts; what others tell of addresses is no connection.
    pub(crate) fn add(&mut self, day: Day, segment: &Segment) {
        let slots: Vec<Option<Slots>> = segment
            .profiles()
            .iter()
            .map(|profile| self.slots(profile))
            .collect();
        let mut today = DayTally {
            day,
            total: Group::default(),
            identities: Vec::new(),
        };
        for cells in segment.cells().chunk_by(|one, two| one.sender == two.sender) {
            self.add_sender(cells, &slots, &mut today);
        }
        self.end_day(&mut today);
        self.total.merge(&today.total);
        self.days.push(today);
    }

    /// Adds who showed which stack, on one of these days or on one before.
    pub(crate) fn add_stacks(&mut self, past: &Past) {
        self.stacks.merge(&past.stacks);
    }

    fn slots(&mut self, profile: &Profile) -> Option<Slots> {
        if !profile.sensor.hears_mail() {
            return None;
        }
        let shown = Shown::of(profile, &self.names.matcher);
        let keys = keys(profile, &shown);
        let mut rankings = [0; 6];
        for ((place, table), key) in rankings.iter_mut().zip(&mut self.rankings).zip(keys) {
            *place = table.place(key);
        }
        let identity = self.identities.place(self.names.identity(profile, &shown));
        if self.more.len() <= identity {
            self.more.resize(identity.saturating_add(1), More::default());
        }
        if let Some(more) = self.more.get_mut(identity)
            && !shown.signature.is_empty()
            && !more.signatures.contains(&shown.signature)
        {
            more.signatures.push(shown.signature.clone());
        }
        Some(Slots { identity, rankings })
    }

    /// Adds the cells of one sender on one day.
    fn add_sender(&mut self, cells: &[Cell], slots: &[Option<Slots>], today: &mut DayTally) {
        let Some(sender) = cells.first().map(|cell| cell.sender) else {
            return;
        };
        let mut sum = Sum::default();
        let mut connections: Vec<(usize, u64)> = Vec::new();
        for cell in cells {
            let Some(Some(slots)) = slots.get(cell.profile as usize) else {
                continue;
            };
            let seen = seen(today.day, cell);
            sum.add(&cell.counts, seen.0, seen.1);
            self.add_cell(cell, slots, seen);
            match connections
                .iter_mut()
                .find(|(identity, _)| *identity == slots.identity)
            {
                Some((_, count)) => *count = count.saturating_add(cell.counts.connections),
                None => connections.push((slots.identity, cell.counts.connections)),
            }
        }
        if sum.seen.is_none() {
            return;
        }
        today.total.crowd.insert(sender);
        today.total.sum.merge(&sum);
        let address = sender.address();
        self.countries
            .entry(self.places.country(address))
            .or_default()
            .merge(&sum);
        let network = self.places.network(address).map(|network| network.asn);
        self.networks.entry(network).or_default().merge(&sum);
        self.prefixes
            .entry(sender.neighbourhood())
            .or_default()
            .merge(&sum);
        for (identity, count) in connections {
            if let Some(more) = self.more.get_mut(identity) {
                more.today.count(count);
                more.crowd_today.insert(sender);
            }
        }
    }

    fn add_cell(&mut self, cell: &Cell, slots: &Slots, seen: (Timestamp, Timestamp)) {
        self.identities.add(slots.identity, cell, seen);
        for (table, place) in self.rankings.iter_mut().zip(slots.rankings) {
            table.add(place, cell, seen);
        }
        if let Some(hour) = self.hours.get_mut(usize::from(cell.hour)) {
            hour.crowd.insert(cell.sender);
            hour.sum.add(&cell.counts, seen.0, seen.1);
        }
        if let Some(hour) = self
            .more
            .get_mut(slots.identity)
            .and_then(|more| more.hours.get_mut(usize::from(cell.hour)))
        {
            *hour = hour.saturating_add(cell.counts.connections);
        }
    }

    fn end_day(&mut self, today: &mut DayTally) {
        for more in &mut self.more {
            let seen = std::mem::take(&mut more.today);
            let crowd = std::mem::take(&mut more.crowd_today);
            today.identities.push(crowd.len());
            if seen.seen > 0 {
                more.sizes.push(seen.estimate());
            }
        }
    }
}

/// What a profile is ranked under, in the order of [`OF_PROFILES`].
fn keys(profile: &Profile, shown: &Shown) -> [String; 6] {
    let word = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    let id = |id: Option<String>| id.unwrap_or_else(|| "-".to_owned());
    [
        shown.system.clone(),
        id(profile.dialect.map(|dialect| dialect.to_string())),
        word(&profile.helo),
        id(profile.headers.map(|shape| shape.to_string())),
        word(profile.trap.map_or("", |trap| trap.name())),
        profile.sensor.name().to_owned(),
    ]
}

//! Adds up the cells of days, one day after the other.

use std::collections::HashMap;
use std::sync::Arc;

use atalaya_formats::signatures::Matcher;
use atalaya_model::Timestamp;
use atalaya_places::{Country, Places};

use super::census::Census;
use super::crowd::Crowd;
use super::estimate::{Estimate, Frequencies};
use super::group::{Group, Sum};
use super::look::{Identity, Names, Shown, Stack};
use super::past::{Past, Stacks};
use super::picture::{Dimension, Figures};
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
    /// The estimates of the days.
    pub(super) sizes: Vec<Estimate>,
    /// Those of them that showed a strange stack.
    pub(super) strange: Crowd,
    /// How often its addresses were seen on the day that is being added.
    today: Frequencies,
}

/// One day by itself.
#[derive(Debug)]
pub(super) struct DayTally {
    pub(super) day: Day,
    pub(super) figures: Figures,
    /// The number of addresses of each identity that was there, by its place.
    pub(super) identities: HashMap<usize, u64>,
}

/// Where the cells of a profile are added.
struct Slots {
    identity: usize,
    rankings: [usize; 6],
    is_strange: bool,
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

    /// Adds a day.
    pub(crate) fn add(&mut self, day: Day, segment: &Segment, census: &Census) {
        let slots: Vec<Slots> = segment
            .profiles()
            .iter()
            .map(|profile| self.slots(profile, census))
            .collect();
        let mut total = Group::default();
        for cells in segment.cells().chunk_by(|one, two| one.sender == two.sender) {
            self.add_sender(day, cells, &slots, &mut total);
        }
        self.total.merge(&total);
        let identities = self.end_day();
        self.days.push(DayTally {
            day,
            figures: total.figures(),
            identities,
        });
    }

    /// Adds who showed which stack, on one of these days or on one before.
    pub(crate) fn add_stacks(&mut self, past: &Past) {
        self.stacks.merge(&past.stacks);
    }

    fn slots(&mut self, profile: &Profile, census: &Census) -> Slots {
        let shown = Shown::of(profile, &self.names.matcher, census);
        let keys = keys(profile, &shown, census);
        let mut rankings = [0; 6];
        for ((place, table), key) in rankings.iter_mut().zip(&mut self.rankings).zip(keys) {
            *place = table.place(key);
        }
        let identity = self
            .identities
            .place(self.names.identity(profile, &shown, census));
        if self.more.len() <= identity {
            self.more.resize(identity.saturating_add(1), More::default());
        }
        Slots {
            identity,
            rankings,
            is_strange: shown.stack == Stack::Strange,
        }
    }

    /// Adds the cells of one sender on one day.
    fn add_sender(&mut self, day: Day, cells: &[Cell], slots: &[Slots], total: &mut Group) {
        let Some(sender) = cells.first().map(|cell| cell.sender) else {
            return;
        };
        let mut sum = Sum::default();
        let mut connections: Vec<(usize, u64)> = Vec::new();
        for cell in cells {
            let Some(slots) = slots.get(cell.profile as usize) else {
                continue;
            };
            let seen = seen(day, cell);
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
        total.crowd.insert(sender);
        total.sum.merge(&sum);
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
            }
        }
    }

    fn add_cell(&mut self, cell: &Cell, slots: &Slots, seen: (Timestamp, Timestamp)) {
        self.identities.add(slots.identity, cell, seen);
        for (table, place) in self.rankings.iter_mut().zip(slots.rankings) {
            table.add(place, cell, seen);
        }
        let hour = usize::from(cell.hour);
        if let Some(group) = self.hours.get_mut(hour) {
            group.crowd.insert(cell.sender);
            group.sum.add(&cell.counts, seen.0, seen.1);
        }
        let Some(more) = self.more.get_mut(slots.identity) else {
            return;
        };
        if slots.is_strange {
            more.strange.insert(cell.sender);
        }
        if let Some(count) = more.hours.get_mut(hour) {
            *count = count.saturating_add(cell.counts.connections);
        }
    }

    /// Ends a day; gives the number of addresses of each identity that was there.
    fn end_day(&mut self) -> HashMap<usize, u64> {
        let mut seen = HashMap::new();
        for (place, more) in self.more.iter_mut().enumerate() {
            let today = std::mem::take(&mut more.today);
            if today.seen > 0 {
                seen.insert(place, today.seen);
                more.sizes.push(today.estimate());
            }
        }
        seen
    }
}

/// The key of what few share.
pub(super) const RARE: &str = "rare";

/// What a profile is ranked under, in the order of [`OF_PROFILES`].
fn keys(profile: &Profile, shown: &Shown, census: &Census) -> [String; 6] {
    let word = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    let common = |id: Option<String>, is_common: bool| match id {
        Some(id) if is_common => id,
        Some(_) => RARE.to_owned(),
        None => word(""),
    };
    [
        shown.system.clone(),
        common(
            profile.dialect.map(|dialect| dialect.to_string()),
            census.has_common_dialect(profile),
        ),
        word(&profile.helo),
        common(
            profile.headers.map(|shape| shape.to_string()),
            census.has_common_shape(profile),
        ),
        word(profile.trap.map_or("", |trap| trap.name())),
        profile.sensor.name().to_owned(),
    ]
}

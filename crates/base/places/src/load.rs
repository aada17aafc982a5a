//! Putting together what files say and what the program brings with it.
//!
//! A file that is wrong is left out and told. What the program brings with it stands in for the countries where no file is given, and lies
//! beneath the files where one of them is missing: one that is wrong, or the statistics of one of the five registries.

use std::collections::BTreeSet;
use std::path::Path;

use atalaya_formats::AddressRange;
use atalaya_formats::places::{Layout, Registry};
use atalaya_model::{Clock, Timestamp, reserved_ranges};

use crate::built_in::{Countries, built_in};
use crate::places::{NameTable, Networks, stamps_of};
use crate::ranges::{Claim, Key, Layer, Ranges};
use crate::read::{Claims, Names, Reading, read_countries, read_networks};
use crate::source::{REGISTRIES, attribution};
use crate::{Origin, Part, Places, PlacesConfig, PlacesError, Source};

/// Those who give out addresses: with the statistics of all of them, nothing is missing.
const ALL_REGISTRIES: [Registry; 5] = [
    Registry::Afrinic,
    Registry::Apnic,
    Registry::Arin,
    Registry::Lacnic,
    Registry::RipeNcc,
];

/// What could be read, and what could not.
#[derive(Debug)]
pub struct Loaded {
    /// What is known.
    pub places: Places,
    /// Files that are not used.
    pub troubles: Vec<PlacesError>,
}

impl Places {
    /// Reads the files of a configuration. One that is wrong is among the troubles, and its part falls back to what the program brings
    /// with it. This takes up to a second: not for a thread that must answer.
    ///
    /// # Errors
    /// What the program brings with it is spoiled.
    pub fn load(config: &PlacesConfig) -> Result<Loaded, PlacesError> {
        Self::load_at(config, Clock::system().now())
    }

    /// The same at another time, which tells what is old.
    ///
    /// # Errors
    /// What the program brings with it is spoiled.
    pub fn load_at(config: &PlacesConfig, now: Timestamp) -> Result<Loaded, PlacesError> {
        let stamps = stamps_of(config);
        let mut loading = Loading {
            config,
            now,
            sources: Vec::new(),
            troubles: Vec::new(),
        };
        let countries = loading.countries()?;
        let networks = loading.networks();
        let places = Self {
            countries,
            networks,
            sources: loading.sources,
            stamps,
        };
        Ok(Loaded {
            places,
            troubles: loading.troubles,
        })
    }
}

/// What is being read.
struct Loading<'a> {
    config: &'a PlacesConfig,
    now: Timestamp,
    sources: Vec<Source>,
    troubles: Vec<PlacesError>,
}

impl Loading<'_> {
    fn countries(&mut self) -> Result<Countries, PlacesError> {
        let (mut claims, mut registries, mut has_delegated) = (Claims::default(), BTreeSet::new(), false);
        for path in &self.config.countries {
            let read = read_countries(path, &mut claims);
            if let Some(reading) = self.note(path, Part::Countries, read) {
                has_delegated |= reading.layout == Layout::Delegated;
                registries.extend(reading.registries);
            }
        }
        let has_all = ALL_REGISTRIES
            .iter()
            .all(|registry| registries.contains(registry));
        if self.sources.is_empty() {
            return self.built_in();
        }
        if !self.troubles.is_empty() || (has_delegated && !has_all) {
            let beneath = self.built_in()?;
            claims.v4.extend(claims_of(&beneath.v4));
            claims.v6.extend(claims_of(&beneath.v6));
        }
        reserve(&mut claims, 0);
        Ok(Countries {
            v4: Ranges::of_claims(claims.v4),
            v6: Ranges::of_claims(claims.v6),
        })
    }

    fn networks(&mut self) -> Networks {
        let (mut claims, mut names) = (Claims::default(), Names::new());
        for path in &self.config.networks {
            let read = read_networks(path, &mut claims, &mut names);
            self.note(path, Part::Networks, read);
        }
        if claims.v4.is_empty() && claims.v6.is_empty() {
            return Networks::default();
        }
        reserve(&mut claims, 0);
        Networks {
            v4: Ranges::of_claims(claims.v4),
            v6: Ranges::of_claims(claims.v6),
            names: NameTable::new(names),
        }
    }

    /// What the program brings with it, as a source.
    fn built_in(&mut self) -> Result<Countries, PlacesError> {
        let (countries, day) = built_in().ok_or(PlacesError::BuiltIn)?;
        let rows = countries.v4.len().saturating_add(countries.v6.len());
        let source = Source {
            part: Part::Countries,
            origin: Origin::BuiltIn,
            date: None,
            rows: rows as u64,
            wrong: 0,
            attribution: REGISTRIES,
            old: false,
            old_from: None,
        };
        self.sources.push(self.dated(source, Some(day)));
        Ok(countries)
    }

    /// Notes how the reading of a file went.
    fn note(&mut self, path: &Path, part: Part, read: Result<Reading, PlacesError>) -> Option<Reading> {
        let reading = match read {
            Ok(reading) => reading,
            Err(trouble) => {
                self.troubles.push(trouble);
                return None;
            }
        };
        let source = Source {
            part,
            origin: Origin::File(path.to_owned()),
            date: None,
            rows: reading.rows,
            wrong: reading.wrong,
            attribution: attribution(reading.layout),
            old: false,
            old_from: None,
        };
        let day = reading.day.or_else(|| last_changed(path));
        self.sources.push(self.dated(source, day));
        Some(reading)
    }

    fn dated(&self, source: Source, date: Option<Timestamp>) -> Source {
        let old_from = date.map(|day| day.plus(self.config.old_after.duration()));
        let source = Source {
            date,
            old_from,
            ..source
        };
        Source {
            old: source.is_old(self.now),
            ..source
        }
    }
}

/// When a file was last changed.
fn last_changed(path: &Path) -> Option<Timestamp> {
    let changed = std::fs::metadata(path).ok()?.modified().ok()?;
    let since = changed.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::EPOCH.plus(since))
}

/// What is nobody's stays so, whatever a file says.
fn reserve<V: Copy>(claims: &mut Claims<V>, nobody: V) {
    for (prefix, _purpose) in reserved_ranges() {
        claims.add(&AddressRange::from(prefix), Layer::Reserved, nobody);
    }
}

/// Ranges as claims that lie beneath those of files.
fn claims_of<K: Key>(ranges: &Ranges<K, u16>) -> impl Iterator<Item = Claim<K, u16>> {
    let ends = ranges.iter().skip(1).map(|(next, _)| Some(next)).chain([None]);
    let all = ranges.iter().zip(ends);
    all.filter(|((_, value), _)| *value != 0)
        .filter_map(|((first, value), next)| {
            Some(Claim {
                first,
                // The last range of the table is nobody's.
                last: next?.previous()?,
                layer: Layer::BuiltIn,
                value,
            })
        })
}

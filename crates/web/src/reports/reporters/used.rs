//! What each reporter used on a day: one line for each, with name, number of the day, and calls.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use atalaya_store::small_file;

/// The longest file that is read, in bytes: one line for each of as many reporters as there may be.
const MOST_BYTES: u64 = 1 << 20;

/// What was used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used(BTreeMap<String, (i64, u64)>);

impl Used {
    /// Reads a file. What cannot be read counts as nothing used: the day of a reporter is no reason not to start.
    pub(super) fn read(path: &Path) -> Self {
        let text = small_file::read(path, MOST_BYTES)
            .ok()
            .flatten()
            .unwrap_or_default();
        let line = |line: &str| {
            let mut words = line.split(' ');
            let name = words.next()?.to_owned();
            Some((name, (words.next()?.parse().ok()?, words.next()?.parse().ok()?)))
        };
        Self(text.lines().filter_map(line).collect())
    }

    /// The calls of a reporter on a day.
    #[must_use]
    pub fn of(&self, name: &str, day: i64) -> u64 {
        self.0
            .get(name)
            .filter(|(known, _)| *known == day)
            .map_or(0, |(_, calls)| *calls)
    }

    /// Sets them.
    pub(super) fn set(&mut self, name: &str, day: i64, calls: u64) {
        // Only what is new makes a name anew.
        match self.0.get_mut(name) {
            Some(known) => *known = (day, calls),
            None => drop(self.0.insert(name.to_owned(), (day, calls))),
        }
    }
}

impl fmt::Display for Used {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|(name, (day, calls))| writeln!(f, "{name} {day} {calls}"))
    }
}

//! What a replay came to: how many mails were taken, and how many were not and why.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::net::IpAddr;

use atalaya_model::{Kind, Observation, Timestamp};

use super::Skip;

/// Examples that are kept for each reason.
const MAX_EXAMPLES: usize = 3;
/// Width of the first column. With the numbers behind it, a line stays below 80 columns.
const LABEL_WIDTH: usize = 64;
/// Width of the numbers.
const NUMBER_WIDTH: usize = 12;

/// Counts what a replay did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    fresh_since: Timestamp,
    taken: u64,
    old: u64,
    backscatter: u64,
    sources: HashSet<IpAddr>,
    skipped: BTreeMap<String, Skipped>,
}

/// What was skipped for one reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Skipped {
    /// How many.
    pub count: u64,
    /// Where the first few stand.
    pub examples: Vec<String>,
}

impl Summary {
    /// Has counted nothing yet. What came before `fresh_since` would be over by now, had it listed its address when it came.
    #[must_use]
    pub fn new(fresh_since: Timestamp) -> Self {
        Self {
            fresh_since,
            taken: 0,
            old: 0,
            backscatter: 0,
            sources: HashSet::new(),
            skipped: BTreeMap::new(),
        }
    }

    /// Counts a mail that became an observation; it came then, if that is known.
    pub fn add(&mut self, observation: &Observation, came_at: Option<Timestamp>) {
        self.taken = self.taken.saturating_add(1);
        self.sources.insert(observation.address);
        if came_at.is_some_and(|came_at| came_at < self.fresh_since) {
            self.old = self.old.saturating_add(1);
        }
        if observation.kind == Kind::Backscatter {
            self.backscatter = self.backscatter.saturating_add(1);
        }
    }

    /// Counts a mail or file that did not.
    pub fn skip(&mut self, origin: &str, why: &Skip) {
        let skipped = self.skipped.entry(why.to_string()).or_default();
        skipped.count = skipped.count.saturating_add(1);
        if skipped.examples.len() < MAX_EXAMPLES {
            let detail = match why {
                Skip::Unreadable(detail) => format!("{origin}: {detail}"),
                _ => origin.to_owned(),
            };
            skipped.examples.push(detail);
        }
    }

    /// How many mails became observations.
    #[must_use]
    pub const fn taken(&self) -> u64 {
        self.taken
    }

    /// How many of those came before a first listing of today begins.
    #[must_use]
    pub const fn old(&self) -> u64 {
        self.old
    }

    /// How many of those are backscatter, which never counts.
    #[must_use]
    pub const fn backscatter(&self) -> u64 {
        self.backscatter
    }

    /// How many different addresses they came from.
    #[must_use]
    pub fn sources(&self) -> usize {
        self.sources.len()
    }

    /// How many were skipped.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped.values().map(|skipped| skipped.count).sum()
    }

    /// What was skipped, by the text of the reason.
    #[must_use]
    pub const fn reasons(&self) -> &BTreeMap<String, Skipped> {
        &self.skipped
    }
}

/// A table for a terminal, each line below 80 columns.
impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |label: &str, number: u64| writeln!(f, "{label:<LABEL_WIDTH$}{number:>NUMBER_WIDTH$}");
        line("mails taken", self.taken)?;
        line(
            "  different sources",
            u64::try_from(self.sources.len()).unwrap_or(u64::MAX),
        )?;
        line(
            "  of them older than a first listing lasts (see --by-date)",
            self.old,
        )?;
        line("  of them backscatter, kept but never counted", self.backscatter)?;
        line("skipped", self.skipped())?;
        let mut reasons: Vec<_> = self.skipped.iter().collect();
        reasons.sort_by_key(|(_, skipped)| std::cmp::Reverse(skipped.count));
        for (reason, skipped) in reasons {
            let label = shortened(reason, LABEL_WIDTH.saturating_sub(2));
            writeln!(
                f,
                "  {label:<width$}{:>NUMBER_WIDTH$}",
                skipped.count,
                width = LABEL_WIDTH.saturating_sub(2)
            )?;
            for example in &skipped.examples {
                writeln!(f, "    {}", shortened(example, LABEL_WIDTH))?;
            }
        }
        Ok(())
    }
}

/// A text cut to a width. The front goes, because the end of a path tells more; what could move the cursor becomes `?`.
fn shortened(text: &str, width: usize) -> String {
    let shown: Vec<char> = text
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    let Some(cut) = shown.len().checked_sub(width).filter(|cut| *cut > 0) else {
        return shown.into_iter().collect();
    };
    let end = shown.into_iter().skip(cut.saturating_add(1));
    std::iter::once('…').chain(end).collect()
}

#[cfg(test)]
mod tests {
    use atalaya_formats::received::Unsourced;

    use super::*;

    #[test]
    fn reasons_are_counted_with_a_few_examples() {
        let mut summary = Summary::new(Timestamp::EPOCH);
        for number in 0..5 {
            summary.skip(&format!("a#{number}"), &Skip::Unsourced(Unsourced::NoHops));
        }
        summary.skip("b", &Skip::Unreadable("no permission".to_owned()));
        assert_eq!(summary.skipped(), 6);
        let reason = &summary.reasons()["no Received field"];
        assert_eq!((reason.count, reason.examples.len()), (5, MAX_EXAMPLES));
        assert_eq!(summary.reasons()["cannot be read"].examples, ["b: no permission"]);
    }

    #[test]
    fn the_table_stays_below_80_columns() {
        let mut summary = Summary::new(Timestamp::EPOCH);
        let all = [
            Unsourced::NoHops,
            Unsourced::OnlyTrusted,
            Unsourced::Unclear,
            Unsourced::HandedIn,
            Unsourced::TooManyHops,
            Unsourced::Reserved,
        ];
        for why in all {
            summary.skip(
                &format!("/{}/\u{1b}[1mé", "long/".repeat(40)),
                &Skip::Unsourced(why),
            );
        }
        for why in [
            Skip::NotAMail,
            Skip::TooLong,
            Skip::SymbolicLink,
            Skip::Special,
            Skip::TooDeep,
            Skip::Undated,
        ] {
            summary.skip("x", &why);
        }
        let table = summary.to_string();
        assert!(table.lines().all(|line| line.chars().count() < 80), "{table}");
        assert!(!table.contains('\u{1b}'));
        assert!(table.contains("…"));
    }
}

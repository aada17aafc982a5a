//! The parts of a picture: each has a table, a chart, and a name in addresses of pages and files.

use std::fmt;
use std::str::FromStr;

use crate::figures::Dimension;

/// A part of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The table of botnets.
    Botnets,
    /// Botnets by hour of the day.
    BotnetHours,
    /// Botnets by country.
    BotnetCountries,
    /// Stacks that bots may have brought along.
    Pairs,
    /// Each day.
    Days,
    /// A ranking.
    Ranking(Dimension),
}

impl Part {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 15] = [
        Self::Botnets,
        Self::Days,
        Self::Ranking(Dimension::Hour),
        Self::BotnetHours,
        Self::Ranking(Dimension::Country),
        Self::BotnetCountries,
        Self::Ranking(Dimension::Network),
        Self::Ranking(Dimension::Prefix),
        Self::Ranking(Dimension::System),
        Self::Pairs,
        Self::Ranking(Dimension::Dialect),
        Self::Ranking(Dimension::Helo),
        Self::Ranking(Dimension::Headers),
        Self::Ranking(Dimension::Trap),
        Self::Ranking(Dimension::Sensor),
    ];

    /// Its name in files and addresses of pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Botnets => "botnets",
            Self::BotnetHours => "botnet-hours",
            Self::BotnetCountries => "botnet-countries",
            Self::Pairs => "pairs",
            Self::Days => "days",
            Self::Ranking(by) => by.name(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|part| part.name() == text);
        let names = Self::ALL.map(Self::name).join(", ");
        found.ok_or_else(|| format!("there is no such part; there are: {names}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_a_name_of_its_own_and_every_dimension_is_a_part() {
        for part in Part::ALL {
            assert_eq!(part.name().parse(), Ok(part));
        }
        for by in Dimension::ALL {
            assert!(Part::ALL.contains(&Part::Ranking(by)), "{}", by.name());
        }
        assert!("../etc".parse::<Part>().is_err());
    }
}

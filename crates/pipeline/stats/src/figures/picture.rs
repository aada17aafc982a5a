//! The picture of some days: all figures, as pages, files and programs get them.
//!
//! Addresses are not in it, only their numbers, so that it may be shown and kept for good.

use atalaya_model::Timestamp;
use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use crate::catalogue::Confidence;
use crate::counts::Counts;

/// The version of its form.
pub(super) const VERSION: u32 = 1;

/// The figures of whatever is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figures {
    /// Distinct addresses: IPv4 addresses, and /64 of IPv6.
    pub addresses: u64,
    /// Connections, envelopes, recipients and bytes.
    #[serde(flatten)]
    pub counts: Counts,
    /// The first of it.
    pub first_seen: Option<Timestamp>,
    /// The last of it.
    pub last_seen: Option<Timestamp>,
}

/// What comes first is a matter of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Distinct addresses.
    #[default]
    Addresses,
    /// Connections.
    Connections,
    /// Envelopes.
    Envelopes,
    /// Recipients.
    Recipients,
    /// Bytes.
    Bytes,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Addresses,
        Self::Connections,
        Self::Envelopes,
        Self::Recipients,
        Self::Bytes,
    ];

    /// Its name in files and addresses of pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Addresses => "addresses",
            Self::Connections => "connections",
            Self::Envelopes => "envelopes",
            Self::Recipients => "recipients",
            Self::Bytes => "bytes",
        }
    }

    /// This one of some figures.
    #[must_use]
    pub const fn of(self, figures: &Figures) -> u64 {
        match self {
            Self::Addresses => figures.addresses,
            Self::Connections => figures.counts.connections,
            Self::Envelopes => figures.counts.envelopes,
            Self::Recipients => figures.counts.recipients,
            Self::Bytes => figures.counts.bytes,
        }
    }
}

impl std::str::FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|measure| measure.name() == text);
        found.ok_or_else(|| {
            format!("`{text}` is not counted: addresses, connections, envelopes, recipients or bytes")
        })
    }
}

/// What figures are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dimension {
    /// The operating system, by TCP fingerprint.
    System,
    /// The SMTP dialect.
    Dialect,
    /// The class of the name behind HELO.
    Helo,
    /// The shape of the header of the message.
    Headers,
    /// The country in which the address is registered.
    Country,
    /// The network (autonomous system) that announces it.
    Network,
    /// The /24, or the /48 of IPv6.
    Prefix,
    /// The kind of trap that was hit.
    Trap,
    /// The sensor that saw it.
    Sensor,
    /// The hour of the day, in UTC.
    Hour,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::System,
        Self::Dialect,
        Self::Helo,
        Self::Headers,
        Self::Country,
        Self::Network,
        Self::Prefix,
        Self::Trap,
        Self::Sensor,
        Self::Hour,
    ];

    /// Its name in files and addresses of pages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "systems",
            Self::Dialect => "dialects",
            Self::Helo => "helo",
            Self::Headers => "headers",
            Self::Country => "countries",
            Self::Network => "networks",
            Self::Prefix => "prefixes",
            Self::Trap => "traps",
            Self::Sensor => "sensors",
            Self::Hour => "hours",
        }
    }
}

impl std::str::FromStr for Dimension {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|dimension| dimension.name() == text);
        let names = Self::ALL.map(Self::name).join(", ");
        found.ok_or_else(|| format!("nothing is ranked by `{text}`: {names}"))
    }
}

/// One line of a ranking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What makes it this one: a country code, a number of a network, a signature.
    pub key: String,
    /// What people call it; the same as the key where it has no other name.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// A ranking: the first rows by each measure. What is not in it is in `others`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranking {
    /// What it is by.
    pub by: Dimension,
    /// How many there are in all.
    pub all: u64,
    /// The first ones by addresses, and those that another measure puts first.
    pub rows: Vec<Row>,
}

/// Which kind of name a row of the table of botnets has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BotnetKind {
    /// A botnet of the catalogue.
    Botnet,
    /// A network stack that no signature knows.
    Stack,
    /// A dialect that no program that we know speaks.
    Dialect,
    /// A program that we know.
    Program,
    /// Messages that a forged sender provoked.
    Backscatter,
    /// All else.
    Other,
}

/// How many there are of something, of all that are in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The key.
    pub key: String,
    /// The name.
    pub name: String,
    /// Distinct addresses.
    pub addresses: u64,
}

/// One line of the table of botnets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BotnetRow {
    /// Its name: that of the catalogue, or the number of its stack or dialect.
    pub name: String,
    /// Which kind of name that is.
    pub kind: BotnetKind,
    /// Other names.
    pub aliases: Vec<String>,
    /// How sure the catalogue is.
    pub confidence: Option<Confidence>,
    /// What tells it: where the rules are from, or the signature, or the text of the dialect.
    pub told_by: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Addresses that were not seen in the days before.
    pub new: u64,
    /// Addresses that were listed in these days, anew or for longer.
    pub listed: u64,
    /// Addresses of which their network was told in these days.
    pub notified: u64,
    /// Addresses that also showed an ordinary system: the strongest sign of a stack that a bot brought along.
    pub paired: u64,
    /// How many bots there are in a day, by the method of [`Estimate`]; of several days the mean. None where too few were seen to tell, and of
    /// what is no botnet.
    pub size: Option<Estimate>,
    /// Recipients a day: what was counted, over the part of the days that is over.
    pub recipients_a_day: u64,
    /// Recipients a day in the whole world, where the operator has said which part of the world's mail his traps see.
    pub world_a_day: Option<u64>,
    /// Connections by hour of the day.
    pub hours: [u64; 24],
    /// The countries with most of its addresses.
    pub countries: Vec<Share>,
    /// The networks with most of its addresses.
    pub networks: Vec<Share>,
}

/// A network stack that shows itself on addresses which also show an ordinary system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The strange stack, in the notation of p0f v3.
    pub signature: String,
    /// Its number.
    pub name: String,
    /// Addresses with it.
    pub addresses: u64,
    /// Of these, addresses with an ordinary system too.
    pub both: u64,
    /// Whether these are so many that it is likely a stack that a bot brought along.
    pub is_suspected: bool,
    /// The ordinary systems.
    pub systems: Vec<Share>,
}

/// One day of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRow {
    /// The day.
    pub day: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Addresses of each botnet that has a row in the table, in its order.
    pub botnets: Vec<u64>,
}

/// Where something that a picture was made with is from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// What it is for: `countries`, `networks`, `catalogue`.
    pub what: String,
    /// Where it is from.
    pub from: String,
    /// Its date, or its version.
    pub date: String,
    /// Whether it is too old to be trusted.
    pub is_old: bool,
    /// Who must be named with it.
    pub attribution: String,
}

/// All figures of some days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// The version of this form.
    pub version: u32,
    /// The first day, in UTC.
    pub first_day: String,
    /// The last day.
    pub last_day: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether the last day is over. What is told late is counted on its day all the same.
    pub is_complete: bool,
    /// Days of which nothing is kept.
    pub missing_days: Vec<String>,
    /// Days that are closed: each has a picture of its own, but is not in this one.
    #[serde(default)]
    pub closed_days: Vec<String>,
    /// What it was made with.
    pub origins: Vec<Origin>,
    /// All of it together.
    pub total: Figures,
    /// Addresses that were not seen in the days before, and how many days that are.
    pub new: u64,
    /// So many days before were looked at.
    pub new_days: u32,
    /// Addresses that were listed.
    pub listed: u64,
    /// Addresses of which their network was told.
    pub notified: u64,
    /// The botnets, and what is like one, by addresses.
    pub botnets: Vec<BotnetRow>,
    /// How many stacks and dialects more have no name, and fewer addresses than those in the table.
    #[serde(default)]
    pub more_botnets: u64,
    /// The rankings.
    pub rankings: Vec<Ranking>,
    /// Stacks that bots may have brought along.
    pub pairs: Vec<Pair>,
    /// Each day.
    pub days: Vec<DayRow>,
}

impl Picture {
    /// The ranking by this.
    #[must_use]
    pub fn ranking(&self, by: Dimension) -> Option<&Ranking> {
        self.rankings.iter().find(|ranking| ranking.by == by)
    }
}

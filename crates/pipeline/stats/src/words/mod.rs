//! Everything that charts, tables and reports say. One struct, one value for each language: a text that is missing in one does not compile.

mod english;
mod numbers;
mod spanish;

use atalaya_places::{Country, Language};

use crate::figures::{BotnetKind, Dimension, Measure};
use crate::parts::Part;
use crate::profile::split_hello;

/// A sentence with one thing filled in.
pub(crate) type With1 = fn(&str) -> String;
/// A sentence with two things filled in.
pub(crate) type With2 = fn(&str, &str) -> String;

/// Everything, in one language.
#[derive(Debug)]
pub struct Words {
    /// The language.
    pub language: Language,
    /// Its tag of RFC 5646.
    pub tag: &'static str,
    pub(crate) decimal: char,
    pub(crate) thousands: char,
    pub(crate) months: [&'static str; 12],
    /// Day, month, year.
    pub(crate) date: fn(u32, &str, &str) -> String,
    /// First day, last day.
    pub(crate) days: With2,
    pub(crate) head: HeadWords,
    pub(crate) measures: [&'static str; 5],
    pub(crate) parts: PartWords,
    pub(crate) columns: ColumnWords,
    pub(crate) kinds: [&'static str; 6],
    pub(crate) confidences: [&'static str; 3],
    pub(crate) methods: MethodWords,
    pub(crate) charts: ChartWords,
    /// What keys of rankings are called where they are not called what they are.
    pub(crate) keys: &'static [(Dimension, &'static str, &'static str)],
    pub(crate) notes: NoteWords,
}

/// The head of a report.
#[derive(Debug)]
pub(crate) struct HeadWords {
    pub(crate) of: With1,
    pub(crate) addresses: &'static str,
    pub(crate) new: With1,
    pub(crate) listed: &'static str,
    pub(crate) notified: &'static str,
    pub(crate) made: With1,
    /// The time up to which a day that is not over was counted.
    pub(crate) unfinished: With1,
    /// The missing days.
    pub(crate) missing: With1,
    /// The days of which only pictures are kept.
    pub(crate) closed: With1,
    pub(crate) nothing: &'static str,
    pub(crate) numbers: &'static str,
}

/// What a part is called, and how to read it.
#[derive(Debug)]
pub(crate) struct PartWords {
    pub(crate) botnets: [&'static str; 2],
    pub(crate) botnet_hours: [&'static str; 2],
    pub(crate) botnet_countries: [&'static str; 2],
    pub(crate) pairs: [&'static str; 2],
    pub(crate) days: [&'static str; 2],
    /// In the order of [`Dimension::ALL`].
    pub(crate) rankings: [[&'static str; 2]; 10],
}

/// The heads of columns.
#[derive(Debug)]
pub(crate) struct ColumnWords {
    pub(crate) botnet: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) aliases: &'static str,
    pub(crate) confidence: &'static str,
    pub(crate) told_by: &'static str,
    pub(crate) size: &'static str,
    pub(crate) a_day: &'static str,
    pub(crate) world: &'static str,
    pub(crate) share: &'static str,
    pub(crate) new: &'static str,
    pub(crate) listed: &'static str,
    pub(crate) notified: &'static str,
    pub(crate) paired: &'static str,
    pub(crate) first_seen: &'static str,
    pub(crate) last_seen: &'static str,
    pub(crate) stack: &'static str,
    pub(crate) signature: &'static str,
    pub(crate) both: &'static str,
    pub(crate) systems: &'static str,
    pub(crate) suspected: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    pub(crate) day: &'static str,
    /// In the order of [`Dimension::ALL`].
    pub(crate) rankings: [&'static str; 10],
}

/// How a number was found.
#[derive(Debug)]
pub(crate) struct MethodWords {
    pub(crate) seen: &'static str,
    /// Low, high.
    pub(crate) chao: With2,
    pub(crate) chao_none: &'static str,
    pub(crate) recipients: &'static str,
    /// Hours that were counted, hours in all.
    pub(crate) recipients_hours: With2,
    /// Days that were counted, days in all.
    pub(crate) recipients_days: With2,
    pub(crate) world: &'static str,
}

/// Words in charts.
#[derive(Debug)]
pub(crate) struct ChartWords {
    pub(crate) nothing: &'static str,
    pub(crate) no_connections: &'static str,
    pub(crate) others: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) unknown_botnet: &'static str,
    pub(crate) backscatter: &'static str,
    pub(crate) stack: &'static str,
    pub(crate) dialect: &'static str,
    pub(crate) none: &'static str,
    /// Number, hour.
    pub(crate) peak: With2,
    pub(crate) all: &'static str,
    pub(crate) interval: &'static str,
    pub(crate) both: &'static str,
    pub(crate) hours_utc: &'static str,
    pub(crate) and_more: With1,
    /// What, number.
    pub(crate) no_place: With2,
    pub(crate) more_botnets: With1,
}

/// Notes at the end.
#[derive(Debug)]
pub(crate) struct NoteWords {
    pub(crate) method_title: &'static str,
    pub(crate) method: &'static [&'static str],
    pub(crate) share_of_mail: &'static str,
    pub(crate) origins_title: &'static str,
    pub(crate) what: &'static str,
    pub(crate) from: &'static str,
    pub(crate) date: &'static str,
    pub(crate) thanks: &'static str,
    pub(crate) old: &'static str,
    /// What is old.
    pub(crate) old_warning: With1,
    pub(crate) countries: &'static str,
    pub(crate) networks: &'static str,
    pub(crate) catalogue: &'static str,
    pub(crate) built_in: &'static str,
    pub(crate) map: &'static str,
    pub(crate) by: With1,
}

/// Everything, in a language.
#[must_use]
pub const fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &english::ENGLISH,
        Language::Spanish => &spanish::SPANISH,
    }
}

impl Words {
    /// What a measure is called.
    #[must_use]
    pub fn measure(&self, measure: Measure) -> &'static str {
        pick(&self.measures, &Measure::ALL, &measure)
    }

    /// What a part is called.
    #[must_use]
    pub fn part(&self, part: Part) -> &'static str {
        let [title, _] = self.part_words(part);
        title
    }

    /// How a part is to be read.
    #[must_use]
    pub fn hint(&self, part: Part) -> &'static str {
        let [_, hint] = self.part_words(part);
        hint
    }

    fn part_words(&self, part: Part) -> [&'static str; 2] {
        match part {
            Part::Botnets => self.parts.botnets,
            Part::BotnetHours => self.parts.botnet_hours,
            Part::BotnetCountries => self.parts.botnet_countries,
            Part::Pairs => self.parts.pairs,
            Part::Days => self.parts.days,
            Part::Ranking(by) => pick(&self.parts.rankings, &Dimension::ALL, &by),
        }
    }

    /// What one of a ranking is called.
    pub(crate) fn one(&self, by: Dimension) -> &'static str {
        pick(&self.columns.rankings, &Dimension::ALL, &by)
    }

    /// What kind of row of the table of botnets it is.
    pub(crate) fn kind(&self, kind: BotnetKind) -> &'static str {
        pick(&self.kinds, &KINDS, &kind)
    }

    /// The name of a row of the table of botnets in this language.
    pub(crate) fn botnet(&self, name: &str, kind: BotnetKind) -> String {
        match kind {
            BotnetKind::Other => self.charts.unknown_botnet.to_owned(),
            BotnetKind::Backscatter => self.charts.backscatter.to_owned(),
            BotnetKind::Stack => name.replacen("stack", self.charts.stack, 1),
            BotnetKind::Dialect => name.replacen("dialect", self.charts.dialect, 1),
            BotnetKind::Botnet | BotnetKind::Program => name.to_owned(),
        }
    }

    /// The name of a line of a ranking in this language.
    pub(crate) fn row(&self, by: Dimension, key: &str, name: &str) -> String {
        if let Some(known) = self.key(by, key) {
            return known.to_owned();
        }
        match (by, key) {
            (_, "unknown") => self.charts.unknown.to_owned(),
            (_, "-") => self.charts.none.to_owned(),
            (Dimension::Helo, _) => self.hello(key),
            (Dimension::System, _) if name.starts_with("unknown ") => {
                name.replacen("unknown", self.charts.unknown, 1)
            }
            (Dimension::Country, _) => self.country(key).unwrap_or_else(|| name.to_owned()),
            (Dimension::Hour, _) => format!("{key}:00"),
            // Texts that begin alike are told apart by their numbers.
            (Dimension::Dialect | Dimension::Headers, _) if name != key => {
                format!("#{} {name}", key.get(..6).unwrap_or(key))
            }
            (Dimension::Network, _) if !name.is_empty() && name != key => format!("{key} {name}"),
            (_, _) if name.is_empty() => key.to_owned(),
            (_, _) => name.to_owned(),
        }
    }

    /// What a key is called in this language, if it is one of the words that we chose.
    fn key(&self, by: Dimension, key: &str) -> Option<&'static str> {
        let mut keys = self.keys.iter();
        keys.find(|(of, known, _)| *of == by && *known == key)
            .map(|(_, _, text)| *text)
    }

    /// A class of names behind HELO: `[IPv6:own] "name"`. What the sender said stays as it is.
    fn hello(&self, kept: &str) -> String {
        let (class, _name) = split_hello(kept);
        let bare = class.trim_start_matches('[').trim_end_matches(']');
        let bare = bare.strip_prefix("IPv6:").unwrap_or(bare);
        match self.key(Dimension::Helo, bare) {
            Some(text) => kept.replacen(bare, text, 1),
            None => kept.to_owned(),
        }
    }

    /// The name of a country.
    pub(crate) fn country(&self, code: &str) -> Option<String> {
        let country: Country = code.parse().ok()?;
        Some(country.name(self.language).to_owned())
    }
}

/// All kinds, in the order of their words.
const KINDS: [BotnetKind; 6] = [
    BotnetKind::Botnet,
    BotnetKind::Stack,
    BotnetKind::Dialect,
    BotnetKind::Program,
    BotnetKind::Backscatter,
    BotnetKind::Other,
];

/// The words at the place that something has among its like.
fn pick<W: Copy + Default, T: PartialEq>(words: &[W], all: &[T], one: &T) -> W {
    let place = all.iter().position(|known| known == one);
    place
        .and_then(|place| words.get(place))
        .copied()
        .unwrap_or_default()
}

//! The rules: one file with a version, read into a type that cannot be wrong.
//!
//! In: TOML text. Out: [`Rules`], or every mistake with its line. The file that is used where the operator names none is part of the
//! program ([`Rules::standard`]). Nothing here is a default: what holds, stands in the file.

mod check;
mod forwarders;
mod in_force;
mod read;

use std::collections::BTreeMap;
use std::time::Duration;

use atalaya_formats::message::{FORWARDED, is_rewritten};
use atalaya_formats::signatures::Pattern;
use atalaya_model::{Class, DialectId, Digest, Handshake, Kind, Observation, Period, Rule, Sensor, Trap};
use sha2::{Digest as _, Sha256};

pub use self::forwarders::Forwarders;
pub use self::in_force::RulesInForce;

/// The rules where the operator names no file.
pub const STANDARD: &str = include_str!("standard.toml");
/// The name of the rule that lists by score.
pub const SCORE: &str = "score";
/// The name of the rule that lists a prefix around many listed units.
pub const ESCALATION: &str = "escalation";

/// The rules of judging.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The name of this content, which each decision gives.
    pub version: String,
    /// The SHA-256 of the file.
    pub digest: Digest,
    /// The file.
    pub text: String,
    /// The score at which an address is listed.
    pub list_at: f64,
    /// How many independent witnesses list what none may list alone.
    pub witnesses: u32,
    /// After so long without a listing, an address counts as new.
    pub forget_after: Period,
    /// What each kind leads to; the others do not count.
    pub kinds: BTreeMap<Kind, KindRule>,
    /// How long listings last.
    pub classes: BTreeMap<Class, Lifetime>,
    /// What one observation weighs: the first row that fits.
    pub weights: Vec<WeightRule>,
    /// What speaks weakly against whoever has it.
    pub hints: Vec<Hint>,
    /// What the word of others is worth.
    pub learning: Learning,
    /// When a whole prefix is listed; none for never.
    pub escalation: Option<Escalation>,
    /// Forwarders that the operator knows. They stand in his configuration, not in the file.
    pub forwarders: Forwarders,
}

/// What a kind of observation leads to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KindRule {
    /// The class.
    pub class: Class,
    /// The time in which its weight halves.
    pub half_life: Period,
}

/// How long a listing lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lifetime {
    /// The first one, counted from the last observation.
    pub first: Period,
    /// The longest one. Each return doubles the lifetime up to here.
    pub longest: Period,
}

/// A row of weights. An empty set of words fits everything.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightRule {
    /// What was seen.
    pub kinds: Vec<Kind>,
    /// The kind of sensor.
    pub sensors: Vec<Sensor>,
    /// Which ones of that kind.
    pub sources: Vec<String>,
    /// The kind of trap that was hit.
    pub traps: Vec<Trap>,
    /// What one observation weighs; 0 for nothing.
    pub weight: f64,
    /// Whether it lists without other witnesses, where our own sensor saw it.
    pub alone: Alone,
}

/// Whether something lists without other witnesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// It does.
    Lists,
    /// It needs others.
    NeedsOthers,
}

/// Something that speaks weakly against whoever has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Hint {
    /// What it is.
    pub sign: Sign,
    /// What it adds to an observation that counts.
    pub weight: f64,
}

/// What a hint goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// A TCP fingerprint, by a signature of p0f v3.
    Fingerprint(Pattern),
    /// An SMTP dialect.
    Dialect(DialectId),
}

/// What the word of others is worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learning {
    /// How many listings a source of which nothing is known is taken to have had that stood.
    pub stood: f64,
    /// The same for those that fell.
    pub fell: f64,
    /// How much of a fall a removal through the page is: whoever is listed rightly asks for it too.
    pub removal: f64,
    /// The time in which what was learned halves.
    pub half_life: Period,
}

/// When a whole prefix is listed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Escalation {
    /// How many different listed units inside.
    pub units: u32,
    /// The class of the prefix.
    pub class: Class,
    /// How long it is listed, counted from the last listing inside.
    pub lifetime: Period,
}

/// What an observation weighs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weighing {
    /// The class that it speaks for.
    pub class: Class,
    /// Its weight with all hints, before it is multiplied by what its source is worth.
    pub weight: f64,
    /// Whether it lists without other witnesses.
    pub alone: Alone,
}

/// The rules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", mistakes.join("\n"))]
pub struct RulesError {
    /// A sentence for each mistake, with its line.
    pub mistakes: Vec<String>,
}

impl Rules {
    /// Reads a file of rules.
    ///
    /// # Errors
    /// It is no TOML, has unknown or missing keys, or values that are out of range or contradict each other.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        read::read(text).map_err(|mistakes| RulesError { mistakes })
    }

    /// The rules that are used where the operator names no file.
    ///
    /// # Errors
    /// None: a test holds that they are sound.
    pub fn standard() -> Result<Self, RulesError> {
        Self::parse(STANDARD)
    }

    /// The same rules where these forwarders are known.
    #[must_use]
    pub fn with_forwarders(self, forwarders: Forwarders) -> Self {
        Self { forwarders, ..self }
    }

    /// The name of a rule with the version of this file.
    #[must_use]
    pub fn rule(&self, name: &str) -> Rule {
        Rule(format!("{name}/{}", self.version))
    }

    /// What an observation weighs; none where it does not count.
    #[must_use]
    pub fn weighing(&self, observation: &Observation) -> Option<Weighing> {
        if !observation.counts() {
            return None;
        }
        let kind = self.kinds.get(&observation.kind)?;
        let row = self.weights.iter().find(|row| row.fits(observation))?;
        let weight = row.weight * observation.trap_weight.part();
        if weight <= 0.0 {
            return None;
        }
        let may_list = row.alone == Alone::Lists
            && is_our_own(observation)
            && observation.trap_weight.is_full()
            && !self.is_forwarded(observation);
        Some(Weighing {
            class: kind.class,
            weight: weight + self.hints_of(observation),
            alone: if may_list {
                Alone::Lists
            } else {
                Alone::NeedsOthers
            },
        })
    }

    /// Whether the mail was passed on by a forwarder, which is then the source that we see.
    ///
    /// It is told by the operator, by a rewritten sender (SRS, Gmail's `+caf_=`), or by a mark that the sensor found in the mail. Anybody can
    /// write all but the first; so it takes away the right to list alone, and no more.
    #[must_use]
    pub fn is_forwarded(&self, observation: &Observation) -> bool {
        is_rewritten(&observation.envelope.mail_from)
            || observation.oddities.iter().any(|word| word == FORWARDED)
            || self.forwarders.brought(observation)
    }

    /// What the strongest fingerprint and the strongest dialect that fit add.
    fn hints_of(&self, observation: &Observation) -> f64 {
        let strongest = |is_wanted: fn(&Sign) -> bool| {
            let fit = self.hints.iter().filter(|hint| is_wanted(&hint.sign));
            let fit = fit.filter(|hint| hint.sign.fits(observation));
            fit.map(|hint| hint.weight).fold(0.0, f64::max)
        };
        strongest(|sign| matches!(sign, Sign::Fingerprint(_)))
            + strongest(|sign| matches!(sign, Sign::Dialect(_)))
    }

    /// What one observation weighs that a sensor made at a trap, before hints; 0 where it does not count.
    #[must_use]
    pub fn weight_of(&self, kind: Kind, sensor: Sensor, trap: Trap) -> f64 {
        let fits = |row: &&WeightRule| {
            (row.kinds.is_empty() || row.kinds.contains(&kind))
                && (row.sensors.is_empty() || row.sensors.contains(&sensor))
                && (row.traps.is_empty() || row.traps.contains(&trap))
                && row.sources.is_empty()
        };
        self.weights.iter().find(fits).map_or(0.0, |row| row.weight)
    }

    /// The time in which the weight of a kind halves; none where it does not count.
    #[must_use]
    pub fn half_life(&self, kind: Kind) -> Option<Duration> {
        self.kinds.get(&kind).map(|kind| kind.half_life.duration())
    }

    /// The longest half-life of the kinds that lead to a class.
    #[must_use]
    pub fn longest_half_life(&self, class: Class) -> Duration {
        let kinds = self.kinds.values().filter(|kind| kind.class == class);
        kinds
            .map(|kind| kind.half_life.duration())
            .max()
            .unwrap_or_default()
    }
}

/// The standard rules. Were they unsound, which a test excludes, these would list nobody.
impl Default for Rules {
    fn default() -> Self {
        Self::standard().unwrap_or_else(|_unsound| Self {
            version: "none".to_owned(),
            digest: digest(""),
            text: String::new(),
            list_at: f64::INFINITY,
            witnesses: u32::MAX,
            forget_after: Period::days(1),
            kinds: BTreeMap::new(),
            classes: BTreeMap::new(),
            weights: Vec::new(),
            hints: Vec::new(),
            learning: Learning {
                stood: 1.0,
                fell: 1.0,
                removal: 0.0,
                half_life: Period::days(1),
            },
            escalation: None,
            forwarders: Forwarders::default(),
        })
    }
}

impl WeightRule {
    /// Whether an observation is of this row.
    fn fits(&self, observation: &Observation) -> bool {
        let is_of_trap = match observation.trap {
            Some(trap) => self.traps.is_empty() || self.traps.contains(&trap),
            None => self.traps.is_empty(),
        };
        is_of_trap
            && (self.kinds.is_empty() || self.kinds.contains(&observation.kind))
            && (self.sensors.is_empty() || self.sensors.contains(&observation.sensor))
            && (self.sources.is_empty() || self.sources.contains(&observation.source))
    }
}

impl Sign {
    fn fits(&self, observation: &Observation) -> bool {
        match self {
            Self::Dialect(dialect) => observation.dialect == Some(*dialect),
            Self::Fingerprint(pattern) => {
                let fingerprint = observation.fingerprint.as_ref();
                fingerprint.is_some_and(|fingerprint| pattern.fits(fingerprint))
            }
        }
    }
}

/// Whether a sensor only repeats what others say, or what a file of another program says: such a word never lists alone.
#[must_use]
pub const fn is_word(sensor: Sensor) -> bool {
    matches!(
        sensor,
        Sensor::Log | Sensor::Report | Sensor::Complaint | Sensor::Feed
    )
}

/// Whether we saw it ourselves.
#[must_use]
pub fn is_our_own(observation: &Observation) -> bool {
    observation.handshake == Handshake::Completed && !is_word(observation.sensor)
}

/// Whether what an observation weighs depends on what its source has proven to be worth: we have nothing but a stranger's word.
#[must_use]
pub fn is_strangers_word(observation: &Observation) -> bool {
    observation.handshake == Handshake::Reported
        || matches!(
            observation.sensor,
            Sensor::Report | Sensor::Complaint | Sensor::Feed
        )
}

/// The digest of a file of rules.
#[must_use]
pub fn digest(text: &str) -> Digest {
    Digest(Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests;

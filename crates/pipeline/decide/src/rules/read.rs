//! From TOML to [`Rules`]: the form of the file. What its values may be is in [`check`](super::check).

use std::collections::BTreeMap;

use atalaya_model::{Class, DialectId, Kind, Period, Sensor, Trap};
use serde::Deserialize;
use toml::Spanned;

use super::{
    Alone, Escalation, Forwarders, Hint, KindRule, Learning, Lifetime, Rules, Sign, WeightRule, check, digest,
};

/// Longest file, in bytes: far more than a person writes.
const MAX_FILE: usize = 256 * 1024;

/// The file. Every key must be there, but for hints and escalation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) version: Spanned<String>,
    pub(super) list_at: Spanned<f64>,
    pub(super) witnesses: Spanned<u32>,
    pub(super) forget_after: Spanned<Period>,
    pub(super) learning: Spanned<LearningTable>,
    pub(super) class: BTreeMap<Class, Spanned<ClassTable>>,
    pub(super) kind: BTreeMap<Kind, Spanned<KindTable>>,
    pub(super) weight: Vec<Spanned<WeightTable>>,
    #[serde(default)]
    pub(super) hint: Vec<Spanned<HintTable>>,
    pub(super) escalation: Option<Spanned<EscalationTable>>,
}

/// `[learning]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LearningTable {
    pub(super) stood: f64,
    pub(super) fell: f64,
    pub(super) removal: f64,
    pub(super) half_life: Period,
}

/// `[class.NAME]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClassTable {
    pub(super) first_lifetime: Period,
    pub(super) longest_lifetime: Period,
}

/// `[kind.NAME]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindTable {
    pub(super) class: Class,
    pub(super) half_life: Period,
}

/// `[[weight]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeightTable {
    #[serde(default)]
    pub(super) kinds: Vec<Kind>,
    #[serde(default)]
    pub(super) sensors: Vec<Sensor>,
    #[serde(default)]
    pub(super) sources: Vec<String>,
    #[serde(default)]
    pub(super) traps: Vec<Trap>,
    pub(super) weight: f64,
    #[serde(default)]
    pub(super) alone: bool,
}

/// `[[hint]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HintTable {
    pub(super) fingerprint: Option<String>,
    pub(super) dialect: Option<DialectId>,
    pub(super) weight: f64,
}

/// `[escalation]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EscalationTable {
    pub(super) units: u32,
    pub(super) class: Class,
    pub(super) lifetime: Period,
}

/// Reads and checks a file; gives every mistake with its line, or the first where the form itself is wrong.
pub(super) fn read(text: &str) -> Result<Rules, Vec<String>> {
    if text.len() > MAX_FILE {
        return Err(vec![format!("line 1: the file is longer than {MAX_FILE} bytes")]);
    }
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![told(text, at, error.message())]
    })?;
    let mistakes: Vec<String> = check::mistakes(&file)
        .into_iter()
        .map(|(at, what)| told(text, at, &what))
        .collect();
    if mistakes.is_empty() {
        Ok(rules(file, text))
    } else {
        Err(mistakes)
    }
}

/// A mistake with the line of its place.
fn told(text: &str, at: usize, what: &str) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count().saturating_add(1);
    format!("line {line}: {what}")
}

/// Puts the rules together from a file that is right.
fn rules(file: File, text: &str) -> Rules {
    let learning = file.learning.into_inner();
    let class = |table: ClassTable| Lifetime {
        first: table.first_lifetime,
        longest: table.longest_lifetime,
    };
    let kind = |table: KindTable| KindRule {
        class: table.class,
        half_life: table.half_life,
    };
    Rules {
        version: file.version.into_inner(),
        digest: digest(text),
        text: text.to_owned(),
        list_at: file.list_at.into_inner(),
        witnesses: file.witnesses.into_inner(),
        forget_after: file.forget_after.into_inner(),
        kinds: inner(file.kind, kind),
        classes: inner(file.class, class),
        weights: file
            .weight
            .into_iter()
            .map(|row| weight(row.into_inner()))
            .collect(),
        hints: file
            .hint
            .into_iter()
            .filter_map(|row| hint(row.into_inner()))
            .collect(),
        learning: Learning {
            stood: learning.stood,
            fell: learning.fell,
            removal: learning.removal,
            half_life: learning.half_life,
        },
        escalation: file.escalation.map(|table| {
            let table = table.into_inner();
            Escalation {
                units: table.units,
                class: table.class,
                lifetime: table.lifetime,
            }
        }),
        forwarders: Forwarders::default(),
    }
}

/// The tables of a map, each made into what it means.
fn inner<K: Ord, T, U>(map: BTreeMap<K, Spanned<T>>, mean: impl Fn(T) -> U) -> BTreeMap<K, U> {
    map.into_iter()
        .map(|(key, table)| (key, mean(table.into_inner())))
        .collect()
}

fn weight(table: WeightTable) -> WeightRule {
    WeightRule {
        kinds: table.kinds,
        sensors: table.sensors,
        sources: table.sources,
        traps: table.traps,
        weight: table.weight,
        alone: if table.alone {
            Alone::Lists
        } else {
            Alone::NeedsOthers
        },
    }
}

fn hint(table: HintTable) -> Option<Hint> {
    let sign = match (table.fingerprint, table.dialect) {
        (Some(pattern), _) => Sign::Fingerprint(pattern.parse().ok()?),
        (None, Some(dialect)) => Sign::Dialect(dialect),
        (None, None) => return None,
    };
    Some(Hint {
        sign,
        weight: table.weight,
    })
}

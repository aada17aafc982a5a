//! What the values of a file of rules may be, and what contradicts itself.

use std::collections::BTreeSet;
use std::time::Duration;

use atalaya_formats::signatures::Pattern;
use atalaya_model::{Class, Kind, Period, Trap};
use toml::Spanned;

use super::is_word;
use super::read::{File, HintTable, WeightTable};

/// Longest name of a version: it stands in every decision.
const LONGEST_VERSION: usize = 32;
/// The heaviest that one observation may be.
const HEAVIEST: f64 = 1_000.0;
/// Most rows of weights and of hints: each observation is compared with all of them.
const MOST_ROWS: usize = 256;
/// Most witnesses that can be asked for: so many are remembered.
pub(crate) const MOST_WITNESSES: u32 = 16;
/// The longest that anything may last or be remembered: two years.
const LONGEST: Duration = Duration::from_secs(730 * 86_400);
/// The part of `list_at` that one hint weighs at most, as a divisor.
const HINT_SHARE: f64 = 4.0;
/// The most units inside a prefix that an escalation can wait for.
const MOST_UNITS: u32 = 128;

/// Where in the file, and what is wrong there.
type Mistake = (usize, String);

/// Everything that is wrong.
pub(super) fn mistakes(file: &File) -> Vec<Mistake> {
    let mut found = Vec::new();
    general(file, &mut found);
    classes(file, &mut found);
    kinds(file, &mut found);
    weights(file, &mut found);
    hints(file, &mut found);
    escalation(file, &mut found);
    found
}

/// Notes a mistake at the place of a value, unless something holds.
macro_rules! require {
    ($found:expr, $holds:expr, $place:expr, $what:expr $(,)?) => {
        let holds: bool = $holds;
        if !holds {
            $found.push(($place.span().start, String::from($what)));
        }
    };
}

/// Whether a time is longer than nothing and not absurd.
fn is_length(period: Period) -> bool {
    !period.duration().is_zero() && period.duration() <= LONGEST
}

/// Whether a number is above 0 and not absurd.
fn is_weight(number: f64) -> bool {
    number.is_finite() && number > 0.0 && number <= HEAVIEST
}

fn general(file: &File, found: &mut Vec<Mistake>) {
    let version = file.version.get_ref();
    let is_name = (1..=LONGEST_VERSION).contains(&version.len())
        && version
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    require!(
        found,
        is_name,
        &file.version,
        format!(
            "version must have from 1 to {LONGEST_VERSION} letters, digits, dots, hyphens or underscores"
        ),
    );
    require!(
        found,
        is_weight(*file.list_at.get_ref()),
        &file.list_at,
        format!("list_at must be a number above 0 and at most {HEAVIEST}"),
    );
    require!(
        found,
        (2..=MOST_WITNESSES).contains(file.witnesses.get_ref()),
        &file.witnesses,
        format!(
            "witnesses must be from 2 to {MOST_WITNESSES}: one alone never lists, but where `alone` says so"
        ),
    );
    require!(
        found,
        is_length(*file.forget_after.get_ref()),
        &file.forget_after,
        "forget_after must be longer than 0s and at most 730d",
    );
    let learning = file.learning.get_ref();
    require!(
        found,
        is_weight(learning.stood) && is_weight(learning.fell),
        &file.learning,
        format!("learning.stood and learning.fell must be above 0 and at most {HEAVIEST}"),
    );
    require!(
        found,
        (0.0..=1.0).contains(&learning.removal),
        &file.learning,
        "learning.removal must be from 0 to 1",
    );
    require!(
        found,
        is_length(learning.half_life),
        &file.learning,
        "learning.half_life must be longer than 0s and at most 730d",
    );
}

fn classes(file: &File, found: &mut Vec<Mistake>) {
    let used: BTreeSet<Class> = file.kind.values().map(|kind| kind.get_ref().class).collect();
    for (class, table) in &file.class {
        let life = table.get_ref();
        require!(
            found,
            is_length(life.first_lifetime) && is_length(life.longest_lifetime),
            table,
            format!("class.{class}: lifetimes must be longer than 0s and at most 730d"),
        );
        require!(
            found,
            life.first_lifetime <= life.longest_lifetime,
            table,
            format!("class.{class}: longest_lifetime must not be shorter than first_lifetime"),
        );
        require!(
            found,
            used.contains(class),
            table,
            format!("class.{class}: no kind leads to this class"),
        );
    }
}

/// Whether rules may list in a class: the others are somebody's own word.
const fn may_be_ruled(class: Class) -> bool {
    !matches!(class, Class::Manual | Class::PolicyDeclared)
}

fn kinds(file: &File, found: &mut Vec<Mistake>) {
    for (kind, table) in &file.kind {
        let class = table.get_ref().class;
        require!(
            found,
            kind.is_abuse(),
            table,
            format!("kind.{kind}: this is no abuse, and never counts"),
        );
        require!(
            found,
            may_be_ruled(class),
            table,
            format!("kind.{kind}: rules never list as {class}"),
        );
        require!(
            found,
            file.class.contains_key(&class),
            table,
            format!("kind.{kind}: there is no [class.{class}] that says how long it lasts"),
        );
        require!(
            found,
            is_length(table.get_ref().half_life),
            table,
            format!("kind.{kind}: half_life must be longer than 0s and at most 730d"),
        );
    }
}

fn weights(file: &File, found: &mut Vec<Mistake>) {
    if let Some(row) = file.weight.get(MOST_ROWS) {
        require!(
            found,
            false,
            row,
            format!("more than {MOST_ROWS} rows of weights"),
        );
    }
    for (at, row) in file.weight.iter().enumerate() {
        weight(file, row, found);
        let earlier = file.weight.iter().take(at);
        let is_hidden = earlier.clone().any(|one| hides(one.get_ref(), row.get_ref()));
        require!(
            found,
            !is_hidden,
            row,
            "weight: an earlier row fits everything that this one fits",
        );
    }
}

fn weight(file: &File, row: &Spanned<WeightTable>, found: &mut Vec<Mistake>) {
    let table = row.get_ref();
    require!(
        found,
        table.weight == 0.0 || is_weight(table.weight),
        row,
        format!("weight: weight must be from 0 to {HEAVIEST}"),
    );
    let unknown = |kind: &&Kind| !file.kind.contains_key(kind);
    if let Some(kind) = table.kinds.iter().find(unknown) {
        require!(
            found,
            false,
            row,
            format!("weight: there is no [kind.{kind}] that says what it leads to"),
        );
    }
    require!(
        found,
        !table.traps.contains(&Trap::Role),
        row,
        "weight: mail to addresses that every domain has never counts",
    );
    if !table.alone {
        return;
    }
    let word = table.sensors.iter().find(|sensor| is_word(**sensor));
    if let Some(sensor) = word {
        require!(
            found,
            false,
            row,
            format!("weight: what a {sensor} says never lists alone"),
        );
    }
    require!(
        found,
        table.weight > 0.0,
        row,
        "weight: what weighs nothing cannot list alone",
    );
}

/// Whether whatever fits the later row fits the earlier one.
fn hides(earlier: &WeightTable, later: &WeightTable) -> bool {
    /// An empty set fits everything.
    fn holds<T: PartialEq>(outer: &[T], inner: &[T]) -> bool {
        outer.is_empty() || (!inner.is_empty() && inner.iter().all(|word| outer.contains(word)))
    }
    holds(&earlier.kinds, &later.kinds)
        && holds(&earlier.sensors, &later.sensors)
        && holds(&earlier.sources, &later.sources)
        && holds(&earlier.traps, &later.traps)
}

fn hints(file: &File, found: &mut Vec<Mistake>) {
    if let Some(row) = file.hint.get(MOST_ROWS) {
        require!(found, false, row, format!("more than {MOST_ROWS} hints"));
    }
    let heaviest = file.list_at.get_ref() / HINT_SHARE;
    for row in &file.hint {
        let HintTable {
            fingerprint,
            dialect,
            weight,
        } = row.get_ref();
        require!(
            found,
            fingerprint.is_some() != dialect.is_some(),
            row,
            "hint: give either fingerprint or dialect",
        );
        if let Some(Err(wrong)) = fingerprint.as_ref().map(|text| text.parse::<Pattern>()) {
            require!(
                found,
                false,
                row,
                format!("hint: fingerprint is {wrong}; `atalaya fingerprint` prints them")
            );
        }
        require!(
            found,
            is_weight(*weight) && *weight <= heaviest,
            row,
            format!("hint: weight must be above 0 and at most a quarter of list_at ({heaviest})"),
        );
    }
}

fn escalation(file: &File, found: &mut Vec<Mistake>) {
    let Some(row) = &file.escalation else { return };
    let table = row.get_ref();
    require!(
        found,
        (2..=MOST_UNITS).contains(&table.units),
        row,
        format!("escalation: units must be from 2 to {MOST_UNITS}"),
    );
    require!(
        found,
        may_be_ruled(table.class),
        row,
        format!("escalation: rules never list as {}", table.class),
    );
    require!(
        found,
        is_length(table.lifetime),
        row,
        "escalation: lifetime must be longer than 0s and at most 730d",
    );
}

//! The conditions of a rule: which values it takes, and whether some value is taken by two.

use std::collections::BTreeMap;

/// What classes of names behind HELO there are.
pub(super) const CLASSES: [&str; 15] = [
    "name",
    "name-of-address",
    "word",
    "WORD",
    "localhost",
    "own",
    "private",
    "other",
    "[own]",
    "[private]",
    "[other]",
    "[IPv6:own]",
    "[IPv6:private]",
    "[IPv6:other]",
    "?",
];

/// The canonical texts that a profile names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Texts<'a> {
    /// That of the dialect.
    pub(crate) dialect: Option<&'a str>,
    /// That of the header of the message.
    pub(crate) headers: Option<&'a str>,
}

/// A condition on a canonical text of fields: some names of texts, or values of some fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TextCondition {
    /// The text has one of these names.
    Names(Vec<String>),
    /// Each of these fields has one of its values.
    Fields(BTreeMap<String, Vec<String>>),
}

impl TextCondition {
    /// Whether a text of that name fits.
    pub(super) fn fits(&self, name: &str, text: Option<&str>) -> bool {
        match self {
            Self::Names(names) => names.iter().any(|wanted| wanted == name),
            Self::Fields(fields) => text.is_some_and(|text| {
                fields.iter().all(|(field, wanted)| {
                    value(text, field).is_some_and(|value| wanted.iter().any(|wanted| takes(wanted, value)))
                })
            }),
        }
    }

    /// Whether a text may fit both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Names(one), Self::Names(two)) => one.iter().any(|name| two.contains(name)),
            (Self::Fields(one), Self::Fields(two)) => one.iter().all(|(field, values)| {
                let others = two.get(field);
                others.is_none_or(|others| {
                    values
                        .iter()
                        .any(|value| others.iter().any(|other| meet(value, other)))
                })
            }),
            // What a name stands for is not known here.
            (Self::Names(_), Self::Fields(_)) | (Self::Fields(_), Self::Names(_)) => true,
        }
    }
}

/// The value of a field of a canonical text: `smtp/1 talks=early lines=crlf`.
fn value<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    let mut words = text.split(' ');
    words.find_map(|word| word.strip_prefix(field)?.strip_prefix('='))
}

/// Whether a value is wanted. A star at the end stands for anything.
fn takes(wanted: &str, value: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(beginning) => value.starts_with(beginning),
        None => wanted == value,
    }
}

/// Whether a value may be wanted by both.
fn meet(one: &str, two: &str) -> bool {
    match (one.strip_suffix('*'), two.strip_suffix('*')) {
        (Some(one), Some(two)) => one.starts_with(two) || two.starts_with(one),
        (Some(_), None) => takes(one, two),
        _ => takes(two, one),
    }
}

/// A condition on the name behind HELO: some names, some classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HelloCondition(pub(super) Vec<String>);

impl HelloCondition {
    /// Whether a name, or its class, fits as a profile keeps it.
    pub(super) fn fits(&self, kept: &str) -> bool {
        self.0.iter().any(|wanted| is_in(kept, wanted))
    }

    /// Whether a name may fit both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let within = |one: &str, two: &str| is_in(one, two) || is_in(two, one);
        self.0
            .iter()
            .any(|one| other.0.iter().any(|two| within(one, two)))
    }

    /// The names that are asked for as they are.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|wanted| {
            let name = wanted.strip_prefix('"')?.strip_suffix('"')?;
            Some(name.to_owned())
        })
    }
}

/// Whether a kept name or class is one of a wanted class or name. Some classes are parts of others.
fn is_in(kept: &str, wanted: &str) -> bool {
    let class = kept
        .strip_prefix('"')
        .map(|name| if name.contains('.') { "name" } else { "word" });
    kept == wanted
        || class == Some(wanted)
        || matches!((kept, wanted), ("WORD", "word") | ("name-of-address", "name"))
}

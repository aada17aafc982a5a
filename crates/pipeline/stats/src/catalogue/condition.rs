//! The conditions of a rule: which values it takes, and whether some value is taken by two.

use std::collections::BTreeMap;

use atalaya_formats::smtp::hello_class;

use crate::profile::split_hello;

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
    /// Whether a name fits as a profile keeps it.
    pub(super) fn fits(&self, kept: &str) -> bool {
        let (class, name) = split_hello(kept);
        self.0.iter().any(|wanted| match quoted(wanted) {
            Some(wanted) => name == Some(wanted),
            None => is_in(class, wanted),
        })
    }

    /// Whether a name may fit both.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0
            .iter()
            .any(|one| other.0.iter().any(|two| meet_hello(one, two)))
    }

    /// The names that are asked for as they are.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        self.0
            .iter()
            .filter_map(|wanted| quoted(wanted))
            .map(str::to_owned)
    }
}

/// The name that is wanted; none where a class is.
fn quoted(wanted: &str) -> Option<&str> {
    wanted.strip_prefix('"')?.strip_suffix('"')
}

/// Whether a class is the one that is wanted. Some classes are parts of others.
fn is_in(class: &str, wanted: &str) -> bool {
    class == wanted || matches!((class, wanted), ("WORD", "word") | ("name-of-address", "name"))
}

/// Whether some name is taken by both.
fn meet_hello(one: &str, two: &str) -> bool {
    match (quoted(one), quoted(two)) {
        (Some(one), Some(two)) => one == two,
        (None, None) => is_in(one, two) || is_in(two, one),
        (Some(name), None) => may_be(name, two),
        (None, Some(name)) => may_be(name, one),
    }
}

/// Whether a name, in whatever letters and from whatever address, may be of a class.
fn may_be(name: &str, class: &str) -> bool {
    let nobody = std::net::Ipv4Addr::UNSPECIFIED.into();
    match hello_class(name, nobody).as_str() {
        "word" => matches!(class, "word" | "WORD"),
        "name" => matches!(class, "name" | "name-of-address"),
        "other" | "own" | "private" => matches!(class, "other" | "own" | "private"),
        // In brackets: which address it is decides.
        known if known.starts_with('[') => class.starts_with('['),
        known => class == known,
    }
}

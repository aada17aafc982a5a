//! From TOML to a [`Catalogue`]: the form of the file. What two rules may not have in common is in [`check`](super::check).

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use atalaya_formats::signatures::Pattern;
use serde::Deserialize;
use toml::Spanned;

use super::condition::{HelloCondition, TextCondition};
use super::{Botnet, Catalogue, Confidence, Rule, check};
use crate::profile::{CLASSES, MOST_HELLO};

/// Longest file, in bytes.
const MOST_BYTES: usize = 4 << 20;
/// Most rules of a file: each is held against each.
const MOST_RULES: usize = 2_000;
/// Longest name, in bytes.
const MOST_NAME: usize = 80;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    #[serde(default)]
    botnet: Vec<BotnetTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BotnetTable {
    name: Spanned<String>,
    #[serde(default)]
    aliases: Vec<Spanned<String>>,
    confidence: Confidence,
    provenance: Spanned<String>,
    #[serde(default)]
    over: Vec<Spanned<String>>,
    #[serde(default)]
    rule: Vec<Spanned<RuleTable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleTable {
    stack: Option<Spanned<OneOrMore>>,
    dialect: Option<Spanned<TextTable>>,
    helo: Option<Spanned<OneOrMore>>,
    headers: Option<Spanned<TextTable>>,
}

/// A word, or several in brackets.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// Names of texts, or fields with their values.
#[derive(Deserialize)]
#[serde(untagged)]
enum TextTable {
    Names(OneOrMore),
    Fields(BTreeMap<String, OneOrMore>),
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(word) => vec![word],
            Self::More(words) => words,
        }
    }
}

/// Mistakes with the place of each.
#[derive(Default)]
pub(super) struct Mistakes(Vec<(usize, String)>);

impl Mistakes {
    fn add(&mut self, at: &Range<usize>, what: impl Into<String>) {
        self.0.push((at.start, what.into()));
    }
}

/// Reads and checks a file.
pub(super) fn read(text: &str) -> Result<Catalogue, Vec<String>> {
    if text.len() > MOST_BYTES {
        return Err(vec![format!(
            "line 1: the file is longer than {MOST_BYTES} bytes"
        )]);
    }
    let file: File = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![format!("line {}: {}", line(text, at), error.message())]
    })?;
    let mut mistakes = Mistakes::default();
    let places = names(&file, &mut mistakes);
    let botnets: Vec<Botnet> = file
        .botnet
        .into_iter()
        .map(|table| botnet(table, &places, (text, &mut mistakes)))
        .collect();
    let mut told: Vec<String> = mistakes
        .0
        .into_iter()
        .map(|(at, what)| format!("line {}: {what}", line(text, at)))
        .collect();
    if botnets.iter().map(|botnet| botnet.rules.len()).sum::<usize>() > MOST_RULES {
        told.push(format!("line 1: more than {MOST_RULES} rules"));
    }
    if told.is_empty() {
        told = check::conflicts(&botnets);
    }
    if told.is_empty() {
        Ok(Catalogue {
            version: file.version,
            botnets,
        })
    } else {
        Err(told)
    }
}

/// The line of a place.
fn line(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.matches('\n').count().saturating_add(1)
}

/// The places of the botnets by their names and aliases, in small letters.
fn names(file: &File, mistakes: &mut Mistakes) -> HashMap<String, usize> {
    let mut places = HashMap::new();
    for (place, botnet) in file.botnet.iter().enumerate() {
        for name in std::iter::once(&botnet.name).chain(&botnet.aliases) {
            let word = name.get_ref();
            if word.is_empty() || word.len() > MOST_NAME || word.chars().any(char::is_control) {
                mistakes.add(
                    &name.span(),
                    format!("a name has 1 to {MOST_NAME} bytes, and no control characters"),
                );
            }
            if places
                .insert(word.to_lowercase(), place)
                .is_some_and(|other| other != place)
            {
                mistakes.add(&name.span(), format!("another botnet is called {word:?} too"));
            }
        }
    }
    places
}

fn botnet(
    table: BotnetTable,
    places: &HashMap<String, usize>,
    (text, mistakes): (&str, &mut Mistakes),
) -> Botnet {
    if table.provenance.get_ref().trim().is_empty() {
        mistakes.add(
            &table.provenance.span(),
            "`provenance` says where the rules are from",
        );
    }
    let mut over = Vec::new();
    for name in &table.over {
        match places.get(&name.get_ref().to_lowercase()) {
            Some(place) => over.push(*place),
            None => mistakes.add(&name.span(), format!("no botnet is called {:?}", name.get_ref())),
        }
    }
    Botnet {
        name: table.name.into_inner(),
        aliases: table.aliases.into_iter().map(Spanned::into_inner).collect(),
        confidence: table.confidence,
        provenance: table.provenance.into_inner(),
        rules: table
            .rule
            .into_iter()
            .map(|table| rule(table, text, mistakes))
            .collect(),
        over,
    }
}

fn rule(table: Spanned<RuleTable>, text: &str, mistakes: &mut Mistakes) -> Rule {
    let at = table.span();
    let RuleTable {
        stack,
        dialect,
        helo,
        headers,
    } = table.into_inner();
    let rule = Rule {
        line: line(text, at.start),
        stack: stack.map(|asked| patterns(asked, mistakes)),
        dialect: dialect.map(|asked| condition(asked, mistakes)),
        helo: helo.map(|asked| hello(asked, mistakes)),
        headers: headers.map(|asked| condition(asked, mistakes)),
    };
    if rule.stack.is_none() && rule.dialect.is_none() && rule.helo.is_none() && rule.headers.is_none() {
        mistakes.add(&at, "a rule without a condition tells everybody");
    }
    if let Some(why) = check::contradiction(&rule) {
        mistakes.add(&at, why);
    }
    rule
}

fn patterns(asked: Spanned<OneOrMore>, mistakes: &mut Mistakes) -> Vec<Pattern> {
    let at = asked.span();
    let words = some(asked, mistakes);
    let mut patterns = Vec::new();
    for word in words {
        match word.parse() {
            Ok(pattern) => patterns.push(pattern),
            Err(wrong) => mistakes.add(&at, format!("{word:?} is {wrong}")),
        }
    }
    patterns
}

fn hello(asked: Spanned<OneOrMore>, mistakes: &mut Mistakes) -> HelloCondition {
    let at = asked.span();
    let mut wanted = some(asked, mistakes);
    for word in &mut wanted {
        let name = word.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        match name {
            Some(name) if !name.is_empty() && name.len() <= MOST_HELLO && !name.contains('"') => {
                *word = word.to_lowercase();
            }
            None if CLASSES.contains(&word.as_str()) => {}
            _ => mistakes.add(
                &at,
                format!(
                    "{word:?} is no class; a name stands in double quotes inside the quotes: '\"ylmf-pc\"'"
                ),
            ),
        }
    }
    HelloCondition(wanted)
}

fn condition(asked: Spanned<TextTable>, mistakes: &mut Mistakes) -> TextCondition {
    let at = asked.span();
    match asked.into_inner() {
        TextTable::Names(names) => {
            let names = names.all();
            let is_name =
                |name: &String| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
            if names.is_empty() || !names.iter().all(is_name) {
                mistakes.add(&at, "a name of a dialect or header is 16 hexadecimal digits");
            }
            TextCondition::Names(names.iter().map(|name| name.to_lowercase()).collect())
        }
        TextTable::Fields(fields) => {
            let fields: BTreeMap<String, Vec<String>> = fields
                .into_iter()
                .map(|(field, values)| (field, values.all()))
                .collect();
            if fields.is_empty() || fields.values().any(Vec::is_empty) {
                mistakes.add(&at, "a field with no value fits nothing");
            }
            TextCondition::Fields(fields)
        }
    }
}

/// The words, of which there must be one.
fn some(asked: Spanned<OneOrMore>, mistakes: &mut Mistakes) -> Vec<String> {
    let at = asked.span();
    let words = asked.into_inner().all();
    if words.is_empty() {
        mistakes.add(&at, "an empty list fits nothing");
    }
    words
}

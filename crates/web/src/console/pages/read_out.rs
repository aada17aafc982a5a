//! What else was read of a reply, for a person: what is kept as JSON, as terms with their values.
//!
//! In: a value in which strangers' words stand. Out: groups of terms, all of it text, cut, and without the secrets of links. What is known here has
//! words; the rest stands under the name that is kept.

use atalaya_notify::text_without_secrets;
use serde_json::Value;

use crate::texts::ReadTexts;

/// Most groups, terms of one group, and things in one value.
const MOST: usize = 40;
/// Longest value, in characters.
const LONGEST: usize = 600;
/// How deep what is nested is followed.
const DEEPEST: usize = 3;

/// What was read together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// What it is, where it is one of several.
    pub(super) title: Option<String>,
    pub(super) terms: Vec<Term>,
}

/// A term with its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Term {
    /// Its words; none of what is not known here.
    pub(super) words: Option<&'static str>,
    /// The name that is kept.
    pub(super) kept: String,
    pub(super) value: String,
}

/// The groups of a value: what stands by itself, then each of what stands several times. What is empty is left out.
pub(super) fn groups(read: &Value, t: &ReadTexts) -> Vec<Group> {
    let Value::Object(read) = read else {
        return Vec::new();
    };
    let (several, single): (Vec<_>, Vec<_>) = read.iter().partition(|(_, value)| are_several(value));
    let mut groups = vec![Group {
        title: None,
        terms: terms(single, t),
    }];
    for (name, value) in several {
        let name = t.term(name).map_or_else(|| cut(name), str::to_owned);
        let each = value
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_object);
        let each = each.enumerate().map(|(at, one)| Group {
            title: Some(format!("{name} {}", at.saturating_add(1))),
            terms: terms(one, t),
        });
        groups.extend(each);
    }
    groups.retain(|group| !group.terms.is_empty());
    groups.truncate(MOST);
    groups
}

/// Whether a value is a list of what has terms of its own.
fn are_several(value: &Value) -> bool {
    let all = value.as_array();
    all.is_some_and(|all| !all.is_empty() && all.iter().all(Value::is_object))
}

/// The terms of a group: those that are known here first, in the order of their words.
fn terms<'a>(read: impl IntoIterator<Item = (&'a String, &'a Value)>, t: &ReadTexts) -> Vec<Term> {
    let mut read: Vec<_> = read.into_iter().collect();
    read.sort_by_key(|(name, _)| ReadTexts::place(name));
    read.into_iter()
        .filter_map(|(name, value)| term(name, value, t))
        .take(MOST)
        .collect()
}

/// A term; none where nothing is said.
fn term(name: &str, value: &Value, t: &ReadTexts) -> Option<Term> {
    let said = written(value, t, 0);
    (!said.is_empty()).then(|| Term {
        words: t.term(name),
        kept: cut(name),
        value: match value.as_str().and_then(|word| t.value(name, word)) {
            Some(words) => words.to_owned(),
            None => cut(&text_without_secrets(&said)),
        },
    })
}

/// A value on one line. What is nested stands as `name: value`, with semicolons between.
fn written(value: &Value, t: &ReadTexts, depth: usize) -> String {
    let is_deeper = depth < DEEPEST;
    match value {
        Value::Null => String::new(),
        Value::Bool(is) => if *is { t.yes } else { t.no }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(all) if is_deeper => {
            let all = all
                .iter()
                .take(MOST)
                .map(|one| written(one, t, depth.saturating_add(1)));
            all.filter(|one| !one.is_empty()).collect::<Vec<_>>().join(", ")
        }
        Value::Object(all) if is_deeper => {
            let one = |(name, value): (&String, &Value)| {
                let said = written(value, t, depth.saturating_add(1));
                let name = t.term(name).unwrap_or(name);
                (!said.is_empty()).then(|| format!("{name}: {said}"))
            };
            all.iter()
                .take(MOST)
                .filter_map(one)
                .collect::<Vec<_>>()
                .join("; ")
        }
        Value::Array(_) | Value::Object(_) => "…".to_owned(),
    }
}

/// A text that is cut where it is too long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::language::Language;

    fn read(value: &Value, language: Language) -> Vec<Group> {
        groups(value, &language.texts().console.read)
    }

    #[test]
    fn what_was_read_stands_under_words_and_each_failure_by_itself() {
        let value = json!({
            "failures": [
                { "recipient": "a@x.example", "original": null, "reason": "mailbox-full", "lasting": "soft", "diagnosis": "452 full" },
                { "recipient": "b@x.example", "reason": "unknown-user", "lasting": "hard" },
            ],
            "prefixes": ["192.0.2.7", "192.0.2.8"],
            "said": "",
            "ticket": "T-1",
        });
        let groups = read(&value, Language::Spanish);
        let said = |at: usize| -> Vec<(&str, &str)> {
            let terms = groups[at].terms.iter();
            terms
                .map(|term| (term.words.unwrap_or(&term.kept), term.value.as_str()))
                .collect()
        };
        assert_eq!(groups.len(), 3);
        assert_eq!(
            said(0),
            [("Número de caso", "T-1"), ("Prefijos", "192.0.2.7, 192.0.2.8")]
        );
        assert_eq!(groups[0].title, None);
        assert_eq!(groups[1].title.as_deref(), Some("Fallo 1"));
        let failure = [
            ("Destinatario", "a@x.example"),
            ("Causa", "el buzón está lleno"),
            ("Duración", "puede pasar"),
            ("Respuesta", "452 full"),
        ];
        assert_eq!(said(1), failure);
        assert!(said(2).contains(&("Duración", "permanente")));
    }

    #[test]
    fn what_is_not_known_long_deep_or_no_list_is_bounded_and_readable() {
        let value = json!({
            "odd": { "a": [1, { "b": { "c": "deep" } }], "is": true },
            "x".repeat(2_000): "y".repeat(2_000),
        });
        let groups = read(&value, Language::English);
        assert_eq!(groups.len(), 1);
        let [odd, long] = groups[0].terms.as_slice() else {
            panic!("two terms: {groups:?}")
        };
        assert_eq!((odd.words, odd.kept.as_str()), (None, "odd"));
        assert_eq!(odd.value, "a: 1, b: …; is: yes");
        assert_eq!(long.kept.chars().count(), LONGEST + 1);
        assert_eq!(long.value.chars().count(), LONGEST + 1);
        for nothing in [
            json!(null),
            json!("text"),
            json!([]),
            json!({}),
            json!({ "said": null }),
        ] {
            assert_eq!(read(&nothing, Language::English), Vec::new(), "{nothing}");
        }
        let many: Value = (0..500)
            .map(|at| (format!("term-{at}"), json!(at)))
            .collect::<Map<_, _>>()
            .into();
        assert_eq!(read(&many, Language::English)[0].terms.len(), MOST);
        let failures = json!({ "failures": vec![json!({ "status": "5.1.1" }); 500] });
        assert_eq!(read(&failures, Language::English).len(), MOST);
    }

    #[test]
    fn the_secret_of_a_link_that_was_quoted_is_hidden() {
        let value =
            json!({ "said": "see https://list.example/network/AQAGRs3xR2h0dHBzOi8vZXhhbXBsZQ there" });
        let groups = read(&value, Language::English);
        assert_eq!(
            groups[0].terms[0].value,
            "see https://list.example/network/… there"
        );
    }
}

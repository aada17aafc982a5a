//! A template: text with names in double braces, which the operator may edit.
//!
//! In: a text, and values by name. Out: a page. There are no loops and no conditions, but one rule: a line with a name that has nothing to say
//! is left out. Each line is a paragraph of its own, broken to the width of a mail; one that begins with a space is a row, whose value goes on
//! below where it began. Links are never broken, and a block stands alone on its line.

use std::collections::{BTreeMap, BTreeSet};

use super::page::{Page, clean, cut};

/// Largest template, in bytes.
const MAX_SIZE: usize = 64 * 1024;

/// How a value is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A word or a sentence, which may come from a stranger: freed of control characters, and cut.
    Word,
    /// A link: it is never broken.
    Link,
    /// Lines that are set already.
    Block,
}

/// Every name there is, in the order of the manual (docs/guide/notices.md).
pub(super) const NAMES: [(&str, Form); 38] = [
    ("address", Form::Word),
    ("case", Form::Word),
    ("class", Form::Word),
    ("code", Form::Word),
    ("contact", Form::Word),
    ("count", Form::Word),
    ("decision", Form::Word),
    ("end", Form::Word),
    ("evidence", Form::Block),
    ("extent", Form::Word),
    ("first_seen", Form::Word),
    ("helo", Form::Word),
    ("incidents", Form::Word),
    ("last_seen", Form::Word),
    ("listed", Form::Word),
    ("lookup", Form::Link),
    ("mail_from", Form::Word),
    ("messages", Form::Word),
    ("more", Form::Word),
    ("network", Form::Word),
    ("network_page", Form::Link),
    ("organisation", Form::Word),
    ("port", Form::Word),
    ("reason", Form::Word),
    ("recipients", Form::Word),
    ("rule", Form::Word),
    ("sender", Form::Word),
    ("since", Form::Word),
    ("size", Form::Word),
    ("source", Form::Word),
    ("source_date", Form::Word),
    ("stop", Form::Link),
    ("subject", Form::Word),
    ("system", Form::Word),
    ("table", Form::Block),
    ("time", Form::Word),
    ("until", Form::Word),
    ("zone", Form::Word),
];

/// Values by name. A name without one has nothing to say.
pub(super) type Values = BTreeMap<&'static str, String>;

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Wrong {
    /// The name is none.
    #[error("line {line}: there is no `{{{{{name}}}}}`")]
    Unknown {
        /// Where, from 1.
        line: usize,
        /// What stands there.
        name: String,
    },
    /// Braces are opened and never closed.
    #[error("line {line}: `{{{{` is never closed on its line")]
    Open {
        /// Where, from 1.
        line: usize,
    },
    /// A block stands among words.
    #[error("line {line}: `{{{{{name}}}}}` is several lines, and must stand alone on its own")]
    NotAlone {
        /// Where, from 1.
        line: usize,
        /// The block.
        name: &'static str,
    },
    /// It is larger than a mail should be.
    #[error("it is larger than {MAX_SIZE} bytes")]
    Large,
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// As it stands there.
    Text(String),
    /// The value of a name.
    Value(&'static str, Form),
}

/// A template that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Template {
    lines: Vec<Vec<Piece>>,
}

impl Template {
    /// Reads a template.
    pub(super) fn read(text: &str) -> Result<Self, Wrong> {
        if text.len() > MAX_SIZE {
            return Err(Wrong::Large);
        }
        if text.trim().is_empty() {
            return Err(Wrong::Empty);
        }
        let lines = text.trim_end().lines().zip(1..);
        let lines = lines.map(|(line, number)| pieces(line.trim_end(), number));
        Ok(Self {
            lines: lines.collect::<Result<_, _>>()?,
        })
    }

    /// Whether a name stands in it.
    #[cfg(test)]
    pub(super) fn names(&self, wanted: &str) -> bool {
        let mut pieces = self.lines.iter().flatten();
        pieces.any(|piece| matches!(piece, Piece::Value(name, _) if *name == wanted))
    }

    /// All lines on a page. Gives the names that stand in those that were set: a line that was left out says none of its names.
    pub(super) fn set(&self, values: &Values, page: &mut Page) -> BTreeSet<&'static str> {
        let mut said = BTreeSet::new();
        for line in &self.lines {
            if line.is_empty() {
                page.gap();
            } else if set_line(line, values, page) {
                said.extend(names(line));
            }
        }
        said
    }

    /// All lines as one, as a header field wants it: each value is cut, so that none of them pushes out what stands behind it.
    pub(super) fn one_line(&self, values: &Values) -> String {
        let text: Vec<String> = self.lines.iter().map(|line| filled_short(line, values)).collect();
        clean(&text.join(" "))
    }
}

/// The names in a line.
fn names(line: &[Piece]) -> impl Iterator<Item = &'static str> {
    line.iter().filter_map(|piece| match piece {
        Piece::Value(name, _) => Some(*name),
        Piece::Text(_) => None,
    })
}

/// Puts the values into a line and sets it; nothing where one of them has nothing to say. Tells whether it was set.
fn set_line(line: &[Piece], values: &Values, page: &mut Page) -> bool {
    let is_silent = |piece: &Piece| matches!(piece, Piece::Value(name, _) if values.get(name).is_none_or(String::is_empty));
    if line.iter().any(is_silent) {
        return false;
    }
    let has = |wanted: Form| {
        line.iter()
            .any(|piece| matches!(piece, Piece::Value(_, form) if *form == wanted))
    };
    if has(Form::Block) {
        page.block(&filled(line, values));
    } else if has(Form::Link) {
        page.line(&filled(line, values));
    } else {
        match line {
            [Piece::Text(label), rest @ ..] if label.starts_with(' ') && !rest.is_empty() => {
                page.hanging(label, &filled(rest, values));
            }
            [Piece::Text(text)] if text.starts_with(' ') => {
                page.line(text);
            }
            _ => {
                page.broken(&filled(line, values));
            }
        }
    }
    true
}

/// The pieces put together, each value as a word, whatever its form.
fn filled_short(line: &[Piece], values: &Values) -> String {
    let as_word = |piece: &Piece| match piece {
        Piece::Value(name, _) => Piece::Value(name, Form::Word),
        Piece::Text(text) => Piece::Text(text.clone()),
    };
    filled(&line.iter().map(as_word).collect::<Vec<_>>(), values)
}

/// The pieces put together.
fn filled(line: &[Piece], values: &Values) -> String {
    let value = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Value(name, form) => {
            let value = values.get(name).map(String::as_str).unwrap_or_default();
            match form {
                Form::Word => cut(&clean(value)),
                Form::Link | Form::Block => value.to_owned(),
            }
        }
    };
    line.iter().map(value).collect()
}

/// Cuts a line at its names.
fn pieces(line: &str, number: usize) -> Result<Vec<Piece>, Wrong> {
    let (mut found, mut rest) = (Vec::new(), line);
    while let Some((before, behind)) = rest.split_once("{{") {
        let (name, after) = behind.split_once("}}").ok_or(Wrong::Open { line: number })?;
        if !before.is_empty() {
            found.push(Piece::Text(before.to_owned()));
        }
        let (name, form) = known(name.trim()).ok_or_else(|| Wrong::Unknown {
            line: number,
            name: clean(name.trim()),
        })?;
        if form == Form::Block && line.trim() != format!("{{{{{name}}}}}") {
            return Err(Wrong::NotAlone { line: number, name });
        }
        found.push(Piece::Value(name, form));
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest.to_owned()));
    }
    Ok(found)
}

fn known(wanted: &str) -> Option<(&'static str, Form)> {
    NAMES.iter().find(|(name, _)| *name == wanted).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(template: &str, values: &[(&'static str, &str)]) -> String {
        let values = values
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        let mut page = Page::default();
        Template::read(template).unwrap().set(&values, &mut page);
        page.finish()
    }

    #[test]
    fn names_are_replaced_and_lines_without_a_value_left_out() {
        let template = "Hello {{contact}},\n\n  Port  {{port}}\n\nfrom {{ zone }}";
        assert_eq!(
            set(template, &[("contact", "x"), ("zone", "z")]),
            "Hello x,\r\n\r\nfrom z\r\n"
        );
        assert_eq!(
            set(template, &[("contact", "x"), ("zone", "z"), ("port", "25")]),
            "Hello x,\r\n\r\n  Port  25\r\n\r\nfrom z\r\n"
        );
    }

    #[test]
    fn long_values_stay_in_their_column_and_links_in_one_piece() {
        let long = "palabra ".repeat(20);
        let row = set("  Subject   {{subject}}", &[("subject", &long)]);
        assert!(
            row.lines()
                .skip(1)
                .all(|line| line.starts_with("            palabra")),
            "{row}"
        );
        let link = format!("https://list.example/{}", "a".repeat(90));
        assert_eq!(set("  {{stop}}", &[("stop", &link)]), format!("  {link}\r\n"));
    }

    #[test]
    fn a_value_is_no_template_and_ends_no_line() {
        let evil = "{{stop}}\r\nBcc: x\u{202e}";
        assert_eq!(
            set("{{helo}}.", &[("helo", evil), ("stop", "s")]),
            "{{stop}} Bcc: x .\r\n"
        );
    }

    #[test]
    fn only_names_in_lines_that_were_set_are_said() {
        let template = Template::read("{{stop}} {{end}}\n{{lookup}}").unwrap();
        let values = Values::from([("stop", "s".to_owned()), ("lookup", "l".to_owned())]);
        let said = template.set(&values, &mut Page::default());
        assert_eq!(said.into_iter().collect::<Vec<_>>(), ["lookup"]);
    }

    #[test]
    fn a_long_value_pushes_nothing_out_of_a_subject() {
        let template = Template::read("{{subject}} {{stop}} [{{case}}]").unwrap();
        let long = "x".repeat(9_000);
        let values = Values::from([
            ("subject", long.clone()),
            ("stop", long),
            ("case", "case-a".to_owned()),
        ]);
        let subject = template.one_line(&values);
        assert!(subject.ends_with(" [case-a]") && subject.len() < 600, "{subject}");
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let wrong = |text: &str| Template::read(text).unwrap_err().to_string();
        assert_eq!(wrong("a\nb {{adress}}"), "line 2: there is no `{{adress}}`");
        assert_eq!(wrong("{{address"), "line 1: `{{` is never closed on its line");
        assert_eq!(
            wrong("x {{table}}"),
            "line 1: `{{table}}` is several lines, and must stand alone on its own"
        );
        assert_eq!(wrong(" \n"), "it is empty");
        assert_eq!(
            wrong(&"x".repeat(MAX_SIZE + 1)),
            format!("it is larger than {MAX_SIZE} bytes")
        );
    }
}

//! Patterns of the operator: further lines that say something against a client, as templates with named places.
//!
//! ```toml
//! [[pattern]]
//! kind = "login-attack"
//! program = "postfix/smtpd"
//! template = "warning: %{name}[%{address}]: custom authentication failed%{any}"
//! ```
//!
//! A template stands for the whole message, from its first to its last letter. `%{address}` stands once, and before it only `%{name}` (letters, digits,
//! `.`, `-` and `_`) and `%{port}`: no text of a stranger can push another address into its place. After it, `%{port}`, `%{helo}`, `%{from}`,
//! `%{to}` and `%{any}` may follow, each up to the text that comes next.

use atalaya_model::Kind;
use serde::Deserialize;
use toml::Spanned;

use super::LogEntry;
use super::client::{address, is_name};
use super::prefix::Written;

/// Most patterns of a file: each is tried on each line.
const MAX_PATTERNS: usize = 200;
/// The longest template, in bytes.
const MAX_TEMPLATE: usize = 1024;

/// The operator's patterns, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Patterns(Vec<Pattern>);

/// Why a file of patterns is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct BadPatterns {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub why: String,
}

/// One pattern.
#[derive(Debug, Clone)]
struct Pattern {
    kind: Kind,
    program: Option<String>,
    /// The text before the first place.
    start: String,
    /// The places, each with the text behind it.
    places: Vec<(Place, String)>,
}

/// What stands in a place of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Address,
    Port,
    Name,
    Helo,
    From,
    To,
    Any,
}

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    pattern: Vec<Spanned<Row>>,
}

/// A row of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: Kind,
    program: Option<String>,
    template: String,
}

impl Patterns {
    /// Reads a file of patterns.
    ///
    /// # Errors
    /// A row cannot be used: the first such is named by its line.
    pub fn parse(text: &str) -> Result<Self, BadPatterns> {
        let bad = |at: usize, why: String| {
            let before = text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            BadPatterns {
                line: before.saturating_add(1),
                why,
            }
        };
        let file: File = toml::from_str(text).map_err(|error| {
            bad(
                error.span().map_or(0, |span| span.start),
                error.message().to_owned(),
            )
        })?;
        if let Some(row) = file.pattern.get(MAX_PATTERNS) {
            return Err(bad(
                row.span().start,
                format!("there are more than {MAX_PATTERNS} patterns"),
            ));
        }
        let rows = file.pattern.into_iter().map(|row| {
            let at = row.span().start;
            Pattern::new(row.into_inner()).map_err(|why| bad(at, why))
        });
        rows.collect::<Result<_, _>>().map(Self)
    }

    /// What the first pattern that fits says.
    pub(super) fn read(&self, written: &Written<'_>) -> Option<LogEntry> {
        self.0.iter().find_map(|pattern| pattern.read(written))
    }
}

impl Pattern {
    /// Reads the template of a row.
    fn new(row: Row) -> Result<Self, String> {
        if !row.kind.is_abuse() {
            return Err(format!("`{}` says nothing against a client", row.kind));
        }
        if row.template.len() > MAX_TEMPLATE {
            return Err(format!("the template is longer than {MAX_TEMPLATE} bytes"));
        }
        let mut pieces = row.template.split("%{");
        let start = pieces.next().unwrap_or_default().to_owned();
        let mut places: Vec<(Place, String)> = Vec::new();
        for piece in pieces {
            let (name, text) = piece.split_once('}').ok_or("a `%{` has no `}`")?;
            if places.last().is_some_and(|(_place, text)| text.is_empty()) {
                return Err(format!("there must be text before `%{{{name}}}`"));
            }
            places.push((Place::named(name)?, text.to_owned()));
        }
        let mut found = places.iter().map(|(place, _text)| *place);
        let before = found
            .by_ref()
            .find(|place| !matches!(place, Place::Name | Place::Port));
        if before != Some(Place::Address) {
            return Err("before `%{address}` there may only be text, `%{name}` and `%{port}`: a stranger could write an address".to_owned());
        }
        if found.any(|place| place == Place::Address) {
            return Err("`%{address}` stands twice".to_owned());
        }
        Ok(Self {
            kind: row.kind,
            program: row.program,
            start,
            places,
        })
    }

    /// What it says of a line.
    fn read(&self, written: &Written<'_>) -> Option<LogEntry> {
        if self
            .program
            .as_deref()
            .is_some_and(|program| program != written.program)
        {
            return None;
        }
        let mut rest = written.message.strip_prefix(self.start.as_str())?;
        let (mut client, mut port) = (None, None);
        let mut claims = LogEntry::new((std::net::Ipv4Addr::UNSPECIFIED.into(), None), self.kind);
        for (place, text) in &self.places {
            let (value, after) = if text.is_empty() {
                (rest, "")
            } else {
                rest.split_once(text.as_str())?
            };
            rest = after;
            match place {
                Place::Address => client = Some(address(value)?),
                Place::Port => port = Some(value.parse().ok()?),
                Place::Name if value.bytes().all(is_name) => {}
                Place::Name => return None,
                Place::Helo => value.clone_into(&mut claims.helo),
                Place::From => value.clone_into(&mut claims.mail_from),
                Place::To => claims.recipient = Some(value.to_owned()),
                Place::Any => {}
            }
        }
        let address = client.filter(|_| rest.is_empty())?;
        Some(LogEntry {
            address,
            port,
            ..claims
        })
    }
}

impl Place {
    /// The place of that name.
    fn named(name: &str) -> Result<Self, String> {
        Ok(match name {
            "address" => Self::Address,
            "port" => Self::Port,
            "name" => Self::Name,
            "helo" => Self::Helo,
            "from" => Self::From,
            "to" => Self::To,
            "any" => Self::Any,
            _ => return Err(format!("there is no `%{{{name}}}`")),
        })
    }
}

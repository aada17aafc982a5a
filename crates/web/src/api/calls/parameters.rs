//! What a call takes beside its body: the parameters of the table of calls, each with its kind, its bounds and an example.

use atalaya_model::Act;
use atalaya_publish::Format;
use serde_json::{Value, json};

use super::super::schemas;

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the path, where it is always needed.
    Path,
    /// In the query.
    Query,
}

/// What a parameter may be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Text,
    /// An IPv4 or IPv6 address.
    Address,
    /// A day such as 2026-12-31.
    Day,
    /// A number from the first to the second.
    Number(u64, u64),
    /// A number from the first on.
    From(u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// The format of an export.
    Format,
    /// An act of the audit trail.
    Act,
    /// It is there or it is not; what it says does not matter.
    Flag,
}

/// A parameter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) place: Place,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) description: &'static str,
    /// A value as it is sent.
    pub(crate) example: &'static str,
    /// What is taken where a number is absent.
    pub(crate) usual: Option<u64>,
    pub(crate) is_required: bool,
}

impl Parameter {
    /// One of the path.
    pub(super) const fn path(
        name: &'static str,
        kind: Kind,
        description: &'static str,
        example: &'static str,
    ) -> Self {
        let is_required = true;
        Self {
            place: Place::Path,
            is_required,
            ..Self::query(name, kind, description, example)
        }
    }

    /// One of the query, which may be left out.
    pub(super) const fn query(
        name: &'static str,
        kind: Kind,
        description: &'static str,
        example: &'static str,
    ) -> Self {
        Self {
            place: Place::Query,
            name,
            kind,
            description,
            example,
            usual: None,
            is_required: false,
        }
    }

    /// The same, but it must be there.
    pub(super) const fn required(self) -> Self {
        let is_required = true;
        Self { is_required, ..self }
    }

    /// The same with what is taken where it is absent.
    pub(super) const fn usually(self, number: u64) -> Self {
        Self {
            usual: Some(number),
            ..self
        }
    }

    /// As the document has it.
    pub(crate) fn describe(&self) -> Value {
        let mut schema = self.kind.schema();
        if let (Some(usual), Some(schema)) = (self.usual, schema.as_object_mut()) {
            schema.insert("default".to_owned(), json!(usual));
        }
        let mut described = json!({
            "in": match self.place { Place::Path => "path", Place::Query => "query" },
            "name": self.name,
            "required": self.is_required,
            "description": self.description,
            "schema": schema,
            "example": self.example(),
        });
        if let (Kind::Flag, Some(described)) = (self.kind, described.as_object_mut()) {
            described.insert("allowEmptyValue".to_owned(), json!(true));
        }
        described
    }

    /// The example in its type.
    fn example(&self) -> Value {
        match (self.kind, self.example.parse::<u64>()) {
            (Kind::Number(..) | Kind::From(_), Ok(number)) => json!(number),
            _ => json!(self.example),
        }
    }
}

impl Kind {
    /// The schema of its values.
    fn schema(self) -> Value {
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Address => schemas::address(),
            Self::Day => json!({ "type": "string", "format": "date" }),
            Self::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
            Self::From(least) => json!({ "type": "integer", "minimum": least }),
            Self::Word(words) => json!({ "type": "string", "enum": words }),
            Self::Format => json!({ "type": "string", "enum": Format::ALL.map(Format::name) }),
            Self::Act => schemas::acts(Act::ALL),
            Self::Flag => json!({ "type": "string", "enum": ["", "true"] }),
        }
    }
}

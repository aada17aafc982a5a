//! The schemas of what calls take and answer, for the OpenAPI document. Tests hold what is answered against them, and send their examples.

mod answers;
mod console;
mod lists;
mod reports;
mod statistics;

use atalaya_model::Act;
use serde_json::{Map, Value, json};

/// Every schema, by name.
pub(super) fn all() -> Map<String, Value> {
    let parts = [
        answers::all(),
        lists::all(),
        statistics::all(),
        reports::all(),
        console::all(),
        vec![("Problem", problem())],
    ];
    let all = parts.into_iter().flatten();
    all.map(|(name, schema)| (name.to_owned(), schema)).collect()
}

/// A field of what a call takes.
pub(crate) struct Field {
    /// Its name; empty where the body is no object but a text.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) is_required: bool,
}

/// The fields of a body, those that must be there first.
pub(crate) fn fields_of(schema: &str) -> Vec<Field> {
    let all = all();
    let schema = all.get(schema).unwrap_or(&Value::Null);
    let required = schema["required"].as_array();
    let field = |name: &str, schema: &Value| Field {
        name: name.to_owned(),
        description: schema["description"].as_str().unwrap_or_default().to_owned(),
        is_required: required.is_some_and(|names| names.iter().any(|one| one == name)),
    };
    let Some(properties) = schema["properties"].as_object() else {
        return vec![field("", schema)];
    };
    let mut fields: Vec<Field> = properties
        .iter()
        .map(|(name, schema)| field(name, schema))
        .collect();
    fields.sort_by_key(|field| !field.is_required);
    fields
}

/// What went wrong (RFC 9457).
fn problem() -> Value {
    object(
        &json!({
            "type": { "type": "string", "format": "uri-reference", "description": "Always about:blank: the status says what kind it is" },
            "title": text("What went wrong, in a few words"),
            "status": number("The status of the answer"),
            "detail": text("What happened this time, and what to do"),
        }),
        &["type", "title", "status"],
    )
}

/// An address of either family.
pub(super) fn address() -> Value {
    json!({ "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] })
}

/// One of the acts of the audit trail.
pub(super) fn acts(acts: &[Act]) -> Value {
    let names: Vec<&str> = acts.iter().map(|act| act.name()).collect();
    json!({ "type": "string", "enum": names })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn or_null(description: &str) -> Value {
    json!({ "type": ["string", "null"], "description": description })
}

fn number(description: &str) -> Value {
    json!({ "type": "integer", "description": description })
}

fn yes_or_no(description: &str) -> Value {
    json!({ "type": "boolean", "description": description })
}

fn moment(description: &str) -> Value {
    json!({ "type": "string", "format": "date-time", "description": description })
}

fn list_of(items: &Value, description: &str) -> Value {
    json!({ "type": "array", "items": items, "description": description })
}

fn object(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

/// A schema with a value that follows it.
fn with_example(mut schema: Value, example: &Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("examples".to_owned(), json!([example]));
    }
    schema
}

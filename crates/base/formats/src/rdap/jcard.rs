//! Mail addresses of a jCard (RFC 7095), as RDAP entities carry them.
//!
//! A jCard is `["vcard", [[name, parameters, type, value, ...], ...]]`. Only properties that hold an address to write to are looked at;
//! a property of another shape is passed over without harm to the next.

use atalaya_model::MailAddress;
use serde_json::Value;

use crate::mailbox::addresses_in;

/// Most properties of one card that are looked at.
const MAX_PROPERTIES: usize = 256;

/// An address of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CardAddress {
    /// Where to write.
    pub(super) address: MailAddress,
    /// Whether the card marks it as the one for abuse: RIPE writes the parameter `type` as `abuse`.
    pub(super) marked: bool,
}

/// The addresses of a card, in its order.
pub(super) fn addresses(card: &Value) -> Vec<CardAddress> {
    let Some([_label, properties, ..]) = card.as_array().map(Vec::as_slice) else {
        return Vec::new();
    };
    let properties = properties.as_array().map_or(&[][..], Vec::as_slice);
    properties
        .iter()
        .take(MAX_PROPERTIES)
        .filter_map(Value::as_array)
        .flat_map(|property| of_property(property))
        .collect()
}

/// The addresses of one property, if it is one that holds any.
fn of_property(property: &[Value]) -> Vec<CardAddress> {
    let [name, parameters, values @ ..] = property else {
        return Vec::new();
    };
    // A group stands before the name, as in `item1.email`, where a vCard was turned into a jCard carelessly.
    let name = name
        .as_str()
        .and_then(|name| name.rsplit('.').next())
        .unwrap_or_default();
    if !["email", "contact-uri"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
    {
        return Vec::new();
    }
    let marked = parameters.get("type").is_some_and(is_abuse_type);
    texts(values)
        .flat_map(|text| addresses_in(text).collect::<Vec<_>>())
        .map(|address| CardAddress { address, marked })
        .collect()
}

/// The texts among the values, and in lists among them. The type of the value is a text too, but never an address.
fn texts(values: &[Value]) -> impl Iterator<Item = &str> {
    values.iter().flat_map(|value| match value {
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => vec![text.as_str()],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    })
}

fn is_abuse_type(kind: &Value) -> bool {
    let is = |kind: &Value| {
        kind.as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("abuse"))
    };
    is(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(card: &Value) -> Vec<String> {
        addresses(card)
            .into_iter()
            .map(|found| found.address.to_string())
            .collect()
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        let card = json!(["vcard", [
            ["version", {}, "text", "4.0"],
            ["email", {}, "text", "a@example.net"],
            ["EMAIL", {"type": ["work"], "pref": "1"}, "text", "b@example.net", "c@example.net"],
            ["item1.email", {"group": "x"}, "text", ["d@example.net", ["too deep"]]],
            ["email", {}, "uri", "mailto:e@example.net"],
            ["contact-uri", {}, "uri", "mailto:f@example.net?subject=abuse"],
            ["contact-uri", {}, "uri", "https://example.net/abuse"],
            ["email", {}, "g@example.net"],
            ["note", {}, "text", "h@example.net"],
        ]]);
        let expected: Vec<_> = "abcdefg"
            .chars()
            .map(|name| format!("{name}@example.net"))
            .collect();
        assert_eq!(found(&card), expected);
    }

    #[test]
    fn a_broken_property_does_not_hide_the_next() {
        let card = json!([
            "vcard",
            [
                false,
                [],
                ["email"],
                ["email", false],
                ["email", false, 42, {}],
                [false, {}, "text", "x"],
                ["email", 7, "text", "a@example.net"]
            ]
        ]);
        assert_eq!(found(&card), ["a@example.net"]);
        for card in [
            json!(null),
            json!([]),
            json!(["vcard"]),
            json!(["vcard", false]),
            json!({"vcard": []}),
        ] {
            assert_eq!(found(&card), [""; 0]);
        }
    }

    #[test]
    fn the_mark_of_ripe_is_seen() {
        let card = json!(["vcard", [["email", {"type": "email"}, "text", "a@example.net"], ["email", {"type": ["Abuse"]}, "text", "b@example.net"]]]);
        let marks: Vec<_> = addresses(&card).into_iter().map(|found| found.marked).collect();
        assert_eq!(marks, [false, true]);
    }
}

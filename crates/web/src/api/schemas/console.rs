//! The schemas of the calls of the console: what a program orders, and what it is told.

use atalaya_model::{AccessScope, Act, Class, Role};
use atalaya_store::{DeedOutcome, DeedWay};
use serde_json::{Value, json};

use super::{acts, list_of, moment, number, object, or_null, text, with_example, yes_or_no};
use crate::console::access::MAX_REASON;

/// What a reason may not have in it.
const ONE_LINE: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$";

/// Every schema of this file, by name.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("ListOrder", list_order()),
        ("UnlistOrder", unlist_order()),
        ("AllowOrder", allow_order()),
        ("DisallowOrder", disallow_order()),
        ("ListingsPage", listings_page()),
        ("AllowedPage", allowed_page()),
        ("Done", done()),
        ("Decided", decided()),
        ("Deeds", deeds()),
        ("Deed", deed()),
        ("OwnToken", own_token()),
    ]
}

/// What to list.
fn list_order() -> Value {
    let order = order(&json!({
        "prefix": prefix(),
        "class": class("The class; manual if absent"),
        "reason": reason("Why, for whoever is listed to read"),
        "until": until("The end; without one the listing has none"),
    }));
    with_example(
        order,
        &json!({ "prefix": "192.0.2.7", "class": "spam", "reason": "Sends spam.", "until": "2099-01-31T00:00:00Z" }),
    )
}

/// What to take off.
fn unlist_order() -> Value {
    let order = order(&json!({
        "prefix": prefix(),
        "class": class("The class; all if absent"),
        "reason": reason("Why"),
    }));
    with_example(order, &json!({ "prefix": "192.0.2.7", "reason": "A mistake." }))
}

/// What to allow.
fn allow_order() -> Value {
    let order = order(&json!({
        "prefix": prefix(),
        "reason": reason("Why"),
        "until": until("The end; without one the entry has none"),
    }));
    with_example(order, &json!({ "prefix": "192.0.2.0/24", "reason": "Ours." }))
}

/// What to allow no more.
fn disallow_order() -> Value {
    let order = order(&json!({ "prefix": prefix(), "reason": reason("Why") }));
    with_example(
        order,
        &json!({ "prefix": "192.0.2.0/24", "reason": "No longer ours." }),
    )
}

/// A page of listings.
fn listings_page() -> Value {
    let listing = object(
        &json!({
            "prefix": text("What is listed"),
            "class": class("As what"),
            "reason": text("Why"),
            "rule": text("The rule that listed it, with its version; by-hand where a person did"),
            "since": moment("When it was listed"),
            "until": { "type": ["string", "null"], "format": "date-time", "description": "Its end; null without one" },
            "serial": number("The decision that made or last changed it"),
        }),
        &["prefix", "class", "reason", "rule", "since", "until", "serial"],
    );
    let answer = object(
        &json!({
            "listings": list_of(&listing, "In the order of their addresses, 500 at most"),
            "after": { "type": ["string", "null"], "description": "For the parameter after of the next page; null where nothing follows" },
        }),
        &["listings", "after"],
    );
    let listing = json!({
        "prefix": "192.0.2.7", "class": "spam", "reason": "Sends spam.", "rule": "by-hand/1", "since": "2026-12-31T18:00:00Z",
        "until": "2099-01-31T00:00:00Z", "serial": 7,
    });
    with_example(answer, &json!({ "listings": [listing], "after": null }))
}

/// A page of the allow list.
fn allowed_page() -> Value {
    let entry = object(
        &json!({
            "prefix": text("What is never listed"),
            "reason": text("Why, for the operator"),
            "since": moment("When it was allowed"),
            "until": { "type": ["string", "null"], "format": "date-time", "description": "Its end; null without one" },
            "serial": number("The decision that made or last changed it"),
        }),
        &["prefix", "reason", "since", "until", "serial"],
    );
    let answer = object(
        &json!({
            "allowed": list_of(&entry, "In the order of their addresses, 500 at most"),
            "after": { "type": ["string", "null"], "description": "For the parameter after of the next page; null where nothing follows" },
        }),
        &["allowed", "after"],
    );
    let entry = json!({
        "prefix": "192.0.2.0/24", "reason": "Ours.", "since": "2026-12-31T18:00:00Z", "until": null, "serial": 8,
    });
    with_example(answer, &json!({ "allowed": [entry], "after": null }))
}

/// What came of an order.
fn done() -> Value {
    let answer = object(
        &json!({
            "decided": list_of(&json!({ "$ref": "#/components/schemas/Decided" }), "What was decided, the first of it"),
            "serial": number("The last decision"),
            "in_zone": yes_or_no("Whether DNS answers so already"),
        }),
        &["decided", "serial", "in_zone"],
    );
    let decided = json!({
        "serial": 7, "at": "2026-12-31T18:00:00Z", "prefix": "192.0.2.7", "verdict": "list", "class": "spam",
        "until": "2099-01-31T00:00:00Z", "rule": "by-hand/1", "score": 0.0, "reason": "Sends spam.",
    });
    with_example(
        answer,
        &json!({ "decided": [decided], "serial": 7, "in_zone": true }),
    )
}

/// A decision.
fn decided() -> Value {
    object(
        &json!({
            "serial": number("Its place in the sequence"),
            "at": moment("When it was made"),
            "prefix": text("What it is about"),
            "verdict": { "enum": ["list", "extend", "withdraw", "allow", "disallow"] },
            "class": class("The class; absent where it is about the allow list"),
            "until": { "type": ["string", "null"], "format": "date-time", "description": "The end that it sets; null without one" },
            "rule": text("The rule that was followed, with its version"),
            "score": { "type": "number", "description": "The score at that time; 0 where none was involved" },
            "reason": text("Why"),
        }),
        &["serial", "at", "prefix", "verdict", "rule", "score", "reason"],
    )
}

/// A page of the audit trail.
fn deeds() -> Value {
    let answer = object(
        &json!({
            "deeds": list_of(&json!({ "$ref": "#/components/schemas/Deed" }), "The newest first, 500 at most"),
            "before": { "type": ["integer", "null"], "description": "For the parameter before of the next page; null where there is nothing" },
        }),
        &["deeds", "before"],
    );
    let deed = json!({
        "id": 2, "at": "2026-12-31T18:00:00Z", "who": "marta", "way": "session", "client": "192.0.2.99", "act": "list.add", "target": "192.0.2.7",
        "details": { "class": "spam", "reason": "Sends spam.", "until": null }, "undoes": null,
        "end": { "at": "2026-12-31T18:00:00Z", "outcome": "done", "details": [] }, "undone_by": null,
    });
    with_example(answer, &json!({ "deeds": [deed], "before": 2 }))
}

/// What somebody did.
fn deed() -> Value {
    let id_or_null = |about: &str| json!({ "type": ["integer", "null"], "description": about });
    let end = json!({
        "type": ["object", "null"],
        "description": "What came of it; null where nobody has noted it",
        "properties": {
            "at": moment("When"),
            "outcome": { "enum": [DeedOutcome::Done.name(), DeedOutcome::Failed.name()] },
            "details": { "description": "What it led to, or why it failed" },
        },
        "required": ["at", "outcome", "details"],
    });
    object(
        &json!({
            "id": number("Its number"),
            "at": moment("When"),
            "who": text("The account, the token, or the user of the system"),
            "way": { "enum": DeedWay::ALL.map(DeedWay::name), "description": "How" },
            "client": or_null("From which address; null on the machine itself"),
            "act": acts(Act::ALL),
            "target": text("To what: a prefix, an account, a file"),
            "details": { "description": "What else is to be known" },
            "undoes": id_or_null("The deed that this one takes back"),
            "end": end,
            "undone_by": id_or_null("The deed that took this one back"),
        }),
        &[
            "id",
            "at",
            "who",
            "way",
            "client",
            "act",
            "target",
            "details",
            "undoes",
            "end",
            "undone_by",
        ],
    )
}

/// What a token may do.
fn own_token() -> Value {
    let scope = json!({ "type": "string", "enum": AccessScope::ALL.map(AccessScope::name) });
    let answer = object(
        &json!({
            "name": text("The name of the token"),
            "role": { "enum": Role::ALL.map(Role::name), "description": "Its role; that of its account where that is less" },
            "scopes": list_of(&scope, "What it is for"),
            "until": { "type": ["string", "null"], "format": "date-time", "description": "When it ends; null where it does not by itself" },
        }),
        &["name", "role", "scopes", "until"],
    );
    with_example(
        answer,
        &json!({ "name": "monitor", "role": "viewer", "scopes": ["read"], "until": "2027-11-27T13:07:42Z" }),
    )
}

/// A document with a prefix and a reason, and with nothing that it does not name.
fn order(properties: &Value) -> Value {
    let mut order = object(properties, &["prefix", "reason"]);
    if let Some(order) = order.as_object_mut() {
        order.insert("additionalProperties".to_owned(), json!(false));
    }
    order
}

fn prefix() -> Value {
    text("An IPv4 or IPv6 address, or a prefix such as 192.0.2.0/24")
}

fn class(description: &str) -> Value {
    json!({ "type": "string", "enum": Class::ALL.map(Class::name), "description": description })
}

fn reason(description: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": MAX_REASON, "pattern": ONE_LINE, "description": format!("{description}; one line") })
}

/// An end: a moment, or the first moment of a day.
fn until(description: &str) -> Value {
    json!({
        "anyOf": [{ "type": "string", "format": "date-time" }, { "type": "string", "format": "date" }, { "type": "null" }],
        "description": description,
    })
}

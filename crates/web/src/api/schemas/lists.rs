//! The schemas of our own answers about more than one address: ranges, removals, networks, and the form of RIPEstat.

use serde_json::{Value, json};

use super::{list_of, moment, number, object, or_null, text, yes_or_no};

/// Every schema of this file, by name.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("Document", document()),
        ("Range", range()),
        ("Removal", removal()),
        ("RipeStat", ripestat()),
        ("NetworkAddresses", network()),
        ("NetworkAddress", network_address()),
    ]
}

/// The document itself.
fn document() -> Value {
    object(
        &json!({
            "openapi": text("The version of OpenAPI"),
            "info": { "type": "object" },
            "paths": { "type": "object", "description": "Every call" },
        }),
        &["openapi", "info", "paths"],
    )
}

/// What is listed in a prefix.
fn range() -> Value {
    let listing = object(
        &json!({
            "prefix": text("What is listed"),
            "class": text("The class"),
            "code": text("The answer in DNS"),
            "until": { "type": ["string", "null"], "format": "date-time", "description": "The end; null without one" },
        }),
        &["prefix", "class", "code", "until"],
    );
    let unit = object(
        &json!({
            "unit": text("An address, or an IPv6 /64"),
            "listings": list_of(&listing, "What is listed of it"),
        }),
        &["unit", "listings"],
    );
    object(
        &json!({
            "prefix": text("What was asked for"),
            "zone": text("The zone of the list"),
            "serial": number("The last decision that the zone knows"),
            "units": number("How many units the prefix has"),
            "listed": list_of(&unit, "Those that are listed"),
        }),
        &["prefix", "zone", "serial", "units", "listed"],
    )
}

/// What came of the wish to leave.
fn removal() -> Value {
    let part = object(
        &json!({ "prefix": text("What it covers"), "class": text("The class") }),
        &["prefix", "class"],
    );
    let removed = object(
        &json!({
            "outcome": { "const": "removed" },
            "serial": number("The decision"),
            "in_zone": yes_or_no("Whether DNS answers so already"),
            "ttl_seconds": number("How long resolvers may remember the answer from before"),
            "left": list_of(&part, "What left the list"),
            "staying": list_of(&part, "What covers the address and stays"),
        }),
        &["outcome", "serial", "in_zone", "ttl_seconds", "left", "staying"],
    );
    let not_listed = object(&json!({ "outcome": { "const": "not-listed" } }), &["outcome"]);
    json!({ "oneOf": [removed, not_listed], "description": "With 201 what left; with 200 that nothing was listed" })
}

/// A contact in the form of RIPEstat.
fn ripestat() -> Value {
    let found_at = or_null("When that was found out");
    let data = object(
        &json!({
            "abuse_contacts": list_of(&json!({ "type": "string" }), "Mailboxes, the best first"),
            "anti_abuse_contacts": { "type": "object", "description": "The same, where older answers had it" },
            "authoritative_rir": text("The registry; empty where it is not known"),
            "parameters": { "type": "object", "description": "What was asked for" },
            "earliest_time": found_at,
            "latest_time": found_at,
        }),
        &["abuse_contacts", "authoritative_rir", "parameters"],
    );
    object(
        &json!({
            "version": text("The version of this form"),
            "data_call_name": { "const": "abuse-contact-finder" },
            "data_call_status": { "const": "supported" },
            "cached": yes_or_no("Whether a contact is known"),
            "data": data,
            "status": { "const": "ok" },
            "status_code": { "const": 200 },
            "time": moment("Now"),
            "messages": { "type": "array" },
            "see_also": { "type": "array" },
        }),
        &[
            "version",
            "data_call_name",
            "data",
            "status",
            "status_code",
            "time",
        ],
    )
}

/// A page of the addresses that a contact was told of.
fn network() -> Value {
    let next = json!({
        "type": ["object", "null"],
        "properties": { "part": text("For the parameter part"), "before": number("For the parameter before") },
        "required": ["part", "before"],
        "description": "What to ask for next; null at the end",
    });
    object(
        &json!({
            "contact": text("The mailbox that was told"),
            "expires": moment("When the link ends"),
            "zone": text("The zone of the list"),
            "serial": { "type": ["integer", "null"], "description": "The last decision that the zone knows; null before it is loaded" },
            "listed": number("How many are listed"),
            "ended": number("How many are no longer"),
            "addresses": { "type": "array", "items": { "$ref": "#/components/schemas/NetworkAddress" } },
            "next": next,
        }),
        &[
            "contact",
            "expires",
            "zone",
            "serial",
            "listed",
            "ended",
            "addresses",
            "next",
        ],
    )
}

/// One of them.
fn network_address() -> Value {
    let listing = object(
        &json!({
            "class": text("The class"),
            "code": text("The answer in DNS"),
            "since": moment("Since when"),
            "until": { "type": ["string", "null"], "format": "date-time", "description": "The end; null without one" },
            "reason": text("Why"),
            "rule": text("The rule that was followed"),
            "serial": number("The decision"),
        }),
        &["class", "code", "since", "until", "reason", "rule", "serial"],
    );
    object(
        &json!({
            "prefix": text("The address, or what was told of"),
            "listed": yes_or_no("Whether it is listed"),
            "listings": list_of(&listing, "What is listed of it"),
            "class": or_null("The class that was told"),
            "reason": text("The reason that was told"),
            "left": or_null("When it left; null where it is listed, or that is not known"),
            "told": or_null("When the contact was told"),
            "not_ours": yes_or_no("Whether the contact said that it is not his"),
        }),
        &[
            "prefix", "listed", "listings", "class", "reason", "left", "told", "not_ours",
        ],
    )
}

//! The schemas of our own answers: addresses, contacts, proofs, and the feed of an enrolment.

use serde_json::{Value, json};

use super::{moment, number, object, or_null, text, yes_or_no};

/// Every schema of this file, by name.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("Answer", answer()),
        ("Listing", listing()),
        ("Evidence", evidence()),
        ("Contact", contact()),
        ("Proofs", proofs()),
        ("FeedbackEvents", feedback_events()),
    ]
}

/// The answer about an address.
fn answer() -> Value {
    object(
        &json!({
            "address": text("The address"),
            "unit": text("What is listed together with it: itself, or its /64"),
            "zone": text("The zone of the list"),
            "serial": number("The last decision that the zone knows"),
            "listed": { "type": "boolean" },
            "listings": { "type": "array", "items": { "$ref": "#/components/schemas/Listing" } },
            "details": { "enum": ["available", "unavailable"], "description": "Whether the store answered" },
            "contact": {
                "type": "object",
                "description": "Who answers for the network, where that is known; the mailboxes are told by /api/v1/contact",
                "properties": {
                    "domains": { "type": "array", "items": { "type": "string" }, "description": "The domains of its mailboxes, the best first" },
                    "prefix": { "type": ["string", "null"], "description": "The network that it holds for" },
                    "network": { "type": ["string", "null"], "description": "The name of that network" },
                    "found_at": moment("When"),
                    "confidence": number("How sure it is, in percent"),
                },
            },
        }),
        &[
            "address", "unit", "zone", "serial", "listed", "listings", "details",
        ],
    )
}

/// One listing.
fn listing() -> Value {
    object(
        &json!({
            "zone": text("The zone"),
            "code": text("The answer in DNS"),
            "class": text("The class"),
            "prefix": text("What is listed"),
            "scope": { "enum": ["address", "unit", "range"] },
            "until": { "type": ["string", "null"], "format": "date-time", "description": "The end; null without one" },
            "score": { "type": ["number", "null"] },
            "evidence": {
                "type": ["array", "null"],
                "items": { "$ref": "#/components/schemas/Evidence" },
                "description": "The newest observations in the public view; null where the store did not answer",
            },
        }),
        &[
            "zone", "code", "class", "prefix", "scope", "until", "score", "evidence",
        ],
    )
}

/// One observation in the public view.
fn evidence() -> Value {
    object(
        &json!({
            "seen_at": { "type": "string", "format": "date-time", "description": "When, to the minute" },
            "address": text("The address that did it"),
            "sensor": text("Which kind of sensor saw it"),
            "kind": text("What was seen"),
            "counted": yes_or_no("Whether the rules count it"),
            "helo": text("What the sender called itself; traps are hidden in it"),
            "sender_domain": { "type": ["string", "null"], "description": "The domain of the envelope sender; null for a bounce" },
            "subject": text("The subject, cut; traps are hidden in it"),
            "size": number("Bytes of the message"),
            "system": {
                "type": ["object", "null"],
                "description": "What opened the connection, going by its first packet; null where that was not kept",
                "properties": {
                    "label": { "type": ["string", "null"], "description": "Its name; null where no signature knows it" },
                    "certain": yes_or_no("Whether that is more than likely"),
                },
            },
            "dialect": {
                "type": ["object", "null"],
                "description": "How it spoke SMTP; null where nobody heard it",
                "properties": {
                    "id": text("The name of the dialect"),
                    "programs": { "type": ["string", "null"], "description": "Programs that are known to speak so" },
                },
            },
        }),
        &[
            "seen_at",
            "address",
            "sensor",
            "kind",
            "counted",
            "helo",
            "sender_domain",
            "subject",
            "size",
            "system",
            "dialect",
        ],
    )
}

/// Whom to tell.
fn contact() -> Value {
    object(
        &json!({
            "address": text("The address"),
            "known": yes_or_no("Whether somebody looked; without addresses nobody is named then"),
            "addresses": { "type": "array", "items": { "type": "string" }, "description": "Mailboxes, the best first" },
            "prefix": or_null("The network that it holds for"),
            "network": or_null("The name of that network"),
            "source": or_null("Who said so"),
            "found_at": or_null("When that was"),
            "confidence": { "type": ["integer", "null"], "description": "How sure it is, in percent" },
        }),
        &[
            "address",
            "known",
            "addresses",
            "prefix",
            "network",
            "source",
            "found_at",
            "confidence",
        ],
    )
}

/// What proves that listings stand in the public log.
fn proofs() -> Value {
    let proof = object(
        &json!({
            "serial": number("The serial of the decision"),
            "index": number("The place of its entry in the log, from 0"),
            "entry": { "type": "object", "description": "The entry, which is in the open" },
            "opening": { "type": ["object", "null"], "description": "What is behind its seal: prefix, score, reason; null once it was forgotten" },
            "salt": { "type": ["string", "null"], "description": "The salt of the seal, in hexadecimal digits" },
            "proof": text("All of it as a file of c2sp.org/tlog-proof, for atalaya verify-log --proof"),
        }),
        &["serial", "index", "entry", "opening", "salt", "proof"],
    );
    object(
        &json!({
            "address": text("The address"),
            "key": text("The key of the log, NAME+ID+KEY"),
            "proofs": { "type": "array", "items": proof },
        }),
        &["address", "key", "proofs"],
    )
}

/// What is told through the feed of an enrolment.
fn feedback_events() -> Value {
    let event = object(
        &json!({
            "cursor": number("Its place: what comes later has a higher one"),
            "id": { "type": ["string", "null"], "description": "The same in each way of telling; null where the message is kept no more" },
            "address": text("The address that sent it"),
            "seen_at": moment("When"),
            "xarf": { "type": ["object", "null"], "description": "The event as X-ARF 4; null where the message is kept no more" },
        }),
        &["cursor", "id", "address", "seen_at", "xarf"],
    );
    object(
        &json!({
            "events": { "type": "array", "items": event },
            "next": number("The cursor to ask with next"),
            "more": yes_or_no("Whether there may be more now"),
        }),
        &["events", "next", "more"],
    )
}

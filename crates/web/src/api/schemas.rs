//! The schemas of answers, for the OpenAPI document. A test compares them with what is answered.

use serde_json::{Value, json};

/// Every schema, by name.
pub(super) fn all() -> Value {
    json!({ "Answer": answer(), "Contact": contact(), "Listing": listing(), "Evidence": evidence(), "Statistics": statistics(), "StatisticsDays": days(), "FeedbackEvents": feedback_events(), "Proofs": proofs(), "Problem": problem() })
}

/// What went wrong (RFC 9457).
fn problem() -> Value {
    object(
        &json!({
            "type": { "type": "string", "format": "uri-reference", "description": "Always about:blank: the status says what kind it is" },
            "title": text("What went wrong, in a few words"),
            "status": { "type": "integer", "description": "The status of the answer" },
            "detail": text("What happened this time, and what to do"),
        }),
        &["type", "title", "status"],
    )
}

/// What proves that listings stand in the public log.
fn proofs() -> Value {
    let proof = object(
        &json!({
            "serial": { "type": "integer", "description": "The serial of the decision" },
            "index": { "type": "integer", "description": "The place of its entry in the log, from 0" },
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
            "cursor": { "type": "integer", "description": "Its place: what comes later has a higher one" },
            "id": { "type": ["string", "null"], "description": "The same in each way of telling; null where the message is kept no more" },
            "address": text("The address that sent it"),
            "seen_at": { "type": "string", "format": "date-time" },
            "xarf": { "type": ["object", "null"], "description": "The event as X-ARF 4; null where the message is kept no more" },
        }),
        &["cursor", "id", "address", "seen_at", "xarf"],
    );
    object(
        &json!({
            "events": { "type": "array", "items": event },
            "next": { "type": "integer", "description": "The cursor to ask with next" },
            "more": { "type": "boolean", "description": "Whether there may be more now" },
        }),
        &["events", "next", "more"],
    )
}

/// The answer about an address.
fn answer() -> Value {
    object(
        &json!({
            "address": text("The address"),
            "unit": text("What is listed together with it: itself, or its /64"),
            "zone": text("The zone of the list"),
            "serial": { "type": "integer", "description": "The last decision that the zone knows" },
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
                    "found_at": { "type": "string", "format": "date-time" },
                    "confidence": { "type": "integer", "description": "How sure it is, in percent" },
                },
            },
        }),
        &[
            "address", "unit", "zone", "serial", "listed", "listings", "details",
        ],
    )
}

/// Whom to tell.
fn contact() -> Value {
    let or_null = |description: &str| json!({ "type": ["string", "null"], "description": description });
    object(
        &json!({
            "address": text("The address"),
            "known": { "type": "boolean", "description": "Whether somebody looked; without addresses nobody is named then" },
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
            "counted": { "type": "boolean", "description": "Whether the rules count it" },
            "helo": text("What the sender called itself; traps are hidden in it"),
            "sender_domain": { "type": ["string", "null"], "description": "The domain of the envelope sender; null for a bounce" },
            "subject": text("The subject, cut; traps are hidden in it"),
            "size": { "type": "integer", "description": "Bytes of the message" },
            "system": {
                "type": ["object", "null"],
                "description": "What opened the connection, going by its first packet; null where that was not kept",
                "properties": {
                    "label": { "type": ["string", "null"], "description": "Its name; null where no signature knows it" },
                    "certain": { "type": "boolean", "description": "Whether that is more than likely" },
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

/// The days of which something is known.
fn days() -> Value {
    let day = object(
        &json!({
            "day": text("The day, in UTC"),
            "complete": { "type": "boolean", "description": "Whether it is over" },
            "closed": { "type": "boolean", "description": "Whether only its picture is kept, so that it is in no picture of several days" },
        }),
        &["day", "complete", "closed"],
    );
    json!({ "type": "array", "items": day, "description": "The first day first" })
}

/// The figures of some days.
fn statistics() -> Value {
    let list = |description: &str| json!({ "type": "array", "items": { "type": "object" }, "description": description });
    let count = |description: &str| json!({ "type": "integer", "description": description });
    object(
        &json!({
            "version": count("The version of this form"),
            "first_day": text("The first day, in UTC"),
            "last_day": text("The last day"),
            "made_at": { "type": "string", "format": "date-time" },
            "is_complete": { "type": "boolean", "description": "Whether the last day is over" },
            "covered_seconds": { "type": "integer", "description": "How much of the days was over, of those of which something is kept" },
            "missing_days": { "type": "array", "items": { "type": "string" }, "description": "Days of which nothing is kept" },
            "closed_days": { "type": "array", "items": { "type": "string" }, "description": "Days that have pictures of their own, but are not in this one" },
            "more_botnets": count("Stacks and dialects without a name that too few addresses share for a row"),
            "origins": list("What it was made with: where it is from, its date, and whether it is old"),
            "total": { "type": "object", "description": "All of it: addresses, connections, envelopes, recipients, bytes, first_seen, last_seen" },
            "new": count("Addresses that were not seen in the days before"),
            "new_days": count("So many days before were looked at"),
            "listed": count("Addresses that were listed"),
            "notified": count("Addresses of which their network was told"),
            "botnets": list("The botnets, and what is like one: figures, estimated size, countries, networks, hours"),
            "rankings": list("Rankings by system, dialect, HELO, header shape, country, network, prefix, trap, sensor and hour"),
            "pairs": list("Stacks that bots may have brought along"),
            "days": list("Each day"),
        }),
        &[
            "version",
            "first_day",
            "last_day",
            "made_at",
            "is_complete",
            "missing_days",
            "covered_seconds",
            "closed_days",
            "more_botnets",
            "origins",
            "total",
            "new",
            "new_days",
            "listed",
            "notified",
            "botnets",
            "rankings",
            "pairs",
            "days",
        ],
    )
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn object(properties: &Value, required: &[&str]) -> Value {
    json!({ "type": "object", "properties": properties, "required": required })
}

//! The schemas of the figures: which days there are, and what was counted on some.

use serde_json::{Value, json};

use super::{list_of, moment, number, object, text, yes_or_no};

/// Every schema of this file, by name.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![("StatisticsDays", days()), ("Statistics", statistics())]
}

/// The days of which something is known.
fn days() -> Value {
    let day = object(
        &json!({
            "day": text("The day, in UTC"),
            "complete": yes_or_no("Whether it is over"),
            "closed": yes_or_no("Whether only its picture is kept, so that it is in no picture of several days"),
        }),
        &["day", "complete", "closed"],
    );
    json!({ "type": "array", "items": day, "description": "The first day first" })
}

/// The figures of some days.
fn statistics() -> Value {
    let list = |description: &str| list_of(&json!({ "type": "object" }), description);
    object(
        &json!({
            "version": number("The version of this form"),
            "first_day": text("The first day, in UTC"),
            "last_day": text("The last day"),
            "made_at": moment("When"),
            "is_complete": yes_or_no("Whether the last day is over"),
            "covered_seconds": number("How much of the days was over, of those of which something is kept"),
            "missing_days": { "type": "array", "items": { "type": "string" }, "description": "Days of which nothing is kept" },
            "closed_days": { "type": "array", "items": { "type": "string" }, "description": "Days that have pictures of their own, but are not in this one" },
            "more_botnets": number("Stacks and dialects without a name that too few addresses share for a row"),
            "origins": list("What it was made with: where it is from, its date, and whether it is old"),
            "total": { "type": "object", "description": "All of it: addresses, connections, envelopes, recipients, bytes, first_seen, last_seen" },
            "new": number("Addresses that were not seen in the days before"),
            "new_days": number("So many days before were looked at"),
            "listed": number("Addresses that were listed"),
            "notified": number("Addresses of which their network was told"),
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

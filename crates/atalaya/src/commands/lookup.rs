//! `lookup`: what the list holds about an address, in the words of the API.

use serde_json::Value;

use super::{line_to, print, print_json};
use crate::cli::Lookup;
use crate::control::Request;

/// Asks and prints.
pub(crate) async fn run(command: Lookup) -> anyhow::Result<()> {
    let answer: Value = line_to(&command.place)
        .await?
        .ask(Request::Lookup {
            address: command.address,
        })
        .await?;
    if command.json {
        print_json(&answer)
    } else {
        print(text(&answer))
    }
}

/// The answer for people.
fn text(answer: &Value) -> String {
    let word = |value: &Value, key: &str| {
        value
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
    let address = word(answer, "address");
    let listings = answer
        .get("listings")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut lines = Vec::new();
    if answer
        .get("allowed")
        .is_some_and(|allowed| !allowed.is_null() && allowed != &Value::Bool(false))
    {
        lines.push(format!("{address} is on the allow list."));
    } else if listings.is_empty() {
        lines.push(format!("{address} is not listed."));
    } else {
        lines.push(format!("{address} is listed."));
    }
    for listing in listings {
        let end = listing
            .get("until")
            .and_then(Value::as_str)
            .unwrap_or("removed by hand");
        lines.push(String::new());
        lines.push(format!(
            "  class   {} ({})",
            word(listing, "class"),
            word(listing, "code")
        ));
        lines.push(format!("  why     {}", word(listing, "reason")));
        lines.push(format!("  since   {}", word(listing, "since")));
        lines.push(format!("  until   {end}"));
        lines.push(format!("  rule    {}", word(listing, "rule")));
    }
    lines.push(String::new());
    if let Some(contact) = answer.get("contact").filter(|contact| !contact.is_null()) {
        let addresses: Vec<&str> = contact
            .get("addresses")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        lines.push(format!(
            "Abuse contact of {}: {}.",
            word(contact, "prefix"),
            addresses.join(", ")
        ));
    }
    lines.push(format!(
        "Observations kept: {}. Serial of the list: {}.",
        number("observations"),
        number("serial")
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unlisted_address_is_told_plainly() {
        let answer =
            json!({"address": "192.0.2.1", "listed": false, "serial": 7, "listings": [], "observations": 0});
        assert!(text(&answer).starts_with("192.0.2.1 is not listed.\n"));
    }

    #[test]
    fn a_listing_is_told_with_class_reason_and_end() {
        let listing = json!({"class": "spam", "code": "127.0.0.3", "reason": "Spam.", "since": "a", "until": "b", "rule": "c/1"});
        let answer = json!({"address": "192.0.2.1", "listed": true, "serial": 7, "listings": [listing], "observations": 3});
        let text = text(&answer);
        assert!(
            text.contains("spam (127.0.0.3)") && text.contains("Observations kept: 3"),
            "{text}"
        );
    }
}

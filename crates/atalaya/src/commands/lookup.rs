//! `lookup`: what the list holds about an address, in the words of the API.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use atalaya_model::{Class, Prefix, Serial, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::{Form, line_to, print, print_json};
use crate::cli::Lookup;
use crate::control::Request;
use crate::folder::Missing;

/// Asks and prints.
pub(crate) async fn run(command: Lookup) -> anyhow::Result<()> {
    let request = Request::Lookup {
        address: command.address,
    };
    let answer: Value = line_to(&command.place, Missing::Refused)
        .await?
        .ask(request)
        .await?;
    match Form::from(command.json) {
        Form::Json => print_json(&answer),
        Form::Text => print(Answer::deserialize(answer)?),
    }
}

/// The part of the API's answer that people are told.
#[derive(Deserialize)]
struct Answer {
    address: IpAddr,
    serial: Serial,
    listings: Vec<Listed>,
    allowed: Option<Allowed>,
    reserved: Option<String>,
    /// None where the store did not answer.
    observations: Option<u64>,
    contact: Option<Abuse>,
}

#[derive(Deserialize)]
struct Listed {
    prefix: Prefix,
    class: Class,
    code: Ipv4Addr,
    until: Option<Timestamp>,
    /// None where the store did not answer.
    #[serde(flatten)]
    stored: Option<Stored>,
}

#[derive(Deserialize)]
struct Stored {
    reason: String,
    since: Timestamp,
    rule: String,
}

#[derive(Deserialize)]
struct Allowed {
    prefix: Prefix,
}

#[derive(Deserialize)]
struct Abuse {
    prefix: Prefix,
    addresses: Vec<String>,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.address;
        match (&self.allowed, &self.reserved) {
            _ if !self.listings.is_empty() => writeln!(f, "{address} is listed.")?,
            (Some(entry), _) => writeln!(f, "{address} is on the allow list, as {}.", entry.prefix)?,
            (_, Some(purpose)) => writeln!(f, "{address} is never listed: it is reserved ({purpose}).")?,
            _ => writeln!(f, "{address} is not listed.")?,
        }
        for listing in &self.listings {
            write!(f, "{listing}")?;
        }
        writeln!(f)?;
        if let Some(contact) = &self.contact {
            writeln!(
                f,
                "Abuse contact of {}: {}.",
                contact.prefix,
                contact.addresses.join(", ")
            )?;
        }
        let kept = self.observations.map_or_else(
            || "unknown, the store did not answer".to_owned(),
            |kept| kept.to_string(),
        );
        let serial = self.serial;
        write!(f, "Observations kept: {kept}. Serial of the list: {serial}.")
    }
}

impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self
            .until
            .map_or_else(|| "removed by hand".to_owned(), |until| until.to_string());
        writeln!(f)?;
        writeln!(f, "  prefix  {}", self.prefix)?;
        writeln!(f, "  class   {} ({})", self.class, self.code)?;
        if let Some(stored) = &self.stored {
            writeln!(f, "  why     {}", stored.reason)?;
            writeln!(f, "  since   {}", stored.since)?;
        }
        writeln!(f, "  until   {end}")?;
        match &self.stored {
            Some(stored) => writeln!(f, "  rule    {}", stored.rule),
            None => writeln!(f, "  why, since and rule are unknown, the store did not answer"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(answer: Value) -> String {
        Answer::deserialize(answer).unwrap().to_string()
    }

    #[test]
    fn an_unlisted_address_is_told_plainly() {
        let answer =
            json!({"address": "192.0.2.1", "listed": false, "serial": 7, "listings": [], "observations": 0});
        assert!(told(answer).starts_with("192.0.2.1 is not listed.\n"));
    }

    #[test]
    fn a_reserved_address_is_told_with_its_purpose() {
        let answer = json!({"address": "127.0.0.9", "serial": 7, "listings": [], "reserved": "loopback"});
        assert!(told(answer).starts_with("127.0.0.9 is never listed: it is reserved (loopback).\n"));
    }

    #[test]
    fn a_listing_is_told_with_class_reason_and_end() {
        let listing = json!({
            "prefix": "192.0.2.1/32", "class": "spam", "code": "127.0.0.3", "reason": "Spam.",
            "since": "2026-11-20T00:00:00Z", "until": null, "rule": "trap-spam/1",
        });
        let text =
            told(json!({"address": "192.0.2.1", "serial": 7, "listings": [listing], "observations": 3}));
        assert!(text.contains("class   spam (127.0.0.3)"), "{text}");
        assert!(text.contains("why     Spam.\n"), "{text}");
        assert!(text.contains("until   removed by hand"), "{text}");
        assert!(
            text.ends_with("Observations kept: 3. Serial of the list: 7."),
            "{text}"
        );
    }

    #[test]
    fn what_the_store_did_not_say_is_unknown() {
        let listing = json!({"prefix": "192.0.2.1/32", "class": "spam", "code": "127.0.0.3", "until": null});
        let text =
            told(json!({"address": "192.0.2.1", "serial": 7, "listings": [listing], "observations": null}));
        assert!(text.contains("why, since and rule are unknown"), "{text}");
        assert!(text.contains("Observations kept: unknown"), "{text}");
    }
}

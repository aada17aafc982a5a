//! The answer about an address as JSON. The command line prints the same and one number more.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Class, Contact, Listing, MailAddress, Prefix};
use atalaya_publish::Held;
use serde_json::{Map, Value, json};

use crate::App;
use crate::lookup::{Details, Facts, Lookup, LookupLimits, NotLoaded, Standing};

/// What is known of an address, as `GET /api/v1/ip/ADDRESS` gives it.
///
/// Always there: `address`, `unit` (what is listed together with it), `zone`, `serial`, `listed`, `listings`, and `details`, which
/// is `unavailable` where the store did not answer. Each listing has `zone`, `code`, `class`, `prefix`, `scope`, `until` (null without
/// end), `score` and `evidence`: the newest observations against the address as the public may see them, empty where the class
/// does not come from observations, null where the store did not answer. Where the store did answer it has `reason`, `since`, `rule`
/// and `serial` too, and `until` to the second; without it `until` is the full hour that follows.
/// Where they apply: `allowed`, `reserved`, `contact`. The public sees the domains of a contact, as on the page; here, for the operator, the
/// mailboxes and their source stand in it, and there is `observations`, the number kept against the address; null where the store did not
/// answer.
///
/// # Errors
/// The zone was not loaded yet.
pub async fn answer_json(app: &App, address: IpAddr) -> Result<Value, NotLoaded> {
    let config = &app.config;
    let limits = LookupLimits::new(&config.web, &config.delist);
    let lookup = Lookup::new(app.store.clone(), Arc::clone(&app.zone), limits, config);
    let facts = lookup.facts(address, app.clock.now()).await?;
    let mut answer = lookup.answer(&facts);
    let kept = facts
        .details
        .as_ref()
        .map(|details| details.kept.observation_count);
    answer.insert("observations".to_owned(), json!(kept));
    if let Some(contact) = contact(&facts) {
        answer.insert("contact".to_owned(), json!(contact));
    }
    Ok(Value::Object(answer))
}

impl Lookup {
    /// See [`answer_json`].
    pub(crate) fn answer(&self, facts: &Facts) -> Map<String, Value> {
        let mut answer = Map::new();
        let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        put("address", json!(facts.address));
        put("unit", json!(facts.unit));
        put("zone", json!(self.zone_name));
        put("serial", json!(facts.serial));
        put("listed", json!(!facts.listings().is_empty()));
        put(
            "listings",
            facts
                .listings()
                .iter()
                .map(|listing| self.listing(listing, facts))
                .collect(),
        );
        put(
            "details",
            json!(if facts.details.is_some() {
                "available"
            } else {
                "unavailable"
            }),
        );
        match &facts.standing {
            // The reason of an allow entry is for the operator.
            Standing::Allowed(entry) => {
                put("allowed", json!({ "prefix": entry.prefix, "until": entry.until }));
            }
            Standing::Reserved(purpose) => {
                put("reserved", json!(purpose));
            }
            Standing::Listed(_) | Standing::TestEntry(_) | Standing::NotListed => {}
        }
        if let Some(contact) = contact(facts) {
            put("contact", in_public(contact));
        }
        answer
    }

    /// One listing.
    fn listing(&self, held: &Held, facts: &Facts) -> Value {
        let (details, stored) = (facts.details.as_ref(), facts.stored(held));
        let score = stored.and_then(|listing| score(listing, details?));
        let mut answer = Map::new();
        let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
        put("zone", json!(self.zone_name));
        put("code", json!(held.class.code()));
        put("class", json!(held.class));
        put("prefix", json!(held.prefix));
        put("scope", json!(scope(&held.prefix, &facts.unit)));
        put("until", json!(facts.until(held)));
        put("score", json!(score));
        put(
            "evidence",
            json!(details.map(|details| evidence(held, facts, details))),
        );
        if let Some(listing) = stored {
            put("reason", json!(listing.reason));
            put("since", json!(listing.since));
            put("rule", json!(listing.rule));
            put("serial", json!(listing.serial));
        }
        Value::Object(answer)
    }
}

/// The contact of an address, as far as it is known.
fn contact(facts: &Facts) -> Option<&Contact> {
    facts.details.as_ref()?.kept.contact.as_ref()
}

/// A contact as everybody may see it: whoever wants the mailbox asks `/api/v1/contact`, which is open to the clients of the list only. The
/// source is left out, since it may be a path of ours.
fn in_public(contact: &Contact) -> Value {
    let mut domains: Vec<&str> = contact.addresses.iter().map(MailAddress::domain).collect();
    let mut seen = BTreeSet::new();
    domains.retain(|domain| seen.insert(*domain));
    json!({
        "domains": domains,
        "prefix": contact.prefix,
        "network": contact.network,
        "found_at": contact.found_at,
        "confidence": contact.confidence,
    })
}

/// The observations behind a listing.
fn evidence(listing: &Held, facts: &Facts, details: &Details) -> Value {
    let from_observations = matches!(listing.class, Class::Spam | Class::Bot);
    if !from_observations || !facts.unit.covers(&listing.prefix) {
        return json!([]);
    }
    details
        .kept
        .observations
        .iter()
        .map(|seen| json!(details.veil.show(seen)))
        .collect()
}

/// The score of the decision behind a listing, where one was involved.
fn score(listing: &Listing, details: &Details) -> Option<f64> {
    let decided = details
        .kept
        .decisions
        .iter()
        .find(|decided| decided.serial == listing.serial)?;
    Some(decided.decision.score).filter(|score| *score > 0.0)
}

/// What a listing covers, in one word.
fn scope(prefix: &Prefix, unit: &Prefix) -> &'static str {
    if prefix.is_single() {
        "address"
    } else if prefix == unit {
        "unit"
    } else {
        "range"
    }
}

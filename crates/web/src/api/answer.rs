//! The answer about an address as JSON. The command line prints the same.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_delist::DelistConfig;
use atalaya_formats::redact::TrapNames;
use atalaya_model::{Class, Listing, Prefix, Timestamp};
use atalaya_publish::Zone;
use atalaya_store::Store;
use serde_json::{Map, Value, json};

use crate::WebConfig;
use crate::lookup::{Details, Facts, Lookup, LookupLimits, NotLoaded, Standing};

/// What is known of an address, as `GET /api/v1/ip/ADDRESS` gives it.
///
/// Always there: `address`, `unit` (what is listed together with it), `zone`, `serial`, `listed`, `listings`, and `details`, which
/// is `unavailable` where the store did not answer. Each listing has `zone`, `code`, `class`, `prefix`, `scope`, `reason`, `since`,
/// `until` (null without end), `rule`, `score`, `serial` and `evidence`: the newest observations against the address as the
/// public may see them, empty where the class does not come from observations, null where the store did not answer.
/// Where they apply: `allowed`, `reserved`, `evidence_count`, `contact`.
///
/// # Errors
/// The zone was not loaded yet.
pub async fn answer_json(
    store: &Store,
    zone: &Arc<Zone>,
    traps: &TrapNames,
    address: IpAddr,
    now: Timestamp,
) -> Result<Value, NotLoaded> {
    let limits = LookupLimits::new(&WebConfig::default(), &DelistConfig::default());
    Lookup::new(store.clone(), Arc::clone(zone), limits, traps.clone())
        .answer_json(address, now)
        .await
}

impl Lookup {
    /// See [`answer_json`].
    pub(crate) async fn answer_json(&self, address: IpAddr, now: Timestamp) -> Result<Value, NotLoaded> {
        let facts = self.facts(address, now).await?;
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
                .map(|listing| self.listing(listing, &facts))
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
                put(
                    "allowed",
                    json!({ "prefix": entry.prefix, "since": entry.since, "until": entry.until }),
                );
            }
            Standing::Reserved(purpose) => {
                put("reserved", json!(purpose));
            }
            Standing::Listed(_) | Standing::TestEntry(_) | Standing::NotListed => {}
        }
        if let Some(details) = &facts.details {
            put("evidence_count", json!(details.observation_count));
            if let Some(contact) = &details.contact {
                put("contact", json!(contact));
            }
        }
        Ok(Value::Object(answer))
    }

    /// One listing.
    fn listing(&self, listing: &Listing, facts: &Facts) -> Value {
        let score = facts.details.as_ref().and_then(|details| score(listing, details));
        json!({
            "zone": self.zone_name,
            "code": listing.class.code(),
            "class": listing.class,
            "prefix": listing.prefix,
            "scope": scope(&listing.prefix, &facts.unit),
            "reason": listing.reason,
            "since": listing.since,
            "until": listing.until,
            "rule": listing.rule,
            "score": score,
            "serial": listing.serial,
            "evidence": facts.details.as_ref().map(|details| evidence(listing, facts, details)),
        })
    }
}

/// The observations behind a listing.
fn evidence(listing: &Listing, facts: &Facts, details: &Details) -> Value {
    let from_observations = matches!(listing.class, Class::Spam | Class::Bot);
    if !from_observations || !facts.unit.covers(&listing.prefix) {
        return json!([]);
    }
    details
        .observations
        .iter()
        .map(|seen| json!(details.veil.show(seen)))
        .collect()
}

/// The score of the decision behind a listing, where one was involved.
fn score(listing: &Listing, details: &Details) -> Option<f64> {
    let decided = details
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

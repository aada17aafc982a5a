//! `check`, `check-block` and `reports`: what is known of an address or a network.
//!
//! The confidence is 100 exactly where the zone lists the address. Below that it is 25 for each independent source that has something
//! against it, at most 75: a tool that blocks from 76 on blocks what is listed and nothing else. An allowed address has 0.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use atalaya_formats::reports::{Form, read_address};
use atalaya_model::{Observation, Prefix, Sensor, Timestamp, reserved};
use atalaya_observe::reports::categories_of;
use atalaya_store::StoreError;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::admission::{Caller, Reading};
use super::answer::{Answer, Refusal};
use super::query_of;
use crate::app::{Inner, Shared};

/// Days that are looked back without `maxAgeInDays`.
pub(crate) const USUAL_AGE: u64 = 30;
/// Most days.
pub(crate) const MOST_AGE: u64 = 365;
/// Most observations of an address that are looked at, the newest first.
pub(crate) const MOST_LOOKED_AT: u32 = 1_000;
/// The same for each address of a network.
const MOST_IN_BLOCK: u32 = 100;
/// Most units of a network: an IPv4 /24, an IPv6 /56.
const MOST_UNITS: u32 = 256;
/// Reports of a page, at most.
pub(crate) const MOST_ON_PAGE: usize = 100;
/// Reports of a page without `perPage`.
pub(crate) const USUAL_ON_PAGE: usize = 25;
/// Confidence in one source's word, and in all words together.
const CONFIDENCE: (u64, u64) = (25, 75);

/// What is known of an address.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) confidence: u64,
    is_allowed: bool,
    /// What speaks against it, the newest first.
    against: Vec<Observation>,
}

/// What is known of an address, of so many days.
pub(super) async fn standing(shared: &Inner, address: IpAddr, days: u64) -> Result<Standing, StoreError> {
    let unit = Prefix::unit(address);
    let kept = shared.app.store.observations_of(&unit, MOST_LOOKED_AT).await?;
    Ok(judge(shared, address, kept, days))
}

fn judge(shared: &Inner, address: IpAddr, kept: Vec<Observation>, days: u64) -> Standing {
    let now = shared.app.clock.now();
    let since = now.minus(Duration::from_secs(days.saturating_mul(86_400)));
    let against = against(kept, since);
    let answer = shared.app.zone.lookup(address, now);
    let is_allowed = answer.allowed.is_some();
    let sources: BTreeSet<(Sensor, &str)> = against
        .iter()
        .map(|seen| (seen.sensor, seen.source.as_str()))
        .collect();
    let confidence = match (answer.is_listed(), is_allowed) {
        (true, _) => 100,
        (false, true) => 0,
        (false, false) => CONFIDENCE
            .0
            .saturating_mul(sources.len() as u64)
            .min(CONFIDENCE.1),
    };
    Standing {
        confidence,
        is_allowed,
        against,
    }
}

/// What counts and was not taken back.
fn against(mut kept: Vec<Observation>, since: Timestamp) -> Vec<Observation> {
    let who = |seen: &Observation| (seen.sensor, seen.address, seen.source.clone());
    let mut taken_back: HashMap<_, Timestamp> = HashMap::new();
    for seen in kept.iter().filter(|seen| seen.takes_back()) {
        let at = taken_back.entry(who(seen)).or_insert(seen.seen_at);
        *at = seen.seen_at.max(*at);
    }
    kept.retain(|seen| {
        let back = taken_back.get(&who(seen));
        let stands = back.is_none_or(|back| seen.seen_at > *back);
        seen.counts() && seen.seen_at >= since && stands
    });
    kept
}

/// `GET /api/v2/check`.
pub(super) async fn check(
    State(shared): State<Shared>,
    uri: Uri,
    Reading(Caller { left, .. }): Reading,
) -> Result<Answer, Refusal> {
    let query = query_of(&uri);
    let address = address(&query)?;
    let standing = standing(&shared, address, age(&query)?).await?;
    let against = &standing.against;
    let sources: BTreeSet<_> = against
        .iter()
        .map(|seen| (seen.sensor, seen.source.as_str()))
        .collect();
    let mut data = json!({
        "ipAddress": address,
        "isPublic": reserved(&Prefix::single(address)).is_none(),
        "ipVersion": if address.is_ipv4() { 4 } else { 6 },
        "isWhitelisted": standing.is_allowed,
        "abuseConfidenceScore": standing.confidence,
        "countryCode": null,
        "usageType": null,
        "isp": null,
        "domain": null,
        "hostnames": [],
        "isTor": null,
        "totalReports": against.len(),
        "numDistinctUsers": sources.len(),
        "lastReportedAt": against.first().map(|newest| newest.seen_at),
    });
    let is_verbose = !matches!(query.get("verbose"), Some(b"false" | b"0")) && has(&uri, "verbose");
    if let (true, Some(data)) = (is_verbose, data.as_object_mut()) {
        let told: Vec<Value> = against.iter().take(MOST_ON_PAGE).map(tell).collect();
        data.insert("countryName".to_owned(), Value::Null);
        data.insert("reports".to_owned(), told.into());
    }
    Ok(Answer::data(&data, left))
}

/// `GET /api/v2/reports`.
pub(super) async fn reports(
    State(shared): State<Shared>,
    uri: Uri,
    Reading(Caller { left, .. }): Reading,
) -> Result<Answer, Refusal> {
    let query = query_of(&uri);
    let address = address(&query)?;
    let days = age(&query)?;
    let page = number(&query, "page", 1, 1..=u64::from(MOST_LOOKED_AT))?;
    let size = number(&query, "perPage", USUAL_ON_PAGE as u64, 1..=MOST_ON_PAGE as u64)?;
    let against = standing(&shared, address, days).await?.against;
    let total = against.len() as u64;
    let last = total.div_ceil(size).max(1);
    let skip = usize::try_from(page.saturating_sub(1).saturating_mul(size)).unwrap_or(usize::MAX);
    let take = usize::try_from(size).unwrap_or(usize::MAX);
    let results: Vec<Value> = against.iter().skip(skip).take(take).map(tell).collect();
    let root = &shared.app.config.public_url;
    let url = |page: u64| {
        format!("{root}/api/v2/reports?ipAddress={address}&maxAgeInDays={days}&perPage={size}&page={page}")
    };
    let data = json!({
        "total": total,
        "page": page,
        "count": results.len(),
        "perPage": size,
        "lastPage": last,
        "nextPageUrl": (page < last).then(|| url(page.saturating_add(1))),
        "previousPageUrl": (page > 1).then(|| url(page.saturating_sub(1))),
        "results": results,
    });
    Ok(Answer::data(&data, left))
}

/// `GET /api/v2/check-block`.
pub(super) async fn check_block(
    State(shared): State<Shared>,
    uri: Uri,
    Reading(Caller { left, .. }): Reading,
) -> Result<Answer, Refusal> {
    let query = query_of(&uri);
    let network = query.text("network").unwrap_or_default();
    let network: Prefix = network
        .parse()
        .map_err(|_bad| Refusal::wrong("network", "The network must be like 192.0.2.0/24."))?;
    let days = age(&query)?;
    let units = units(&network).ok_or_else(|| {
        let detail = "The network is too large: at most an IPv4 /24 or an IPv6 /56.";
        Refusal::new(StatusCode::PAYMENT_REQUIRED, detail)
    })?;
    let mut reported = Vec::new();
    for unit in units {
        let kept = shared.app.store.observations_of(&unit, MOST_IN_BLOCK).await?;
        let known = judge(&shared, unit.network(), kept, days);
        if known.confidence == 0 {
            continue;
        }
        reported.push(json!({
            "ipAddress": unit,
            "numReports": known.against.len(),
            "mostRecentReport": known.against.first().map(|newest| newest.seen_at),
            "abuseConfidenceScore": known.confidence,
            "countryCode": null,
        }));
    }
    let purpose = reserved(&network);
    let bits = if network.is_ipv4() { 32 } else { 128_u32 };
    let data = json!({
        "networkAddress": network.network(),
        "netmask": netmask(&network),
        "minAddress": network.network(),
        "maxAddress": network.last(),
        "numPossibleHosts": 2_f64.powi(i32::try_from(bits).unwrap_or_default() - i32::from(network.length())),
        "addressSpaceDesc": purpose.unwrap_or("Internet"),
        "reportedAddress": reported,
    });
    Ok(Answer::data(&data, left))
}

/// The units of a network; none where there are too many.
fn units(network: &Prefix) -> Option<Vec<Prefix>> {
    let first = Prefix::unit(network.network());
    let more = u32::from(first.length().saturating_sub(network.length()));
    let count = 1_u32.checked_shl(more).filter(|count| *count <= MOST_UNITS)?;
    let at = |step: u32| match first.network() {
        IpAddr::V4(v4) => IpAddr::V4(v4.to_bits().saturating_add(step).into()),
        IpAddr::V6(v6) => IpAddr::V6(v6.to_bits().saturating_add(u128::from(step) << 64).into()),
    };
    Some((0..count).map(|step| Prefix::unit(at(step))).collect())
}

/// The mask of a network, as an address.
fn netmask(network: &Prefix) -> IpAddr {
    let length = u32::from(network.length());
    let ones = |bits: u32| {
        u128::MAX
            .checked_shl(bits.saturating_sub(length))
            .unwrap_or_default()
    };
    if network.is_ipv4() {
        IpAddr::V4(
            u32::try_from(ones(32) & u128::from(u32::MAX))
                .unwrap_or_default()
                .into(),
        )
    } else {
        IpAddr::V6(ones(128).into())
    }
}

/// An observation as other reporters may see it: what was seen and by which kind of sensor. What a reporter wrote is not shown.
fn tell(seen: &Observation) -> Value {
    let source = format!("{} {}", seen.sensor, seen.source);
    let [a, b, c, ..] = <[u8; 32]>::from(Sha256::digest(source));
    json!({
        "reportedAt": seen.seen_at,
        "comment": format!("{} seen by {}", seen.kind, seen.sensor),
        "categories": categories_of(seen),
        "reporterId": u32::from_be_bytes([0, a, b, c]),
        "reporterCountryCode": null,
        "reporterCountryName": null,
    })
}

fn address(query: &Form<'_>) -> Result<IpAddr, Refusal> {
    let address = query.get("ipAddress").and_then(read_address);
    address.ok_or_else(|| Refusal::wrong("ipAddress", "The address must be a valid IPv4 or IPv6 address."))
}

fn age(query: &Form<'_>) -> Result<u64, Refusal> {
    number(query, "maxAgeInDays", USUAL_AGE, 1..=MOST_AGE)
}

/// A number of the query.
pub(super) fn number(
    query: &Form<'_>,
    name: &'static str,
    usual: u64,
    range: std::ops::RangeInclusive<u64>,
) -> Result<u64, Refusal> {
    let Some(text) = query.text(name) else {
        return Ok(usual);
    };
    let number = text.trim().parse().ok().filter(|number| range.contains(number));
    let (first, last) = range.into_inner();
    number.ok_or_else(|| Refusal::wrong(name, format!("{name} must be from {first} to {last}.")))
}

/// Whether the query names something, with or without a value.
fn has(uri: &Uri, name: &str) -> bool {
    let fields = uri.query().unwrap_or_default().split('&');
    fields
        .map(|field| field.split('=').next())
        .any(|key| key == Some(name))
}

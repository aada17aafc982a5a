//! `/ip/ADDRESS/LENGTH`: what is listed in a range, on a page and as JSON.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::{GroupView, ManyPage, is_listed, path_of, row, verdict};
use crate::address;
use crate::app::{Inner, Shared, Telling};
use crate::failure::Failure;
use crate::lookup::{Facts, NotLoaded};
use crate::pages::{Frame, Reader, page};

/// Most units of a range that are looked up: an IPv4 /24, an IPv6 /56.
const MOST_UNITS: u32 = 256;

/// What stands in a range.
struct Found {
    prefix: Prefix,
    /// The units that are listed.
    listed: Vec<(Prefix, Facts)>,
    /// Of so many.
    all: usize,
    /// A wider prefix that is listed as a whole.
    wider: Option<Prefix>,
    serial: String,
}

/// `/ip/ADDRESS/LENGTH`.
pub(crate) async fn range(
    State(shared): State<Shared>,
    reader: Reader,
    Path((address, length)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let prefix = address::read_prefix(&format!("{address}/{length}"))?;
    if Prefix::unit(prefix.network()).covers(&prefix) {
        let link = reader.link(&path_of(prefix.network()));
        return Ok(Redirect::to(&link).into_response());
    }
    let found = find(&shared, prefix)?;
    Ok(page(StatusCode::OK, &reader, &view(&shared, &reader, &found)))
}

/// `GET /api/v1/ip/ADDRESS/LENGTH`.
pub(crate) async fn api_range(
    State(shared): State<Shared>,
    Path((address, length)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let prefix = address::read_prefix(&format!("{address}/{length}"))?;
    let found = find(&shared, prefix)?;
    let listings = |facts: &Facts| -> Value {
        let one = |held: &atalaya_publish::Held| json!({ "prefix": held.prefix, "class": held.class, "code": held.class.code(), "until": held.until });
        facts.listings().iter().map(one).collect()
    };
    let unit = |(unit, facts): &(Prefix, Facts)| json!({ "unit": unit, "listings": listings(facts) });
    let body = json!({
        "prefix": found.prefix,
        "zone": shared.lookup.zone_name,
        "serial": found.serial.parse::<u64>().unwrap_or_default(),
        "units": found.all,
        "listed": found.listed.iter().map(unit).collect::<Vec<_>>(),
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(body)).into_response())
}

/// Looks up every unit of a range.
fn find(shared: &Inner, prefix: Prefix) -> Result<Found, Failure> {
    let units = units(prefix).ok_or_else(|| Failure::TooWide(prefix.to_string()))?;
    let now = shared.app.clock.now();
    let looked_up: Result<Vec<_>, NotLoaded> = units
        .map(|address| Ok((Prefix::unit(address), shared.lookup.standing(address, now)?)))
        .collect();
    let looked_up = looked_up?;
    let serial = looked_up.first().map(|(_, facts)| facts.serial.to_string());
    let all = looked_up.len();
    let held = looked_up.iter().flat_map(|(_, facts)| facts.listings());
    let wider = held.map(|held| held.prefix).find(|listed| listed.covers(&prefix));
    Ok(Found {
        prefix,
        listed: looked_up
            .into_iter()
            .filter(|(_, facts)| is_listed(facts))
            .collect(),
        all,
        wider,
        serial: serial.unwrap_or_default(),
    })
}

/// The first address of each unit of a prefix; none where there are too many.
fn units(prefix: Prefix) -> Option<Box<dyn Iterator<Item = IpAddr> + Send>> {
    let count = |bits: u8| {
        1_u32
            .checked_shl(bits.into())
            .filter(|count| *count <= MOST_UNITS)
    };
    match prefix.network() {
        IpAddr::V4(first) => {
            let count = count(32_u8.saturating_sub(prefix.length()))?;
            let address = move |n: u32| IpAddr::from(Ipv4Addr::from_bits(first.to_bits().saturating_add(n)));
            Some(Box::new((0..count).map(address)))
        }
        IpAddr::V6(first) => {
            let count = count(64_u8.saturating_sub(prefix.length()))?;
            let address = move |n: u32| {
                let bits = first.to_bits().saturating_add(u128::from(n) << 64);
                IpAddr::from(Ipv6Addr::from_bits(bits))
            };
            Some(Box::new((0..count).map(address)))
        }
    }
}

/// Decides and writes everything that the page shows.
fn view(shared: &Inner, reader: &Reader, found: &Found) -> ManyPage {
    let (t, prefix) = (reader.texts(), found.prefix);
    let m = &t.many;
    let (tone, verdict) = verdict(found.listed.len(), found.all, t);
    let count = t.units.number(found.all as u64);
    let lead = if prefix.is_ipv4() {
        (m.range_lead)(&count)
    } else {
        (m.range_lead_ipv6)(&count)
    };
    let wider = found.wider.map(|wider| (m.covered)(&wider.to_string()));
    let rows = found.listed.iter().map(|(unit, facts)| {
        let link = reader.link(&path_of(unit.network()));
        row(facts, unit.to_string(), link, t)
    });
    let group = GroupView {
        heading: m.listed_here.to_owned(),
        rows: rows.collect(),
        empty: m.none_listed,
    };
    let is_told = shared.app.config.telling == Telling::ByMail;
    ManyPage {
        frame: Frame::now(shared, reader),
        subject: prefix.to_string(),
        tone,
        verdict,
        lead: std::iter::once(lead).chain(wider).collect(),
        at_serial: (t.address.at_serial)(&shared.lookup.zone_name, &found.serial),
        groups: (!found.listed.is_empty()).then_some(group).into_iter().collect(),
        notes: is_told.then_some(m.is_network).into_iter().collect(),
        network: is_told.then(|| reader.link("/network")),
        json_link: Some(format!("/api/v1/ip/{}/{}", prefix.network(), prefix.length())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_looked_up_unit_by_unit_and_no_wider_than_agreed() {
        let of = |text: &str| units(text.parse().unwrap()).map(Iterator::collect::<Vec<_>>);
        let four = of("192.0.2.4/30").unwrap();
        assert_eq!(four.first(), Some(&"192.0.2.4".parse().unwrap()));
        assert_eq!(four.last(), Some(&"192.0.2.7".parse().unwrap()));
        let six = of("2001:db8::/62").unwrap();
        assert_eq!(six.len(), 4);
        assert_eq!(six.last(), Some(&"2001:db8:0:3::".parse().unwrap()));
        assert_eq!(of("255.255.255.0/24").unwrap().len(), 256);
        assert_eq!(of("ffff:ffff:ffff:ff00::/56").unwrap().len(), 256);
        for wide in ["192.0.2.0/23", "0.0.0.0/0", "2001:db8::/55", "::/0"] {
            assert!(of(wide).is_none(), "{wide}");
        }
    }
}

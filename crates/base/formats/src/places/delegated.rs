//! The statistics of the registries (RIR Statistics Exchange Format): what was given to whom in which country.
//!
//! An IPv4 row counts addresses, and the count need not be a power of two; an IPv6 row has the length of a prefix. The extended form also
//! names what is free or kept back, which is a country to nobody.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::{Prefix, Timestamp};

use super::{Header, Line, Registry, Row, Shown, WrongRow, country};
use crate::AddressRange;

/// Reads a line of such a file.
pub(super) fn read(line: &str) -> Result<Line<'static>, WrongRow> {
    let mut fields = line.split('|');
    let mut next = |what| fields.next().ok_or(WrongRow::Missing(what));
    let registry = next("registry")?;
    let second = next("country")?;
    if registry.starts_with(|first: char| first.is_ascii_digit()) {
        let (_serial, records) = (next("serial")?, next("number of records")?);
        let (_begin, end) = (next("first day")?, next("last day")?);
        return Ok(Line::Header(Header {
            registry: registry_of(second)?,
            records: records
                .trim()
                .parse()
                .map_err(|_bad| Shown::field("number of records", records))?,
            day: day(end.trim()),
        }));
    }
    registry_of(registry)?;
    let (kind, first, value) = (next("type")?, next("start")?, next("value")?);
    let date = next("date")?;
    if second == "*" && date.trim() == "summary" {
        return Ok(Line::Nothing);
    }
    let status = next("status")?;
    let range = match kind {
        "ipv4" => range_v4(first, value)?,
        "ipv6" => range_v6(first, value)?,
        "asn" => return Ok(Line::Other),
        _ => return Err(Shown::field("type", kind)),
    };
    let is_given = matches!(status.trim(), "allocated" | "assigned");
    let country = country(second)?.filter(|_| is_given);
    Ok(Line::Row(Row {
        range,
        country,
        asn: None,
        name: Cow::Borrowed(""),
    }))
}

fn registry_of(name: &str) -> Result<Registry, WrongRow> {
    Ok(match name.trim() {
        "afrinic" => Registry::Afrinic,
        "apnic" => Registry::Apnic,
        "arin" => Registry::Arin,
        "iana" => Registry::Iana,
        "lacnic" => Registry::Lacnic,
        "ripencc" => Registry::RipeNcc,
        _ => return Err(Shown::field("registry", name)),
    })
}

/// A day in the form `20260617`; none for `00000000`.
fn day(text: &str) -> Option<Timestamp> {
    let (year, month, day) = (text.get(..4)?, text.get(4..6)?, text.get(6..)?);
    format!("{year}-{month}-{day}").parse().ok()
}

fn range_v4(first: &str, count: &str) -> Result<AddressRange, WrongRow> {
    let address: Ipv4Addr = first
        .parse()
        .map_err(|_bad| Shown::field("IPv4 address", first))?;
    let more = count.parse::<u32>().ok().and_then(|count| count.checked_sub(1));
    let last = more.and_then(|more| address.to_bits().checked_add(more));
    last.and_then(|last| AddressRange::new(address.into(), Ipv4Addr::from_bits(last).into()))
        .ok_or_else(|| Shown::field("number of addresses", count))
}

fn range_v6(first: &str, length: &str) -> Result<AddressRange, WrongRow> {
    let address: Ipv6Addr = first
        .parse()
        .map_err(|_bad| Shown::field("IPv6 address", first))?;
    let length = length.parse::<u8>().ok().filter(|length| *length <= 128);
    let length = length.ok_or_else(|| Shown::field("prefix length", first))?;
    let prefix = Prefix::new(IpAddr::V6(address), length);
    Ok(AddressRange::from(prefix))
}

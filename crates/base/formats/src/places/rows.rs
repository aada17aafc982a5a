//! Rows that begin with the first and the last address of a range: with commas, as `ip-location-db` publishes them, or with tabs, as
//! iptoasn.com does.

use std::borrow::Cow;
use std::net::IpAddr;

use super::{LONGEST_NAME, Row, Shown, WrongRow, country, cut};
use crate::AddressRange;
use crate::lists::cells;

/// What stands for a network that has no name.
const NAMELESS: [&str; 3] = ["-", "Not routed", "None"];

/// Reads `first,last,country`.
pub(super) fn read_country(line: &str) -> Result<Row<'static>, WrongRow> {
    let mut cells = cells(line, ',');
    let range = range(cells.next(), cells.next())?;
    let cell = cells.next().ok_or(WrongRow::Missing("country"))?;
    Ok(Row {
        range,
        country: country(&cell)?,
        asn: None,
        name: Cow::Borrowed(""),
    })
}

/// Reads `first,last,network,"name"`; the name may be missing.
pub(super) fn read_network(line: &str) -> Result<Row<'static>, WrongRow> {
    let mut cells = cells(line, ',');
    let range = range(cells.next(), cells.next())?;
    let asn = cells.next().ok_or(WrongRow::Missing("network"))?;
    // A name with a comma and without quotes is a name all the same.
    let name = cells.collect::<Vec<_>>().join(",");
    Ok(Row {
        range,
        country: None,
        asn: network(&asn)?,
        name: Cow::Owned(name_of(&name).into_owned()),
    })
}

/// Reads `first TAB last TAB network TAB country TAB name`; the name may be missing.
pub(super) fn read_both(line: &str) -> Result<Row<'_>, WrongRow> {
    let mut fields = line.splitn(5, '\t');
    let range = range(fields.next(), fields.next())?;
    let asn = fields.next().ok_or(WrongRow::Missing("network"))?;
    let code = fields.next().ok_or(WrongRow::Missing("country"))?;
    Ok(Row {
        range,
        country: country(code)?,
        asn: network(asn)?,
        name: name_of(fields.next().unwrap_or_default()),
    })
}

fn range<T: AsRef<str>>(first: Option<T>, last: Option<T>) -> Result<AddressRange, WrongRow> {
    let (first, last) = (address(first)?, address(last)?);
    AddressRange::new(first, last)
        .ok_or_else(|| Shown::field("range of addresses", &format!("{first}-{last}")))
}

fn address<T: AsRef<str>>(field: Option<T>) -> Result<IpAddr, WrongRow> {
    let field = field.ok_or(WrongRow::Missing("last address"))?;
    let text = field.as_ref().trim();
    text.parse().map_err(|_bad| Shown::field("address", text))
}

/// Reads the number of a network. Zero is none (RFC 7607).
fn network(text: &str) -> Result<Option<u32>, WrongRow> {
    let text = text.trim();
    let digits = text.strip_prefix("AS").unwrap_or(text);
    let number: u32 = match digits.as_bytes().first() {
        Some(first) if first.is_ascii_digit() => digits.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| Shown::field("number of a network", text))?;
    Ok((number != 0).then_some(number))
}

/// A name as it may be shown: of bounded length, without control characters.
fn name_of(text: &str) -> Cow<'_, str> {
    let name = cut(text.trim(), LONGEST_NAME).trim_end();
    if NAMELESS.contains(&name) {
        return Cow::Borrowed("");
    }
    if name.contains(char::is_control) {
        return Cow::Owned(name.replace(char::is_control, " ").trim().to_owned());
    }
    Cow::Borrowed(name)
}

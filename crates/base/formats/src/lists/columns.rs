//! Rows of columns: where the cells end, and which of them holds the addresses.

use std::convert::Infallible;
use std::net::IpAddr;
use std::str::FromStr;

use atalaya_model::Prefix;

use super::{Columns, WrongLine};

/// What columns of addresses are called, in small letters; the first that is there counts.
pub(super) const NAMES: [&str; 13] = [
    "prefix",
    "cidr",
    "network",
    "ip",
    "address",
    "ip_address",
    "ipaddress",
    "ip address",
    "ip_prefix",
    "ipv4",
    "ipv6",
    "src_ip",
    "source_ip",
];
/// What may stand between columns.
const SEPARATORS: [char; 3] = ['\t', ',', ';'];
/// Most columns that are looked at.
const MOST_COLUMNS: usize = 1_000;

/// A column by its name in the header, or by its number from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Column {
    /// Its name.
    Name(String),
    /// Its number.
    Number(usize),
}

/// A number from 1 is a number, everything else a name.
impl FromStr for Column {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let number = text.parse().ok().filter(|number| *number > 0);
        Ok(number.map_or_else(|| Self::Name(text.to_owned()), Self::Number))
    }
}

/// Where rows have their addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) separator: char,
    /// The column of the addresses, from 0 as the others.
    pub(super) column: usize,
    /// That of the times.
    pub(super) at: Option<usize>,
    /// That of the categories.
    pub(super) category: Option<usize>,
}

impl Place {
    /// The last column that is read.
    pub(super) fn last(&self) -> usize {
        let more = self.at.max(self.category).unwrap_or_default();
        self.column.max(more)
    }
}

/// Finds the columns in the first row, and whether that row is a header.
pub(super) fn find_place(line: &str, wanted: &Columns) -> Result<(Place, bool), WrongLine> {
    let count = |separator: &char| line.matches(*separator).count();
    let separator = SEPARATORS.into_iter().rev().max_by_key(count).unwrap_or(',');
    let cells: Vec<String> = cells(line, separator).collect();
    let named = |name: &str| {
        cells
            .iter()
            .position(|cell| cell.trim().eq_ignore_ascii_case(name))
    };
    let is_address = |cell: &String| is_prefix(cell);
    let find = |wanted: &Column| {
        let found = match wanted {
            Column::Name(name) => named(name),
            Column::Number(number) => number.checked_sub(1).filter(|column| *column < cells.len()),
        };
        found.ok_or_else(|| WrongLine::NoColumn(wanted.clone()))
    };
    let column = match &wanted.address {
        Some(wanted) => find(wanted)?,
        None => cells
            .iter()
            .position(is_address)
            .or_else(|| NAMES.iter().find_map(|name| named(name)))
            .ok_or_else(|| WrongLine::NoPrefix("no column holds an address; name one".to_owned()))?,
    };
    let place = Place {
        separator,
        column,
        at: wanted.at.as_ref().map(find).transpose()?,
        category: wanted.category.as_ref().map(find).transpose()?,
    };
    Ok((place, !cells.iter().any(is_address)))
}

fn is_prefix(cell: &str) -> bool {
    let cell = cell.trim();
    cell.parse::<Prefix>().is_ok() || cell.parse::<IpAddr>().is_ok()
}

/// The cells of a row (RFC 4180): quotes keep separators together, two of them are one. A quoted cell ends with the line at the latest.
pub(crate) fn cells(line: &str, separator: char) -> impl Iterator<Item = String> {
    let mut rest = Some(line);
    let all = std::iter::from_fn(move || {
        let line = rest?;
        let (cell, after) = match line.trim_start_matches(' ').strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted, separator),
            None => match line.split_once(separator) {
                Some((cell, after)) => (cell.to_owned(), Some(after)),
                None => (line.to_owned(), None),
            },
        };
        rest = after;
        Some(cell)
    });
    all.take(MOST_COLUMNS)
}

/// A cell behind its first quote, and what follows it.
fn quoted_cell(quoted: &str, separator: char) -> (String, Option<&str>) {
    let mut cell = String::new();
    let mut rest = Some(quoted);
    while let Some((part, after)) = rest.and_then(|rest| rest.split_once('"')) {
        cell.push_str(part);
        let Some(more) = after.strip_prefix('"') else {
            return (cell, after.split_once(separator).map(|(_, next)| next));
        };
        cell.push('"');
        rest = Some(more);
    }
    cell.push_str(rest.unwrap_or_default());
    (cell, None)
}

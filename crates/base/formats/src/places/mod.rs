//! Files that say of ranges of addresses in which country and network they are.
//!
//! In go lines, one after the other; out comes what each one says, or why it says nothing. Four layouts are known, and the first line that
//! says something tells which one it is: the statistics of the registries, rows `first,last,country` and `first,last,network,name` with commas,
//! and the rows with tabs of iptoasn.com, which have both. No line spoils another.

mod delegated;
mod rows;

use std::borrow::Cow;
use std::fmt;

use atalaya_model::Timestamp;

use crate::AddressRange;
use crate::lists::MAX_LINE;

/// The longest name of a network that is kept, in bytes.
pub const LONGEST_NAME: usize = 120;
/// Bytes of a wrong field that are repeated.
const SHOWN: usize = 40;
/// The mark of UTF-8 that some programs put in front of a file.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The two letters of a country as a file has them, in upper case.
pub type CountryCode = [u8; 2];

/// How the lines of a file are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Statistics of a registry, extended or not: `registry|cc|type|start|value|date|status|id`.
    Delegated,
    /// `first,last,country`.
    Countries,
    /// `first,last,network,"name"`.
    Networks,
    /// `first TAB last TAB network TAB country TAB name`, the form of iptoasn.com.
    Both,
}

impl Layout {
    /// Whether its rows name countries.
    #[must_use]
    pub const fn has_countries(self) -> bool {
        !matches!(self, Self::Networks)
    }

    /// Whether its rows name networks.
    #[must_use]
    pub const fn has_networks(self) -> bool {
        matches!(self, Self::Networks | Self::Both)
    }
}

/// A range and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// The addresses.
    pub range: AddressRange,
    /// The country; none where the row says that there is none.
    pub country: Option<CountryCode>,
    /// The number of the network; none where the row says that there is none.
    pub asn: Option<u32>,
    /// The name of the network; empty where it has none.
    pub name: Cow<'a, str>,
}

/// The first line of the statistics of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The registry that made it.
    pub registry: Registry,
    /// How many records follow.
    pub records: u64,
    /// The day that the records are of.
    pub day: Option<Timestamp>,
}

/// Whoever gives out addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// Africa.
    Afrinic,
    /// Asia and the Pacific.
    Apnic,
    /// North America.
    Arin,
    /// The root of all.
    Iana,
    /// Latin America and the Caribbean.
    Lacnic,
    /// Europe, the Middle East and parts of Central Asia.
    RipeNcc,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    /// Nothing: it is empty, a comment, or a sum.
    Nothing,
    /// What follows.
    Header(Header),
    /// A record of something other than addresses.
    Other,
    /// A range.
    Row(Row<'a>),
}

/// Why a line says nothing, though it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongRow {
    /// It is longer than any line of such a file.
    #[error("the line is longer than {MAX_LINE} bytes")]
    TooLong,
    /// It is no text.
    #[error("the line is no UTF-8 text")]
    NoText,
    /// It has too few fields.
    #[error("the row ends before its {0}")]
    Missing(&'static str),
    /// A field is not what it should be.
    #[error("`{1}` is no {0}")]
    Field(&'static str, Shown),
    /// The first line of the file is of no layout that is known.
    #[error("the file is neither statistics of a registry nor rows of first, last and country or network")]
    NoLayout,
}

/// The beginning of a wrong field, with its control characters made visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown(String);

impl Shown {
    fn field(what: &'static str, text: &str) -> WrongRow {
        WrongRow::Field(what, Self(cut(text, SHOWN).escape_debug().to_string()))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Reads a file line by line.
#[derive(Debug, Default)]
pub struct RowReader {
    /// None until the first line that says something.
    layout: Option<Layout>,
}

impl RowReader {
    /// The layout, once a line told it.
    #[must_use]
    pub const fn layout(&self) -> Option<Layout> {
        self.layout
    }

    /// Reads what a line says, with or without its end.
    ///
    /// # Errors
    /// It says nothing, and should.
    pub fn read<'a>(&mut self, line: &'a [u8]) -> Result<Line<'a>, WrongRow> {
        if line.len() > MAX_LINE {
            return Err(WrongRow::TooLong);
        }
        let line = std::str::from_utf8(line).map_err(|_bad| WrongRow::NoText)?;
        // Tabs count: an empty first field is one.
        let line = line
            .trim_start_matches(BYTE_ORDER_MARK)
            .trim_end_matches(['\r', '\n']);
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(Line::Nothing);
        }
        let layout = match self.layout {
            Some(layout) => layout,
            None => *self.layout.insert(layout_of(line).ok_or(WrongRow::NoLayout)?),
        };
        match layout {
            Layout::Delegated => delegated::read(line),
            Layout::Countries => rows::read_country(line).map(Line::Row),
            Layout::Networks => rows::read_network(line).map(Line::Row),
            Layout::Both => rows::read_both(line).map(Line::Row),
        }
    }
}

/// The layout that a line is of.
fn layout_of(line: &str) -> Option<Layout> {
    if delegated::read(line).is_ok() {
        Some(Layout::Delegated)
    } else if rows::read_both(line).is_ok() {
        Some(Layout::Both)
    } else if rows::read_country(line).is_ok() {
        Some(Layout::Countries)
    } else {
        rows::read_network(line).is_ok().then_some(Layout::Networks)
    }
}

/// Reads a country. `ZZ` and what stands for nothing are none; whatever else has two letters is taken as it is.
fn country(text: &str) -> Result<Option<CountryCode>, WrongRow> {
    let text = text.trim();
    if matches!(text, "" | "-" | "None" | "Unknown") || text.eq_ignore_ascii_case("zz") {
        return Ok(None);
    }
    match *text.as_bytes() {
        [one, other] if one.is_ascii_alphabetic() && other.is_ascii_alphabetic() => {
            Ok(Some([one.to_ascii_uppercase(), other.to_ascii_uppercase()]))
        }
        _ => Err(Shown::field("country of two letters", text)),
    }
}

/// The beginning of a text, so many bytes at most.
fn cut(text: &str, most: usize) -> &str {
    let end = text.floor_char_boundary(most);
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests;

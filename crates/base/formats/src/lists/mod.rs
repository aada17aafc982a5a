//! Lists of addresses as others publish them: plain, CIDR with comments, CSV and TSV, JSON lines, JSON.
//!
//! In go lines, one after the other; out comes what each one names, or why it names nothing. A line is read for itself, so that one that is
//! wrong spoils no other. [`ListReader`] finds the form and the column out by itself where nobody says them, from the first line
//! that is no comment. A whole JSON document goes through [`read_document`], packed bytes through [`unpacked`] before.

mod columns;
mod document;
mod packed;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use atalaya_model::{BadPrefix, Prefix, Timestamp};
use serde_json::Value;

use crate::AddressRange;
use crate::reports::read_time;
pub use columns::Column;
pub(crate) use columns::cells;
use columns::{Place, find_place};
pub use document::{NoDocument, read_document};
pub use packed::{next_line, unpacked};

/// The longest line that is read, in bytes: a row of a CSV file with some long texts.
pub const MAX_LINE: usize = 16 * 1024;
/// The most prefixes that one `FIRST-LAST` may stand for: the most that a range of one family can be made of.
const MOST_PREFIXES: usize = 254;
/// The mark of UTF-8 that some programs put in front of a file.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// What begins a comment, at the beginning of a line or behind an entry.
const COMMENTS: [char; 2] = ['#', ';'];

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListForm {
    /// An address, a prefix or `FIRST-LAST` at the beginning of each line; what follows is a comment. CIDR lists are such.
    Plain,
    /// Rows of columns, with commas, semicolons or tabs between.
    Csv,
    /// A JSON document a line.
    Jsonl,
}

/// The text names no form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no form of a list: use plain, cidr, csv or jsonl")]
pub struct UnknownForm(String);

impl FromStr for ListForm {
    type Err = UnknownForm;

    fn from_str(text: &str) -> Result<Self, UnknownForm> {
        match text {
            "plain" | "cidr" => Ok(Self::Plain),
            "csv" | "tsv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::Jsonl),
            _ => Err(UnknownForm(text.to_owned())),
        }
    }
}

/// Why a line names nothing that could be listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongLine {
    /// It is longer than [`MAX_LINE`].
    #[error("the line is longer than {MAX_LINE} bytes")]
    TooLong,
    /// It is no text.
    #[error("the line is no UTF-8 text")]
    NoText,
    /// What should be an address is none.
    #[error("{0}")]
    NoPrefix(String),
    /// A row without the column of the addresses.
    #[error("the row has no column {0}")]
    NoColumn(Column),
    /// A line of JSON that is none, or has no field for an address.
    #[error("{0}")]
    NoDocument(String),
}

/// What a line names; empty for a comment or a header.
pub type Named = Vec<Prefix>;

/// What a line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// What it names.
    pub prefixes: Named,
    /// When, where its column was asked for and holds a time.
    pub at: Option<Timestamp>,
    /// Of which category, where its column was asked for.
    pub category: Option<String>,
}

/// Which columns or fields of an entry are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The address; found out where it is not given.
    pub address: Option<Column>,
    /// When the entry was seen.
    pub at: Option<Column>,
    /// What the address did.
    pub category: Option<Column>,
}

/// Reads a list line by line.
#[derive(Debug)]
pub struct ListReader {
    /// None until the first line that says something.
    form: Option<ListForm>,
    columns: Columns,
    /// Where a CSV file has its addresses, once its first row was read.
    place: Option<Place>,
}

impl ListReader {
    /// A reader of lists; what is not given is found out.
    #[must_use]
    pub fn new(form: Option<ListForm>, column: Option<Column>) -> Self {
        let columns = Columns {
            address: column,
            ..Columns::default()
        };
        Self::with_columns(form, columns)
    }

    /// A reader that tells more of each entry than its address.
    #[must_use]
    pub const fn with_columns(form: Option<ListForm>, columns: Columns) -> Self {
        Self {
            form,
            columns,
            place: None,
        }
    }

    /// Reads what a line names, with or without its end.
    ///
    /// # Errors
    /// It names nothing that could be listed, and is no comment either.
    pub fn read(&mut self, line: &[u8]) -> Result<Named, WrongLine> {
        self.read_entry(line).map(|entry| entry.prefixes)
    }

    /// Reads all that a line says, with or without its end.
    ///
    /// # Errors
    /// It names nothing that could be listed, and is no comment either.
    pub fn read_entry(&mut self, line: &[u8]) -> Result<Entry, WrongLine> {
        if line.len() > MAX_LINE {
            return Err(WrongLine::TooLong);
        }
        let line = std::str::from_utf8(line).map_err(|_bad| WrongLine::NoText)?;
        let line = line.trim_start_matches(BYTE_ORDER_MARK);
        // Tabs count in a row: an empty first column is one.
        let line = line.trim_end_matches(['\r', '\n']);
        if line.trim().is_empty() || line.trim_start().starts_with(COMMENTS) {
            return Ok(Entry::default());
        }
        let form = *self
            .form
            .get_or_insert_with(|| form_of(line, self.columns.address.as_ref()));
        match form {
            ListForm::Plain => Ok(Entry {
                prefixes: read_plain(line)?,
                ..Entry::default()
            }),
            ListForm::Csv => self.read_row(line),
            ListForm::Jsonl => {
                let document = serde_json::from_str(line)
                    .map_err(|bad| WrongLine::NoDocument(format!("no JSON: {bad}")))?;
                self.columns.read(&document)
            }
        }
    }

    /// Reads a row; the first says where the addresses are.
    fn read_row(&mut self, line: &str) -> Result<Entry, WrongLine> {
        let Some(place) = self.place else {
            let (place, is_header) = find_place(line, &self.columns)?;
            self.place = Some(place);
            return if is_header {
                Ok(Entry::default())
            } else {
                self.read_row(line)
            };
        };
        let (mut address, mut entry) = (None, Entry::default());
        for (column, cell) in cells(line, place.separator)
            .enumerate()
            .take(place.last().saturating_add(1))
        {
            if place.at == Some(column) {
                entry.at = read_moment(&cell);
            }
            if place.category == Some(column) {
                entry.category = Some(cell.trim().to_owned());
            }
            if place.column == column {
                address = Some(cell);
            }
        }
        let address =
            address.ok_or_else(|| WrongLine::NoColumn(Column::Number(place.column.saturating_add(1))))?;
        entry.prefixes = read_named(&address)?;
        Ok(entry)
    }
}

impl Columns {
    /// Reads a JSON document: a text, or an object with a field for the address.
    fn read(&self, document: &Value) -> Result<Entry, WrongLine> {
        let field = |column: &Option<Column>| match column {
            Some(Column::Name(name)) => document.get(name),
            _ => None,
        };
        let address = match (document, &self.address) {
            (Value::String(text), _) => Some(text.as_str()),
            (_, Some(Column::Name(_))) => field(&self.address).and_then(Value::as_str),
            (object, _) => columns::NAMES
                .iter()
                .find_map(|name| object.get(name).and_then(Value::as_str)),
        };
        let address = address.ok_or_else(|| WrongLine::NoDocument("no field for an address".to_owned()))?;
        Ok(Entry {
            prefixes: read_named(address)?,
            at: field(&self.at).map(text_of).as_deref().and_then(read_moment),
            category: field(&self.category).map(text_of),
        })
    }
}

/// What a field says, if it is a text or a number.
fn text_of(field: &Value) -> String {
    match field {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Reads a moment: a date as [`read_time`] takes it, or seconds or milliseconds since 1970.
fn read_moment(text: &str) -> Option<Timestamp> {
    /// Seconds have ten digits until the year 2286; milliseconds have thirteen.
    const MOST_SECONDS: i64 = 9_999_999_999;
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(seconds @ 0..=MOST_SECONDS) => Some(Timestamp::from_seconds(seconds)),
        Ok(millis @ 1..) => Some(Timestamp::from_micros(millis.checked_mul(1_000)?)),
        Ok(_) => None,
        Err(_no_number) => read_time(text.as_bytes()),
    }
}

/// The form that a first line has.
fn form_of(line: &str, column: Option<&Column>) -> ListForm {
    if line.trim_start().starts_with('{') {
        return ListForm::Jsonl;
    }
    // A plain list has its entry first, and nothing behind it but a comment.
    let is_plain = column.is_none() && !line.contains([',', '\t']) && read_plain(line).is_ok();
    let is_row = column.is_some() || line.contains([',', '\t', ';']);
    if is_row && !is_plain {
        ListForm::Csv
    } else {
        ListForm::Plain
    }
}

/// Reads what stands in front of the comment.
fn read_plain(line: &str) -> Result<Named, WrongLine> {
    let entry = line.split(COMMENTS).next().unwrap_or_default().trim();
    // `FIRST - LAST` has spaces in it; behind anything else a space begins a remark.
    let entry = if entry.contains('-') {
        entry
    } else {
        entry.split_ascii_whitespace().next().unwrap_or_default()
    };
    read_named(entry)
}

/// Reads an address, a prefix, or `FIRST-LAST`.
fn read_named(text: &str) -> Result<Named, WrongLine> {
    let text = text.trim();
    let bad = match text.parse::<Prefix>() {
        Ok(prefix) => return Ok(vec![prefix]),
        Err(bad) => bad,
    };
    let range = text.split_once('-').and_then(|(first, last)| {
        let [first, last] = [first, last].map(|text| text.trim().parse::<IpAddr>().ok());
        AddressRange::new(first?, last?)
    });
    match range {
        Some(range) => Ok(range.prefixes().take(MOST_PREFIXES).collect()),
        None => Err(WrongLine::NoPrefix(told(&bad))),
    }
}

/// What is wrong with a prefix, with no more of the line than helps.
fn told(bad: &BadPrefix) -> String {
    /// Characters of a wrong entry that are shown.
    const SHOWN: usize = 60;
    match bad {
        BadPrefix::HostBits { .. } => bad.to_string(),
        BadPrefix::Malformed(text) if text.is_empty() => "nothing stands where an address should".to_owned(),
        BadPrefix::Malformed(text) => {
            let plain = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
            let shown: String = plain.take(SHOWN).collect();
            format!("`{shown}` is no address and no prefix")
        }
    }
}

/// The name or the number.
impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "`{name}`"),
            Self::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;

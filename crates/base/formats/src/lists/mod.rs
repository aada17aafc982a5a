//! Lists of addresses as others publish them: plain, CIDR with comments, CSV and TSV, JSON lines.
//!
//! In go lines, one after the other; out comes what each one names, or why it names nothing. A line is read for itself, so that one that is
//! wrong spoils no other. [`ListReader`] finds the form and the column out by itself where nobody says them, from the first line
//! that is no comment.

mod columns;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use atalaya_model::{BadPrefix, Prefix};

use crate::AddressRange;
pub use columns::Column;
use columns::{Place, cells, find_column};

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

/// Reads a list line by line.
#[derive(Debug)]
pub struct ListReader {
    /// None until the first line that says something.
    form: Option<ListForm>,
    column: Option<Column>,
    /// Where a CSV file has its addresses, once its first row was read.
    place: Option<Place>,
}

impl ListReader {
    /// A reader of lists; what is not given is found out.
    #[must_use]
    pub fn new(form: Option<ListForm>, column: Option<Column>) -> Self {
        Self {
            form,
            column,
            place: None,
        }
    }

    /// Reads a line, with or without its end.
    ///
    /// # Errors
    /// It names nothing that could be listed, and is no comment either.
    pub fn read(&mut self, line: &[u8]) -> Result<Named, WrongLine> {
        if line.len() > MAX_LINE {
            return Err(WrongLine::TooLong);
        }
        let line = std::str::from_utf8(line).map_err(|_bad| WrongLine::NoText)?;
        let line = line.trim_start_matches(BYTE_ORDER_MARK);
        // Tabs count in a row: an empty first column is one.
        let line = line.trim_end_matches(['\r', '\n']);
        if line.trim().is_empty() || line.trim_start().starts_with(COMMENTS) {
            return Ok(Vec::new());
        }
        let form = *self
            .form
            .get_or_insert_with(|| form_of(line, self.column.as_ref()));
        match form {
            ListForm::Plain => read_plain(line),
            ListForm::Csv => self.read_row(line),
            ListForm::Jsonl => self.read_document(line),
        }
    }

    /// Reads a row; the first says where the addresses are.
    fn read_row(&mut self, line: &str) -> Result<Named, WrongLine> {
        let Some(place) = self.place else {
            let (place, is_header) = find_column(line, self.column.as_ref())?;
            self.place = Some(place);
            return if is_header {
                Ok(Vec::new())
            } else {
                self.read_row(line)
            };
        };
        let cell = cells(line, place.separator).nth(place.column);
        let cell = cell.ok_or_else(|| WrongLine::NoColumn(Column::Number(place.column.saturating_add(1))))?;
        read_entry(&cell)
    }

    /// Reads a JSON document: a text, or an object with a field for the address.
    fn read_document(&self, line: &str) -> Result<Named, WrongLine> {
        let document: serde_json::Value =
            serde_json::from_str(line).map_err(|bad| WrongLine::NoDocument(format!("no JSON: {bad}")))?;
        let field = match (&document, &self.column) {
            (serde_json::Value::String(text), _) => Some(text.as_str()),
            (object, Some(Column::Name(name))) => object.get(name).and_then(|field| field.as_str()),
            (object, _) => columns::NAMES
                .iter()
                .find_map(|name| object.get(name).and_then(|field| field.as_str())),
        };
        let field = field.ok_or_else(|| WrongLine::NoDocument("no field for an address".to_owned()))?;
        read_entry(field)
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
    read_entry(entry)
}

/// Reads an address, a prefix, or `FIRST-LAST`.
fn read_entry(text: &str) -> Result<Named, WrongLine> {
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

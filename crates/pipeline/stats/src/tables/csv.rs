//! Tables for programs: CSV (RFC 4180) and rows of JSON.

use serde_json::{Map, Value, json};

use super::{Cell, Table};

impl Table {
    /// As CSV. A text that a spreadsheet would take for a formula begins with an apostrophe, which spreadsheets do not show.
    #[must_use]
    pub fn csv(&self) -> String {
        let heads = self.columns.iter().filter(|column| column.is_in_files());
        let mut out = line(heads.map(|column| field(&column.name)));
        for row in &self.rows {
            let cells = self
                .columns
                .iter()
                .zip(row)
                .filter(|(column, _)| column.is_in_files());
            out.push_str(&line(cells.map(|(_, cell)| match cell {
                Cell::Text(text) => field(text),
                Cell::Count(number) | Cell::Bytes(number) => number.to_string(),
                Cell::Moment(moment) => moment.map(|moment| moment.to_string()).unwrap_or_default(),
                Cell::Nothing => String::new(),
            })));
        }
        out
    }

    /// The rows as objects of JSON.
    pub(super) fn values(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let cells = self
                .columns
                .iter()
                .zip(row)
                .filter(|(column, _)| column.is_in_files());
            let members = cells.map(|(column, cell)| {
                let value = match cell {
                    Cell::Text(text) => json!(text),
                    Cell::Count(number) | Cell::Bytes(number) => json!(number),
                    Cell::Moment(moment) => json!(moment),
                    Cell::Nothing => Value::Null,
                };
                (column.name.clone(), value)
            });
            Value::Object(members.collect::<Map<String, Value>>())
        });
        rows.collect()
    }
}

/// A line with its end (RFC 4180 section 2.1).
fn line(fields: impl Iterator<Item = String>) -> String {
    let mut line = fields.collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A text as a field.
fn field(text: &str) -> String {
    // A lone dash is the key of none, and no formula.
    let is_formula = text != "-" && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

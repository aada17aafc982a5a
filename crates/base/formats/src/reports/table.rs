//! Many reports in one table: CSV (RFC 4180), read while it comes in.
//!
//! However long the table, one row of it is held. The first row says what the columns are, in any order and case; where it begins with an
//! address instead, the columns stand as AbuseIPDB documents them. A row too many or too long spoils only itself.

use csv_core::{ReadRecordResult, Reader};

use super::{Report, read_address};

/// Most bytes of a row: a comment of 1,000 characters, eight times over.
pub const MAX_ROW: usize = 32 << 10;
/// Most fields of a row.
const MAX_ROW_FIELDS: usize = 16;
/// The columns in their usual order.
const COLUMNS: [&str; 4] = ["ip", "categories", "reportdate", "comment"];

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number: the first is 1, be it the heading or not. Empty lines have none.
    pub number: u64,
    /// What it says.
    pub report: Result<Report, BadRow>,
}

/// Why a row cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRow {
    /// It has too many bytes or fields.
    #[error("the row is longer than {MAX_ROW} bytes or has more than {MAX_ROW_FIELDS} fields")]
    TooLong,
}

/// Reads a table in pieces.
pub struct Table {
    reader: Reader,
    /// The fields of the row being read, one behind the other.
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: [usize; MAX_ROW_FIELDS],
    filled: usize,
    fields: usize,
    is_too_long: bool,
    rows: u64,
    /// The place of each of [`COLUMNS`] in a row.
    places: [Option<usize>; 4],
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table")
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl Default for Table {
    fn default() -> Self {
        Self {
            reader: Reader::new(),
            bytes: vec![0; MAX_ROW],
            ends: [0; MAX_ROW_FIELDS],
            filled: 0,
            fields: 0,
            is_too_long: false,
            rows: 0,
            places: [Some(0), Some(1), Some(2), Some(3)],
        }
    }
}

impl Table {
    /// The next row that ends in `input`, which is cut to what follows it; none once all of `input` is read. At the end of the table, call
    /// [`Table::finish`].
    pub fn next(&mut self, input: &mut &[u8]) -> Option<Row> {
        while !input.is_empty() {
            if let Some(row) = self.step(input) {
                return Some(row);
            }
        }
        None
    }

    /// The last row, where no line feed ended it.
    pub fn finish(&mut self) -> Option<Row> {
        loop {
            let (before, mut none) = (self.rows, &[][..]);
            let row = self.step(&mut none);
            // A row without a line feed is given first, and then the end; a heading is none.
            if row.is_some() || self.rows == before && !self.is_too_long {
                return row;
            }
        }
    }

    /// Reads on, until a row ends or something is full.
    fn step(&mut self, input: &mut &[u8]) -> Option<Row> {
        let bytes = self.bytes.get_mut(self.filled..).unwrap_or_default();
        let ends = self.ends.get_mut(self.fields..).unwrap_or_default();
        let (result, read, filled, fields) = self.reader.read_record(input, bytes, ends);
        *input = input.get(read..).unwrap_or_default();
        self.filled = self.filled.saturating_add(filled);
        self.fields = self.fields.saturating_add(fields);
        match result {
            ReadRecordResult::InputEmpty => None,
            // What came of it so far is thrown away, and so is the rest.
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                self.is_too_long = true;
                (self.filled, self.fields) = (0, 0);
                None
            }
            ReadRecordResult::Record => self.row(),
            ReadRecordResult::End => {
                self.is_too_long = false;
                None
            }
        }
    }

    /// The row that was read; none for the heading.
    fn row(&mut self) -> Option<Row> {
        self.rows = self.rows.saturating_add(1);
        let report = if self.is_too_long {
            Err(BadRow::TooLong)
        } else if self.rows == 1 && self.is_heading() {
            return self.begin(None);
        } else {
            Ok(self.report())
        };
        let number = self.rows;
        self.begin(Some(Row { number, report }))
    }

    /// Makes room for the next row.
    fn begin(&mut self, row: Option<Row>) -> Option<Row> {
        (self.filled, self.fields, self.is_too_long) = (0, 0, false);
        row
    }

    /// Whether the row names columns; takes their places from it.
    fn is_heading(&mut self) -> bool {
        let names: Vec<String> = (0..self.fields)
            .map(|at| {
                String::from_utf8_lossy(self.field(at))
                    .trim()
                    .to_ascii_lowercase()
            })
            .collect();
        let places = COLUMNS.map(|column| names.iter().position(|name| name == column));
        let [Some(_address), ..] = places else {
            return false;
        };
        self.places = places;
        read_address(self.field(0)).is_none()
    }

    fn report(&self) -> Report {
        let [address, categories, at, comment] = self.places.map(|place| {
            let field = place.map(|place| self.field(place));
            field.unwrap_or_default().to_vec()
        });
        Report {
            address,
            categories,
            at,
            comment,
        }
    }

    /// A field of the row; empty where it has none there.
    fn field(&self, at: usize) -> &[u8] {
        if at >= self.fields {
            return &[];
        }
        let end = self.ends.get(at).copied().unwrap_or_default();
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        self.bytes
            .get(start.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All rows of a table that comes in pieces of this size.
    fn rows(text: &[u8], piece: usize) -> Vec<Row> {
        let mut table = Table::default();
        let mut rows = Vec::new();
        for mut piece in text.chunks(piece) {
            while let Some(row) = table.next(&mut piece) {
                rows.push(row);
            }
        }
        rows.extend(table.finish());
        assert_eq!(table.finish(), None);
        rows
    }

    fn row(number: u64, fields: [&[u8]; 4]) -> Row {
        let [address, categories, at, comment] = fields.map(<[u8]>::to_vec);
        let report = Ok(Report {
            address,
            categories,
            at,
            comment,
        });
        Row { number, report }
    }

    #[test]
    fn a_table_is_read_alike_in_pieces_of_any_size() {
        let text = b"IP,Categories,ReportDate,Comment\r\n\
            192.0.2.1,\"18,22\",2026-11-26T18:00:00Z,\"said \"\"hi\"\"\r\nand left\"\r\n\n\
            192.0.2.2,11,,caf\xe9\n2001:db8::1,4";
        let expected = [
            row(
                2,
                [
                    b"192.0.2.1",
                    b"18,22",
                    b"2026-11-26T18:00:00Z",
                    b"said \"hi\"\r\nand left",
                ],
            ),
            row(3, [b"192.0.2.2", b"11", b"", b"caf\xe9"]),
            row(4, [b"2001:db8::1", b"4", b"", b""]),
        ];
        for piece in 1..text.len() {
            assert_eq!(rows(text, piece), expected, "{piece}");
        }
    }

    #[test]
    fn columns_stand_where_the_heading_says_and_in_their_usual_order_without_one() {
        let text = b"comment,ip,categories\nx,192.0.2.1,18\n";
        assert_eq!(rows(text, 100), [row(2, [b"192.0.2.1", b"18", b"", b"x"])]);
        let text = b"192.0.2.1,18,2026-11-26,x\n";
        assert_eq!(
            rows(text, 100),
            [row(1, [b"192.0.2.1", b"18", b"2026-11-26", b"x"])]
        );
        assert_eq!(rows(b"IP,Categories,ReportDate,Comment", 5), []);
        assert_eq!(rows(b"", 5), []);
    }

    #[test]
    fn a_row_that_is_too_long_spoils_only_itself() {
        let long = format!(
            "192.0.2.1,18,,{}\n192.0.2.2,18,,x\n{}\n192.0.2.3,18\n",
            "a".repeat(MAX_ROW * 3),
            "1,".repeat(1000)
        );
        let read = rows(long.as_bytes(), 1000);
        let is_read: Vec<bool> = read.iter().map(|row| row.report.is_ok()).collect();
        assert_eq!(is_read, [false, true, false, true]);
        let open = format!("192.0.2.1,18\n\"{}", "a\n".repeat(MAX_ROW));
        let read = rows(open.as_bytes(), 1000);
        assert_eq!(read[1].report, Err(BadRow::TooLong));
        assert_eq!(read.len(), 2);
    }

    #[test]
    fn of_a_million_rows_one_is_held() {
        let mut table = Table::default();
        let row = b"192.0.2.1,18,2026-11-26T18:00:00Z,Failed password for root\n";
        let count = (0..1_000_000).filter(|_| {
            let mut input = &row[..];
            table.next(&mut input).is_some_and(|row| row.report.is_ok())
        });
        assert_eq!(count.count(), 1_000_000);
        assert_eq!(table.bytes.len(), MAX_ROW);
    }
}

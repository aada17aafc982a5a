//! Target `reports`: forms and tables of reports.

use atalaya_formats::reports::{Form, MAX_ROW, Table, read_address, read_categories, read_time};

use crate::text::choice;

/// Reads a form and a table: in pieces of any size the same rows come out, each of them bounded, and what is read of a field is sound.
pub fn reports(data: &[u8]) {
    let (piece, data) = choice(data);
    let form = Form::read(data);
    for name in ["ip", "categories", "timestamp", "comment"] {
        assert!(form.get(name).is_none_or(|value| value.len() <= data.len()));
    }
    let rows = rows(data, usize::from(piece).max(1));
    assert_eq!(rows, self::rows(data, data.len().max(1)));
    for report in rows.into_iter().filter_map(|(_, report)| report) {
        let fields = [&report.address, &report.categories, &report.at, &report.comment];
        assert!(fields.into_iter().all(|field| field.len() <= MAX_ROW));
        if let Some(address) = read_address(&report.address) {
            assert_eq!(read_address(address.to_string().as_bytes()), Some(address));
        }
        let categories = read_categories(&report.categories).unwrap_or_default();
        assert!(categories.iter().all(|number| (1..=23).contains(number)));
        if let Some(at) = read_time(&report.at) {
            assert_eq!(read_time(at.to_string().as_bytes()), Some(at));
        }
    }
}

/// The rows of a table that comes in pieces.
fn rows(data: &[u8], piece: usize) -> Vec<(u64, Option<atalaya_formats::reports::Report>)> {
    let mut table = Table::default();
    let mut rows = Vec::new();
    for mut piece in data.chunks(piece) {
        while let Some(row) = table.next(&mut piece) {
            rows.push((row.number, row.report.ok()));
        }
    }
    rows.extend(table.finish().map(|row| (row.number, row.report.ok())));
    rows
}

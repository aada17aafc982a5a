//! Botnets by country: a field for each pair, the darker, the more addresses, with the number in it.

use super::Sheet;
use super::drawing::{Anchor, Drawing, Label, Paint, Point, SMALL, TEXT};
use super::scale::{Classes, place};
use super::writing::{fit, width};
use crate::figures::Picture;
use crate::matrix::Matrix;

/// The height of a line.
const LINE: f64 = 26.0;
/// The height of the head.
const HEAD: f64 = 24.0;

/// The table as fields.
pub(super) fn botnet_countries(picture: &Picture, sheet: Sheet) -> Drawing {
    let (lines, columns) = if sheet.is_narrow() { (10, 5) } else { (14, 10) };
    let matrix = Matrix::of(picture, sheet.view, (lines, columns));
    let largest = matrix.numbers().max().unwrap_or(0);
    if largest == 0 {
        return sheet.nothing();
    }
    let classes = Classes::up_to(largest);
    let words = sheet.view.words;
    let rows = &matrix.rows;
    let mut drawing = sheet.drawing(
        HEAD + place(rows.len()) * LINE + 4.0,
        rows.iter()
            .map(|row| (row.name.as_str(), words.number(row.cells.iter().flatten().sum()))),
    );
    let names = rows.iter().map(|row| width(&row.name, TEXT)).fold(0.0, f64::max);
    let left = names.min(sheet.width * 0.3) + 12.0;
    let wide = (sheet.width - left) / place(matrix.countries.len().max(1));
    for (number, (code, name)) in matrix.countries.iter().enumerate() {
        let text = if width(name, SMALL) <= wide - 4.0 {
            name
        } else {
            code
        };
        let at = (left + (place(number) + 0.5) * wide, HEAD - 8.0);
        drawing.text(
            Label::new(at, text)
                .size(SMALL)
                .paint(Paint::Soft)
                .anchor(Anchor::Middle),
        );
    }
    for (number, row) in rows.iter().enumerate() {
        let top = HEAD + place(number) * LINE;
        let name = fit(&row.name, TEXT, left - 12.0);
        drawing.text(Label::new((left - 10.0, top + 17.0), name).anchor(Anchor::End));
        for (column, cell) in row.cells.iter().enumerate() {
            let step = classes.class(cell.unwrap_or(0));
            let country = matrix.countries.get(column).map_or("", |(_, name)| name.as_str());
            let tip = cell.map_or_else(String::new, |count| {
                format!("{}, {country}: {}", row.name, words.number(count))
            });
            field(
                &mut drawing,
                (left + place(column) * wide, top),
                (wide, step),
                (cell.map(|count| words.short(count)), tip),
            );
        }
    }
    drawing
}

fn field(
    drawing: &mut Drawing,
    (left, top): Point,
    (wide, step): (f64, usize),
    (number, tip): (Option<String>, String),
) {
    drawing.rectangle(
        (left + 1.0, top + 1.0),
        (wide - 2.0, LINE - 2.0),
        Paint::Ramp(step),
        tip,
    );
    if let Some(number) = number {
        let label = Label::new((left + wide / 2.0, top + 17.0), fit(&number, SMALL, wide - 4.0));
        drawing.text(
            label
                .size(SMALL)
                .paint(Paint::on_ramp(step))
                .anchor(Anchor::Middle),
        );
    }
}

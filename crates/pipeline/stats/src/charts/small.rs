//! Botnets by hour: a small curve for each, all alike, so that the eye compares their shapes.

use super::drawing::{Anchor, Drawing, Label, Paint, SMALL, TEXT};
use super::hours::{Plot, clock, curve, hours_over, peak};
use super::scale::{Axis, place};
use super::writing::fit;
use super::{Sheet, botnet_name, botnets_by};
use crate::figures::Picture;

/// Room between two.
const GAP: f64 = 24.0;
/// The height of one, with its name and its hours.
const HEIGHT: f64 = 118.0;

/// The curves of the first botnets.
pub(super) fn botnet_hours(picture: &Picture, sheet: Sheet) -> Drawing {
    let (words, columns) = (sheet.view.words, if sheet.is_narrow() { 2 } else { 3 });
    let most = if sheet.is_narrow() { 6 } else { 9 };
    let over = hours_over(picture);
    let rows: Vec<(String, &[u64])> = botnets_by(picture, sheet.view.by)
        .into_iter()
        .filter(|(_, row)| row.hours.iter().any(|count| *count > 0))
        .take(most)
        .map(|(_, row)| {
            (
                botnet_name(words, row),
                row.hours.get(..over).unwrap_or(&row.hours),
            )
        })
        .collect();
    if rows.is_empty() {
        // A day that is known from logs alone has addresses and no connections.
        return Drawing::nothing(sheet.width, sheet.title(), words.charts.no_connections);
    }
    let lines = rows.len().div_ceil(columns);
    let mut drawing = sheet.drawing(
        place(lines) * HEIGHT,
        rows.iter()
            .map(|(name, hours)| (name.as_str(), told(hours, sheet))),
    );
    let wide = (sheet.width - GAP * place(columns.saturating_sub(1))) / place(columns);
    for (number, (name, hours)) in rows.iter().enumerate() {
        let (column, line) = (number % columns, number / columns);
        let left = place(column) * (wide + GAP);
        one(
            &mut drawing,
            (name, hours),
            (left, place(line) * HEIGHT, wide),
            sheet,
        );
    }
    drawing
}

/// When it is busiest, in words.
fn told(hours: &[u64], sheet: Sheet) -> String {
    let words = sheet.view.words;
    let (number, hour) = peak(hours);
    (words.charts.peak)(&words.short(number), &hour)
}

fn one(
    drawing: &mut Drawing,
    (name, hours): (&str, &[u64]),
    (left, top, wide): (f64, f64, f64),
    sheet: Sheet,
) {
    let plot = Plot {
        left,
        top: top + 38.0,
        width: wide,
        height: 44.0,
    };
    drawing.text(Label::new((left, top + 14.0), fit(name, TEXT, wide)).bold());
    let note = fit(&told(hours, sheet), SMALL, wide);
    drawing.text(
        Label::new((left, top + 29.0), note)
            .size(SMALL)
            .paint(Paint::Soft)
            .anchor(Anchor::Start),
    );
    let largest = hours.iter().max().copied().unwrap_or(0);
    // The top of each is its own largest hour.
    let axis = Axis::up_to(largest, largest.max(1));
    curve(drawing, hours, &axis, &plot);
    drawing.rule((left, plot.y(0.0)), (left + wide, plot.y(0.0)));
    clock(drawing, &plot, 10.5);
}

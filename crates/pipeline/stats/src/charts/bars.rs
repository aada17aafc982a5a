//! Bars: one below the other, the longest first, with the number behind each.

use super::drawing::{Anchor, Drawing, Label, Paint, Point, SMALL, TEXT};
use super::scale::{place, precise};
use super::writing::{fit, width};
use super::{Sheet, botnet_name, botnets_by, row_name, rows_by};
use crate::figures::{BotnetKind, Dimension, Estimate, Measure, Picture};

/// Most bars of one chart.
const MOST: usize = 15;
/// Room between a bar and what stands beside it.
const GAP: f64 = 8.0;

/// A bar.
#[derive(Debug, Clone, Default)]
struct Bar {
    name: String,
    number: u64,
    written: String,
    /// What stands behind an interval; the number then stands before the bar.
    likely: String,
    /// The part of it that is shown darker, if there is one.
    inner: Option<u64>,
    interval: Option<Estimate>,
    is_rest: bool,
}

impl Bar {
    /// The largest number that must find its place.
    fn most(&self) -> u64 {
        self.interval
            .map_or(self.number, |interval| self.number.max(interval.high))
    }
}

/// The table of botnets.
pub(super) fn botnets(picture: &Picture, sheet: Sheet) -> Drawing {
    let (words, by) = (sheet.view.words, sheet.view.by);
    let rows = botnets_by(picture, by);
    let bars = rows.iter().map(|(_, row)| {
        let number = by.of(&row.figures);
        let size = row.size.filter(|_size| by == Measure::Addresses);
        Bar {
            name: botnet_name(words, row),
            number,
            written: sheet.number(number),
            likely: size.map_or_else(String::new, |size| format!("≈ {}", words.short(size.likely))),
            inner: None,
            interval: size,
            is_rest: row.kind == BotnetKind::Other,
        }
    });
    let legend = (by == Measure::Addresses).then_some(words.charts.interval);
    let bars: Vec<Bar> = bars.collect();
    draw(&bars, (bars.len() as u64, legend), sheet)
}

/// Stacks that bots may have brought along.
pub(super) fn pairs(picture: &Picture, sheet: Sheet) -> Drawing {
    let words = sheet.view.words;
    let bars = picture.pairs.iter().map(|pair| Bar {
        name: super::clean(&words.botnet(&pair.name, BotnetKind::Stack), super::MOST_NAME),
        number: pair.addresses,
        written: format!("{} / {}", words.short(pair.both), words.short(pair.addresses)),
        inner: Some(pair.both),
        ..Bar::default()
    });
    let bars: Vec<Bar> = bars.collect();
    draw(&bars, (bars.len() as u64, Some(words.charts.both)), sheet)
}

/// A ranking.
pub(super) fn ranking(picture: &Picture, dimension: Dimension, sheet: Sheet) -> Drawing {
    let (words, by) = (sheet.view.words, sheet.view.by);
    let bars = rows_by(picture, dimension, by).into_iter().map(|row| {
        let number = by.of(&row.figures);
        Bar {
            name: row_name(words, dimension, row),
            number,
            written: sheet.number(number),
            is_rest: matches!(row.key.as_str(), "-" | "unknown" | "rare" | "not seen"),
            ..Bar::default()
        }
    });
    // The picture has the first rows only.
    let all = picture.ranking(dimension).map_or(0, |ranking| ranking.all);
    draw(&bars.collect::<Vec<_>>(), (all, None), sheet)
}

/// Where things stand.
struct Layout {
    /// From the left: where bars begin, and how long the longest may be.
    left: f64,
    room: f64,
    row: f64,
    thick: f64,
    /// How much room the numbers before the bars take; none if they stand behind.
    numbers: f64,
    is_narrow: bool,
}

impl Layout {
    fn of(bars: &[Bar], sheet: Sheet) -> Self {
        let widest = |text: fn(&Bar) -> &str, size: f64| {
            bars.iter().map(|bar| width(text(bar), size)).fold(0.0, f64::max)
        };
        let written = widest(|bar| &bar.written, TEXT) + GAP;
        let has_intervals = bars.iter().any(|bar| bar.interval.is_some());
        let (numbers, behind) = if has_intervals {
            (written + GAP, widest(|bar| &bar.likely, TEXT) + GAP)
        } else {
            (0.0, written)
        };
        let is_narrow = sheet.is_narrow();
        let names = widest(|bar| &bar.name, TEXT).min(sheet.width * 0.38) + GAP * 1.5;
        let left = if is_narrow { 0.0 } else { names + numbers };
        Self {
            left,
            room: (sheet.width - left - behind - 6.0).max(20.0),
            numbers,
            row: if is_narrow { 42.0 } else { 28.0 },
            thick: if is_narrow { 14.0 } else { 18.0 },
            is_narrow,
        }
    }
}

/// The first of these bars, of which there are `all`.
fn draw(bars: &[Bar], (all, legend): (u64, Option<&str>), sheet: Sheet) -> Drawing {
    let bars = bars.get(..MOST).unwrap_or(bars);
    let largest = bars.iter().map(Bar::most).max().unwrap_or(0);
    if largest == 0 {
        return sheet.nothing();
    }
    let layout = Layout::of(bars, sheet);
    let more = all.saturating_sub(bars.len() as u64);
    let foot = if legend.is_some() || more > 0 { 28.0 } else { 4.0 };
    let height = place(bars.len()) * layout.row + foot;
    let first = bars.iter().map(|bar| (bar.name.as_str(), bar.written.clone()));
    let mut drawing = sheet.drawing(height, first);
    for (number, bar) in bars.iter().enumerate() {
        draw_bar(
            &mut drawing,
            bar,
            (place(number) * layout.row, precise(largest)),
            &layout,
        );
    }
    draw_foot(&mut drawing, (legend, more), height - 8.0, sheet);
    drawing
}

fn draw_bar(drawing: &mut Drawing, bar: &Bar, (top, largest): Point, layout: &Layout) {
    let length = |number: u64| precise(number) / largest * layout.room;
    let bar_top = top + (layout.row - layout.thick) - if layout.is_narrow { 4.0 } else { 5.0 };
    let middle = bar_top + layout.thick / 2.0;
    let tip = format!("{}: {}", bar.name, bar.written);
    let paint = if bar.is_rest {
        Paint::Series(7)
    } else {
        Paint::Series(0)
    };
    let at = layout.left;
    names(drawing, bar, (bar_top, middle), layout);
    match bar.inner {
        Some(inner) => {
            drawing.rectangle(
                (at, bar_top),
                (length(bar.number), layout.thick),
                Paint::Ramp(2),
                tip.clone(),
            );
            drawing.rectangle((at, bar_top), (length(inner), layout.thick), paint, tip);
        }
        None => {
            let long = length(bar.number).max(1.0);
            drawing.rectangle((at, bar_top), (long, layout.thick), paint, tip);
        }
    }
    if let Some(interval) = bar.interval {
        whisker(
            drawing,
            (at, middle),
            [interval.low, interval.likely, interval.high].map(length),
        );
    }
    let end = at + length(bar.most()).max(1.0) + GAP;
    let behind = if layout.numbers > 0.0 {
        &bar.likely
    } else {
        &bar.written
    };
    drawing.text(Label::new((end, middle + 4.5), behind.clone()));
}

/// The name before a bar, or above it, with its number if that does not stand behind.
fn names(drawing: &mut Drawing, bar: &Bar, (bar_top, middle): (f64, f64), layout: &Layout) {
    let (left, right, base) = if layout.is_narrow {
        (0.0, drawing.width, bar_top - 6.0)
    } else {
        (
            layout.left - GAP - layout.numbers,
            layout.left - GAP,
            middle + 4.5,
        )
    };
    if layout.numbers > 0.0 {
        drawing.text(Label::new((right, base), bar.written.clone()).anchor(Anchor::End));
    }
    if layout.is_narrow {
        let name = fit(&bar.name, TEXT, drawing.width - layout.numbers);
        drawing.text(Label::new((left, base), name));
    } else {
        let name = fit(&bar.name, TEXT, left);
        drawing.text(Label::new((left, base), name).anchor(Anchor::End));
    }
}

/// A line from the lower to the upper end of an interval, with a dot at what is likely.
fn whisker(drawing: &mut Drawing, (left, middle): Point, [low, likely, high]: [f64; 3]) {
    if high - low < 0.5 {
        return;
    }
    let mut line = |points: Vec<Point>| {
        // Light around it, so that it is seen on the bar too.
        drawing.line(points.clone(), Paint::Card, 4.0, &[]);
        drawing.line(points, Paint::Ink, 1.5, &[]);
    };
    line(vec![(left + low, middle), (left + high, middle)]);
    // On a short one, ends and dot would hide each other.
    let is_short = high - low < 16.0;
    if !is_short {
        for end in [low, high] {
            line(vec![(left + end, middle - 4.0), (left + end, middle + 4.0)]);
        }
    }
    drawing.shapes.push(super::drawing::Shape::Dot {
        at: (left + likely, middle),
        radius: if is_short { 2.5 } else { 3.5 },
        paint: Paint::Ink,
        tip: String::new(),
    });
}

fn draw_foot(drawing: &mut Drawing, (legend, more): (Option<&str>, u64), base: f64, sheet: Sheet) {
    let words = sheet.view.words;
    if let Some(legend) = legend {
        let is_size = sheet.part == crate::parts::Part::Botnets;
        let mut left = 0.0;
        if is_size {
            let seen = Label::new((28.0, base), words.methods.seen)
                .size(SMALL)
                .paint(Paint::Soft);
            left = 28.0 + width(&seen.text, SMALL) + 2.0 * GAP;
            drawing.text(seen);
            whisker(drawing, (left + 2.0, base - 4.0), [0.0, 9.0, 20.0]);
        }
        drawing.rectangle((0.0, base - 10.0), (20.0, 11.0), Paint::Series(0), String::new());
        let from = left + if is_size { 30.0 } else { 28.0 };
        let legend = fit(legend, SMALL, drawing.width - from);
        drawing.text(Label::new((from, base), legend).size(SMALL).paint(Paint::Soft));
    }
    if more > 0 {
        let text = (words.charts.and_more)(&words.number(more));
        let label = Label::new((drawing.width, base), text).size(SMALL);
        drawing.text(label.paint(Paint::Soft).anchor(Anchor::End));
    }
}

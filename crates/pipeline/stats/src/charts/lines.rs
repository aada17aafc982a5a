//! Lines over the days: everything, and the largest botnets.

use super::drawing::{Anchor, Drawing, Label, Paint, SMALL, Shape};
use super::hours::Plot;
use super::scale::{Axis, place};
use super::writing::{fit, width};
use super::{Sheet, botnet_name, botnets_by};
use crate::day::Day;
use crate::figures::{BotnetKind, Measure, Picture};

/// Botnets with a line of their own.
const MOST: usize = 6;
/// Room for the names at the ends of lines.
const NAMES: f64 = 150.0;
/// From one name to the next.
const LINE: f64 = 16.0;
/// How the lines differ beside their colours.
const DASHES: [&[f32]; 7] = [
    &[],
    &[7.0, 3.0],
    &[2.0, 3.0],
    &[9.0, 3.0, 2.0, 3.0],
    &[4.0, 4.0],
    &[12.0, 4.0],
    &[1.0, 4.0],
];
/// From one date to the next, at least.
const DATE: f64 = 60.0;
/// Days up to which each has a dot.
const DOTTED: usize = 31;

/// A line.
struct Line {
    name: String,
    numbers: Vec<u64>,
    paint: Paint,
    dashes: &'static [f32],
}

/// Addresses on each day.
pub(super) fn days(picture: &Picture, sheet: Sheet) -> Drawing {
    let lines = lines(picture, sheet);
    let largest = lines
        .iter()
        .flat_map(|line| &line.numbers)
        .max()
        .copied()
        .unwrap_or(0);
    if largest == 0 {
        return sheet.nothing();
    }
    let axis = Axis::up_to(largest, 4);
    let words = sheet.view.words;
    let most = axis.ticks.last().copied().unwrap_or(largest);
    let left = width(&words.short(most), SMALL) + 12.0;
    let right = if sheet.is_narrow() { 8.0 } else { NAMES };
    let plot = Plot {
        left,
        top: 10.0,
        width: sheet.width - left - right,
        height: if sheet.is_narrow() { 180.0 } else { 240.0 },
    };
    let legend = if sheet.is_narrow() {
        place(lines.len()) * 18.0 + 8.0
    } else {
        0.0
    };
    let mut drawing = sheet.drawing(
        plot.top + plot.height + 28.0 + legend,
        lines.iter().map(|line| {
            (
                line.name.as_str(),
                line.numbers
                    .last()
                    .map(|number| words.number(*number))
                    .unwrap_or_default(),
            )
        }),
    );
    for tick in &axis.ticks {
        let y = plot.y(axis.part(*tick));
        drawing.rule((plot.left, y), (plot.left + plot.width, y));
        let label = Label::new((plot.left - 6.0, y + 4.0), words.short(*tick));
        drawing.text(label.size(SMALL).paint(Paint::Soft).anchor(Anchor::End));
    }
    let spots = spots(picture);
    for line in &lines {
        draw_line(&mut drawing, line, (&axis, &plot), (&spots, sheet));
    }
    dates(&mut drawing, &plot, &spots);
    if sheet.is_narrow() {
        below(&mut drawing, &lines, plot.top + plot.height + 44.0);
    } else {
        beside(&mut drawing, &lines, &axis, &plot);
    }
    drawing
}

fn lines(picture: &Picture, sheet: Sheet) -> Vec<Line> {
    let words = sheet.view.words;
    let all = Line {
        name: words.charts.all.to_owned(),
        numbers: picture.days.iter().map(|day| day.figures.addresses).collect(),
        paint: Paint::Ink,
        dashes: &[],
    };
    let botnets = botnets_by(picture, Measure::Addresses)
        .into_iter()
        .filter(|(_, row)| row.kind != BotnetKind::Other)
        .take(MOST)
        .enumerate();
    let botnets = botnets.map(|(number, (at, row))| Line {
        name: botnet_name(words, row),
        numbers: picture
            .days
            .iter()
            .map(|day| day.botnets.get(at).copied().unwrap_or(0))
            .collect(),
        paint: Paint::series(number),
        dashes: DASHES.get(number).copied().unwrap_or_default(),
    });
    std::iter::once(all).chain(botnets).collect()
}

/// Where a day stands.
struct Spot<'a> {
    text: &'a str,
    number: i32,
    /// How far to the right, from 0 to 1.
    part: f64,
}

/// Where the days stand, by their dates: a single one in the middle.
fn spots(picture: &Picture) -> Vec<Spot<'_>> {
    let days: Vec<(&str, i32)> = picture
        .days
        .iter()
        .filter_map(|row| Some((row.day.as_str(), row.day.parse::<Day>().ok()?.number())))
        .collect();
    let first = days.first().map_or(0, |(_, number)| *number);
    let last = days.last().map_or(0, |(_, number)| *number);
    let whole = last.saturating_sub(first);
    let part = |number: i32| f64::from(number.saturating_sub(first)) / f64::from(whole);
    days.into_iter()
        .map(|(text, number)| Spot {
            text,
            number,
            part: if whole > 0 { part(number) } else { 0.5 },
        })
        .collect()
}

fn draw_line(
    drawing: &mut Drawing,
    line: &Line,
    (axis, plot): (&Axis, &Plot),
    (spots, sheet): (&[Spot<'_>], Sheet),
) {
    let words = sheet.view.words;
    let days: Vec<(&Spot<'_>, u64)> = spots.iter().zip(line.numbers.iter().copied()).collect();
    let at = |(spot, number): &(&Spot<'_>, u64)| (plot.x(spot.part), plot.y(axis.part(*number)));
    // Of the days between two that are apart nothing is known: the line ends, and begins anew.
    for run in days.chunk_by(|(one, _), (two, _)| two.number.saturating_sub(one.number) == 1) {
        drawing.line(run.iter().map(at).collect(), line.paint, 2.0, line.dashes);
        if days.len() > DOTTED && run.len() > 1 {
            continue;
        }
        for day in run {
            drawing.shapes.push(Shape::Dot {
                at: at(day),
                radius: 3.0,
                paint: line.paint,
                tip: format!(
                    "{}, {}: {}",
                    line.name,
                    words.day(day.0.text),
                    words.number(day.1)
                ),
            });
        }
    }
}

/// The dates below: the first, the last, and those between that have room.
fn dates(drawing: &mut Drawing, plot: &Plot, spots: &[Spot<'_>]) {
    let last = spots.len().saturating_sub(1);
    let end = spots.last().map_or(0.0, |spot| plot.x(spot.part));
    let mut before = f64::NEG_INFINITY;
    for (number, spot) in spots.iter().enumerate() {
        let x = plot.x(spot.part);
        if number != last && (x - before < DATE || end - x < DATE) {
            continue;
        }
        before = x;
        let anchor = match number {
            _ if last == 0 => Anchor::Middle,
            0 => Anchor::Start,
            _ if number == last => Anchor::End,
            _ => Anchor::Middle,
        };
        // The year stands above the chart already.
        let text = spot.text.get(5..).unwrap_or(spot.text);
        let label = Label::new((x, plot.top + plot.height + 18.0), text);
        drawing.text(label.size(SMALL).paint(Paint::Soft).anchor(anchor));
    }
}

/// The names at the ends of the lines, pushed apart where they would touch.
fn beside(drawing: &mut Drawing, lines: &[Line], axis: &Axis, plot: &Plot) {
    let mut names: Vec<(f64, &Line)> = lines
        .iter()
        .map(|line| (plot.y(axis.part(line.numbers.last().copied().unwrap_or(0))), line))
        .collect();
    names.sort_by(|(one, _), (two, _)| one.total_cmp(two));
    // From below, so that none falls off the edge; then from above.
    let mut lowest = plot.y(0.0) + LINE;
    for (y, _) in names.iter_mut().rev() {
        *y = y.min(lowest - LINE);
        lowest = *y;
    }
    let mut highest = plot.top - LINE;
    for (y, _) in &mut names {
        *y = y.max(highest + LINE);
        highest = *y;
    }
    let left = plot.left + plot.width + 10.0;
    for (y, line) in names {
        drawing.line(vec![(left, y), (left + 18.0, y)], line.paint, 2.0, line.dashes);
        let name = fit(&line.name, SMALL, NAMES - 36.0);
        drawing.text(
            Label::new((left + 24.0, y + 4.0), name)
                .size(SMALL)
                .paint(line.paint),
        );
    }
}

/// The names below the chart.
fn below(drawing: &mut Drawing, lines: &[Line], top: f64) {
    for (number, line) in lines.iter().enumerate() {
        let y = top + place(number) * 18.0;
        drawing.line(
            vec![(0.0, y - 4.0), (22.0, y - 4.0)],
            line.paint,
            2.0,
            line.dashes,
        );
        let name = fit(&line.name, SMALL, drawing.width - 30.0);
        drawing.text(Label::new((30.0, y), name).size(SMALL).paint(line.paint));
    }
}

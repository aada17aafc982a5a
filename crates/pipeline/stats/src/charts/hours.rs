//! The hours of the day as a curve.

use super::drawing::{Anchor, Drawing, Label, Paint, Point, SMALL, Shape};
use super::scale::{Axis, place};
use super::writing::width;
use super::{Sheet, rows_by};
use crate::figures::{Dimension, Picture};

/// The hours of a day, and of the axis.
const LAST: f64 = 23.0;
/// The hours that are written at the axis.
const WRITTEN: [usize; 5] = [0, 6, 12, 18, 23];

/// The curve of all together.
pub(super) fn hours(picture: &Picture, sheet: Sheet) -> Drawing {
    let by = sheet.view.by;
    let numbers: Vec<u64> = rows_by(picture, Dimension::Hour, by)
        .iter()
        .map(|row| by.of(&row.figures))
        .collect();
    let numbers = numbers.get(..hours_over(picture)).unwrap_or(&numbers);
    let largest = numbers.iter().max().copied().unwrap_or(0);
    if largest == 0 {
        return sheet.nothing();
    }
    let axis = Axis::up_to(largest, 4);
    let most = axis.ticks.last().copied().unwrap_or(largest);
    let left = width(&sheet.number(most), SMALL) + 12.0;
    let plot = Plot {
        left,
        top: 10.0,
        width: sheet.width - left - 14.0,
        height: if sheet.is_narrow() { 150.0 } else { 200.0 },
    };
    let peak = peak(numbers);
    let mut drawing = sheet.drawing(
        plot.top + plot.height + 40.0,
        std::iter::once((peak.1.as_str(), sheet.number(largest))),
    );
    for tick in &axis.ticks {
        let y = plot.y(axis.part(*tick));
        drawing.rule((plot.left, y), (plot.left + plot.width, y));
        let label = Label::new((plot.left - 6.0, y + 4.0), sheet.number(*tick));
        drawing.text(label.size(SMALL).paint(Paint::Soft).anchor(Anchor::End));
    }
    curve(&mut drawing, numbers, &axis, &plot);
    clock(&mut drawing, &plot, SMALL);
    let note = Label::new(
        (plot.left + plot.width, plot.top + plot.height + 34.0),
        sheet.view.words.charts.hours_utc,
    );
    drawing.text(note.size(SMALL).paint(Paint::Soft).anchor(Anchor::End));
    // What a pointer over an hour shows.
    for (hour, number) in numbers.iter().enumerate() {
        drawing.shapes.push(Shape::Dot {
            at: (plot.x(place(hour) / LAST), plot.y(axis.part(*number))),
            radius: 3.5,
            paint: Paint::Series(0),
            tip: format!("{hour:02}:00 – {}", sheet.number(*number)),
        });
    }
    drawing
}

/// Hours of the picture that have begun: of a day that is not over, the rest is no silence.
pub(super) fn hours_over(picture: &Picture) -> usize {
    if picture.is_complete || picture.first_day != picture.last_day {
        return 24;
    }
    let seconds = picture.made_at.seconds().rem_euclid(86_400);
    usize::try_from(seconds / 3_600)
        .unwrap_or(23)
        .saturating_add(1)
        .min(24)
}

/// The largest number and its hour.
pub(super) fn peak(numbers: &[u64]) -> (u64, String) {
    let (hour, number) =
        numbers.iter().enumerate().fold(
            (0, 0),
            |best, (hour, number)| if *number > best.1 { (hour, *number) } else { best },
        );
    (number, format!("{hour:02}:00"))
}

/// Where a curve stands.
pub(super) struct Plot {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Plot {
    /// The place of a part of the way to the right.
    pub(super) fn x(&self, part: f64) -> f64 {
        self.left + part * self.width
    }

    /// The place of a part of the way up.
    pub(super) fn y(&self, part: f64) -> f64 {
        self.top + (1.0 - part) * self.height
    }
}

/// A line over a filled area.
pub(super) fn curve(drawing: &mut Drawing, numbers: &[u64], axis: &Axis, plot: &Plot) {
    let line: Vec<Point> = numbers
        .iter()
        .enumerate()
        .map(|(hour, number)| (plot.x(place(hour) / LAST), plot.y(axis.part(*number))))
        .collect();
    let (Some(first), Some(last)) = (line.first().copied(), line.last().copied()) else {
        return;
    };
    let mut area = line.clone();
    area.extend([(last.0, plot.y(0.0)), (first.0, plot.y(0.0))]);
    drawing.shapes.push(Shape::Area {
        points: area,
        paint: Paint::Ramp(1),
    });
    drawing.line(line, Paint::Series(0), 2.0, &[]);
}

/// The hours below.
pub(super) fn clock(drawing: &mut Drawing, plot: &Plot, size: f64) {
    for hour in WRITTEN {
        let anchor = match hour {
            0 => Anchor::Start,
            23 => Anchor::End,
            _ => Anchor::Middle,
        };
        let at = (plot.x(place(hour) / LAST), plot.top + plot.height + size + 4.0);
        let label = Label::new(at, format!("{hour:02}")).size(size);
        drawing.text(label.paint(Paint::Soft).anchor(anchor));
    }
}

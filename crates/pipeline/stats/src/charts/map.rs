//! Countries on a map of the world: the darker, the more; small ones are dots.

use std::collections::HashMap;

use atalaya_places::{Country, MAP_HEIGHT, MAP_WIDTH, dots, world};

use super::drawing::{Drawing, Label, Outline, Paint, SMALL, Shape};
use super::scale::Classes;
use super::writing::width;
use super::{Sheet, row_name, rows_by};
use crate::figures::{Dimension, Picture};

/// Countries by how much came from them.
pub(super) fn countries(picture: &Picture, sheet: Sheet) -> Drawing {
    let (words, by) = (sheet.view.words, sheet.view.by);
    let rows = rows_by(picture, Dimension::Country, by);
    let names: Vec<(String, String)> = rows
        .iter()
        .map(|row| {
            (
                row_name(words, Dimension::Country, row),
                sheet.number(by.of(&row.figures)),
            )
        })
        .collect();
    let numbers: HashMap<Country, u64> = rows
        .iter()
        .filter_map(|row| Some((row.key.parse().ok()?, by.of(&row.figures))))
        .collect();
    let classes = Classes::up_to(numbers.values().max().copied().unwrap_or(0));
    let scale = sheet.width / f64::from(MAP_WIDTH);
    let high = f64::from(MAP_HEIGHT) * scale;
    let legend = legend(&classes, sheet);
    let lines = legend.iter().map(|(line, ..)| line + 1.0).fold(1.0, f64::max);
    let mut drawing = sheet.drawing(
        high + 8.0 + lines * 20.0,
        names.iter().map(|(name, number)| (name.as_str(), number.clone())),
    );
    let tip =
        |country: Country, number: u64| format!("{}: {}", country.name(words.language), sheet.number(number));
    draw_map(&mut drawing, (&numbers, &classes), scale, tip);
    for (line, left, step, text) in legend {
        let base = high + 18.0 + line * 20.0;
        drawing.rectangle(
            (left, base - 10.0),
            (18.0, 12.0),
            Paint::Ramp(step),
            String::new(),
        );
        drawing.text(
            Label::new((left + 24.0, base), text)
                .size(SMALL)
                .paint(Paint::Soft),
        );
    }
    drawing
}

fn draw_map(
    drawing: &mut Drawing,
    (numbers, classes): (&HashMap<Country, u64>, &Classes),
    scale: f64,
    tip: impl Fn(Country, u64) -> String,
) {
    let number = |country: Country| numbers.get(&country).copied().unwrap_or(0);
    let outlines = world().map(|(country, path)| {
        let number = number(country);
        Outline {
            path,
            paint: Paint::Ramp(classes.class(number)),
            tip: if number > 0 {
                tip(country, number)
            } else {
                String::new()
            },
        }
    });
    drawing.shapes.push(Shape::Map {
        scale,
        countries: outlines.collect(),
    });
    for (country, (x, y)) in dots() {
        let number = number(country);
        if number > 0 {
            drawing.shapes.push(Shape::Dot {
                at: (f64::from(x) * scale, f64::from(y) * scale),
                radius: 3.5,
                paint: Paint::Ramp(classes.class(number)),
                tip: tip(country, number),
            });
        }
    }
}

/// What stands below: line, place from the left, step, text.
fn legend(classes: &Classes, sheet: Sheet) -> Vec<(f64, f64, usize, String)> {
    let none = std::iter::once((0, "0".to_owned()));
    let steps = classes.each().map(|(step, first, last)| {
        let text = match last {
            Some(last) if last == first => sheet.number(first),
            Some(last) => format!("{}–{}", sheet.number(first), sheet.number(last)),
            None => format!("{} +", sheet.number(first)),
        };
        (step, text)
    });
    let (mut line, mut left) = (0.0, 0.0);
    let mut placed = Vec::new();
    for (step, text) in none.chain(steps) {
        let wide = 24.0 + width(&text, SMALL);
        if left + wide > sheet.width {
            (line, left) = (line + 1.0, 0.0);
        }
        placed.push((line, left, step, text));
        left += wide + 18.0;
    }
    placed
}

/// Whether the map has a place for the country of this code.
pub(crate) fn is_on_map(code: &str) -> bool {
    let Ok(country) = code.parse::<Country>() else {
        return false;
    };
    world().any(|(known, _)| known == country) || dots().any(|(known, _)| known == country)
}

//! Networks as rectangles, as large as what came from them (squarified treemap, after Bruls, Huizing and van Wijk, 2000).

use super::drawing::{Drawing, Label, Paint, Point, SMALL, STEPS, TEXT};
use super::scale::precise;
use super::writing::{fit, width as measure};
use super::{Sheet, clean, rows_by};
use crate::figures::{Dimension, Picture};

/// The size of the number of a network in a small rectangle.
const TINY: f64 = 9.5;
/// Networks with a rectangle of their own.
const MOST: usize = 22;

/// A network.
struct Tile {
    key: String,
    name: String,
    number: u64,
    step: usize,
}

/// A rectangle: from the left, from the top, width, height.
#[derive(Debug, Clone, Copy)]
struct Room {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Networks by how much came from them.
pub(super) fn networks(picture: &Picture, sheet: Sheet) -> Drawing {
    let tiles = tiles(picture, sheet);
    let sum: f64 = tiles.iter().map(|tile| precise(tile.number)).sum();
    if sum <= 0.0 {
        return sheet.nothing();
    }
    let height = if sheet.is_narrow() { 420.0 } else { 380.0 };
    let mut drawing = sheet.drawing(
        height,
        tiles
            .iter()
            .map(|tile| (tile.key.as_str(), sheet.number(tile.number))),
    );
    let room = Room {
        left: 0.0,
        top: 0.0,
        width: sheet.width,
        height,
    };
    let unit = room.width * room.height / sum;
    let areas: Vec<f64> = tiles.iter().map(|tile| precise(tile.number) * unit).collect();
    for (tile, room) in tiles.iter().zip(squarified(&areas, room)) {
        draw_tile(&mut drawing, tile, room, sheet);
    }
    drawing
}

fn tiles(picture: &Picture, sheet: Sheet) -> Vec<Tile> {
    let (words, by) = (sheet.view.words, sheet.view.by);
    let rows = rows_by(picture, Dimension::Network, by);
    let largest = rows.first().map_or(1, |row| by.of(&row.figures).max(1));
    let mut tiles: Vec<Tile> = rows
        .iter()
        .take(MOST)
        .map(|row| {
            let number = by.of(&row.figures);
            let is_known = row.key != "unknown";
            let step = number.saturating_mul(STEPS as u64).div_ceil(largest);
            Tile {
                key: clean(if is_known { &row.key } else { words.charts.unknown }, 20),
                name: if is_known {
                    clean(&row.name, super::MOST_NAME)
                } else {
                    String::new()
                },
                number,
                step: if is_known {
                    usize::try_from(step).unwrap_or(STEPS).min(STEPS)
                } else {
                    0
                },
            }
        })
        .collect();
    // Each address is in one network, or in none that is known; the picture may not have a row for each.
    let shown = tiles.iter().map(|tile| tile.number).fold(0, u64::saturating_add);
    let rest = by.of(&picture.total).saturating_sub(shown);
    tiles.push(Tile {
        key: words.charts.others.to_owned(),
        name: String::new(),
        number: rest,
        step: 0,
    });
    tiles.retain(|tile| tile.number > 0);
    tiles
}

fn draw_tile(drawing: &mut Drawing, tile: &Tile, room: Room, sheet: Sheet) {
    let (width, height) = (room.width - 2.0, room.height - 2.0);
    let number = sheet.number(tile.number);
    let tip = format!("{} {}: {number}", tile.key, tile.name);
    drawing.rectangle(
        (room.left + 1.0, room.top + 1.0),
        (width, height),
        Paint::Ramp(tile.step),
        tip,
    );
    let paint = Paint::on_ramp(tile.step);
    let key = if measure(&tile.key, TEXT) <= width - 12.0 {
        TEXT
    } else {
        TINY
    };
    let lines = [
        (tile.key.as_str(), key),
        (tile.name.as_str(), SMALL),
        (number.as_str(), SMALL),
    ];
    let mut base = room.top + 4.0;
    for (place, (text, size)) in lines.into_iter().filter(|(text, _)| !text.is_empty()).enumerate() {
        base += size + 3.0;
        let fitted = fit(text, size, width - 12.0);
        // A number that is cut, a name that is cut to nothing, and a line below the edge are left to the table.
        let is_cut = fitted.chars().count()
            < if text == tile.name {
                5.min(text.chars().count())
            } else {
                text.chars().count()
            };
        if base + 4.0 > room.top + height || is_cut {
            break;
        }
        let label = Label::new((room.left + 7.0, base), fitted)
            .size(size)
            .paint(paint);
        drawing.text(if place == 0 { label.bold() } else { label });
    }
}

/// Rectangles of these areas that fill the room, each as square as it can be.
fn squarified(areas: &[f64], mut room: Room) -> Vec<Room> {
    let mut placed = Vec::new();
    let mut rest = areas;
    while !rest.is_empty() {
        let side = room.width.min(room.height).max(1.0);
        let mut count = 1;
        while count < rest.len() && worst(rest.get(..=count), side) <= worst(rest.get(..count), side) {
            count += 1;
        }
        let (row, after) = rest.split_at(count);
        room = place_row(row, room, &mut placed);
        rest = after;
    }
    placed
}

/// How far the worst of a row is from a square.
fn worst(row: Option<&[f64]>, side: f64) -> f64 {
    let row = row.unwrap_or_default();
    let sum: f64 = row.iter().sum();
    let depth = sum / side;
    let ratio = |area: &f64| {
        let length = area / depth;
        (depth / length).max(length / depth)
    };
    row.iter().map(ratio).fold(0.0, f64::max)
}

/// Puts a row along the shorter side, and says what room is left.
fn place_row(row: &[f64], room: Room, placed: &mut Vec<Room>) -> Room {
    let sum: f64 = row.iter().sum();
    let (mut left, mut top): Point = (room.left, room.top);
    if room.width >= room.height {
        let width = sum / room.height.max(1.0);
        for area in row {
            let height = area / width.max(0.001);
            placed.push(Room {
                left,
                top,
                width,
                height,
            });
            top += height;
        }
        return Room {
            left: room.left + width,
            width: (room.width - width).max(0.0),
            ..room
        };
    }
    let height = sum / room.width.max(1.0);
    for area in row {
        let width = area / height.max(0.001);
        placed.push(Room {
            left,
            top,
            width,
            height,
        });
        left += width;
    }
    Room {
        top: room.top + height,
        height: (room.height - height).max(0.0),
        ..room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rectangles_fill_the_room_and_are_as_large_as_their_numbers() {
        let room = Room {
            left: 0.0,
            top: 0.0,
            width: 60.0,
            height: 40.0,
        };
        // The example of the paper, in a room of 6 by 4.
        let areas = [6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0].map(|area| area * 100.0);
        let rooms = squarified(&areas, room);
        assert_eq!(rooms.len(), 7);
        for (area, room) in areas.iter().zip(&rooms) {
            assert!((room.width * room.height - area).abs() < 0.01, "{room:?}");
            assert!(
                room.left + room.width <= 60.01 && room.top + room.height <= 40.01,
                "{room:?}"
            );
            assert!(
                room.width / room.height < 4.0 && room.height / room.width < 4.0,
                "{room:?}"
            );
        }
        assert!(squarified(&[], room).is_empty());
    }
}

//! A map of the world: an outline for each country that has one on a small map, a dot for each that is too small.
//!
//! Areas are true (Equal Earth projection, with the edge of the map in the Bering Strait), Antarctica is left out. The outlines are a
//! drawing, and no word on any border.

use crate::Country;

/// The map as `cargo xtask places` wrote it: comments, `size WIDTH HEIGHT`, `CC PATH`, `CC X Y`.
const MAP: &str = include_str!("../data/world.txt");
/// The width of the map in its units, for the `viewBox` of an SVG.
pub const MAP_WIDTH: u32 = 2000;
/// Its height.
pub const MAP_HEIGHT: u32 = 900;

/// The outlines: paths of SVG with whole numbers.
pub fn world() -> impl Iterator<Item = (Country, &'static str)> {
    rows().filter(|(_, shape)| shape.starts_with('M'))
}

/// The dots, as units from the left and from the top.
pub fn dots() -> impl Iterator<Item = (Country, (u32, u32))> {
    rows().filter_map(|(country, shape)| {
        let (x, y) = shape.split_once(' ')?;
        Some((country, (x.parse().ok()?, y.parse().ok()?)))
    })
}

fn rows() -> impl Iterator<Item = (Country, &'static str)> {
    MAP.lines().filter_map(|line| {
        let (code, shape) = line.split_once(' ')?;
        Some((code.parse().ok()?, shape))
    })
}

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
pub const MAP_HEIGHT: u32 = 864;

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn nearly_every_country_is_on_the_map_once() {
        let outlined: BTreeSet<Country> = world().map(|(country, _)| country).collect();
        let dotted: BTreeSet<Country> = dots().map(|(country, _)| country).collect();
        assert_eq!((outlined.len(), dotted.len()), (world().count(), dots().count()));
        assert!(outlined.is_disjoint(&dotted));
        let missing: Vec<String> = Country::all()
            .filter(|country| !outlined.contains(country) && !dotted.contains(country))
            .map(|country| country.to_string())
            .collect();
        // No country at all, or nobody lives there.
        assert_eq!(missing, ["AP", "AQ", "BV", "EU", "GS", "HM", "UM"]);
    }

    #[test]
    fn the_map_is_of_its_size_and_lies_within_it() {
        assert!(MAP.contains(&format!("\nsize {MAP_WIDTH} {MAP_HEIGHT}\n")));
        assert!(MAP.len() < 60_000);
        for (country, path) in world() {
            let is_path = |byte: u8| byte.is_ascii_digit() || b"Mlz- ".contains(&byte);
            assert!(path.ends_with('z') && path.bytes().all(is_path), "{country}");
        }
        assert!(dots().all(|(_, (x, y))| x < MAP_WIDTH && y < MAP_HEIGHT));
    }
}

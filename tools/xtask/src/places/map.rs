//! Drawing the map: a line a country, with its letters and its outline as a path of SVG, or a dot for one that is too small.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use atalaya_places::Country;

use super::project::Map;
use super::topology::{Outline, Point, Topology};

/// The width of the map: a unit is a twentieth of a degree at the equator, which is as much as the outlines have.
const WIDTH: u32 = 2000;
/// The number of Antarctica, which nobody sends spam from.
const ANTARCTICA: &str = "010";
/// Outlines without a number, and the country that registries write for whoever lives there.
const UNNUMBERED: [(&str, &str); 3] = [("Kosovo", "XK"), ("N. Cyprus", "CY"), ("Somaliland", "SO")];
/// A ring that encloses fewer square units is left out, unless it is the largest of its country.
const LEAST_AREA: i64 = 6;

/// A corner of an outline, in units.
type Corner = [i64; 2];

/// The map as the file of it.
pub(super) fn draw(text: &str) -> Result<String> {
    let (topology, map) = (Topology::read(text)?, Map::new(WIDTH));
    let mut paths: BTreeMap<Country, String> = BTreeMap::new();
    for outline in topology.outlines() {
        let Some(country) = country_of(outline) else {
            continue;
        };
        let rings = topology.rings(outline)?;
        let rings = rings.iter().map(|ring| corners(&map.ring(ring))).collect();
        paths.entry(country).or_default().push_str(&path(rings));
    }
    let mut file = format!(
        "# Made by `cargo xtask places` of Natural Earth 1:110m (public domain), Equal Earth projection.\nsize {WIDTH} {}\n",
        map.height()
    );
    for (country, path) in &paths {
        writeln!(file, "{country} {path}")?;
    }
    for (code, north, east) in DOTS {
        let [x, y] = corner(map.point([*east, *north]));
        writeln!(file, "{code} {x} {y}")?;
    }
    Ok(file)
}

fn country_of(outline: &Outline) -> Option<Country> {
    match outline.id.as_deref() {
        Some(ANTARCTICA) => None,
        Some(number) => Country::of_numeric(number.parse().ok()?),
        None => {
            let name = outline.properties.name.as_str();
            let (_, code) = UNNUMBERED.iter().find(|(known, _)| *known == name)?;
            code.parse().ok()
        }
    }
}

fn corner([x, y]: Point) -> Corner {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a place on the map is a few thousand units at most"
    )]
    let round = |number: f64| number.round() as i64;
    [round(x), round(y)]
}

/// The corners of a ring in whole units, without those that lie on the way between two others.
fn corners(ring: &[Point]) -> Vec<Corner> {
    let mut corners: Vec<Corner> = Vec::new();
    for next in ring.iter().map(|point| corner(*point)) {
        if corners.last() == Some(&next) {
            continue;
        }
        if let [.., before, last] = corners[..]
            && is_between(before, last, next)
        {
            corners.pop();
        }
        corners.push(next);
    }
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners
}

/// Whether a corner lies on the straight way from one to another.
fn is_between(from: Corner, corner: Corner, to: Corner) -> bool {
    let (here, there) = (step(from, corner), step(corner, to));
    here[0] * there[1] == here[1] * there[0] && here[0] * there[0] + here[1] * there[1] > 0
}

fn step(from: Corner, to: Corner) -> Corner {
    [to[0] - from[0], to[1] - from[1]]
}

/// Twice the area that a ring encloses.
fn area(ring: &[Corner]) -> i64 {
    let next = ring.iter().cycle().skip(1);
    let sum: i64 = ring
        .iter()
        .zip(next)
        .map(|(one, other)| one[0] * other[1] - other[0] * one[1])
        .sum();
    sum.abs()
}

/// The rings of a country as one path: absolute to the first corner of each, then steps.
fn path(rings: Vec<Vec<Corner>>) -> String {
    let largest = rings.iter().map(|ring| area(ring)).max().unwrap_or_default();
    let mut path = String::new();
    for ring in rings {
        let enclosed = area(&ring);
        if ring.len() < 3 || (enclosed < 2 * LEAST_AREA && enclosed < largest) {
            continue;
        }
        path.push('M');
        push(&mut path, ring[0]);
        path.push('l');
        for pair in ring.windows(2) {
            push(&mut path, step(pair[0], pair[1]));
        }
        path.push('z');
    }
    path
}

/// Adds two numbers; a sign separates as well as a space.
fn push(path: &mut String, corner: Corner) {
    for number in corner {
        let is_digit = path.ends_with(|last: char| last.is_ascii_digit());
        if is_digit && number >= 0 {
            path.push(' ');
        }
        path.push_str(&number.to_string());
    }
}

/// Countries that the outlines leave out or that are part of another there, by degrees north and east.
const DOTS: &[(&str, f64, f64)] = &[
    ("AD", 42.5, 1.5),
    ("AG", 17.1, -61.8),
    ("AI", 18.2, -63.1),
    ("AS", -14.3, -170.7),
    ("AW", 12.5, -70.0),
    ("AX", 60.2, 20.0),
    ("BB", 13.2, -59.5),
    ("BH", 26.0, 50.5),
    ("BL", 17.9, -62.8),
    ("BM", 32.3, -64.8),
    ("BQ", 12.2, -68.3),
    ("CC", -12.2, 96.8),
    ("CK", -21.2, -159.8),
    ("CV", 15.1, -23.6),
    ("CW", 12.2, -69.0),
    ("CX", -10.5, 105.7),
    ("DM", 15.4, -61.4),
    ("FM", 6.9, 158.2),
    ("FO", 62.0, -6.8),
    ("GD", 12.1, -61.7),
    ("GF", 4.0, -53.0),
    ("GG", 49.5, -2.6),
    ("GI", 36.1, -5.4),
    ("GP", 16.3, -61.6),
    ("GU", 13.4, 144.8),
    ("HK", 22.3, 114.2),
    ("IM", 54.2, -4.5),
    ("IO", -7.3, 72.4),
    ("JE", 49.2, -2.1),
    ("KI", 1.4, 173.0),
    ("KM", -11.9, 43.4),
    ("KN", 17.3, -62.7),
    ("KY", 19.3, -81.3),
    ("LC", 13.9, -61.0),
    ("LI", 47.2, 9.5),
    ("MC", 43.7, 7.4),
    ("MF", 18.1, -63.1),
    ("MH", 7.1, 171.2),
    ("MO", 22.2, 113.5),
    ("MP", 15.2, 145.7),
    ("MQ", 14.6, -61.0),
    ("MS", 16.7, -62.2),
    ("MT", 35.9, 14.4),
    ("MU", -20.3, 57.6),
    ("MV", 3.2, 73.2),
    ("NF", -29.0, 168.0),
    ("NR", -0.5, 166.9),
    ("NU", -19.1, -169.9),
    ("PF", -17.7, -149.4),
    ("PM", 46.9, -56.3),
    ("PN", -25.1, -130.1),
    ("PW", 7.5, 134.6),
    ("RE", -21.1, 55.5),
    ("SC", -4.7, 55.5),
    ("SG", 1.35, 103.8),
    ("SH", -16.0, -5.7),
    ("SJ", 78.7, 16.0),
    ("SM", 43.9, 12.5),
    ("ST", 0.3, 6.7),
    ("SX", 18.0, -63.1),
    ("TC", 21.8, -71.8),
    ("TK", -9.2, -171.8),
    ("TO", -21.2, -175.2),
    ("TV", -8.5, 179.2),
    ("VA", 41.9, 12.45),
    ("VC", 13.2, -61.2),
    ("VG", 18.4, -64.6),
    ("VI", 18.3, -64.9),
    ("WF", -13.3, -176.2),
    ("WS", -13.8, -172.1),
    ("YT", -12.8, 45.2),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_steps_and_leaves_out_specks_and_what_lies_between() {
        let square = corners(&[
            [0.2, 0.0],
            [5.0, 0.1],
            [10.0, 0.0],
            [10.4, 10.0],
            [0.0, 10.0],
            [0.0, 0.0],
        ]);
        assert_eq!(square, [[0, 0], [10, 0], [10, 10], [0, 10]]);
        let speck = vec![[50, 50], [51, 50], [51, 51]];
        assert_eq!(path(vec![square, speck.clone()]), "M0 0l10 0 0 10-10 0z");
        assert_eq!(
            path(vec![speck]),
            "M50 50l1 0 0 1z",
            "the largest of its country stays"
        );
    }

    #[test]
    fn dots_are_countries_in_their_order() {
        assert!(DOTS.is_sorted_by(|one, other| one.0 < other.0));
        assert!(DOTS.iter().all(|(code, ..)| {
            code.parse::<Country>()
                .is_ok_and(|country| country.numeric().is_some())
        }));
    }
}

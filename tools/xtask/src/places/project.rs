//! The projection of the map: Equal Earth (Šavrič, Patterson, Jenny 2018), so that no country looks larger than it is.
//!
//! The middle is not Greenwich but eleven degrees east of it, where the edge of the map runs through the Bering Strait and cuts no country.

use super::topology::Point;

/// The meridian in the middle, in degrees east.
const MIDDLE: f64 = 11.0;
/// The constants of the projection.
const A: [f64; 4] = [1.340_264, -0.081_106, 0.000_893, 0.003_796];
/// Half the width of the projected world.
const HALF_WIDTH: f64 = 2.706_63;
/// The northern edge of the map, in degrees: north of it is nothing but sea.
const NORTH: f64 = 83.7;
/// The southern edge; Antarctica is left out.
const SOUTH: f64 = -56.0;

/// Projects points onto a map that is so many units wide.
#[derive(Debug, Clone, Copy)]
pub(super) struct Map {
    scale: f64,
    width: f64,
}

impl Map {
    /// A map of that width.
    pub(super) fn new(width: u32) -> Self {
        let width = f64::from(width);
        Self {
            scale: width / 2.0 / HALF_WIDTH,
            width,
        }
    }

    /// Its height.
    pub(super) fn height(self) -> f64 {
        (self.scale * (project([0.0, NORTH])[1] - project([0.0, SOUTH])[1])).ceil()
    }

    /// Where a ring lies: units from the left and from the top. A ring that crosses the edge goes on beyond it.
    pub(super) fn ring(self, ring: &[Point]) -> Vec<Point> {
        let mut before: Option<f64> = None;
        let places = ring.iter().map(|[east, north]| {
            let mut east = around(east - MIDDLE);
            if let Some(before) = before {
                east = before + around(east - before);
            }
            before = Some(east);
            self.place([east, *north])
        });
        places.collect()
    }

    /// Where a point lies.
    pub(super) fn point(self, [east, north]: Point) -> Point {
        self.place([around(east - MIDDLE), north])
    }

    fn place(self, point: Point) -> Point {
        let [right, up] = project(point);
        let top = project([0.0, NORTH])[1];
        [self.width / 2.0 + right * self.scale, (top - up) * self.scale]
    }
}

/// The same meridian, from -180 to 180.
fn around(east: f64) -> f64 {
    (east + 180.0).rem_euclid(360.0) - 180.0
}

/// The projection itself: degrees from the middle to the plane.
fn project([east, north]: Point) -> Point {
    let angle = (3.0_f64.sqrt() / 2.0 * north.to_radians().sin()).asin();
    let square = angle * angle;
    let sixth = square * square * square;
    let slope = A[0] + 3.0 * A[1] * square + sixth * (7.0 * A[2] + 9.0 * A[3] * square);
    let right = 2.0 * 3.0_f64.sqrt() * east.to_radians() * angle.cos() / (3.0 * slope);
    [
        right,
        angle * (A[0] + A[1] * square + sixth * (A[2] + A[3] * square)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_is_as_wide_as_it_should_be_and_keeps_areas() {
        let map = Map::new(1000);
        let [left, _] = map.point([MIDDLE - 179.999, 0.0]);
        let [right, _] = map.point([MIDDLE + 179.999, 0.0]);
        assert!(left.abs() < 0.1 && (right - 1000.0).abs() < 0.1, "{left} {right}");
        // A field of one degree at 60 degrees north has half the area of one at the equator.
        let area = |north: f64| {
            let (low, high) = (north - 0.5, north + 0.5);
            let field = map.ring(&[[0.0, low], [1.0, low], [1.0, high], [0.0, high]]);
            let next = field.iter().cycle().skip(1);
            let sides = field.iter().zip(next);
            let sum: f64 = sides
                .map(|(one, other)| one[0] * other[1] - other[0] * one[1])
                .sum();
            sum.abs() / 2.0
        };
        assert!(
            (area(60.0) / area(0.0) - 0.5).abs() < 0.01,
            "{}",
            area(60.0) / area(0.0)
        );
    }

    #[test]
    fn a_ring_across_the_edge_stays_whole() {
        let ring = [[-168.0, 60.0], [-170.0, 60.0], [-170.0, 61.0]];
        let places = Map::new(1000).ring(&ring);
        assert!(
            places
                .windows(2)
                .all(|pair| (pair[0][0] - pair[1][0]).abs() < 20.0),
            "{places:?}"
        );
    }
}

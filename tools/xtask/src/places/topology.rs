//! Topologies in the form of `TopoJSON`: outlines as arcs that neighbours share.
//!
//! In: the text of a topology with an object `countries`. Out: the rings of each country, as degrees east and north. A hole is a ring too: drawn
//! with the rest, it takes away what it lies in, if the whole is filled by the even-odd rule or in opposite directions, as these are.

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A place: degrees east, degrees north.
pub(super) type Point = [f64; 2];

/// What is read of a topology.
#[derive(Debug, Deserialize)]
pub(super) struct Topology {
    transform: Transform,
    arcs: Vec<Vec<Point>>,
    objects: Objects,
}

/// How numbers become degrees.
#[derive(Debug, Deserialize)]
struct Transform {
    scale: Point,
    translate: Point,
}

#[derive(Debug, Deserialize)]
struct Objects {
    countries: Collection,
}

#[derive(Debug, Deserialize)]
struct Collection {
    geometries: Vec<Outline>,
}

/// A country.
#[derive(Debug, Deserialize)]
pub(super) struct Outline {
    /// Its number of ISO 3166-1.
    pub(super) id: Option<String>,
    /// Its name, for those without a number.
    pub(super) properties: Properties,
    #[serde(flatten)]
    shape: Shape,
}

/// What else is said of a country.
#[derive(Debug, Deserialize)]
pub(super) struct Properties {
    pub(super) name: String,
}

/// Rings by the numbers of their arcs; a negative number is an arc from its end.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", content = "arcs")]
enum Shape {
    Polygon(Vec<Vec<i64>>),
    MultiPolygon(Vec<Vec<Vec<i64>>>),
}

impl Topology {
    /// Reads a topology.
    pub(super) fn read(text: &str) -> Result<Self> {
        serde_json::from_str(text).context("the outlines are no TopoJSON of countries")
    }

    /// The countries.
    pub(super) fn outlines(&self) -> &[Outline] {
        &self.objects.countries.geometries
    }

    /// The rings of a country. The last point of a ring is not the first again.
    pub(super) fn rings(&self, outline: &Outline) -> Result<Vec<Vec<Point>>> {
        let rings: Vec<&Vec<i64>> = match &outline.shape {
            Shape::Polygon(rings) => rings.iter().collect(),
            Shape::MultiPolygon(polygons) => polygons.iter().flatten().collect(),
        };
        rings.into_iter().map(|arcs| self.ring(arcs)).collect()
    }

    fn ring(&self, arcs: &[i64]) -> Result<Vec<Point>> {
        let mut ring = Vec::new();
        for number in arcs {
            let mut points = self.arc(*number)?;
            if *number < 0 {
                points.reverse();
            }
            // Each arc begins where the one before ends.
            ring.pop();
            ring.append(&mut points);
        }
        ring.pop();
        Ok(ring)
    }

    /// The points of an arc, which are written as steps.
    fn arc(&self, number: i64) -> Result<Vec<Point>> {
        let index = if number < 0 { !number } else { number };
        let Some(steps) = usize::try_from(index).ok().and_then(|index| self.arcs.get(index)) else {
            bail!("there is no arc {number}");
        };
        let (mut east, mut north) = (0.0, 0.0);
        let Transform { scale, translate } = &self.transform;
        let points = steps.iter().map(|[right, up]| {
            east += right;
            north += up;
            [east * scale[0] + translate[0], north * scale[1] + translate[1]]
        });
        Ok(points.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_are_made_of_arcs_in_both_directions() {
        let text = r#"{"transform": {"scale": [2, 1], "translate": [-10, 5]}, "arcs": [[[0, 0], [5, 0], [0, 5]], [[0, 0], [5, 5]]],
            "objects": {"countries": {"geometries": [
                {"type": "Polygon", "id": "724", "properties": {"name": "Spain"}, "arcs": [[0, -2]]},
                {"type": "MultiPolygon", "properties": {"name": "Nowhere"}, "arcs": [[[7]]]}]}}}"#;
        let topology = Topology::read(text).unwrap();
        let [spain, nowhere] = topology.outlines() else {
            panic!("two outlines are meant");
        };
        assert_eq!(
            topology.rings(spain).unwrap(),
            [vec![[-10.0, 5.0], [0.0, 5.0], [0.0, 10.0]]]
        );
        assert!(topology.rings(nowhere).is_err());
        assert!(Topology::read("{}").is_err());
    }
}

//! Drawings as PNG, on light paper: for mail, chat, and whatever shows no SVG. Letters come from a font in the program, none of the system.

use std::sync::LazyLock;

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};
use ttf_parser::{Face, OutlineBuilder};

use super::drawing::{Anchor, Drawing, Label, Outline, Paint, Point, Shape, Weight};
use super::palette::LIGHT;

/// Pixels for each unit of a drawing.
const SCALE: f64 = 2.0;
/// Most pixels in a row or a column.
const MOST: u32 = 4_096;

/// The font, and the heavier one.
static FACES: LazyLock<[Option<Face<'static>>; 2]> =
    LazyLock::new(|| [notosans::REGULAR_TTF, notosans::BOLD_TTF].map(|bytes| Face::parse(bytes, 0).ok()));

impl Drawing {
    /// As PNG; none if there is no room for so large a picture.
    #[must_use]
    pub fn png(&self) -> Option<Vec<u8>> {
        let mut canvas = Canvas {
            pixmap: Pixmap::new(pixels(self.width), pixels(self.height))?,
        };
        canvas.pixmap.fill(color(Paint::Card));
        for shape in &self.shapes {
            canvas.draw(shape);
        }
        canvas.pixmap.encode_png().ok()
    }
}

/// So many units in pixels.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float keeps within the ends of the type"
)]
fn pixels(units: f64) -> u32 {
    ((units * SCALE).round() as u32).clamp(1, MOST)
}

/// Units as the canvas reckons with them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a picture has no 24 bits of places"
)]
const fn single(units: f64) -> f32 {
    units as f32
}

/// The colour of a paint.
fn color(paint: Paint) -> Color {
    let text = LIGHT.color(paint);
    let channel = |at: usize| {
        let digits = text.get(at..at.saturating_add(2)).unwrap_or_default();
        u8::from_str_radix(digits, 16).unwrap_or(0)
    };
    Color::from_rgba8(channel(1), channel(3), channel(5), 255)
}

fn ink(paint: Paint) -> tiny_skia::Paint<'static> {
    let mut ink = tiny_skia::Paint::default();
    ink.set_color(color(paint));
    ink
}

/// What is drawn on.
struct Canvas {
    pixmap: Pixmap,
}

impl Canvas {
    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Box { at, size, paint, .. } => {
                let [x, y, width, height] = [at.0, at.1, size.0, size.1].map(single);
                let path = Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect);
                self.fill(path, *paint, enlarged());
            }
            Shape::Area { points, paint } => self.fill(path(points, Ends::Joined), *paint, enlarged()),
            Shape::Line {
                points,
                paint,
                width,
                dashes,
            } => self.stroke(path(points, Ends::Open), (*paint, *width), dashes, enlarged()),
            Shape::Dot {
                at, radius, paint, ..
            } => {
                let path = PathBuilder::from_circle(single(at.0), single(at.1), single(*radius));
                self.fill(path.clone(), *paint, enlarged());
                self.stroke(path, (Paint::Card, 1.0), &[], enlarged());
            }
            Shape::Map { scale, countries } => self.map(*scale, countries),
            Shape::Text(label) => self.text(label),
        }
    }

    fn fill(&mut self, path: Option<Path>, paint: Paint, transform: Transform) {
        if let Some(path) = path {
            self.pixmap
                .fill_path(&path, &ink(paint), FillRule::Winding, transform, None);
        }
    }

    fn stroke(
        &mut self,
        path: Option<Path>,
        (paint, width): (Paint, f64),
        dashes: &[f32],
        transform: Transform,
    ) {
        let Some(path) = path else {
            return;
        };
        let stroke = Stroke {
            width: single(width),
            line_cap: LineCap::Butt,
            line_join: LineJoin::Round,
            dash: StrokeDash::new(dashes.to_vec(), 0.0),
            ..Stroke::default()
        };
        self.pixmap
            .stroke_path(&path, &ink(paint), &stroke, transform, None);
    }

    fn map(&mut self, scale: f64, countries: &[Outline]) {
        let transform = enlarged().pre_scale(single(scale), single(scale));
        for country in countries {
            let path = outline(country.path);
            self.fill(path.clone(), country.paint, transform);
            self.stroke(path, (Paint::Card, 0.6 / scale.max(0.01)), &[], transform);
        }
    }

    fn text(&mut self, label: &Label) {
        let face = match label.weight {
            Weight::Plain => FACES.first(),
            Weight::Bold => FACES.last(),
        };
        let Some(Some(face)) = face else {
            return;
        };
        let scale = label.size / f64::from(face.units_per_em());
        let mut letters = Letters {
            path: PathBuilder::new(),
            at: 0.0,
        };
        for letter in label.text.chars() {
            let glyph = face.glyph_index(letter).unwrap_or_default();
            face.outline_glyph(glyph, &mut letters);
            letters.at += f32::from(face.glyph_hor_advance(glyph).unwrap_or(0));
        }
        let wide = f64::from(letters.at) * scale;
        let left = match label.anchor {
            Anchor::Start => label.at.0,
            Anchor::Middle => label.at.0 - wide / 2.0,
            Anchor::End => label.at.0 - wide,
        };
        let transform = enlarged()
            .pre_translate(single(left), single(label.at.1))
            .pre_scale(single(scale), single(-scale));
        self.fill(letters.path.finish(), label.paint, transform);
    }
}

/// From units to pixels.
fn enlarged() -> Transform {
    Transform::from_scale(single(SCALE), single(SCALE))
}

/// Whether a line comes back to where it began.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Open,
    Joined,
}

fn path(points: &[Point], ends: Ends) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (place, (x, y)) in points.iter().enumerate() {
        if place == 0 {
            path.move_to(single(*x), single(*y));
        } else {
            path.line_to(single(*x), single(*y));
        }
    }
    if ends == Ends::Joined {
        path.close();
    }
    path.finish()
}

/// The outline of a country: `M` to a place, `l` by steps, `z` back to the beginning.
fn outline(text: &str) -> Option<Path> {
    let mut path = PathBuilder::new();
    for ring in text.split('z').filter(|ring| !ring.is_empty()) {
        let (start, steps) = ring.strip_prefix('M')?.split_once('l')?;
        let mut at = *pairs(start).first()?;
        path.move_to(at.0, at.1);
        for step in pairs(steps) {
            at = (at.0 + step.0, at.1 + step.1);
            path.line_to(at.0, at.1);
        }
        path.close();
    }
    path.finish()
}

/// Pairs of whole numbers, with spaces or the minus of the next one between them.
fn pairs(text: &str) -> Vec<(f32, f32)> {
    let spaced = text.replace('-', " -");
    let numbers: Vec<f32> = spaced
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    numbers
        .chunks_exact(2)
        .filter_map(|pair| Some((*pair.first()?, *pair.last()?)))
        .collect()
}

/// Letters, one beside the other, in the units of the font.
struct Letters {
    path: PathBuilder,
    at: f32,
}

impl OutlineBuilder for Letters {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.at + x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.at + x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.at + x1, y1, self.at + x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path
            .cubic_to(self.at + x1, y1, self.at + x2, y2, self.at + x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_is_read_as_svg_writes_it() {
        assert_eq!(pairs("1-2 3 4-5-6"), [(1.0, -2.0), (3.0, 4.0), (-5.0, -6.0)]);
        let path = outline("M10 20l5 0 0 5z").unwrap();
        assert_eq!((path.bounds().left(), path.bounds().bottom()), (10.0, 25.0));
        for (country, text) in atalaya_places::world() {
            assert!(outline(text).is_some(), "{country}");
        }
    }

    #[test]
    fn letters_stand_where_they_belong_and_unknown_ones_break_nothing() {
        let mut drawing = Drawing::new((200.0, 40.0), "title", String::new());
        drawing.text(Label::new((100.0, 30.0), "Ñandú שלום 漢").anchor(Anchor::Middle));
        let png = drawing.png().unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"));
        let pixmap = Pixmap::decode_png(&png).unwrap();
        assert_eq!((pixmap.width(), pixmap.height()), (400, 80));
        let dark = pixmap.pixels().iter().filter(|pixel| pixel.red() < 128).count();
        assert!(dark > 200, "{dark}");
    }

    #[test]
    fn a_drawing_that_is_too_large_is_cut() {
        let drawing = Drawing::new((1e9, 10.0), "title", String::new());
        let pixmap = Pixmap::decode_png(&drawing.png().unwrap()).unwrap();
        assert_eq!(pixmap.width(), MOST);
    }
}

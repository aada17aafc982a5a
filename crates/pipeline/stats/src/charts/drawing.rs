//! A drawing: shapes with words for colours. Charts make it; `svg` and `png` write it.

/// What a shape is filled or drawn with. The style says which colour that is, in light and in dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paint {
    /// One of the colours that tell series apart.
    Series(usize),
    /// A step of the scale from little (1) to much ([`STEPS`]); 0 is nothing.
    Ramp(usize),
    /// Text.
    Ink,
    /// Text that may be passed over.
    Soft,
    /// Lines behind everything.
    Grid,
    /// What the drawing stands on.
    Card,
    /// Text on the upper steps of the scale.
    OnRamp,
}

/// Steps of the scale.
pub(crate) const STEPS: usize = 5;
/// Colours that tell series apart.
pub(crate) const SERIES: usize = 8;

impl Paint {
    /// The paint of text that is read on a step of the scale.
    pub(crate) const fn on_ramp(step: usize) -> Self {
        if step > 3 { Self::OnRamp } else { Self::Ink }
    }

    /// The colour of the series at that place.
    pub(crate) const fn series(place: usize) -> Self {
        Self::Series(place % SERIES)
    }
}

/// A place: right, down.
pub(crate) type Point = (f64, f64);

/// Where a text stands, seen from its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// Right of it.
    Start,
    /// Around it.
    Middle,
    /// Left of it.
    End,
}

/// A text of one line.
#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) at: Point,
    pub(crate) text: String,
    pub(crate) size: f64,
    pub(crate) anchor: Anchor,
    pub(crate) paint: Paint,
    pub(crate) weight: Weight,
}

/// How heavy a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// As all text.
    Plain,
    /// Heavier.
    Bold,
}

impl Label {
    /// A text of ordinary size in ink.
    pub(crate) fn new(at: Point, text: impl Into<String>) -> Self {
        Self {
            at,
            text: text.into(),
            size: TEXT,
            anchor: Anchor::Start,
            paint: Paint::Ink,
            weight: Weight::Plain,
        }
    }

    pub(crate) const fn anchor(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub(crate) const fn paint(mut self, paint: Paint) -> Self {
        self.paint = paint;
        self
    }

    pub(crate) const fn size(mut self, size: f64) -> Self {
        self.size = size;
        self
    }

    pub(crate) const fn bold(mut self) -> Self {
        self.weight = Weight::Bold;
        self
    }
}

/// The ordinary size of text.
pub(crate) const TEXT: f64 = 13.0;
/// The size of text at axes and in legends.
pub(crate) const SMALL: f64 = 11.5;

/// One shape.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A rectangle.
    Box {
        at: Point,
        size: Point,
        round: f64,
        paint: Paint,
        /// What a pointer over it shows.
        tip: String,
    },
    /// A filled area.
    Area { points: Vec<Point>, paint: Paint },
    /// A line, with the lengths of its dashes; none is a whole line.
    Line {
        points: Vec<Point>,
        paint: Paint,
        width: f64,
        dashes: &'static [f32],
    },
    /// A circle.
    Dot {
        at: Point,
        radius: f64,
        paint: Paint,
        tip: String,
    },
    /// Outlines as SVG writes them, of a map that is drawn smaller or larger.
    Map { scale: f64, countries: Vec<Outline> },
    /// A text.
    Text(Label),
}

/// A country of a map.
#[derive(Debug, Clone)]
pub(crate) struct Outline {
    pub(crate) path: &'static str,
    pub(crate) paint: Paint,
    pub(crate) tip: String,
}

/// A drawing.
#[derive(Debug, Clone)]
pub struct Drawing {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// What it shows.
    pub(crate) title: String,
    /// What is to be seen on it, for whoever does not see it.
    pub(crate) description: String,
    pub(crate) shapes: Vec<Shape>,
}

impl Drawing {
    /// An empty one.
    pub(crate) fn new((width, height): Point, title: &str, description: String) -> Self {
        Self {
            width,
            height,
            title: title.to_owned(),
            description,
            shapes: Vec::new(),
        }
    }

    /// What is to be seen on it, in words.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Width and height in whole units.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float keeps within the ends of the type"
    )]
    pub(crate) const fn size(&self) -> (u32, u32) {
        (self.width.round() as u32, self.height.round() as u32)
    }

    /// One that says that there is nothing to show.
    pub(crate) fn nothing(width: f64, title: &str, words: &str) -> Self {
        let mut drawing = Self::new((width, 72.0), title, words.to_owned());
        drawing.text(
            Label::new((width / 2.0, 40.0), words)
                .anchor(Anchor::Middle)
                .paint(Paint::Soft),
        );
        drawing
    }

    pub(crate) fn text(&mut self, label: Label) {
        if !label.text.is_empty() {
            self.shapes.push(Shape::Text(label));
        }
    }

    /// A rectangle, if it can be seen.
    pub(crate) fn rectangle(&mut self, at: Point, size: Point, paint: Paint, tip: String) {
        if size.0 > 0.0 && size.1 > 0.0 {
            let round = (size.0.min(size.1) / 4.0).min(3.0);
            self.shapes.push(Shape::Box {
                at,
                size,
                round,
                paint,
                tip,
            });
        }
    }

    /// A thin line behind everything.
    pub(crate) fn rule(&mut self, from: Point, to: Point) {
        self.line(vec![from, to], Paint::Grid, 1.0, &[]);
    }

    pub(crate) fn line(&mut self, points: Vec<Point>, paint: Paint, width: f64, dashes: &'static [f32]) {
        self.shapes.push(Shape::Line {
            points,
            paint,
            width,
            dashes,
        });
    }
}

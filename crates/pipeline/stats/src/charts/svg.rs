//! Drawings as SVG: escaped, without script, without a reference to anything outside, the same bytes for the same drawing.

use std::fmt::Write as _;

use super::drawing::{Anchor, Drawing, Label, Outline, Paint, Point, Shape, Weight};
use super::palette::{class, style};

/// The fonts of text, all of the system.
const FONTS: &str = "system-ui,-apple-system,&quot;Segoe UI&quot;,Roboto,&quot;Noto Sans&quot;,&quot;Liberation Sans&quot;,sans-serif";

impl Drawing {
    /// As a part of a page, which brings the style with it: `id` is a word that no other drawing of that page has.
    #[must_use]
    pub fn inline(&self, id: &str, class: &str) -> String {
        let head = format!(
            "<svg class=\"{}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" viewBox=\"0 0 {} {}\" font-family=\"{FONTS}\">\
             <title id=\"{id}-t\">{}</title><desc id=\"{id}-d\">{}</desc>",
            escaped(class),
            number(self.width),
            number(self.height),
            escaped(&self.title),
            escaped(&self.description),
            id = escaped(id),
        );
        self.body(head)
    }

    /// As a file of its own, with a style of its own.
    #[must_use]
    pub fn file(&self) -> String {
        let head = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"t d\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" font-family=\"{FONTS}\"><title id=\"t\">{}</title><desc id=\"d\">{}</desc>\
             <style>{}</style><rect class=\"f-card\" width=\"{width}\" height=\"{height}\"/>",
            escaped(&self.title),
            escaped(&self.description),
            style(),
            width = number(self.width),
            height = number(self.height),
        );
        self.body(head)
    }

    fn body(&self, mut out: String) -> String {
        for shape in &self.shapes {
            write_shape(&mut out, shape);
        }
        out.push_str("</svg>");
        out
    }
}

fn write_shape(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Box {
            at,
            size,
            round,
            paint,
            tip,
        } => {
            let [x, y, width, height, round] = [at.0, at.1, size.0, size.1, *round].map(number);
            element(
                out,
                "rect",
                &format!(
                    "class=\"f-{}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"",
                    class(*paint)
                ),
                tip,
            );
        }
        Shape::Area { points, paint } => {
            let attributes = format!("class=\"f-{}\" points=\"{}\"", class(*paint), list(points));
            element(out, "polygon", &attributes, "");
        }
        Shape::Line {
            points,
            paint,
            width,
            dashes,
        } => write_line(out, points, (*paint, *width), dashes),
        Shape::Dot {
            at,
            radius,
            paint,
            tip,
        } => {
            let [x, y, radius] = [at.0, at.1, *radius].map(number);
            let attributes = format!(
                "class=\"f-{} l-card\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"",
                class(*paint)
            );
            element(out, "circle", &attributes, tip);
        }
        Shape::Map { scale, countries } => write_map(out, *scale, countries),
        Shape::Text(label) => write_text(out, label),
    }
}

fn write_line(out: &mut String, points: &[Point], (paint, width): (Paint, f64), dashes: &[f32]) {
    let mut attributes = format!(
        "class=\"l-{}\" points=\"{}\" fill=\"none\" stroke-width=\"{}\" stroke-linejoin=\"round\"",
        class(paint),
        list(points),
        number(width)
    );
    if !dashes.is_empty() {
        let dashes: Vec<String> = dashes.iter().map(f32::to_string).collect();
        let _always = write!(attributes, " stroke-dasharray=\"{}\"", dashes.join(" "));
    }
    element(out, "polyline", &attributes, "");
}

fn write_map(out: &mut String, scale: f64, countries: &[Outline]) {
    // The lines between countries are as thin on a small map as on a large one.
    let thin = number(0.6 / scale.max(0.01));
    let _always = write!(
        out,
        "<g class=\"l-card\" transform=\"scale({scale:.4})\" stroke-width=\"{thin}\">"
    );
    for country in countries {
        let attributes = format!("class=\"f-{}\" d=\"{}\"", class(country.paint), country.path);
        element(out, "path", &attributes, &country.tip);
    }
    out.push_str("</g>");
}

fn write_text(out: &mut String, label: &Label) {
    let anchor = match label.anchor {
        Anchor::Start => "",
        Anchor::Middle => " text-anchor=\"middle\"",
        Anchor::End => " text-anchor=\"end\"",
    };
    let weight = match label.weight {
        Weight::Plain => "",
        Weight::Bold => " font-weight=\"600\"",
    };
    let [x, y, size] = [label.at.0, label.at.1, label.size].map(number);
    let _always = write!(
        out,
        "<text class=\"f-{}\" x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{weight}>{}</text>",
        class(label.paint),
        escaped(&label.text)
    );
}

/// An element, with what a pointer over it shows.
fn element(out: &mut String, name: &str, attributes: &str, tip: &str) {
    let _always = if tip.is_empty() {
        write!(out, "<{name} {attributes}/>")
    } else {
        write!(
            out,
            "<{name} {attributes}><title>{}</title></{name}>",
            escaped(tip)
        )
    };
}

fn list(points: &[Point]) -> String {
    let points: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{},{}", number(*x), number(*y)))
        .collect();
    points.join(" ")
}

/// A number with one decimal at most; what is no number is 0.
fn number(number: f64) -> String {
    let number = if number.is_finite() { number } else { 0.0 };
    let text = format!("{number:.1}");
    text.strip_suffix(".0")
        .map_or_else(|| text.clone(), str::to_owned)
}

/// Text as it stands in XML: `&`, `<`, `>` and quotes replaced. Characters that XML does not know were taken out before.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out
}

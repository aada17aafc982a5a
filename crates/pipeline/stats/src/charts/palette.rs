//! The colours: told apart by those who see few of them (after Okabe and Ito), and strong enough on light and on dark paper.

use super::drawing::{Paint, SERIES, STEPS};

/// The colours of a light or a dark page.
#[derive(Debug)]
pub(crate) struct Palette {
    pub(crate) series: [&'static str; SERIES],
    /// From nothing to much.
    pub(crate) ramp: [&'static str; STEPS + 1],
    pub(crate) ink: &'static str,
    pub(crate) soft: &'static str,
    pub(crate) grid: &'static str,
    pub(crate) card: &'static str,
    pub(crate) on_ramp: &'static str,
}

/// On light paper.
pub(crate) const LIGHT: Palette = Palette {
    series: [
        "#0b6a9c", "#c2500c", "#0c7f5f", "#a3487c", "#8a6100", "#3b83b4", "#5a55a8", "#59646a",
    ],
    ramp: ["#e9e6dc", "#cbe1e8", "#9ccbd9", "#67adc4", "#21708f", "#0a4157"],
    ink: "#1c2428",
    soft: "#566167",
    grid: "#dcd8cd",
    card: "#fffefb",
    on_ramp: "#ffffff",
};

/// On dark paper; there much is light.
pub(crate) const DARK: Palette = Palette {
    series: [
        "#56b0e6", "#ef8a4c", "#3fc79d", "#e09cc6", "#e3b341", "#8fd0f5", "#b3aef0", "#a9b5ba",
    ],
    ramp: ["#2b363b", "#1f4350", "#245a6c", "#2c6f85", "#6cbdd2", "#c0e8f2"],
    ink: "#e4e8e8",
    soft: "#9dabb0",
    grid: "#2d383d",
    card: "#1a2226",
    on_ramp: "#0c1518",
};

impl Palette {
    /// The colour of a paint.
    pub(crate) fn color(&self, paint: Paint) -> &'static str {
        let of = |colors: &[&'static str], place: usize| colors.get(place).copied().unwrap_or(self.ink);
        match paint {
            Paint::Series(place) => of(&self.series, place),
            Paint::Ramp(step) => of(&self.ramp, step),
            Paint::Ink => self.ink,
            Paint::Soft => self.soft,
            Paint::Grid => self.grid,
            Paint::Card => self.card,
            Paint::OnRamp => self.on_ramp,
        }
    }

    /// As variables of CSS.
    fn variables(&self) -> String {
        let mut variables: Vec<(Paint, &str)> = PLAIN.map(|paint| (paint, self.color(paint))).to_vec();
        variables.extend((0..SERIES).map(|place| (Paint::Series(place), self.color(Paint::Series(place)))));
        variables.extend((0..=STEPS).map(|step| (Paint::Ramp(step), self.color(Paint::Ramp(step)))));
        variables
            .iter()
            .map(|(paint, color)| format!("--c-{}:{color};", class(*paint)))
            .collect()
    }
}

/// The paints that are neither series nor steps.
const PLAIN: [Paint; 5] = [Paint::Ink, Paint::Soft, Paint::Grid, Paint::Card, Paint::OnRamp];

/// The name of a paint in CSS.
pub(crate) fn class(paint: Paint) -> String {
    match paint {
        Paint::Series(place) => format!("s{place}"),
        Paint::Ramp(step) => format!("r{step}"),
        Paint::Ink => "ink".to_owned(),
        Paint::Soft => "soft".to_owned(),
        Paint::Grid => "grid".to_owned(),
        Paint::Card => "card".to_owned(),
        Paint::OnRamp => "on".to_owned(),
    }
}

/// The style of charts, for a page or for a file that stands alone: fills are `f-…`, lines `l-…`.
#[must_use]
pub fn style() -> String {
    let paints = PLAIN
        .into_iter()
        .chain((0..SERIES).map(Paint::Series))
        .chain((0..=STEPS).map(Paint::Ramp));
    let rules: String = paints
        .map(|paint| {
            let name = class(paint);
            format!(".f-{name}{{fill:var(--c-{name})}}.l-{name}{{stroke:var(--c-{name})}}")
        })
        .collect();
    format!(
        ":root{{{}}}@media (prefers-color-scheme:dark){{:root{{{}}}}}{rules}",
        LIGHT.variables(),
        DARK.variables(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.2.
    fn luminance(color: &str) -> f64 {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    fn contrast(one: &str, two: &str) -> f64 {
        let (one, two) = (luminance(one), luminance(two));
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    #[test]
    fn marks_and_text_are_strong_enough_on_their_paper() {
        for palette in [LIGHT, DARK] {
            for color in palette.series {
                // The names of lines are written in their colours, so that these are texts too.
                assert!(contrast(color, palette.card) >= 4.0, "{color}");
            }
            for color in [palette.ink, palette.soft] {
                assert!(contrast(color, palette.card) >= 4.5, "{color}");
            }
            for (step, color) in palette.ramp.iter().enumerate() {
                let text = palette.color(Paint::on_ramp(step));
                assert!(
                    contrast(text, color) >= 4.5,
                    "{step} {color} {}",
                    contrast(text, color)
                );
            }
        }
    }

    #[test]
    fn every_paint_has_its_rule_and_no_style_leads_outside() {
        let style = style();
        for name in ["f-s0", "l-s7", "f-r0", "f-r5", "f-ink", "f-on", "l-grid"] {
            assert!(style.contains(&format!(".{name}{{")), "{name}");
        }
        assert!(!style.contains("url("));
    }
}

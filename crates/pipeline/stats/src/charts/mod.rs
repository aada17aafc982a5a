//! Charts: pictures as drawings, made of figures alone. The same figures give the same bytes.

mod bars;
mod drawing;
mod hours;
mod lines;
mod map;
mod matrix;
mod palette;
mod png;
mod scale;
mod small;
mod svg;
mod treemap;
mod writing;

pub use self::drawing::Drawing;
pub(crate) use self::map::is_on_map;
pub use self::palette::style;
pub use self::writing::clean;
pub(crate) use self::writing::plain;

use crate::figures::{BotnetKind, BotnetRow, Dimension, Measure, Picture, Row};
use crate::parts::Part;
use crate::words::Words;

/// The width of a chart on a page of ordinary width.
pub const WIDE: f64 = 760.0;
/// The width of a chart on a phone.
pub const NARROW: f64 = 350.0;

/// How a picture is looked at.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// In which language.
    pub words: &'static Words,
    /// Which measure says who comes first.
    pub by: Measure,
}

/// A drawing of a part of a picture.
#[must_use]
pub fn chart(picture: &Picture, part: Part, view: View, width: f64) -> Drawing {
    let sheet = Sheet { view, part, width };
    match part {
        Part::Botnets => bars::botnets(picture, sheet),
        Part::BotnetHours => small::botnet_hours(picture, sheet),
        Part::BotnetCountries => matrix::botnet_countries(picture, sheet),
        Part::Pairs => bars::pairs(picture, sheet),
        Part::Days => lines::days(picture, sheet),
        Part::Ranking(Dimension::Hour) => hours::hours(picture, sheet),
        Part::Ranking(Dimension::Country) => map::countries(picture, sheet),
        Part::Ranking(Dimension::Network) => treemap::networks(picture, sheet),
        Part::Ranking(by) => bars::ranking(picture, by, sheet),
    }
}

/// What a chart is drawn on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet {
    pub(crate) view: View,
    pub(crate) part: Part,
    pub(crate) width: f64,
}

impl Sheet {
    /// Whether it is a narrow one.
    pub(crate) fn is_narrow(self) -> bool {
        self.width < 500.0
    }

    pub(crate) fn title(self) -> &'static str {
        self.view.words.part(self.part)
    }

    /// A number of the measure, in little room.
    pub(crate) fn number(self, number: u64) -> String {
        self.view.words.of(self.view.by, number)
    }

    /// An empty drawing with a description of what comes first.
    pub(crate) fn drawing<'a>(self, height: f64, first: impl Iterator<Item = (&'a str, String)>) -> Drawing {
        let first: Vec<String> = first
            .take(DESCRIBED)
            .map(|(name, number)| format!("{name}: {number}"))
            .collect();
        let description = format!("{} {}.", self.view.words.hint(self.part), first.join("; "));
        Drawing::new((self.width, height), self.title(), description)
    }

    pub(crate) fn nothing(self) -> Drawing {
        Drawing::nothing(self.width, self.title(), self.view.words.charts.nothing)
    }
}

/// Lines that a description names.
const DESCRIBED: usize = 5;
/// Longest name in a chart or a table, in characters.
pub(crate) const MOST_NAME: usize = 80;

/// The rows of the table of botnets with their places, by a measure; what tells nothing comes last.
pub(crate) fn botnets_by(picture: &Picture, by: Measure) -> Vec<(usize, &BotnetRow)> {
    let mut rows: Vec<(usize, &BotnetRow)> = picture.botnets.iter().enumerate().collect();
    let rank = |row: &BotnetRow| {
        (
            row.kind == BotnetKind::Other,
            std::cmp::Reverse(by.of(&row.figures)),
        )
    };
    rows.sort_by(|(_, one), (_, two)| rank(one).cmp(&rank(two)).then_with(|| one.name.cmp(&two.name)));
    rows
}

/// The rows of a ranking by a measure; hours in their order.
pub(crate) fn rows_by(picture: &Picture, dimension: Dimension, by: Measure) -> Vec<&Row> {
    let ranking = picture.ranking(dimension);
    let mut rows: Vec<&Row> = ranking.into_iter().flat_map(|ranking| &ranking.rows).collect();
    if dimension != Dimension::Hour {
        rows.sort_by(|one, two| {
            let of = |row: &Row| by.of(&row.figures);
            of(two).cmp(&of(one)).then_with(|| one.key.cmp(&two.key))
        });
    }
    rows
}

/// The name of a row of the table of botnets, fit to be shown.
pub(crate) fn botnet_name(words: &Words, row: &BotnetRow) -> String {
    clean(&words.botnet(&row.name, row.kind), MOST_NAME)
}

/// The name of a row of a ranking, fit to be shown.
pub(crate) fn row_name(words: &Words, by: Dimension, row: &Row) -> String {
    clean(&words.row(by, &row.key, &row.name), MOST_NAME)
}

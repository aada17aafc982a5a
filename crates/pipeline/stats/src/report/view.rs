//! What the templates lay out, decided and written.

use super::Stand;
use crate::charts::{NARROW, View, WIDE, chart, clean, is_on_map};
use crate::figures::{Dimension, Measure, Origin, Picture};
use crate::parts::Part;
use crate::tables::{Head, Seen, is_long, table};
use crate::words::Words;

/// Longest name of a file or a sentence of thanks, in characters.
const MOST: usize = 160;

/// The head: what was counted in all, and what to know before reading on.
pub(super) struct HeadView {
    pub(super) figures: Vec<(String, String)>,
    pub(super) made: String,
    pub(super) warnings: Vec<String>,
    pub(super) is_empty: bool,
}

pub(super) fn head(picture: &Picture, words: &Words) -> HeadView {
    let total = &picture.total;
    let mut figures = vec![(words.head.addresses.to_owned(), words.number(total.addresses))];
    figures.extend(Measure::ALL.into_iter().skip(1).map(|measure| {
        let number = measure.of(total);
        let written = match measure {
            Measure::Bytes => words.bytes(number),
            _ => words.number(number),
        };
        (words.measure(measure).to_owned(), written)
    }));
    if picture.new_days > 0 {
        let days = words.number(u64::from(picture.new_days));
        figures.push(((words.head.new)(&days), words.number(picture.new)));
    }
    figures.push((words.head.listed.to_owned(), words.number(picture.listed)));
    figures.push((words.head.notified.to_owned(), words.number(picture.notified)));
    HeadView {
        figures,
        made: (words.head.made)(&words.moment(picture.made_at)),
        warnings: warnings(picture, words),
        is_empty: super::is_empty(picture),
    }
}

/// What whoever looks at a picture must know before the numbers: what is not over, not in it, or made with old data.
#[must_use]
pub fn warnings(picture: &Picture, words: &Words) -> Vec<String> {
    let mut warnings = Vec::new();
    if !picture.is_complete {
        warnings.push((words.head.unfinished)(&words.moment(picture.made_at)));
    }
    if !picture.missing_days.is_empty() && picture.first_day != picture.last_day {
        warnings.push((words.head.missing)(&words.runs(&picture.missing_days)));
    }
    if !picture.closed_days.is_empty() {
        warnings.push((words.head.closed)(&words.runs(&picture.closed_days)));
    }
    let old: Vec<String> = picture
        .origins
        .iter()
        .filter(|origin| origin.is_old)
        .map(|origin| format!("{} ({})", what(origin, words), clean(&origin.date, MOST)))
        .collect();
    if !old.is_empty() {
        warnings.push((words.notes.old_warning)(&old.join(", ")));
    }
    warnings
}

/// A part: its chart, its table, its files.
pub(super) struct SectionView {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) hint: &'static str,
    /// Charts, written and escaped.
    pub(super) charts: Vec<String>,
    pub(super) image: Option<ImageView>,
    pub(super) note: String,
    pub(super) heads: Vec<Head>,
    pub(super) rows: Vec<Vec<Seen>>,
    pub(super) more: String,
    pub(super) is_folded: bool,
    /// Whether it stands in a file of its own: open, as paper cannot be unfolded.
    pub(super) is_alone: bool,
    /// Addresses and names of the files of this part.
    pub(super) files: Vec<(String, &'static str)>,
}

pub(super) fn section(picture: &Picture, part: Part, view: View, stand: Stand<'_>) -> SectionView {
    let words = view.words;
    let table = table(picture, part, view);
    let most = if is_long(part) { stand.rows() } else { 24 };
    let rows: Vec<Vec<Seen>> = table.seen(words).take(most).collect();
    let hidden = table.all.saturating_sub(rows.len() as u64);
    let (charts, image) = drawings(picture, part, view, stand);
    SectionView {
        id: part.name(),
        title: words.part(part),
        hint: words.hint(part),
        charts,
        image,
        note: note(picture, part, view),
        heads: table.heads(),
        rows,
        more: if hidden > 0 {
            (words.charts.and_more)(&words.number(hidden))
        } else {
            String::new()
        },
        is_folded: matches!(
            part,
            Part::BotnetHours | Part::BotnetCountries | Part::Ranking(Dimension::Hour)
        ),
        is_alone: matches!(stand, Stand::File),
        files: files(part, stand),
    }
}

/// The charts of a part, each for wide screens and for narrow ones. A report has them all in itself. A page has the first one; the others are files,
/// which a browser fetches when they come into sight.
fn drawings(picture: &Picture, part: Part, view: View, stand: Stand<'_>) -> (Vec<String>, Option<ImageView>) {
    let wide = chart(picture, part, view, WIDE);
    let narrow = chart(picture, part, view, NARROW);
    let (base, query) = match stand {
        Stand::Page { base, query } if part != Part::Botnets => (base, query),
        _ => {
            let charts = vec![
                wide.inline(&format!("{part}-w"), "chart wide-only"),
                narrow.inline(&format!("{part}-n"), "chart narrow-only"),
            ];
            return (charts, None);
        }
    };
    let file = format!("{base}/{part}.svg{query}");
    let joint = if query.is_empty() { '?' } else { '&' };
    let image = ImageView {
        narrow: format!("{file}{joint}size=narrow"),
        wide: file,
        description: wide.description().to_owned(),
        size: wide.size(),
        narrow_size: narrow.size(),
    };
    (Vec::new(), Some(image))
}

/// A chart that is a file of its own.
pub(super) struct ImageView {
    pub(super) wide: String,
    /// The same for a narrow page.
    pub(super) narrow: String,
    pub(super) description: String,
    /// Width and height of the wide one, so that nothing jumps when it comes.
    pub(super) size: (u32, u32),
    pub(super) narrow_size: (u32, u32),
}

/// What the chart of a part cannot show.
fn note(picture: &Picture, part: Part, view: View) -> String {
    if part == Part::Botnets && picture.more_botnets > 0 {
        return (view.words.charts.more_botnets)(&view.words.number(picture.more_botnets));
    }
    if part != Part::Ranking(Dimension::Country) {
        return String::new();
    }
    let unknown = picture
        .ranking(Dimension::Country)
        .into_iter()
        .flat_map(|ranking| &ranking.rows)
        .filter(|row| !is_on_map(&row.key))
        .map(|row| view.by.of(&row.figures))
        .fold(0, u64::saturating_add);
    match unknown {
        0 => String::new(),
        count => {
            let what = view.words.measure(view.by);
            (view.words.charts.no_place)(what, &view.words.of(view.by, count))
        }
    }
}

fn files(part: Part, stand: Stand<'_>) -> Vec<(String, &'static str)> {
    let Stand::Page { base, query } = stand else {
        return Vec::new();
    };
    let file = |ending: &str| format!("{base}/{part}.{ending}{query}");
    [("csv", "CSV"), ("json", "JSON"), ("svg", "SVG"), ("png", "PNG")]
        .map(|(ending, name)| (file(ending), name))
        .to_vec()
}

/// The end: how it was counted, and what with.
pub(super) struct NotesView {
    pub(super) has_world: bool,
    pub(super) origins: Vec<OriginView>,
}

/// Where something that a picture was made with is from.
pub(super) struct OriginView {
    pub(super) what: String,
    pub(super) from: String,
    pub(super) date: String,
    pub(super) is_old: bool,
    pub(super) thanks: String,
}

pub(super) fn notes(picture: &Picture, words: &Words) -> NotesView {
    NotesView {
        has_world: picture.botnets.iter().any(|row| row.world_a_day.is_some()),
        origins: picture
            .origins
            .iter()
            .map(|origin| self::origin(origin, words))
            .collect(),
    }
}

fn origin(origin: &Origin, words: &Words) -> OriginView {
    // Where a file lies on the machine is nobody's business.
    let name = origin.from.rsplit('/').next().unwrap_or_default();
    OriginView {
        what: what(origin, words),
        from: match name {
            "built in" => words.notes.built_in.to_owned(),
            name => clean(name, MOST),
        },
        date: clean(&origin.date, MOST),
        is_old: origin.is_old,
        thanks: clean(&origin.attribution, MOST),
    }
}

/// What an origin is of.
fn what(origin: &Origin, words: &Words) -> String {
    match origin.what.as_str() {
        "countries" => words.notes.countries.to_owned(),
        "networks" => words.notes.networks.to_owned(),
        "catalogue" => words.notes.catalogue.to_owned(),
        other => clean(other, MOST),
    }
}

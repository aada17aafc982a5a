//! The table of botnets, pairs, and the rankings.

use super::{COUNTED, Cell, Column, Shown, Table};
use crate::charts::{MOST_NAME, View, botnet_name, botnets_by, clean, plain, row_name, rows_by};
use crate::figures::{BotnetKind, BotnetRow, Dimension, Estimate, Figures, Measure, Pair, Picture, Row};
use crate::parts::Part;
use crate::words::Words;

/// Longest text that tells a botnet or a dialect, in characters.
const MOST_TOLD: usize = 300;
/// Seconds of an hour.
const HOUR: u64 = 3_600;
/// Other names of a botnet that people are shown.
const MOST_ALIASES: usize = 5;

/// The table of botnets.
pub(super) fn botnets(picture: &Picture, view: View) -> Table {
    let words = view.words;
    let rows = botnets_by(picture, view.by)
        .into_iter()
        .map(|(_, row)| botnet(picture, row, view));
    Table {
        title: words.part(Part::Botnets),
        columns: botnet_columns(picture, view),
        rows: rows.collect(),
        all: picture.botnets.len() as u64,
    }
}

fn botnet_columns(picture: &Picture, view: View) -> Vec<Column> {
    let c = &view.words.columns;
    // Files have the same columns everywhere; people see those in which something stands.
    let has_world = picture.botnets.iter().any(|row| row.world_a_day.is_some());
    let (world, world_method) = if has_world {
        (Shown::Everywhere, Shown::Note)
    } else {
        (Shown::Files, Shown::Files)
    };
    let mut columns = vec![
        Column::new("botnet", c.botnet, Shown::Everywhere),
        Column::new("what", c.kind, Shown::PeopleNote),
        Column::new("kind", c.kind, Shown::Files),
        Column::new("aliases", c.aliases, Shown::Files),
        Column::new("confidence", c.confidence, Shown::Files),
        Column::new("told_by", c.told_by, Shown::Files),
        Column::number(
            "addresses",
            view.words.measure(Measure::Addresses),
            Shown::Everywhere,
        ),
        Column::new("addresses_method", "", Shown::Note),
        Column::number("size", c.size, Shown::Everywhere),
        Column::new("size_method", "", Shown::Note),
        Column::number("size_low", "", Shown::Files),
        Column::number("size_high", "", Shown::Files),
        Column::number("recipients_a_day", c.a_day, Shown::Everywhere),
        Column::new("recipients_a_day_method", "", Shown::Note),
        Column::number("world_a_day", c.world, world),
        Column::new("world_a_day_method", "", world_method),
    ];
    columns.extend(counted_columns(view, |measure| measure == view.by));
    columns.extend([
        Column::number("share", c.share, Shown::People),
        Column::number("new", c.new, Shown::Everywhere),
        Column::number("listed", c.listed, Shown::Everywhere),
        Column::number("notified", c.notified, Shown::Everywhere),
        Column::number("paired", c.paired, Shown::Files),
        Column::new("first_seen", c.first_seen, Shown::Files),
        Column::new("last_seen", c.last_seen, Shown::Files),
    ]);
    columns
}

/// The columns of what is counted beside addresses; people are shown those that are asked for.
fn counted_columns(view: View, is_shown: impl Fn(Measure) -> bool) -> impl Iterator<Item = Column> {
    let counted = Measure::ALL.into_iter().skip(1).zip(COUNTED);
    counted.map(move |(measure, name)| {
        let shown = if is_shown(measure) {
            Shown::Everywhere
        } else {
            Shown::Files
        };
        Column::number(name, view.words.measure(measure), shown)
    })
}

fn botnet(picture: &Picture, row: &BotnetRow, view: View) -> Vec<Cell> {
    let words = view.words;
    let text = |text: &str| Cell::Text(text.to_owned());
    let size = |cell: &dyn Fn(&Estimate) -> Cell| row.size.as_ref().map_or(Cell::Nothing, cell);
    let mut cells = vec![
        Cell::Text(botnet_name(words, row)),
        Cell::Text(what(row, words)),
        text(kind_name(row.kind)),
        Cell::Text(aliases(row, usize::MAX)),
        Cell::Text(row.confidence.map(|sure| sure.to_string()).unwrap_or_default()),
        Cell::Text(clean(&row.told_by, MOST_TOLD)),
        Cell::Count(row.figures.addresses),
        text(words.methods.seen),
        size(&|size: &Estimate| Cell::Count(size.likely)),
        size(&|size: &Estimate| Cell::Text(chao(*size, words))),
        size(&|size: &Estimate| Cell::Count(size.low)),
        size(&|size: &Estimate| Cell::Count(size.high)),
        Cell::Count(row.recipients_a_day),
        Cell::Text(over(picture, words)),
        row.world_a_day.map_or(Cell::Nothing, Cell::Count),
        row.world_a_day
            .map_or(Cell::Nothing, |_world| text(words.methods.world)),
    ];
    cells.extend(counted(&row.figures));
    cells.extend([
        Cell::Text(words.share(view.by.of(&row.figures), view.by.of(&picture.total))),
        Cell::Count(row.new),
        Cell::Count(row.listed),
        Cell::Count(row.notified),
        Cell::Count(row.paired),
        Cell::Moment(row.figures.first_seen),
        Cell::Moment(row.figures.last_seen),
    ]);
    cells
}

/// Kind, other names and confidence in one line.
fn what(row: &BotnetRow, words: &Words) -> String {
    let confidence = row
        .confidence
        .and_then(|sure| words.confidences.get(sure as usize).copied());
    let parts = [
        words.kind(row.kind).to_owned(),
        aliases(row, MOST_ALIASES),
        confidence.unwrap_or_default().to_owned(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

fn aliases(row: &BotnetRow, most: usize) -> String {
    let names: Vec<String> = row
        .aliases
        .iter()
        .take(most)
        .map(|name| clean(name, MOST_NAME))
        .collect();
    clean(&names.join(", "), MOST_TOLD)
}

/// The kind as files name it.
const fn kind_name(kind: BotnetKind) -> &'static str {
    match kind {
        BotnetKind::Botnet => "botnet",
        BotnetKind::Stack => "stack",
        BotnetKind::Dialect => "dialect",
        BotnetKind::Program => "program",
        BotnetKind::Backscatter => "backscatter",
        BotnetKind::Other => "other",
    }
}

/// How the size was found.
fn chao(size: Estimate, words: &Words) -> String {
    if size.low == size.high {
        return words.methods.chao_none.to_owned();
    }
    (words.methods.chao)(&words.number(size.low), &words.number(size.high))
}

/// How messages a day were found: over which part of the time.
fn over(picture: &Picture, words: &Words) -> String {
    let day = |text: &str| text.parse::<crate::day::Day>().ok();
    let (Some(first), Some(last)) = (day(&picture.first_day), day(&picture.last_day)) else {
        return String::new();
    };
    let days = u64::from(crate::day::Days { first, last }.count());
    // A tenth at least: what was counted was counted over something.
    let over = |unit: u64| words.tenths(picture.covered_seconds.max(unit.div_ceil(10)), unit);
    match (picture.covered_seconds, days) {
        // A picture that was kept before this was written into it.
        (0, _) => words.methods.recipients.to_owned(),
        (_, 0 | 1) => (words.methods.recipients_hours)(&over(HOUR), "24"),
        _ => (words.methods.recipients_days)(&over(24 * HOUR), &words.number(days)),
    }
}

/// The counts of figures, but addresses.
pub(super) fn counted(figures: &Figures) -> [Cell; 4] {
    let counts = figures.counts;
    [
        Cell::Count(counts.connections),
        Cell::Count(counts.envelopes),
        Cell::Count(counts.recipients),
        Cell::Bytes(counts.bytes),
    ]
}

/// A ranking.
pub(super) fn ranking(picture: &Picture, by: Dimension, view: View) -> Table {
    let words = view.words;
    let c = &words.columns;
    let mut columns = vec![
        Column::new("key", "", Shown::Files),
        Column::new("name", "", Shown::Files),
        Column::new("shown", words.one(by), Shown::People),
        Column::number("addresses", words.measure(Measure::Addresses), Shown::Everywhere),
    ];
    columns.extend(counted_columns(view, |_| true));
    columns.extend([
        Column::number("share", c.share, Shown::People),
        Column::new("first_seen", c.first_seen, Shown::Files),
        Column::new("last_seen", c.last_seen, Shown::Files),
    ]);
    let row = |row: &Row| {
        let mut cells = vec![
            Cell::Text(plain(&row.key)),
            Cell::Text(plain(&row.name)),
            Cell::Text(row_name(words, by, row)),
            Cell::Count(row.figures.addresses),
        ];
        cells.extend(counted(&row.figures));
        cells.extend([
            Cell::Text(words.share(view.by.of(&row.figures), view.by.of(&picture.total))),
            Cell::Moment(row.figures.first_seen),
            Cell::Moment(row.figures.last_seen),
        ]);
        cells
    };
    Table {
        title: words.part(Part::Ranking(by)),
        columns,
        rows: rows_by(picture, by, view.by).into_iter().map(row).collect(),
        all: picture.ranking(by).map_or(0, |ranking| ranking.all),
    }
}

/// Stacks that bots may have brought along.
pub(super) fn pairs(picture: &Picture, view: View) -> Table {
    let words = view.words;
    let c = &words.columns;
    let row = |pair: &Pair| {
        let systems: Vec<String> = pair
            .systems
            .iter()
            .map(|share| {
                format!(
                    "{} ({})",
                    clean(&words.row(Dimension::System, &share.key, &share.name), MOST_NAME),
                    words.number(share.addresses)
                )
            })
            .collect();
        vec![
            Cell::Text(clean(&words.botnet(&pair.name, BotnetKind::Stack), MOST_NAME)),
            Cell::Text(clean(&pair.signature, MOST_TOLD)),
            Cell::Count(pair.addresses),
            Cell::Count(pair.both),
            Cell::Text(words.share(pair.both, pair.addresses)),
            Cell::Text(if pair.is_suspected { c.yes } else { c.no }.to_owned()),
            Cell::Text(clean(&systems.join(", "), MOST_TOLD)),
        ]
    };
    Table {
        title: words.part(Part::Pairs),
        columns: vec![
            Column::new("stack", c.stack, Shown::Everywhere),
            Column::new("signature", c.signature, Shown::Note),
            Column::number("addresses", words.measure(Measure::Addresses), Shown::Everywhere),
            Column::number("both", c.both, Shown::Everywhere),
            Column::number("share", c.share, Shown::People),
            Column::new("suspected", c.suspected, Shown::Everywhere),
            Column::new("systems", c.systems, Shown::Everywhere),
        ],
        rows: picture.pairs.iter().map(row).collect(),
        all: picture.pairs.len() as u64,
    }
}

//! Tables for people: the cells as they are written on pages, and whole tables for terminals.

use unicode_width::UnicodeWidthChar;

use super::{Cell, Column, Shown, Table};
use crate::words::Words;

/// The narrowest that a column of names is made.
const LEAST_NAME: usize = 10;
/// The widest that a column of text is, unless it has the room.
const MOST_TEXT: usize = 36;
/// The widest that a note below a number is.
const MOST_NOTE: usize = 22;
/// Between two columns.
const GAP: usize = 2;

/// A column as people see it.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) title: String,
    pub(crate) is_number: bool,
}

/// A cell as people see it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) text: String,
    pub(crate) note: String,
}

impl Seen {
    const fn of(text: String) -> Self {
        Self {
            text,
            note: String::new(),
        }
    }
}

impl Table {
    /// The heads that people see.
    pub(crate) fn heads(&self) -> Vec<Head> {
        let columns = self.columns.iter().filter(|column| is_seen(column));
        columns
            .map(|column| Head {
                title: column.title.clone(),
                is_number: column.is_number,
            })
            .collect()
    }

    /// The rows that people see, each with the notes below its cells.
    pub(crate) fn seen<'a>(&'a self, words: &'a Words) -> impl Iterator<Item = Vec<Seen>> + 'a {
        self.rows.iter().map(|row| self.seen_row(row, words))
    }

    fn seen_row(&self, row: &[Cell], words: &Words) -> Vec<Seen> {
        let mut cells: Vec<Seen> = Vec::new();
        for (column, cell) in self.columns.iter().zip(row) {
            match column.shown {
                Shown::Everywhere | Shown::People => cells.push(Seen::of(written(cell, words))),
                Shown::Note | Shown::PeopleNote => add_note(cells.last_mut(), cell, words),
                Shown::Files => {}
            }
        }
        cells
    }

    /// For a terminal of so many columns: what does not fit is cut, and columns at the end are left out.
    #[must_use]
    pub fn text(&self, words: &Words, columns: usize) -> String {
        let heads = self.heads();
        let rows: Vec<Vec<Vec<String>>> =
            std::iter::once(heads.iter().map(|head| wrapped(&head.title)).collect())
                .chain(self.seen(words).map(|row| row.into_iter().map(lines).collect()))
                .collect();
        let widths = widths(&rows, heads.len(), columns);
        let mut out = String::new();
        for (number, row) in rows.iter().enumerate() {
            write_row(&mut out, row, (&heads, &widths));
            if number == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
                out.push_str(&rule.join(&" ".repeat(GAP)));
                out.push('\n');
            }
        }
        if self.rows.is_empty() {
            out.push_str(words.charts.nothing);
            out.push('\n');
        }
        out
    }
}

const fn is_seen(column: &Column) -> bool {
    matches!(column.shown, Shown::Everywhere | Shown::People)
}

/// Puts a note below the cell before it; nothing where nothing is known.
fn add_note(before: Option<&mut Seen>, cell: &Cell, words: &Words) {
    if let Some(before) = before
        && *cell != Cell::Nothing
    {
        before.note = written(cell, words);
    }
}

/// A cell as a language writes it.
fn written(cell: &Cell, words: &Words) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Count(number) => words.number(*number),
        Cell::Bytes(number) => words.bytes(*number),
        Cell::Moment(moment) => moment.map(|moment| words.moment(moment)).unwrap_or_default(),
        Cell::Nothing => "–".to_owned(),
    }
}

/// A cell in lines: the text, and below it the note.
fn lines(cell: Seen) -> Vec<String> {
    let mut lines = vec![cell.text];
    if !cell.note.is_empty() {
        lines.extend(wrapped(&cell.note));
    }
    lines
}

/// A text in lines of a note's width.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else {
            break;
        };
        if line.is_empty() {
            line.push_str(word);
        } else if wide(line).saturating_add(wide(word)) < MOST_NOTE {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// How wide each column is, as many as fit.
fn widths(rows: &[Vec<Vec<String>>], count: usize, room: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = (0..count)
        .map(|place| {
            let cells = rows.iter().filter_map(|row| row.get(place)).flatten();
            cells.map(|line| wide(line)).max().unwrap_or(0).min(MOST_TEXT)
        })
        .collect();
    let total = |widths: &[usize]| {
        widths
            .iter()
            .map(|width| width.saturating_add(GAP))
            .sum::<usize>()
            .saturating_sub(GAP)
    };
    while total(&widths) > room && widths.len() > 1 {
        let over = total(&widths).saturating_sub(room);
        let Some(name) = widths.first_mut() else {
            break;
        };
        if name.saturating_sub(over) >= LEAST_NAME {
            *name = name.saturating_sub(over);
            break;
        }
        widths.pop();
    }
    if let [only] = widths.as_mut_slice() {
        *only = (*only).min(room.max(1));
    }
    widths
}

fn write_row(out: &mut String, row: &[Vec<String>], (heads, widths): (&[Head], &[usize])) {
    let high = row.iter().take(widths.len()).map(Vec::len).max().unwrap_or(0);
    for number in 0..high {
        let mut line = String::new();
        for ((cell, width), head) in row.iter().zip(widths).zip(heads) {
            let text = cell.get(number).map(|text| cut(text, *width)).unwrap_or_default();
            let space = " ".repeat(width.saturating_sub(wide(&text)));
            if head.is_number {
                line.push_str(&space);
                line.push_str(&text);
            } else {
                line.push_str(&text);
                line.push_str(&space);
            }
            line.push_str(&" ".repeat(GAP));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

/// How many columns of a terminal a text takes.
fn wide(text: &str) -> usize {
    text.chars().map(|character| character.width().unwrap_or(0)).sum()
}

/// The text, cut to so many columns.
fn cut(text: &str, most: usize) -> String {
    if wide(text) <= most {
        return text.to_owned();
    }
    let mut sum = 0_usize;
    let mut cut: String = text
        .chars()
        .take_while(|character| {
            sum = sum.saturating_add(character.width().unwrap_or(0));
            sum < most
        })
        .collect();
    cut.push('…');
    cut
}

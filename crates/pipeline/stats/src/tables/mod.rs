//! Tables: the figures of a part of a picture in rows and columns, for people (pages, terminals) and for programs (CSV, JSON).

mod csv;
mod days;
mod people;
mod rows;

#[cfg(test)]
mod tests;

pub(crate) use self::people::{Head, Seen};

use atalaya_model::Timestamp;
use serde_json::{Value, json};

use crate::charts::View;
use crate::figures::{Dimension, Picture};
use crate::parts::Part;

/// Rows and columns.
#[derive(Debug, Clone)]
pub struct Table {
    /// What it shows.
    pub title: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// How many there are in all, where the picture has more than rows.
    pub(crate) all: u64,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    /// Its name in files.
    pub(crate) name: String,
    /// Its head for people.
    pub(crate) title: String,
    pub(crate) shown: Shown,
    /// Whether numbers stand in it, which are put one below the other by their ends.
    pub(crate) is_number: bool,
}

/// Where a column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// To people and in files.
    Everywhere,
    /// In files.
    Files,
    /// To people: it follows from the rest.
    People,
    /// In files, and to people small below the column before it.
    Note,
    /// To people, small below the column before it.
    PeopleNote,
}

/// What stands in a row and a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Text; that of strangers was cleaned and cut.
    Text(String),
    /// A number.
    Count(u64),
    /// A number of bytes.
    Bytes(u64),
    /// A moment.
    Moment(Option<Timestamp>),
    /// Nothing is known.
    Nothing,
}

impl Column {
    pub(crate) fn new(name: &str, title: &str, shown: Shown) -> Self {
        Self {
            name: name.to_owned(),
            title: title.to_owned(),
            shown,
            is_number: false,
        }
    }

    /// The same for numbers.
    pub(crate) fn number(name: &str, title: &str, shown: Shown) -> Self {
        Self {
            is_number: true,
            ..Self::new(name, title, shown)
        }
    }

    const fn is_in_files(&self) -> bool {
        matches!(self.shown, Shown::Everywhere | Shown::Files | Shown::Note)
    }
}

/// The table of a part of a picture.
#[must_use]
pub fn table(picture: &Picture, part: Part, view: View) -> Table {
    match part {
        Part::Botnets => rows::botnets(picture, view),
        Part::BotnetHours => days::botnet_hours(picture, view),
        Part::BotnetCountries => days::botnet_countries(picture, view),
        Part::Pairs => rows::pairs(picture, view),
        Part::Days => days::days(picture, view),
        Part::Ranking(by) => rows::ranking(picture, by, view),
    }
}

/// A part of a picture for programs: what it is of, and its rows.
///
/// # Errors
/// It cannot be written as JSON.
pub fn json(picture: &Picture, part: Part, view: View) -> Result<Value, serde_json::Error> {
    let rows = match part {
        Part::Botnets => serde_json::to_value(&picture.botnets)?,
        Part::Pairs => serde_json::to_value(&picture.pairs)?,
        Part::Days => serde_json::to_value(&picture.days)?,
        Part::Ranking(by) => serde_json::to_value(picture.ranking(by).map(|ranking| &ranking.rows))?,
        Part::BotnetHours | Part::BotnetCountries => table(picture, part, view).values(),
    };
    Ok(json!({
        "version": picture.version,
        "first_day": picture.first_day,
        "last_day": picture.last_day,
        "made_at": picture.made_at,
        "is_complete": picture.is_complete,
        "part": part.name(),
        "all": all(picture, part),
        "rows": rows,
    }))
}

/// How many there are in all of a part.
fn all(picture: &Picture, part: Part) -> u64 {
    match part {
        Part::Ranking(by) => picture.ranking(by).map_or(0, |ranking| ranking.all),
        Part::Pairs => picture.pairs.len() as u64,
        Part::Days => picture.days.len() as u64,
        Part::Botnets | Part::BotnetHours | Part::BotnetCountries => picture.botnets.len() as u64,
    }
}

/// The columns of the figures, but addresses.
const COUNTED: [&str; 4] = ["connections", "envelopes", "recipients", "bytes"];

/// Whether a ranking may be longer than what people want to read at once.
pub(crate) const fn is_long(part: Part) -> bool {
    !matches!(part, Part::Ranking(Dimension::Hour))
}

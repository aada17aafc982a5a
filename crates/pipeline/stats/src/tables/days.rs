//! Tables of time and place: days, botnets by hour, botnets by country.

use super::{COUNTED, Cell, Column, Shown, Table};
use crate::charts::{View, botnet_name, botnets_by, plain};
use crate::figures::{DayRow, Measure, Picture};
use crate::matrix::Matrix;
use crate::parts::Part;

/// Most countries of the table of botnets by country.
const MOST_COUNTRIES: usize = 20;

/// Each day; files have the addresses of each botnet too.
pub(super) fn days(picture: &Picture, view: View) -> Table {
    let words = view.words;
    let mut columns = vec![
        Column::new("day", words.columns.day, Shown::Everywhere),
        Column::number("addresses", words.measure(Measure::Addresses), Shown::Everywhere),
    ];
    columns.extend(
        Measure::ALL
            .into_iter()
            .skip(1)
            .zip(COUNTED)
            .map(|(measure, name)| Column::number(name, words.measure(measure), Shown::Everywhere)),
    );
    let botnets = botnets_by(picture, Measure::Addresses);
    columns.extend(botnets.iter().map(|(_, row)| {
        // Heads of files are the same in every language.
        let name = format!("addresses of {}", plain(&row.name));
        Column::number(&name, &botnet_name(words, row), Shown::Files)
    }));
    let row = |day: &DayRow| {
        let mut cells = vec![Cell::Text(day.day.clone()), Cell::Count(day.figures.addresses)];
        cells.extend(super::rows::counted(&day.figures));
        cells.extend(botnets.iter().map(|(at, _)| {
            day.botnets
                .get(*at)
                .map_or(Cell::Nothing, |count| Cell::Count(*count))
        }));
        cells
    };
    Table {
        title: words.part(Part::Days),
        columns,
        rows: picture.days.iter().map(row).collect(),
        all: picture.days.len() as u64,
    }
}

/// Connections of each botnet by hour.
pub(super) fn botnet_hours(picture: &Picture, view: View) -> Table {
    let words = view.words;
    let mut columns = vec![Column::new("botnet", words.columns.botnet, Shown::Everywhere)];
    columns.extend((0..24).map(|hour| {
        let hour = format!("{hour:02}");
        Column::number(&hour, &hour, Shown::Everywhere)
    }));
    let rows = botnets_by(picture, view.by).into_iter().map(|(_, row)| {
        let name = std::iter::once(Cell::Text(botnet_name(words, row)));
        name.chain(row.hours.map(Cell::Count)).collect()
    });
    Table {
        title: words.part(Part::BotnetHours),
        columns,
        rows: rows.collect(),
        all: picture.botnets.len() as u64,
    }
}

/// Addresses of each botnet by country.
pub(super) fn botnet_countries(picture: &Picture, view: View) -> Table {
    let words = view.words;
    let matrix = Matrix::of(picture, view, (usize::MAX, MOST_COUNTRIES));
    let mut columns = vec![Column::new("botnet", words.columns.botnet, Shown::Everywhere)];
    columns.extend(
        matrix
            .countries
            .iter()
            .map(|(code, name)| Column::number(code, name, Shown::Everywhere)),
    );
    let rows = matrix.rows.into_iter().map(|row| {
        let cells = row
            .cells
            .into_iter()
            .map(|cell| cell.map_or(Cell::Nothing, Cell::Count));
        std::iter::once(Cell::Text(row.name)).chain(cells).collect()
    });
    Table {
        title: words.part(Part::BotnetCountries),
        columns,
        rows: rows.collect(),
        all: picture.botnets.len() as u64,
    }
}

//! Botnets by country, as rows and columns: what chart and table share.

use std::collections::HashMap;

use crate::charts::{View, botnet_name, botnets_by};
use crate::figures::Picture;

/// Rows and columns.
#[derive(Debug)]
pub(crate) struct Matrix {
    /// Code and name of each country, the one with most addresses first.
    pub(crate) countries: Vec<(String, String)>,
    pub(crate) rows: Vec<Line>,
}

/// A row.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Addresses in each of the countries; none where the country is not among the first of this botnet.
    pub(crate) cells: Vec<Option<u64>>,
}

impl Matrix {
    /// The first botnets and the first countries of a picture.
    pub(crate) fn of(picture: &Picture, view: View, (lines, columns): (usize, usize)) -> Self {
        let rows: Vec<_> = botnets_by(picture, view.by)
            .into_iter()
            .filter(|(_, row)| !row.countries.is_empty())
            .take(lines)
            .collect();
        let mut sums: HashMap<&str, u64> = HashMap::new();
        for share in rows.iter().flat_map(|(_, row)| &row.countries) {
            let sum = sums.entry(share.key.as_str()).or_default();
            *sum = sum.saturating_add(share.addresses);
        }
        let mut countries: Vec<(&str, u64)> = sums.into_iter().collect();
        countries.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(two.0)));
        countries.truncate(columns);
        let cell = |row: &crate::figures::BotnetRow, code: &str| {
            let share = row.countries.iter().find(|share| share.key == code);
            share.map(|share| share.addresses)
        };
        Self {
            rows: rows
                .iter()
                .map(|(_, row)| Line {
                    name: botnet_name(view.words, row),
                    cells: countries.iter().map(|(code, _)| cell(row, code)).collect(),
                })
                .collect(),
            countries: countries
                .iter()
                .map(|(code, _)| {
                    let name = view.words.country(code);
                    (
                        (*code).to_owned(),
                        name.unwrap_or_else(|| view.words.charts.unknown.to_owned()),
                    )
                })
                .collect(),
        }
    }

    /// All numbers.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.rows
            .iter()
            .flat_map(|row| row.cells.iter().flatten().copied())
    }
}

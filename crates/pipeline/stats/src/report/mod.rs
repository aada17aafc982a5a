//! What people read: the sections of a picture for a page, and a report that stands alone: one file of HTML that needs no network.

mod view;

use askama::Template;

pub use self::view::warnings;
use self::view::{HeadView, NotesView, SectionView, notes, section};
use crate::charts::{View, style};
use crate::figures::Picture;
use crate::parts::Part;
use crate::words::Words;

/// Rows of a table in a report.
const ROWS_OF_REPORT: usize = 25;
/// Rows of a table on a page, which links to the rest.
const ROWS_OF_PAGE: usize = 10;

/// Where sections stand.
#[derive(Debug, Clone, Copy)]
pub enum Stand<'a> {
    /// On a page: below `base` (`/stats/2026-11-26`) are the files of each part, which want this query.
    Page {
        /// The path of the days.
        base: &'a str,
        /// `?by=…&lang=…`, or nothing.
        query: &'a str,
    },
    /// In a file of its own.
    File,
}

impl Stand<'_> {
    const fn rows(self) -> usize {
        match self {
            Self::Page { .. } => ROWS_OF_PAGE,
            Self::File => ROWS_OF_REPORT,
        }
    }
}

#[derive(Template)]
#[template(path = "sections.html")]
struct Sections {
    w: &'static Words,
    head: HeadView,
    sections: Vec<SectionView>,
    notes: NotesView,
}

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    w: &'static Words,
    title: String,
    by: String,
    /// The style; it comes from us alone.
    style: String,
    /// The sections, written and escaped.
    sections: String,
}

/// All sections of a picture as HTML, without a frame.
///
/// # Errors
/// The template failed.
pub fn sections(picture: &Picture, view: View, stand: Stand<'_>) -> Result<String, askama::Error> {
    let shown = Part::ALL.into_iter().filter(|part| is_shown(picture, *part));
    let sections = Sections {
        w: view.words,
        head: view::head(picture, view.words),
        sections: if is_empty(picture) {
            Vec::new()
        } else {
            shown.map(|part| section(picture, part, view, stand)).collect()
        },
        notes: notes(picture, view.words),
    };
    sections.render()
}

/// Whether nothing was seen at all. Logs and the policy service tell of addresses without connections.
const fn is_empty(picture: &Picture) -> bool {
    picture.total.addresses == 0
}

/// Whether a part says something of these days.
fn is_shown(picture: &Picture, part: Part) -> bool {
    match part {
        Part::Days => picture.days.len() > 1,
        Part::Pairs => !picture.pairs.is_empty(),
        Part::Botnets | Part::BotnetHours | Part::BotnetCountries => !picture.botnets.is_empty(),
        Part::Ranking(by) => picture
            .ranking(by)
            .is_some_and(|ranking| !ranking.rows.is_empty()),
    }
}

/// What a page or a report of a picture is called.
#[must_use]
pub fn title(picture: &Picture, words: &Words) -> String {
    (words.head.of)(&words.days(&picture.first_day, &picture.last_day))
}

/// A report of a picture in one file: opens from a disk, and may be mailed.
///
/// # Errors
/// The template failed.
pub fn report(picture: &Picture, view: View, organisation: &str) -> Result<String, askama::Error> {
    let report = Report {
        w: view.words,
        title: title(picture, view.words),
        by: (view.words.notes.by)(organisation),
        style: format!("{}{}", include_str!("../../templates/report.css"), style()),
        sections: sections(picture, view, Stand::File)?,
    };
    report.render()
}

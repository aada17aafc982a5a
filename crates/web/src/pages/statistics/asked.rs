//! What a request for statistics asks for: which days, by which measure, in which language and size.

use atalaya_stats::{BadDay, Day, Days, Language as Words, MOST_DAYS, Measure, View, words};
use serde::Deserialize;

use crate::failure::Failure;
use crate::language::Language;
use crate::pages::Reader;

/// The query.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// The measure that says who comes first.
    pub(super) by: Option<String>,
    /// `narrow` for a chart on a phone.
    pub(super) size: Option<String>,
    /// The days of a form.
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
}

impl Asked {
    /// How the picture is looked at.
    pub(super) fn view(&self, reader: &Reader) -> Result<View, Failure> {
        let language = match reader.language() {
            Language::English => Words::English,
            Language::Spanish => Words::Spanish,
        };
        Ok(View {
            words: words(language),
            by: self.measure()?,
        })
    }

    fn measure(&self) -> Result<Measure, Failure> {
        self.by.as_deref().map_or(Ok(Measure::default()), |by| {
            by.parse().map_err(|_no_measure| Failure::BadRequest)
        })
    }
}

/// The query of links that keep measure and language.
pub(super) fn query(reader: &Reader, by: Measure) -> String {
    let language = reader.link("");
    match (by == Measure::default(), language.is_empty()) {
        (true, _) => language,
        (false, true) => format!("?by={}", by.name()),
        (false, false) => format!("{language}&by={}", by.name()),
    }
}

/// One day of a path.
pub(super) fn day(text: &str) -> Result<Day, Failure> {
    text.parse()
        .map_err(|_bad: BadDay| Failure::BadDay(text.chars().take(40).collect()))
}

/// The days from one to another.
pub(super) fn days(first: &str, last: &str) -> Result<Days, Failure> {
    let days = Days {
        first: day(first)?,
        last: day(last)?,
    };
    match days.count() {
        1..=MOST_DAYS => Ok(days),
        _ => Err(Failure::BadDays),
    }
}

/// Where the pages of some days begin.
pub(super) fn path(days: Days) -> String {
    if days.first == days.last {
        format!("/stats/{}", days.first)
    } else {
        format!("/stats/{}/{}", days.first, days.last)
    }
}

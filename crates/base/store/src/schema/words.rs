//! The words in braces of a statement, as each back end calls them.

use super::Step;
use crate::sql::Dialect;

/// The statements of a step for a back end, in its words.
pub(crate) fn spelled(step: &Step, dialect: Dialect) -> impl Iterator<Item = String> {
    let (own, other) = match dialect {
        Dialect::Lite => ("{lite}", "{pg}"),
        Dialect::Pg => ("{pg}", "{lite}"),
    };
    let all = step.statements.iter();
    all.filter(move |text| !text.starts_with(other))
        .map(move |text| spell(text.trim_start_matches(own), dialect))
}

/// A statement in the words of a back end.
pub(crate) fn spell(statement: &str, dialect: Dialect) -> String {
    let words = match dialect {
        Dialect::Lite => [
            ("{int}", "INTEGER"),
            ("{real}", "REAL"),
            ("{bytes}", "BLOB"),
            ("{key}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("{strict}", "STRICT"),
            ("{object}", "json_object"),
            ("{json}", "json"),
        ],
        Dialect::Pg => [
            ("{int}", "BIGINT"),
            ("{real}", "DOUBLE PRECISION"),
            ("{bytes}", "BYTEA"),
            ("{key}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("{strict}", ""),
            ("{object}", "json_build_object"),
            ("{json}", "json"),
        ],
    };
    words.iter().fold(statement.to_owned(), |text, (word, meaning)| {
        text.replace(word, meaning)
    })
}

#[cfg(test)]
mod tests {
    use super::super::{FACT_STEPS, MIGRATIONS, STEPS};
    use super::*;

    #[test]
    fn every_word_in_braces_is_known() {
        for dialect in [Dialect::Lite, Dialect::Pg] {
            let steps = STEPS.iter().chain(FACT_STEPS);
            let statements = steps.flat_map(|step| spelled(step, dialect));
            for statement in statements.chain([spell(MIGRATIONS, dialect)]) {
                assert!(!statement.contains('{'), "{statement}");
            }
        }
    }
}

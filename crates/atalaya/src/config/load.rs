//! Reading a configuration file, and saying everything that is wrong with it at once, with line and nearest known key.

use std::path::{Path, PathBuf};

use atalaya_model::settings::{Field, Settings};
use toml::Spanned;
use toml::de::DeTable;

use super::Config;

/// Least similarity at which a known key is suggested for an unknown one: of three letters, two stand right or are swapped.
const SIMILAR: f64 = 0.6;

/// What is wrong with a configuration file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration file {0}")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// It can be read, but not used; one sentence for each mistake.
    #[error("the configuration file {path} cannot be used:\n{}", mistakes.join("\n"))]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The mistakes.
        mistakes: Vec<String>,
    },
}

/// Reads and checks `path`.
///
/// # Errors
/// The file cannot be read, is no TOML, holds unknown keys, wrong types or values out of range.
pub(crate) fn load(path: &Path) -> Result<Config, ConfigError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable(path.to_owned(), error))?;
    parse(&text).map_err(|mistakes| ConfigError::Wrong {
        path: path.to_owned(),
        mistakes,
    })
}

/// Reads and checks a text; gives all mistakes of the first kind that occurs (syntax, unknown keys, types, ranges).
pub(crate) fn parse(text: &str) -> Result<Config, Vec<String>> {
    let table = DeTable::parse(text).map_err(|error| vec![error.to_string()])?;
    let mut unknown = Vec::new();
    find_unknown(text, table.get_ref(), &Config::fields(), "", &mut unknown);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let config: Config = toml::from_str(text).map_err(|error| vec![error.to_string()])?;
    let wrong = config.check();
    if wrong.is_empty() { Ok(config) } else { Err(wrong) }
}

/// Collects a sentence for each key of `table` that no section declares.
fn find_unknown(text: &str, table: &DeTable<'_>, known: &[Field], path: &str, found: &mut Vec<String>) {
    for (key, value) in table.iter() {
        let Some(field) = known.iter().find(|field| field.name == key.get_ref().as_ref()) else {
            found.push(unknown_key(text, key, known, path));
            continue;
        };
        if let (Some(section), Some(inner)) = (&field.section, value.get_ref().as_table()) {
            find_unknown(text, inner, section, &format!("{path}{}.", field.name), found);
        }
    }
}

/// The sentence about one unknown key.
fn unknown_key(text: &str, key: &Spanned<std::borrow::Cow<'_, str>>, known: &[Field], path: &str) -> String {
    let name = key.get_ref().as_ref();
    let line = text
        .get(..key.span().start)
        .unwrap_or_default()
        .matches('\n')
        .count()
        + 1;
    let nearest = known
        .iter()
        .map(|field| {
            (
                strsim::normalized_damerau_levenshtein(name, field.name),
                field.name,
            )
        })
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let hint = match nearest {
        Some((_, near)) => format!("did you mean `{path}{near}`?"),
        None => format!(
            "known here: {}",
            known
                .iter()
                .map(|field| field.name)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    };
    format!("line {line}: unknown key `{path}{name}`; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> String {
        parse(text).unwrap_err().join("\n")
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        assert_eq!(parse("").unwrap(), Config::default());
    }

    #[test]
    fn unknown_keys_are_told_with_line_and_nearest_known_key() {
        let text = "data = \"/tmp\"\n\n[listen]\ndsn = \"127.0.0.1:53\"\n[decyde]\n";
        let told = mistakes(text);
        assert!(
            told.contains("line 4: unknown key `listen.dsn`; did you mean `listen.dns`?"),
            "{told}"
        );
        assert!(
            told.contains("line 5: unknown key `decyde`; did you mean `decide`?"),
            "{told}"
        );
    }

    #[test]
    fn a_key_like_no_other_is_answered_with_the_known_ones() {
        assert!(mistakes("[listen]\nqqq = 1\n").contains("known here: dns, smtp, http"));
    }

    #[test]
    fn wrong_types_are_told_with_line_and_column() {
        assert!(mistakes("[decide]\nhalf_life = \"soon\"\n").contains("line 2, column 13"));
        assert!(mistakes("data = \n").contains("line 1"));
    }

    #[test]
    fn notices_that_leave_lead_to_pages_that_strangers_can_reach() {
        let relay = "[notice]\nsender = \"abuse@example.net\"\nrelay = \"127.0.0.1:25\"\n";
        for url in ["", "public_url = \"http://list.example.net\"\n"] {
            assert!(mistakes(&format!("{url}{relay}")).contains("public_url must be set"));
        }
        let text = format!("public_url = \"https://list.example.net\"\n{relay}");
        assert!(parse(&text).is_ok());
        for wrong in [
            "https://list.example.net?x",
            "https://list.example.net/#x",
            "https://",
        ] {
            let told = mistakes(&format!("public_url = \"{wrong}\"\n"));
            assert!(told.contains("public_url"), "{told}");
        }
    }

    #[test]
    fn all_values_out_of_range_are_told_at_once() {
        let told = mistakes("public_url = \"ftp://x\"\n[decide]\nlist_at = -1.0\n[log]\nformat = \"xml\"\n");
        assert_eq!(told.lines().count(), 3, "{told}");
    }
}

//! Reading a configuration file, and saying everything that is wrong with it at once, with line and nearest known key.

use std::path::{Path, PathBuf};

use atalaya_model::settings::{Field, Settings};
use toml::Spanned;
use toml::de::DeTable;

use super::Config;

/// Least similarity at which a known word is suggested for an unknown one: of seven letters, four stand right, as in `warning` for
/// `warn`.
const SIMILAR: f64 = 0.57;

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
    let table = DeTable::parse(text).map_err(|error| vec![mistake(text, &error)])?;
    let mut unknown = Vec::new();
    find_unknown(text, table.get_ref(), &Config::fields(), "", &mut unknown);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let config: Config = toml::from_str(text).map_err(|error| vec![mistake(text, &error)])?;
    let wrong = config.check();
    if wrong.is_empty() { Ok(config) } else { Err(wrong) }
}

/// What cannot be read, with its place. Neither the line nor a value of the wrong kind is repeated: it may be a password.
fn mistake(text: &str, error: &toml::de::Error) -> String {
    let message = error.message();
    let is_kind = ["invalid type: ", "invalid value: "]
        .iter()
        .any(|start| message.starts_with(start));
    let told = match message.rsplit_once(", expected ") {
        Some((_value, expected)) if is_kind => {
            // The names of our types say nothing to an operator.
            let expected = if expected.starts_with("struct ") {
                "a section"
            } else {
                expected
            };
            format!("another kind of value is expected here: {expected}")
        }
        _ => message.to_owned(),
    };
    match error.span() {
        Some(span) => {
            let (line, column) = place(text, span.start);
            format!("line {line}, column {column}: {told}")
        }
        None => told,
    }
}

/// Line and column of a place in a text, both from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (
        before.matches('\n').count().saturating_add(1),
        line.chars().count().saturating_add(1),
    )
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
    let (line, _) = place(text, key.span().start);
    let names: Vec<&str> = known.iter().map(|field| field.name).collect();
    let hint = match nearest(name, &names) {
        Some(near) => format!("did you mean `{path}{near}`?"),
        None => format!("known here: {}", names.join(", ")),
    };
    format!("line {line}: unknown key `{path}{name}`; {hint}")
}

/// The known word that one that is unknown resembles most, if it resembles any.
pub(crate) fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|known| (strsim::normalized_damerau_levenshtein(unknown, known), *known))
        .filter(|(similarity, _)| *similarity >= SIMILAR)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, known)| known)
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
        assert!(mistakes("[decide.protect]\nrefresh = \"soon\"\n").contains("line 2, column 11"));
        assert!(mistakes("data = \n").contains("line 1"));
    }

    #[test]
    fn a_level_that_is_none_is_told_with_the_nearest() {
        for (level, near) in [
            ("warning", "warn"),
            ("inof", "info"),
            ("atalaya_web=debug,eror", "error"),
        ] {
            let told = mistakes(&format!("[log]\nlevel = \"{level}\"\n"));
            assert!(told.contains(&format!("did you mean `{near}`?")), "{told}");
        }
        for level in ["loud", "", "info,", "atalaya_web", "atalaya_web=loud"] {
            let told = mistakes(&format!("[log]\nlevel = \"{level}\"\n"));
            assert!(told.starts_with("log.level: "), "{level}: {told}");
        }
        for level in ["WARN", "off", "info,atalaya_publish=debug"] {
            assert!(parse(&format!("[log]\nlevel = \"{level}\"\n")).is_ok(), "{level}");
        }
    }

    #[test]
    fn lines_of_logs_are_not_older_than_what_they_make_is_kept() {
        let kept = "[store]\nkeep_observations = \"10d\"\n[logs]\noldest = \"11d\"\n";
        assert!(parse(kept).is_ok(), "no log is followed");
        let log = "files = [{ name = \"mx1\", path = \"/var/log/mail.log\", server = \"postfix\" }]\n";
        let told = mistakes(&format!("{kept}{log}"));
        assert!(
            told.contains("logs.oldest") && told.contains("store.keep_observations"),
            "{told}"
        );
        assert!(parse(&format!("{}{log}", kept.replace("11d", "10d"))).is_ok());
    }

    #[test]
    fn the_address_of_a_trap_that_listens_at_all_is_hidden() {
        let all = std::net::IpAddr::from([0, 0, 0, 0]);
        let Some(address) = atalaya_net::outgoing_address(all).filter(|address| !address.is_loopback())
        else {
            return atalaya_testkit::skip("this machine has no way to others");
        };
        let names = |text: &str| {
            parse(text)
                .unwrap()
                .trap_names(&atalaya_observe::TrapFile::default())
        };
        let wide = names("[listen]\nsmtp = \"0.0.0.0:25\"\n");
        assert_eq!(wide, names(&format!("[listen]\nsmtp = \"{address}:25\"\n")));
        assert_ne!(wide, names("[listen]\nsmtp = \"127.0.0.1:25\"\n"));
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
        let told = mistakes(
            "public_url = \"ftp://x\"\n[decide.protect]\nrefresh = \"1s\"\n[log]\nformat = \"xml\"\n",
        );
        assert_eq!(told.lines().count(), 3, "{told}");
    }

    #[test]
    fn no_mistake_repeats_a_secret() {
        for text in [
            "[store]\nurl = \"postgres://atalaya:hunter2@db/atalaya\nx = 1\n",
            "[store]\nurl = postgres://atalaya:hunter2@db/atalaya\n",
            "[store]\nurl = 'postgres://atalaya:hunter2@db/atalaya\n",
            "[store]\nurl = \"mysql://atalaya:hunter2@db/atalaya\"\n",
            "[store]\nurl = [\"postgres://atalaya:hunter2@db/atalaya\"]\n",
            "[store]\nurl = { password = \"hunter2\" }\n",
            "store = \"postgres://atalaya:hunter2@db/atalaya\"\n",
            "[notice]\npassword = hunter2\n",
            "[notice]\npassword = \"hunter2\" \"hunter2\"\n",
            "[notice]\npassword = \"hun\\qter2 hunter2\"\n",
            "[notice]\npassword = \"hunter2\"\npassword = \"hunter2\"\n",
            "[notice]\nrelay = \"smtp.example.net:25\"\npassword = \"hunter2\"\nmax_attempts = \"many\"\n",
            "[notice]\npassword = \"hunter2\", relay = 1\n",
            "[notice\npassword = \"hunter2\"\n",
        ] {
            let told = mistakes(text);
            assert!(!told.contains("hunter2"), "{text}\n{told}");
        }
        for text in [
            "[notice]\npassword = 77777\n",
            "[notice]\npassword = 77777.5\n",
            "[notice]\npassword = 2077-01-01\n",
            "[notice]\npassword = 077777\n",
        ] {
            let told = mistakes(text);
            assert!(told.contains("line 2"), "{told}");
            assert!(!told.contains("77"), "{text}\n{told}");
        }
    }
}

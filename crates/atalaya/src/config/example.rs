//! The commented example file, made from the doc comments and the defaults of the sections.

use std::fmt::Write as _;

use atalaya_model::settings::{Field, Settings};
use toml::Table;

use super::Config;

/// Width at which the manual of an option is wrapped.
const WIDTH: usize = 100;

/// Prints every option with its manual and its default. The options are commented out: the file as it is means the defaults, and keeps
/// meaning the defaults of a later version.
pub(crate) fn example() -> String {
    let mut text = String::from(
        "# Configuration of Atalaya. Every option stands here with its manual and its default;\n\
         # take away the # in front of an option to change it. Unknown keys are refused.\n",
    );
    let defaults = Table::try_from(Config::default()).unwrap_or_default();
    write_section(&mut text, &Config::fields(), &defaults, "");
    text
}

/// Writes the options of a section, then the sections inside, as TOML wants it.
fn write_section(text: &mut String, fields: &[Field], defaults: &Table, path: &str) {
    for field in fields.iter().filter(|field| field.section.is_none()) {
        text.push('\n');
        write_manual(text, &field.manual);
        let default = defaults.get(field.name).map(ToString::to_string);
        let value = default
            .filter(|_| field.example.is_none())
            .or_else(|| field.example.map(str::to_owned));
        let value = value.unwrap_or_else(|| "\"\"".to_owned());
        push_line(text, format_args!("#{} = {value}", field.name));
    }
    for field in fields {
        if let Some(inner) = &field.section {
            let path = format!("{path}{}", field.name);
            text.push('\n');
            write_manual(text, &field.manual);
            push_line(text, format_args!("[{path}]"));
            let none = Table::new();
            let defaults = defaults
                .get(field.name)
                .and_then(toml::Value::as_table)
                .unwrap_or(&none);
            write_section(text, inner, defaults, &format!("{path}."));
        }
    }
}

/// Writes a manual as comment lines of bounded width.
fn write_manual(text: &mut String, manual: &str) {
    let mut line = String::from("#");
    for word in manual.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            push_line(text, format_args!("{line}"));
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    push_line(text, format_args!("{line}"));
}

/// Adds one line.
fn push_line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    _ = writeln!(text, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::load::parse;

    /// The example with every option that it comments out.
    fn uncommented() -> String {
        example()
            .lines()
            .map(|line| option(line).unwrap_or(line).to_owned() + "\n")
            .collect()
    }

    /// The option in a line that comments one out: prose has a space after the sign.
    fn option(line: &str) -> Option<&str> {
        line.strip_prefix('#')
            .filter(|rest| !rest.starts_with(' ') && !rest.is_empty())
    }

    #[test]
    fn the_example_as_it_is_means_the_defaults() {
        assert_eq!(parse(&example()).unwrap(), Config::default());
    }

    #[test]
    fn every_option_of_the_example_can_be_read() {
        let read: Result<Config, _> = toml::from_str(&uncommented());
        assert!(read.is_ok(), "{}\n{}", read.unwrap_err(), uncommented());
    }

    #[test]
    fn every_option_has_a_manual() {
        fn check(fields: &[Field]) {
            for field in fields {
                assert!(!field.manual.trim().is_empty(), "{} has no manual", field.name);
                check(field.section.as_deref().unwrap_or_default());
            }
        }
        check(&Config::fields());
    }
}

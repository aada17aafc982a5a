//! `top`: who asked most today, and about what, as the running server counts it.

use std::fmt;

use atalaya_publish::{KeyUse, TopEntry, TopReport};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Form, line_to, print, print_json};
use crate::cli::Place;
use crate::control::Request;
use crate::folder::Missing;

/// `top`.
#[derive(Debug, Args)]
pub(crate) struct TopCommand {
    #[command(flatten)]
    place: Place,
    /// Entries of each list, at most 1000
    #[arg(long, value_name = "N", default_value_t = 10)]
    most: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What the server has counted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct TopAnswer {
    /// Clients and what they ask.
    #[serde(flatten)]
    pub(crate) report: TopReport,
    /// Questions with each key.
    pub(crate) keys: Vec<KeyUse>,
}

/// Asks and prints.
pub(crate) async fn run(command: TopCommand) -> anyhow::Result<()> {
    let request = Request::Top { most: command.most };
    let answer: TopAnswer = line_to(&command.place, Missing::Refused)
        .await?
        .ask(request)
        .await?;
    match Form::from(command.json) {
        Form::Json => print_json(&answer),
        Form::Text => print(answer),
    }
}

impl fmt::Display for TopAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TopReport {
            since,
            questions,
            clients,
            asked,
        } = &self.report;
        write!(f, "{questions} questions since {since}.")?;
        list(f, "Clients that ask most", clients)?;
        list(f, "Addresses asked about most", asked)?;
        if clients.iter().chain(asked).any(|entry| entry.error > 0) {
            write!(
                f,
                "\n\nA count is never too low; (-N) says by how much it may be too high."
            )?;
        }
        if self.keys.is_empty() {
            return Ok(());
        }
        write!(f, "\n\nQuestions with keys\n")?;
        self.keys.iter().try_for_each(|key| match key.per_day {
            Some(most) => write!(f, "\n{:>12}  {} (of {most} a day)", key.today, key.name),
            None => write!(f, "\n{:>12}  {}", key.today, key.name),
        })
    }
}

/// A list with its heading; nothing where it is empty.
fn list(f: &mut fmt::Formatter<'_>, heading: &str, entries: &[TopEntry]) -> fmt::Result {
    if entries.is_empty() {
        return Ok(());
    }
    write!(f, "\n\n{heading}\n")?;
    for TopEntry {
        who,
        zone,
        count,
        error,
    } in entries
    {
        write!(f, "\n{count:>12}  {who}")?;
        if let Some(zone) = zone {
            write!(f, " in {zone}")?;
        }
        if *error > 0 {
            write!(f, " (-{error})")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_told_with_its_errors_and_keys() {
        let answer = json!({
            "since": "2026-11-26T00:00:00Z", "questions": 1234,
            "clients": [{"who": "198.51.100.7/32", "zone": null, "count": 1000, "error": 0}],
            "asked": [{"who": "192.0.2.99/32", "zone": "spam.bl.test", "count": 90, "error": 3}],
            "keys": [{"name": "mx", "today": 7, "per_day": 100}],
        });
        let text = TopAnswer::deserialize(answer).unwrap().to_string();
        let expected = "1234 questions since 2026-11-26T00:00:00Z.\n\n\
            Clients that ask most\n\n        1000  198.51.100.7\n\n\
            Addresses asked about most\n\n          90  192.0.2.99 in spam.bl.test (-3)\n\n\
            A count is never too low; (-N) says by how much it may be too high.\n\n\
            Questions with keys\n\n           7  mx (of 100 a day)";
        assert_eq!(text, expected);
    }
}

//! `key show`: who has a key, how much and how long it is good for, and what was used of it today, where a server counts it.

use atalaya_model::{Clock, Timestamp};
use atalaya_publish::KeyFile;
use atalaya_web::{KeyShown, KeysOrder};
use clap::Args;
use serde_json::json;

use super::KEYS;
use crate::cli::Place;
use crate::commands::{Form, config_at, print, print_json, until_text};
use crate::config::Config;
use crate::control::{Line, Request};

/// `key show`.
#[derive(Debug, Args)]
pub(crate) struct KeyShow {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one key a line
    #[arg(long)]
    json: bool,
}

/// Who counts the questions of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counts {
    /// The server that runs on the data folder.
    Server,
    /// Nobody: none runs.
    Nobody,
}

/// Shows them.
pub(super) async fn run(show: &KeyShow) -> anyhow::Result<()> {
    let config = config_at(&show.place)?;
    let (keys, counts) = keys(&config).await?;
    let (form, now) = (Form::from(show.json), Clock::system().now());
    for shown in &keys {
        let (name, terms) = (&shown.kept.name, shown.kept.terms);
        match form {
            Form::Json => print_json(&json!({
                "name": name, "per_day": terms.per_day, "since": terms.since, "until": terms.until, "today": shown.today,
            }))?,
            Form::Text => print(terms_text(shown, now))?,
        }
    }
    match (form, keys.is_empty(), counts) {
        (Form::Json, _, _) | (Form::Text, false, Counts::Server) => Ok(()),
        (Form::Text, true, _) => print("Nobody has a key."),
        (Form::Text, false, Counts::Nobody) => {
            print("No server runs on this data folder, and only a running one counts the questions of today.")
        }
    }
}

/// The keys as the server tells them, or as the file has them.
async fn keys(config: &Config) -> anyhow::Result<(Vec<KeyShown>, Counts)> {
    if let Some(mut line) = Line::to_server(config).await {
        let keys = line.ask(Request::Keys(KeysOrder::List)).await?;
        return Ok((keys, Counts::Server));
    }
    let file = KeyFile::read(&config.in_data(KEYS))?.unwrap_or_default();
    let keys = file.keys().iter().cloned();
    let uncounted = keys.map(|kept| KeyShown { kept, today: None });
    Ok((uncounted.collect(), Counts::Nobody))
}

/// A key in a line.
fn terms_text(KeyShown { kept, today }: &KeyShown, now: Timestamp) -> String {
    let terms = kept.terms;
    let most = match terms.per_day {
        Some(most) => most.to_string(),
        None => "any number of".to_owned(),
    };
    let questions = match today {
        Some(today) => format!("{today} of {most} questions today"),
        None => format!("{most} questions a day"),
    };
    let since = terms
        .since
        .map_or_else(String::new, |since| format!(", since {since}"));
    let over = if terms.is_over(now) { " (over)" } else { "" };
    format!(
        "{:<30} {questions}{since}, {}{over}",
        kept.name,
        until_text(terms.until)
    )
}

#[cfg(test)]
mod tests {
    use atalaya_model::Digest;
    use atalaya_publish::{KeptKey, KeyTerms};

    use super::*;

    #[test]
    fn what_was_used_today_is_told_where_somebody_counts_it() {
        let text = |today, per_day| {
            let kept = KeptKey {
                name: "mx".parse().unwrap(),
                digest: Digest([7; 32]),
                terms: KeyTerms {
                    per_day,
                    ..KeyTerms::default()
                },
            };
            let line = terms_text(&KeyShown { kept, today }, Timestamp::EPOCH);
            line.split_once("mx").unwrap().1.trim_start().to_owned()
        };
        assert_eq!(text(Some(7), Some(100)), "7 of 100 questions today, without end");
        assert_eq!(
            text(Some(0), None),
            "0 of any number of questions today, without end"
        );
        assert_eq!(text(None, Some(100)), "100 questions a day, without end");
        assert_eq!(text(None, None), "any number of questions a day, without end");
    }
}

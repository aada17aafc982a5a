//! What can be typed about judging: `simulate`, `rules`, `purge`, `sources`.

use std::path::PathBuf;

use atalaya_model::{Period, Sensor, Timestamp};
use clap::{Args, Subcommand};

use super::Place;

/// `simulate`.
#[derive(Debug, Args)]
pub(crate) struct Simulate {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The file of rules to try
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: PathBuf,
    /// From when on decisions are compared: a date, a moment, or a length of time such as 30d before now
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(crate) since: Begin,
    /// Write a page (HTML, all in one file) about it
    #[arg(long, value_name = "FILE")]
    pub(crate) page: Option<PathBuf>,
    /// Print the report as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `rules`.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Print the rules as their file has them, or those in the program; where they come from is told on standard error
    Show {
        #[command(flatten)]
        place: Place,
        /// Print JSON: the text, its file, its version, the version that is judged by, the one that was saved last on the store where that is another, and
        /// why the file cannot be used
        #[arg(long)]
        json: bool,
    },
    /// Put other rules into the place of the file that decide.rules names; a running server judges by them at once
    Save {
        #[command(flatten)]
        place: Place,
        /// The file of new rules; try it with `atalaya simulate --rules` before
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put back the rules that a save replaced: without --yes, only print what they would do
    Back {
        #[command(flatten)]
        place: Place,
        /// The number of the save in the audit trail, see `atalaya audit --act rules.save`
        #[arg(value_name = "DEED")]
        deed: u64,
        /// Put them into the place of the file, and in force
        #[arg(long, conflicts_with_all = ["text", "since"])]
        yes: bool,
        /// Print their text instead, and change nothing
        #[arg(long, conflicts_with = "since")]
        text: bool,
        /// From when on decisions are compared: a date, a moment, or a length of time such as 30d before now
        #[arg(long, value_name = "TIME", default_value = "7d")]
        since: Begin,
    },
}

/// `purge`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["rule", "sensor", "source", "since"]))]
pub(crate) struct Purge {
    #[command(flatten)]
    pub(crate) place: Place,
    /// What this rule listed: its name, or its name and version such as score/3
    #[arg(long, value_name = "RULE")]
    pub(crate) rule: Option<String>,
    /// What followed from this kind of sensor: trap, replay, log, policy, milter, report, complaint, feed
    #[arg(long)]
    pub(crate) sensor: Option<Sensor>,
    /// What followed from this source: a reporter, a feed, a log
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Only what was seen (with --rule: listed) since then: a date, a moment, or a length of time before now
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Begin>,
    /// Only what was seen (with --rule: listed) before then
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Begin>,
    /// Only say what would leave; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print the result as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `sources`.
#[derive(Debug, Args)]
pub(crate) struct Sources {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Print JSON, one source a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// A moment in the past, as typed: itself, or how long ago.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begin {
    /// A moment.
    At(Timestamp),
    /// So long ago.
    Before(Period),
}

impl Begin {
    /// The moment that is meant, if it is `now`.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::Before(period) => now.minus(period.duration()),
        }
    }
}

impl std::str::FromStr for Begin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(period) = text.parse() {
            return Ok(Self::Before(period));
        }
        let moment = text.parse().map(Self::At);
        moment.map_err(|_bad: atalaya_model::BadTimestamp| {
            format!(
                "`{text}` is no time: write 2026-11-01, 2026-11-01T18:00:00Z, or how long ago, such as 30d"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_moment_or_so_long_ago() {
        let now = Timestamp::from_seconds(40 * 86_400);
        let of = |text: &str| text.parse::<Begin>().map(|begin| begin.moment(now));
        assert_eq!(of("30d"), Ok(Timestamp::from_seconds(10 * 86_400)));
        assert_eq!(of("1970-01-02"), Ok(Timestamp::from_seconds(86_400)));
        assert!(of("yesterday").is_err());
    }
}

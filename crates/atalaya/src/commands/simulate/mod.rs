//! `simulate`: other rules over the kept observations, told as a table, as JSON and as a page.

mod page;

use anyhow::Context;
use atalaya_decide::simulate::{Example, Group, Report};
use atalaya_model::Clock;

use super::{Form, line_to, print, print_json, until_text};
use crate::cli::Simulate;
use crate::config::read_rules;
use crate::control::Request;
use crate::folder::Missing;

/// Examples of each group in the table; the page and JSON have more.
const MOST_SHOWN: usize = 5;

/// Simulates, and prints the report.
pub(crate) async fn run(command: Simulate) -> anyhow::Result<()> {
    // Here, so that a mistake is told before anything is opened.
    let (_rules, text) = read_rules(&command.rules)?;
    let since = command.since.moment(Clock::system().now());
    let mut line = line_to(&command.place, Missing::Refused).await?;
    let report: Report = line.ask(Request::Simulate { rules: text, since }).await?;
    if let Some(path) = &command.page {
        std::fs::write(path, page::page(&report))
            .with_context(|| format!("cannot write the page {}", path.display()))?;
    }
    match Form::from(command.json) {
        Form::Json => print_json(&report),
        Form::Text => print_report(&report),
    }
}

/// The groups in the order of their interest, each with its name.
fn groups(report: &Report) -> [(&'static str, &Group); 5] {
    [
        ("added: listed by the tried rules only", &report.added),
        ("dropped: listed by the present rules only", &report.dropped),
        ("moved: listed by both, at other times", &report.moved),
        ("kept: listed by both alike", &report.kept),
        ("protected: would be listed if they could", &report.protected),
    ]
}

/// The share of a group that left through the page, in percent.
fn removed_share(group: &Group) -> String {
    match group.count {
        0 => "-".to_owned(),
        count => {
            let per_mille = group
                .removed
                .saturating_mul(1_000)
                .checked_div(count)
                .unwrap_or_default();
            format!("{}.{} %", per_mille / 10, per_mille % 10)
        }
    }
}

/// Prints what other rules would do, as a table.
pub(crate) fn print_report(report: &Report) -> anyhow::Result<()> {
    let Report { present, tried, .. } = report;
    let (old, new) = (&report.present_version, &report.tried_version);
    let since = report.since.map(|at| at.to_string()).unwrap_or_default();
    print(format_args!(
        "{} observations, decisions since {since}\n",
        report.observations
    ))?;
    print(format_args!("{:<44}{old:>14}{new:>14}", "rules"))?;
    for (what, one, two) in [
        ("decisions to list", present.listed, tried.listed),
        ("decisions to extend", present.extended, tried.extended),
        ("listings that reached their end", present.expired, tried.expired),
        ("most listed at once", present.most, tried.most),
        ("listed at the end", present.last, tried.last),
    ] {
        print(format_args!("{what:<44}{one:>14}{two:>14}"))?;
    }
    print(format_args!(
        "\n{:<44}{:>14}{:>14}",
        "addresses", "", "later removed"
    ))?;
    for (name, group) in groups(report) {
        print(format_args!(
            "{name:<44}{:>14}{:>14}",
            group.count,
            removed_share(group)
        ))?;
        group
            .examples
            .iter()
            .take(MOST_SHOWN)
            .try_for_each(print_example)?;
    }
    Ok(())
}

fn print_example(example: &Example) -> anyhow::Result<()> {
    let (prefix, class) = (example.prefix, example.class);
    let removed = if example.removed {
        ", removed by its holder"
    } else {
        ""
    };
    print(format_args!(
        "  {prefix:<20} {class:<6} from {} {}, score {:.2}{removed}: {}",
        example.since,
        until_text(example.until),
        example.score,
        example.reason
    ))
}

//! `sources`: what the word of every source has proven to be worth.

use super::{Form, line_to, print, print_json};
use crate::cli::Sources;
use crate::control::{Request, SourceWorth};
use crate::folder::Missing;

/// Prints a line for each source.
pub(crate) async fn run(command: Sources) -> anyhow::Result<()> {
    let mut line = line_to(&command.place, Missing::Refused).await?;
    let sources: Vec<SourceWorth> = line.ask(Request::Sources).await?;
    if Form::from(command.json) == Form::Json {
        return sources.iter().try_for_each(print_json);
    }
    if sources.is_empty() {
        return print("Nothing is known of any source yet: no listing has ended.");
    }
    print(format_args!(
        "{:<10} {:<32} {:>9} {:>9} {:>6}  last",
        "sensor", "source", "stood", "fell", "worth"
    ))?;
    sources.iter().try_for_each(|one| {
        let source = if one.source.is_empty() { "-" } else { &one.source };
        print(format_args!(
            "{:<10} {source:<32} {:>9.1} {:>9.1} {:>6.2}  {}",
            one.sensor.name(),
            one.stood,
            one.fell,
            one.worth,
            one.as_of.date()
        ))
    })
}

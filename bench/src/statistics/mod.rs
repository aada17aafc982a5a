//! Statistics of a world of bots whose truth is known (`atalaya_testkit::bots`): whether they find it, and what that costs.
//!
//! In: `day`, `week`, `trap`, or none for all; `--one-of N` takes one of N bots in `day`, `--binary FILE` names the server in `trap`. Out: tables in the shape of
//! those of 2008 beside the truth, precision and recall, errors, seconds, bytes. It fails where what must be exact is not.

mod day;
mod found;
mod halves;
mod record;
mod scene;
mod tables;
mod trap;
mod week;

use anyhow::Context;

/// What all of it follows from.
const SEED: u64 = 2008;
/// The week has one of so many bots, so that seven days are recorded in minutes.
const WEEK: u32 = 20;
/// What really connects to the trap is one of so many.
const TRAP: u32 = 52;

/// Runs the benchmark and prints its tables.
pub(crate) fn run(arguments: &[String]) -> anyhow::Result<()> {
    let is_asked = |part: &str| {
        let parts = ["day", "week", "trap"];
        let asked = |argument: &String| parts.contains(&argument.as_str());
        !arguments.iter().any(asked) || arguments.iter().any(|argument| argument == part)
    };
    let one_of = match arguments.iter().position(|argument| argument == "--one-of") {
        Some(at) => arguments
            .get(at + 1)
            .context("--one-of needs a number")?
            .parse()?,
        None => 1,
    };
    let runtime = tokio::runtime::Runtime::new()?;
    if is_asked("week") {
        runtime.block_on(week::run(WEEK))?;
    }
    if is_asked("trap") {
        runtime.block_on(trap::run(TRAP, arguments))?;
    }
    if is_asked("day") {
        runtime.block_on(day::run(one_of))?;
    }
    Ok(())
}

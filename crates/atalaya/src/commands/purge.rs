//! `purge`: what followed from observations or a rule is taken back.

use atalaya_decide::purge::{Mode, Purged, Wish};
use atalaya_model::Clock;

use super::{Form, line_to, print, print_json};
use crate::cli::Purge;
use crate::control::Request;
use crate::folder::Missing;

/// Purges, and prints what left.
pub(crate) async fn run(command: Purge) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let wish = Wish {
        rule: command.rule,
        sensor: command.sensor,
        source: command.source,
        since: command.since.map(|begin| begin.moment(now)),
        until: command.until.map(|end| end.moment(now)),
    };
    let mode = if command.dry_run { Mode::Dry } else { Mode::Real };
    let mut line = line_to(&command.place, Missing::Refused).await?;
    let purged: Purged = line.ask(Request::Purge { wish, mode }).await?;
    if Form::from(command.json) == Form::Json {
        return print_json(&purged);
    }
    let leave = match mode {
        Mode::Dry => "listings that would leave",
        Mode::Real => "listings that left",
    };
    for (what, count) in [
        ("addresses that these observations spoke against", purged.units),
        (leave, purged.withdrawn),
        ("listings that stand without them", purged.standing),
    ] {
        print(format_args!("{what:<48}{count:>12}"))?;
    }
    for one in &purged.sample {
        let (prefix, class) = (one.prefix, one.class);
        print(format_args!(
            "  {prefix:<20} {class:<9} since {}  {}",
            one.since, one.reason
        ))?;
    }
    let hidden = purged.withdrawn.saturating_sub(purged.sample.len() as u64);
    if hidden > 0 {
        print(format_args!("  and {hidden} more"))?;
    }
    Ok(())
}

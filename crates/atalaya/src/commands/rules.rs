//! `rules`: the rules of judging as they stand, others in their place, and the former ones again.

use atalaya_model::Clock;
use atalaya_store::DeedId;
use atalaya_web::RulesShown;

use super::simulate::print_report;
use super::{line_to, print, print_json};
use crate::cli::RulesCommand;
use crate::config::read_rules;
use crate::control::{Line, Request};
use crate::folder::Missing;
use crate::rulebook::RulesRequest;

/// Shows or saves.
pub(crate) async fn run(command: RulesCommand) -> anyhow::Result<()> {
    match command {
        RulesCommand::Show { place, json } => {
            let mut line = line_to(&place, Missing::Refused).await?;
            let shown: RulesShown = line.ask(Request::Rules(RulesRequest::Show)).await?;
            if json {
                return print_json(&shown);
            }
            print(shown.text.trim_end())
        }
        RulesCommand::Save { place, file } => {
            // Here, so that a mistake is told with the name of this file.
            let (_rules, text) = read_rules(&file)?;
            let mut line = line_to(&place, Missing::Refused).await?;
            let present: RulesShown = line.ask(Request::Rules(RulesRequest::Show)).await?;
            let save = RulesRequest::Save {
                text,
                instead_of: present.digest,
                undoes: None,
            };
            let saved: RulesShown = line.ask(Request::Rules(save)).await?;
            let file = saved.file.unwrap_or_default();
            print(format_args!(
                "{file} holds version \"{}\", which is judged by from now on. If another text stood there, it is in {file}.before.",
                saved.in_force
            ))
        }
        RulesCommand::Back {
            place,
            deed,
            yes,
            text,
            since,
        } => {
            let mut line = line_to(&place, Missing::Refused).await?;
            let deed = DeedId(deed);
            let replaced: String = line.ask(Request::Rules(RulesRequest::Replaced { deed })).await?;
            if text {
                return print(replaced.trim_end());
            }
            if yes {
                return put_back(&mut line, deed, replaced).await;
            }
            let since = since.moment(Clock::system().now());
            let rules = replaced;
            let report = line.ask(Request::Simulate { rules, since }).await?;
            print_report(&report)?;
            print(format_args!(
                "\nNothing was changed. To put them back: atalaya rules back {deed} --yes"
            ))
        }
    }
}

/// Puts the rules back that a save replaced.
async fn put_back(line: &mut Line, deed: DeedId, text: String) -> anyhow::Result<()> {
    let present: RulesShown = line.ask(Request::Rules(RulesRequest::Show)).await?;
    let save = RulesRequest::Save {
        text,
        instead_of: present.digest,
        undoes: Some(deed),
    };
    let saved: RulesShown = line.ask(Request::Rules(save)).await?;
    print(format_args!(
        "{} holds version \"{}\" again, which is judged by from now on.",
        saved.file.unwrap_or_default(),
        saved.in_force
    ))
}

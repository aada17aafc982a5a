//! `rules`: the rules of judging as they stand, and others in their place.

use atalaya_web::RulesShown;

use super::{line_to, print, print_json};
use crate::cli::RulesCommand;
use crate::config::read_rules;
use crate::control::Request;
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
            };
            let saved: RulesShown = line.ask(Request::Rules(save)).await?;
            let file = saved.file.unwrap_or_default();
            print(format_args!(
                "{file} holds version \"{}\", which is judged by from now on. If another text stood there, it is in {file}.before.",
                saved.in_force
            ))
        }
    }
}

//! `rules`: the rules of judging as they stand, others in their place, and the former ones again.

use std::io::Write;

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
            print(shown.text.trim_end())?;
            // Apart from the text, which goes into a file as it is.
            drop(writeln!(std::io::stderr(), "{}", whence(&shown)));
            Ok(())
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
                "{file} holds version \"{}\", which is judged by from now on (SHA-256 {}). If another text stood there, it is in {file}.before.",
                saved.in_force, saved.digest
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

/// Where the rules in force come from, and what there is to do about it.
fn whence(shown: &RulesShown) -> String {
    let RulesShown { in_force, digest, .. } = shown;
    let mut lines = match &shown.file {
        None => format!(
            "Judged by version \"{in_force}\", which is built into the program (SHA-256 {digest}), as decide.rules names no file. To save others: \
             `atalaya rules show > FILE`, name that file in decide.rules, and start again."
        ),
        Some(file) if shown.is_in_force => {
            format!("Judged by version \"{in_force}\", of {file} (SHA-256 {digest}).")
        }
        Some(file) => format!(
            "Judged by version \"{in_force}\", which is not the text of {file} (SHA-256 {digest}) above: `atalaya rules save {file}` or a restart puts \
             that in force."
        ),
    };
    if let Some(trouble) = &shown.trouble {
        lines.push_str(&format!("\nThat text cannot be used:\n{trouble}"));
    }
    if let Some(last) = &shown.saved_last {
        let why = match shown.file {
            None => "without a file in decide.rules this server does not take it up",
            Some(_) => "the file was changed here since, or could not be written",
        };
        lines.push_str(&format!(
            "\nVersion \"{last}\" was saved last on this store: {why}."
        ));
    }
    lines
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

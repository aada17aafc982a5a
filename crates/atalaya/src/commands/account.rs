//! `account invite`, `account list`, `account role`, `account disable`, `account enable`, `account reset`: who may sign in at the console.

use atalaya_model::{AccountName, Role};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Form, line_to, print, print_json};
use crate::access::{AccessRequest, AccountAct, AccountLine};
use crate::cli::Place;
use crate::control::Request;
use crate::folder::Missing;

/// `account`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make a link by which somebody makes an account: it holds once, and is shown once
    Invite(Invite),
    /// Show the accounts
    List(ListAccounts),
    /// Give an account another role
    Role(GiveRole),
    /// Close an account: its sessions and tokens end at once
    Disable(OneAccount),
    /// Open a closed account again
    Enable(OneAccount),
    /// Take password, second factor and recovery codes from an account, and make a link by which it gets new ones
    Reset(Reset),
}

/// `account invite`.
#[derive(Debug, Args)]
pub(crate) struct Invite {
    #[command(flatten)]
    place: Place,
    /// The name of the account
    name: AccountName,
    /// What it may do: viewer, desk, operator, administrator
    #[arg(long)]
    role: Role,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `account list`.
#[derive(Debug, Args)]
pub(crate) struct ListAccounts {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one account a line
    #[arg(long)]
    json: bool,
}

/// `account role`.
#[derive(Debug, Args)]
pub(crate) struct GiveRole {
    #[command(flatten)]
    place: Place,
    /// The account
    name: AccountName,
    /// What it may do from now on: viewer, desk, operator, administrator
    role: Role,
}

/// `account disable` and `account enable`.
#[derive(Debug, Args)]
pub(crate) struct OneAccount {
    #[command(flatten)]
    place: Place,
    /// The account
    name: AccountName,
}

/// `account reset`.
#[derive(Debug, Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    place: Place,
    /// The account
    name: AccountName,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs one of them.
pub(crate) async fn run(command: AccountCommand) -> anyhow::Result<()> {
    match command {
        AccountCommand::Invite(Invite {
            place,
            name,
            role,
            json,
        }) => {
            let asked = AccessRequest::Invite { name, role };
            print_link(
                &ask::<String>(&place, asked, Missing::Made).await?,
                Form::from(json),
            )
        }
        AccountCommand::List(list) => run_list(&list).await,
        AccountCommand::Role(GiveRole { place, name, role }) => {
            change(&place, name.clone(), AccountAct::Role(role)).await?;
            print(format_args!("{name} is {role} now."))
        }
        AccountCommand::Disable(OneAccount { place, name }) => {
            change(&place, name.clone(), AccountAct::Disable).await?;
            print(format_args!(
                "{name} is closed; its sessions and tokens have ended."
            ))
        }
        AccountCommand::Enable(OneAccount { place, name }) => {
            change(&place, name.clone(), AccountAct::Enable).await?;
            print(format_args!("{name} is open again."))
        }
        AccountCommand::Reset(Reset { place, name, json }) => {
            let asked = AccessRequest::Reset { name };
            print_link(
                &ask::<String>(&place, asked, Missing::Refused).await?,
                Form::from(json),
            )
        }
    }
}

async fn ask<T: serde::de::DeserializeOwned>(
    place: &Place,
    asked: AccessRequest,
    missing: Missing,
) -> anyhow::Result<T> {
    line_to(place, missing).await?.ask(Request::Access(asked)).await
}

async fn change(place: &Place, name: AccountName, change: AccountAct) -> anyhow::Result<()> {
    ask(place, AccessRequest::Change { name, change }, Missing::Refused).await
}

/// Prints a link that nobody can print again.
fn print_link(link: &str, form: Form) -> anyhow::Result<()> {
    match form {
        Form::Json => print_json(&json!({ "link": link })),
        Form::Text => print(format_args!(
            "{link}\nIt works once and cannot be shown again: give it to whom it is for."
        )),
    }
}

async fn run_list(list: &ListAccounts) -> anyhow::Result<()> {
    let accounts: Vec<AccountLine> = ask(&list.place, AccessRequest::Accounts, Missing::Refused).await?;
    let form = Form::from(list.json);
    accounts.iter().try_for_each(|account| match form {
        Form::Json => print_json(account),
        Form::Text => print(format_args!(
            "{:<24} {:<14} {:<8} {:<17} since {}",
            account.name,
            account.role,
            account.state,
            if account.second_factor {
                "second factor"
            } else {
                "no second factor"
            },
            account.since.date()
        )),
    })?;
    match (form, accounts.is_empty()) {
        (Form::Text, true) => {
            print("There is no account: `account invite NAME --role administrator` begins.")
        }
        _ => Ok(()),
    }
}

//! `token create`, `token list`, `token revoke`: with what programs call the console.

use atalaya_model::{AccessScope, AccountName, Clock, Role};
use atalaya_store::AccessToken;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Form, line_to, print, print_json, until_text};
use crate::access::AccessRequest;
use crate::cli::{End, Place};
use crate::control::Request;
use crate::folder::Missing;

/// `token`.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token; it is shown once and kept nowhere
    Create(Create),
    /// Show the tokens, without what opens anything
    List(ListTokens),
    /// Revoke a token, at once
    Revoke(Revoke),
}

/// `token create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    #[command(flatten)]
    place: Place,
    /// The name of the token
    name: AccountName,
    /// What it is for: read, list, allow, evidence, notices, administer. May be repeated
    #[arg(long, required = true)]
    scope: Vec<AccessScope>,
    /// The most that it may do; without this, what its scopes take
    #[arg(long)]
    role: Option<Role>,
    /// The end: 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 90d; without it the token has no end
    #[arg(long, value_name = "TIME")]
    until: Option<End>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `token list`.
#[derive(Debug, Args)]
pub(crate) struct ListTokens {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one token a line
    #[arg(long)]
    json: bool,
}

/// `token revoke`.
#[derive(Debug, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    place: Place,
    /// The token
    name: AccountName,
}

/// Runs one of the three.
pub(crate) async fn run(command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create(create) => run_create(create).await,
        TokenCommand::List(list) => run_list(&list).await,
        TokenCommand::Revoke(Revoke { place, name }) => {
            let mut line = line_to(&place, Missing::Refused).await?;
            let asked = AccessRequest::RevokeToken { name: name.clone() };
            line.ask::<()>(Request::Access(asked)).await?;
            print(format_args!("{name} opens nothing any more."))
        }
    }
}

async fn run_create(create: Create) -> anyhow::Result<()> {
    let Create {
        place,
        name,
        mut scope,
        role,
        until,
        json,
    } = create;
    scope.sort_unstable();
    scope.dedup();
    let least = scope.iter().map(|scope| scope.least_role()).max();
    let asked = AccessRequest::MakeToken {
        name: name.clone(),
        role: role.or(least).unwrap_or(Role::Viewer),
        scopes: scope,
        ends_at: until.map(|end| end.moment(Clock::system().now())),
    };
    let mut line = line_to(&place, Missing::Made).await?;
    let token: String = line.ask(Request::Access(asked)).await?;
    match Form::from(json) {
        Form::Json => print_json(&json!({ "name": name, "token": token })),
        Form::Text => print(format_args!(
            "Token of {name}: {token}\nSend it as `Authorization: Bearer`. It is kept nowhere and cannot be shown again."
        )),
    }
}

async fn run_list(list: &ListTokens) -> anyhow::Result<()> {
    let mut line = line_to(&list.place, Missing::Refused).await?;
    let tokens: Vec<AccessToken> = line.ask(Request::Access(AccessRequest::Tokens)).await?;
    let form = Form::from(list.json);
    tokens.iter().try_for_each(|token| match form {
        Form::Json => print_json(token),
        Form::Text => {
            let scopes = token.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>();
            let used = token
                .used_at
                .map_or("never used".to_owned(), |at| format!("last used {at}"));
            print(format_args!(
                "{:<24} {:<14} {:<24} {}, made by {}, {used}",
                token.name,
                token.role,
                scopes.join(","),
                until_text(token.ends_at),
                token.made_by
            ))
        }
    })?;
    match (form, tokens.is_empty()) {
        (Form::Text, true) => print("There is no token."),
        _ => Ok(()),
    }
}

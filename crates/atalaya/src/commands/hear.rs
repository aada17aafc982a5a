//! `hear`: mail that came back to notices, from files or from a mail server's pipe.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use atalaya_formats::message::Head;
use atalaya_notify::{HeardMail, MAX_MAIL};
use atalaya_observe::replay::{Cut, mails};
use clap::Args;

use super::{Form, line_to, print, print_json};
use crate::cli::Place;
use crate::control::{Bytes, Line, Request};
use crate::folder::Missing;
use crate::hearing::RepliesRequest;

/// Fields in which mail servers write whom a mail came to, the surest first.
const RECIPIENTS: &[&str] = &["X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To"];
/// Longest recipient that is taken from a field.
const MAX_RECIPIENT: usize = 320;

/// `hear`.
#[derive(Debug, Args)]
pub(crate) struct HearCommand {
    #[command(flatten)]
    place: Place,
    /// Mails (.eml, mbox, Maildir, folders of them), or - for one mail on standard input
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// The address that they came to; without it, what X-Original-To or Delivered-To says
    #[arg(long, value_name = "ADDRESS")]
    recipient: Option<String>,
    /// Print JSON, one mail a line
    #[arg(long)]
    json: bool,
}

/// The mail is to be given to us again: a mail server keeps it in its queue (`EX_TEMPFAIL` of sysexits).
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the mail could not be heard now; give it again")]
pub(crate) struct TryAgain;

/// Hears each mail.
pub(crate) async fn run(command: HearCommand) -> anyhow::Result<()> {
    let place = &command.place;
    let mut line = line_to(place, Missing::Refused).await.context(TryAgain)?;
    let form = Form::from(command.json);
    let mut left = 0_u64;
    for path in &command.paths {
        if path == Path::new("-") {
            let recipient = command.recipient.as_deref();
            hear(&mut line, ("-", recipient), standard_input()?, form).await?;
            continue;
        }
        for mail in mails(std::slice::from_ref(path), MAX_MAIL, Cut::Mboxes)? {
            match mail.bytes {
                Ok(bytes) => {
                    let from = (mail.origin.as_str(), command.recipient.as_deref());
                    hear(&mut line, from, bytes, form).await?;
                }
                Err(why) => {
                    left = left.saturating_add(1);
                    print(format_args!("{}: not heard: {why}", mail.origin))?;
                }
            }
        }
    }
    match left {
        0 => Ok(()),
        left => bail!("{left} mails were not heard"),
    }
}

/// A mail on standard input.
fn standard_input() -> anyhow::Result<Vec<u8>> {
    let most = u64::try_from(MAX_MAIL).unwrap_or(u64::MAX);
    let mut mail = Vec::new();
    let mut input = std::io::stdin().lock().take(most.saturating_add(1));
    input
        .read_to_end(&mut mail)
        .context("standard input cannot be read")?;
    if mail.len() > MAX_MAIL {
        bail!("the mail is longer than {MAX_MAIL} bytes");
    }
    Ok(mail)
}

/// Hears one mail and tells what was made of it.
async fn hear(
    line: &mut Line,
    (origin, recipient): (&str, Option<&str>),
    mail: Vec<u8>,
    form: Form,
) -> anyhow::Result<()> {
    let recipient = recipient.map_or_else(|| recipient_of(&mail), str::to_owned);
    let mail = Bytes(mail);
    let request = Request::Replies(RepliesRequest::Hear { mail, recipient });
    let heard: HeardMail = line.ask(request).await.context(TryAgain)?;
    match form {
        Form::Json => print_json(&heard),
        Form::Text => print(format_args!("{origin}: {}", sentence(&heard))),
    }
}

/// The address that a mail came to, as the mail server wrote it on top.
fn recipient_of(mail: &[u8]) -> String {
    let head = Head::read(mail);
    let field = RECIPIENTS.iter().find_map(|name| head.first(name));
    let line = field.map(|field| field.line(MAX_RECIPIENT)).unwrap_or_default();
    line.trim_matches(['<', '>', ' ']).to_owned()
}

/// What was made of a mail, as a sentence.
fn sentence(heard: &HeardMail) -> String {
    let HeardMail {
        kind,
        confidence,
        action,
        notice,
        ..
    } = heard;
    let about = notice.map_or_else(|| "no notice of ours".to_owned(), |id| format!("notice {id}"));
    let known = if heard.known { ", heard before" } else { "" };
    format!("{kind} ({confidence}%), {action}, about {about}{known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whom_a_mail_came_to_stands_on_top() {
        let of = |mail: &str| recipient_of(mail.as_bytes());
        assert_eq!(
            of("Delivered-To: <a@b.example>\nX-Original-To: a+1@b.example\n\n"),
            "a+1@b.example"
        );
        assert_eq!(
            of("Delivered-To: <a@b.example>\nTo: c@d.example\n\n"),
            "a@b.example"
        );
        assert_eq!(of("To: c@d.example\n\nX-Original-To: a@b.example"), "");
    }
}

//! `complaint`: what complaints that one has would be recorded as. Records nothing.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use atalaya_formats::complaint::{Complaint, How, MAX_JSON_BYTES};
use atalaya_model::{Clock, Observation, Prefix};
use atalaya_observe::complaints::{Brought, ComplaintsConfig, complaint, observation};
use atalaya_observe::replay::{Cut, mails};
use clap::Args;
use serde_json::{Value, json};

use super::{Form, config_at, print, print_json};
use crate::cli::Place;
use crate::config::Config;

/// `complaint`.
#[derive(Debug, Args)]
pub(crate) struct ComplaintCommand {
    #[command(flatten)]
    place: Place,
    /// Mails (.eml, mbox, Maildir, folders of them) or X-ARF documents (JSON)
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// A relay or network of relays of the reporter, which the mail complained about passed. May be repeated
    #[arg(long, value_name = "PREFIX")]
    trust: Vec<Prefix>,
    /// Print JSON, one complaint a line
    #[arg(long)]
    json: bool,
}

/// What is told, and how often.
struct Work<'a> {
    rules: ComplaintsConfig,
    trust: &'a [Prefix],
    form: Form,
    brought: Brought,
    read: u64,
    unusable: u64,
}

/// Tells of each complaint; fails where one of them would not be recorded.
pub(crate) fn run(command: &ComplaintCommand) -> anyhow::Result<()> {
    let place = &command.place;
    let config = if place.config.is_none() && place.data.is_none() {
        Config::default()
    } else {
        config_at(place)?
    };
    let mut work = Work {
        rules: config.complaints,
        trust: &command.trust,
        form: Form::from(command.json),
        brought: Brought {
            by: None,
            at: Clock::system().now(),
        },
        read: 0,
        unusable: 0,
    };
    for path in &command.paths {
        let document = document(path).with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(document) = document {
            work.take(&path.display().to_string(), &document)?;
            continue;
        }
        for mail in mails(
            std::slice::from_ref(path),
            config.trap.max_message_size.bytes(),
            Cut::Mboxes,
        )? {
            match mail.bytes {
                Ok(bytes) => work.take(&mail.origin, &bytes)?,
                Err(why) => work.refuse(&mail.origin, &why, None)?,
            }
        }
    }
    match work.unusable {
        0 => Ok(()),
        unusable => bail!("{unusable} of {} would not be recorded", work.read),
    }
}

/// The bytes of a file that holds a JSON document; none where it holds something else. What is too long is cut, and then refused.
fn document(path: &Path) -> io::Result<Option<Vec<u8>>> {
    if !path.metadata()?.is_file() {
        return Ok(None);
    }
    let limit = u64::try_from(MAX_JSON_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(Some(bytes).filter(|bytes| bytes.trim_ascii_start().starts_with(b"{")))
}

impl Work<'_> {
    /// Reads one complaint and tells what would become of it.
    fn take(&mut self, origin: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let complaint = match complaint(bytes, &self.rules, self.brought, self.trust) {
            Ok(complaint) => complaint,
            Err(why) => return self.refuse(origin, &why, None),
        };
        match observation(&complaint, bytes, &self.rules, self.brought) {
            Ok(observation) => {
                self.read = self.read.saturating_add(1);
                self.tell(origin, &complaint, Ok(&observation))
            }
            Err(why) => self.refuse(origin, &why, Some(&complaint)),
        }
    }

    /// Tells why there is nothing to record.
    fn refuse(
        &mut self,
        origin: &str,
        why: &dyn std::fmt::Display,
        complaint: Option<&Complaint>,
    ) -> anyhow::Result<()> {
        self.read = self.read.saturating_add(1);
        self.unusable = self.unusable.saturating_add(1);
        match (complaint, self.form) {
            (Some(complaint), Form::Json) => self.tell(origin, complaint, Err(why)),
            (None, Form::Json) => {
                print_json(&json!({"file": origin, "recorded": false, "reason": why.to_string()}))
            }
            (_, Form::Text) => print(format_args!("{origin}: not recorded: {why}")),
        }
    }

    fn tell(
        &self,
        origin: &str,
        complaint: &Complaint,
        made: Result<&Observation, &dyn std::fmt::Display>,
    ) -> anyhow::Result<()> {
        match self.form {
            Form::Json => print_json(&self.described(origin, complaint, made)),
            Form::Text => print(format_args!("{origin}: {}", self.sentence(complaint))),
        }
    }

    /// The reporter, by the name that is configured for him or else by that of his report.
    fn reporter(&self, complaint: &Complaint) -> Option<String> {
        let domain = complaint.reporter_domain()?;
        let known = self
            .rules
            .reporter(&domain, None)
            .map(|known| known.domain.clone());
        Some(known.unwrap_or(domain))
    }

    /// The complaint as a sentence.
    fn sentence(&self, complaint: &Complaint) -> String {
        let found = complaint.source.map(|source| match source.how {
            How::Derived => format!("{} (derived)", source.address),
            How::Stated => format!("{} (stated, {})", source.address, source.agreement.name()),
        });
        let domain = self.reporter(complaint).unwrap_or_else(|| "nobody".to_owned());
        format!(
            "{} by {}, incidents: {}, at {}, told by {domain} in {} {}",
            complaint.abuse,
            found.unwrap_or_default(),
            complaint.incidents,
            complaint
                .arrived
                .map_or_else(|| "an unknown time".to_owned(), |at| at.to_string()),
            complaint.format.name(),
            complaint.version,
        )
        .trim_end()
        .to_owned()
    }

    /// The complaint with everything that was read, for programs.
    fn described(
        &self,
        origin: &str,
        complaint: &Complaint,
        made: Result<&Observation, &dyn std::fmt::Display>,
    ) -> Value {
        let source = complaint.source.ok();
        let domain = self.reporter(complaint);
        json!({
            "file": origin,
            "recorded": made.is_ok(),
            "reason": made.err().map(ToString::to_string),
            "observation": made.ok(),
            "format": complaint.format.name(),
            "version": complaint.version,
            "kind": complaint.abuse.name(),
            "word": complaint.word,
            "source": source.map(|source| source.address),
            "found": source.map(|source| source.how.name()),
            "agreement": source.map(|source| source.agreement.name()),
            "source_port": complaint.source_port,
            "at": complaint.arrived,
            "incidents": complaint.incidents,
            "organisation": complaint.reporter.organisation,
            "mailbox": complaint.reporter.mailbox,
            "user_agent": complaint.reporter.user_agent,
            "reporter": domain,
            "mail_from": complaint.mail_from,
            "recipients": complaint.recipients,
            "domains": complaint.domains,
            "uris": complaint.uris,
            "redacted": complaint.is_redacted,
            "message_size": complaint.message.as_ref().map(|message| message.bytes.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_told_from_a_mail() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for (bytes, is_document) in [
            (&b" \n{}"[..], true),
            (b"From: a@b.example\n", false),
            (b"", false),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(document(&path).unwrap().is_some(), is_document, "{bytes:?}");
        }
        assert_eq!(document(folder.path()).unwrap(), None);
        assert!(document(&folder.path().join("absent")).is_err());
    }
}

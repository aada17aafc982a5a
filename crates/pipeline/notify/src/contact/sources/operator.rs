//! The operator's own file: whom to tell about his customers, or that nobody is to be told.
//!
//! It is looked at for each search and read again when it has changed. A file that is wrong is told, and the last good one holds;
//! before there was one, nobody else is asked, because it may say that nobody is to be told.

use std::path::{Path, PathBuf};

use atalaya_formats::Holding;
use atalaya_formats::contacts::ListedContacts;
use atalaya_model::{Confidence, ContactSource, MailAddress, Timestamp};
use tokio::sync::Mutex;

use super::Source;
use crate::contact::answer::{Answer, Outcome};
use crate::contact::stamp::Stamp;
use crate::contact::step::{Search, in_full};

/// The largest file that is read, in bytes: a million lines.
const MAX_SIZE: u64 = 64 << 20;

/// The file, if there is one.
#[derive(Debug)]
pub(super) struct Operator {
    path: Option<PathBuf>,
    known: Mutex<Known>,
}

/// What was read last.
#[derive(Debug, Default)]
struct Known {
    stamp: Option<Stamp>,
    /// None before there was a good one.
    listed: Option<ListedContacts>,
    made_at: Option<Timestamp>,
    /// Why the file as it is now cannot be used.
    trouble: Option<String>,
}

impl Operator {
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Self {
            path,
            known: Mutex::default(),
        }
    }

    /// What the operator says.
    pub(super) async fn ask(&self, search: &mut Search) -> Outcome {
        let Some(path) = self.path.as_deref() else {
            return Outcome::Unknown;
        };
        search.begin();
        let mut known = self.known.lock().await;
        known.refresh(path).await;
        let asked = path.display().to_string();
        if let Some(why) = &known.trouble {
            let told = format!("the file cannot be used, the last good one holds: {why}");
            search.end(Source::Operator.name(), asked.clone(), told);
        }
        let Some(listed) = &known.listed else {
            let why = known.trouble.as_deref().unwrap_or_default();
            return Outcome::Failed(format!("contact.file {asked} cannot be used: {why}"));
        };
        let Some((prefix, mailboxes)) = listed.around(search.address) else {
            search.end(Source::Operator.name(), asked, "does not name this address");
            return Outcome::Unknown;
        };
        let answer = Answer {
            prefix,
            network: String::new(),
            holding: Holding::Assigned,
            addresses: mailboxes.to_vec(),
            source: ContactSource::Operator { file: asked.clone() },
            confidence: Confidence::FULL,
            dated: known.made_at,
        };
        let names: Vec<_> = mailboxes.iter().map(MailAddress::as_str).collect();
        if names.is_empty() {
            search.end(
                Source::Operator.name(),
                asked,
                format!("{prefix}: nobody is to be told"),
            );
            return Outcome::NobodyAtAll(answer);
        }
        search.end(
            Source::Operator.name(),
            asked,
            format!("{prefix}: {}", names.join(", ")),
        );
        Outcome::Contact(answer)
    }
}

impl Known {
    /// Reads the file if it is not the one that was read last.
    async fn refresh(&mut self, path: &Path) {
        let stamp = Stamp::of(path).await;
        if stamp.is_some() && stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        let to_read = path.to_owned();
        let found = tokio::task::spawn_blocking(move || read(&to_read)).await;
        match found.unwrap_or_else(|error| Err(in_full(&error))) {
            Ok(listed) => {
                tracing::info!(path = %path.display(), networks = listed.len(), "the file of contacts was read");
                self.listed = Some(listed);
                self.made_at = self.stamp.map(|stamp| stamp.made_at);
                self.trouble = None;
            }
            Err(why) => {
                if self.trouble.as_ref() != Some(&why) {
                    tracing::error!(path = %path.display(), why, "the file of contacts cannot be used; the last good one holds");
                }
                self.trouble = Some(why);
            }
        }
    }
}

/// Reads such a file.
///
/// # Errors
/// Why it cannot be used, with the line.
pub(crate) fn read(path: &Path) -> Result<ListedContacts, String> {
    let size = std::fs::metadata(path).map_err(|error| in_full(&error))?.len();
    if size > MAX_SIZE {
        return Err(format!("it is larger than {MAX_SIZE} bytes"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| in_full(&error))?;
    ListedContacts::read(&text).map_err(|error| in_full(&error))
}

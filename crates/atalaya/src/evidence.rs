//! The house's answers about evidence: what was seen, in the view that is asked for.
//!
//! What leaves untouched is written down first, in `sealed.log` of the data folder: a line of JSON for each time, never rewritten.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use atalaya_formats::conversation::Conversation;
use atalaya_formats::view::{HiddenEnvelope, Hiding, Material, SECRET_NAME, Shown, View, network_key};
use atalaya_model::{Digest, Observation, ObservationId, Prefix, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::control::{AskedBy, Bytes, EvidenceRequest, ObservationLine, Sealed};
use crate::house::House;

/// Observations in one list, the newest first.
const MOST_LISTED: u32 = 200;
/// Most observations of the same message whose recipients are hidden in it, as in a notice.
const SAME_MESSAGE: u32 = 500;
/// The largest message that goes through the control socket untouched, in bytes: in base64 it takes a third more, and a line is bounded.
const MOST_SEALED: u64 = 64 << 20;
/// The largest message in which is hidden for the desk, in bytes; of a larger one the header is shown. Hiding takes many times that in memory.
const MOST_SHOWN: usize = 4 << 20;
/// Hiding is done for one command at a time.
static ONE_AT_A_TIME: Semaphore = Semaphore::const_new(1);
/// The name of the file that says what left untouched, when, and for whom.
pub(crate) const SEALED_LOG: &str = "sealed.log";

/// What was kept of an observation, as it is in the store.
struct Kept {
    seen: Observation,
    message: Option<Vec<u8>>,
    conversation: Option<Vec<u8>>,
    dialect: Option<String>,
    shape: Option<String>,
}

impl House {
    /// Answers a command that asks about observations.
    ///
    /// # Errors
    /// What was refused or failed, as a sentence for the operator.
    pub(crate) async fn answer_about_evidence(&self, request: EvidenceRequest) -> anyhow::Result<Value> {
        Ok(match request {
            EvidenceRequest::List { address, view } => {
                serde_json::to_value(self.observations(address, view).await?)?
            }
            EvidenceRequest::One { id, view } => serde_json::to_value(self.shown(id, view).await?)?,
            EvidenceRequest::Sealed { id, asked } => serde_json::to_value(self.unseal(id, &asked).await?)?,
        })
    }

    /// The observations of an address.
    async fn observations(&self, address: IpAddr, view: View) -> anyhow::Result<Vec<ObservationLine>> {
        let unit = Prefix::unit(address.to_canonical());
        let seen = self.store.observations_of(&unit, MOST_LISTED).await?;
        let key = self.key_for(address).await?;
        let traps = self.pages.config.traps.get();
        let hide = move || {
            let hiding = Hiding {
                key: &key,
                traps: &traps,
            };
            seen.iter().map(|seen| line(seen, view, hiding)).collect()
        };
        Ok(tokio::task::spawn_blocking(hide).await?)
    }

    /// One observation in a view that hides something.
    async fn shown(&self, id: ObservationId, view: View) -> anyhow::Result<Shown> {
        let kept = self.kept(id).await?;
        let reached = match &kept.seen.message {
            Some(digest) => self.store.recipients_of(digest, SAME_MESSAGE).await?,
            None => Vec::new(),
        };
        let key = self.key_for(kept.seen.address).await?;
        let config = &self.pages.config;
        let (traps, signatures) = (config.traps.get(), Arc::clone(&config.signatures));
        let limit = match view {
            View::Network => self.config.notice.max_evidence.bytes(),
            _ => self.config.trap.max_message_size.bytes().min(MOST_SHOWN),
        };
        let turn = ONE_AT_A_TIME.acquire().await?;
        let talk = kept.conversation.as_deref().map(read).transpose()?;
        let hide = move || {
            // Kept to the end, also where the command goes away before.
            let _turn = turn;
            let material = Material {
                seen: &kept.seen,
                message: kept.message.as_deref(),
                reached: &reached,
                conversation: talk.as_ref(),
                dialect: kept.dialect.as_deref(),
                shape: kept.shape.as_deref(),
            };
            let hiding = Hiding {
                key: &key,
                traps: &traps,
            };
            Shown::of(&material, view, hiding, &signatures, limit)
        };
        let shown = tokio::task::spawn_blocking(hide).await?;
        shown.context("the sealed view hides nothing and is asked for otherwise")
    }

    /// One observation untouched, once it is written down for whom.
    async fn unseal(&self, id: ObservationId, asked: &AskedBy) -> anyhow::Result<Sealed> {
        let kept = self.kept(id).await?;
        let at = self.clock.now();
        let size = kept.message.as_ref().map_or(0, |message| message.len() as u64);
        if size > MOST_SEALED {
            bail!("the message has {size} bytes, and at most {MOST_SEALED} are given out by this command");
        }
        self.log_unsealed(&kept, asked, at)?;
        Ok(Sealed {
            at,
            dialect: kept.dialect,
            shape: kept.shape,
            message: kept.message.map(Bytes),
            conversation: kept.conversation.map(Bytes),
            observation: kept.seen,
        })
    }

    fn log_unsealed(&self, kept: &Kept, asked: &AskedBy, at: Timestamp) -> anyhow::Result<()> {
        let digest = |bytes: &Option<Vec<u8>>, digest: Option<Digest>| digest.filter(|_| bytes.is_some());
        let entry = json!({
            "at": at,
            "observation": kept.seen.id,
            "address": kept.seen.address,
            "asked_by": asked.reason,
            "uid": asked.uid,
            "account": asked.account,
            "message_sha256": digest(&kept.message, kept.seen.message),
            "conversation_sha256": digest(&kept.conversation, kept.seen.conversation),
        });
        let path = self.config.in_data(SEALED_LOG);
        append(&path, &entry.to_string()).with_context(|| {
            format!(
                "cannot write {}, and without it nothing leaves untouched",
                path.display()
            )
        })
    }

    /// What is kept of an observation. What was deleted for its age is missing in it.
    async fn kept(&self, id: ObservationId) -> anyhow::Result<Kept> {
        let store = &self.store;
        let seen = store.observation(id).await?;
        let seen = seen.with_context(|| format!("there is no observation {id}, or no more"))?;
        let fetch = async |digest: &Option<Digest>| match digest {
            Some(digest) => store.message(digest).await,
            None => Ok(None),
        };
        Ok(Kept {
            message: fetch(&seen.message).await?,
            conversation: fetch(&seen.conversation).await?,
            dialect: match seen.dialect {
                Some(id) => store.text_of(id).await?,
                None => None,
            },
            shape: match seen.headers {
                Some(id) => store.text_of(id).await?,
                None => None,
            },
            seen,
        })
    }

    /// The key of the pseudonyms that the network of an address sees.
    async fn key_for(&self, address: IpAddr) -> anyhow::Result<Vec<u8>> {
        let address = address.to_canonical();
        let network = self.store.network_of(address, self.clock.now()).await?;
        let secret = self.store.secret(SECRET_NAME).await?;
        Ok(network_key(&secret, network.as_ref(), &Prefix::unit(address)))
    }
}

/// An observation as a line of a list.
fn line(seen: &Observation, view: View, hiding: Hiding<'_>) -> ObservationLine {
    let material = Material {
        seen,
        message: None,
        reached: &[],
        conversation: None,
        dialect: None,
        shape: None,
    };
    let redactor = material.redactor(view, hiding);
    ObservationLine {
        id: seen.id,
        address: seen.address.to_canonical(),
        seen_at: seen.seen_at,
        sensor: seen.sensor,
        kind: seen.kind,
        counted: seen.counts(),
        size: seen.message_size,
        subject: HiddenEnvelope::of(seen, view, &redactor).subject,
    }
}

/// Adds a line to a file, which is made where there is none. What was torn off in the middle of a line keeps that line for itself.
fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let is_new = !path.exists();
    let mut log = OpenOptions::new()
        .create(true)
        .append(true)
        .read(true)
        .mode(0o600)
        .open(path)?;
    let mut last = [b'\n'];
    if log.metadata()?.len() > 0 {
        log.seek(SeekFrom::End(-1))?;
        log.read_exact(&mut last)?;
    }
    let gap = if last == [b'\n'] { "" } else { "\n" };
    log.write_all(format!("{gap}{line}\n").as_bytes())?;
    log.sync_all()?;
    match path.parent().filter(|_| is_new) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// A conversation as the store has it.
fn read(bytes: &[u8]) -> anyhow::Result<Conversation> {
    let text = std::str::from_utf8(bytes).context("the kept conversation is no text")?;
    Conversation::parse(text).context("the kept conversation cannot be read")
}

#[cfg(test)]
mod tests {
    use super::append;

    #[test]
    fn a_torn_line_does_not_take_the_next_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealed.log");
        append(&path, "one").unwrap();
        std::fs::write(&path, "one\ntor").unwrap();
        append(&path, "two").unwrap();
        append(&path, "three").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntor\ntwo\nthree\n");
    }
}

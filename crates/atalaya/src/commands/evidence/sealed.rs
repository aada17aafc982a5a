//! The sealed view: a folder with everything that is kept of an observation, untouched, and a manifest of it.
//!
//! `SHA256SUMS` is in the form of `sha256sum`, so that whoever gets the folder can check it with `sha256sum -c SHA256SUMS`.

use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use atalaya_model::Digest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{EvidenceCommand, write_new};
use crate::commands::print;
use crate::control::{AskedBy, Sealed};

/// A file of the folder.
struct Part {
    name: &'static str,
    what: &'static str,
    bytes: Vec<u8>,
}

/// Where it goes and who asked.
///
/// # Errors
/// Either is missing, or something stands there already.
pub(super) fn wanted(command: &EvidenceCommand) -> anyhow::Result<(PathBuf, String)> {
    let Some(folder) = &command.output else {
        bail!("say with --output into which folder the sealed view goes");
    };
    let Some(reason) = &command.asked_by else {
        bail!("say with --asked-by who asked for the sealed view, and why");
    };
    if folder.symlink_metadata().is_ok() {
        bail!(
            "{} is there already, and nothing is written over",
            folder.display()
        );
    }
    Ok((folder.clone(), reason.clone()))
}

/// Writes the folder.
///
/// # Errors
/// It is there already or cannot be written, or the bytes are not those that were kept.
pub(super) fn write(folder: &Path, sealed: &Sealed, asked: &AskedBy) -> anyhow::Result<()> {
    let mut parts = parts(sealed)?;
    let manifest = manifest(&parts, sealed, asked);
    parts.push(Part {
        name: "manifest.json",
        what: "this list",
        bytes: pretty(&manifest)?,
    });
    let cannot = || format!("cannot make {}", folder.display());
    DirBuilder::new()
        .mode(0o700)
        .create(folder)
        .with_context(cannot)?;
    let mut sums = String::new();
    for part in &parts {
        writeln!(sums, "{}  {}", digest(&part.bytes), part.name)?;
        write_new(&folder.join(part.name), &part.bytes)?;
    }
    write_new(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    print(format_args!(
        "{} files are in {}, and it is written down in sealed.log. Check them with: sha256sum -c SHA256SUMS",
        parts.len() + 1,
        folder.display()
    ))
}

fn parts(sealed: &Sealed) -> anyhow::Result<Vec<Part>> {
    let seen = &sealed.observation;
    let mut parts = vec![Part {
        name: "observation.json",
        what: "what was observed",
        bytes: pretty(&json!(seen))?,
    }];
    let kept = [
        (
            "message.eml",
            "the message as it was received",
            &sealed.message,
            seen.message,
        ),
        (
            "conversation.txt",
            "what client and server said, in the form that docs/guide/dialects.md describes",
            &sealed.conversation,
            seen.conversation,
        ),
    ];
    for (name, what, bytes, named) in kept {
        let Some(bytes) = bytes else { continue };
        if named != Some(digest(&bytes.0)) {
            bail!("the bytes of {name} are not those that the observation names");
        }
        parts.push(Part {
            name,
            what,
            bytes: bytes.0.clone(),
        });
    }
    Ok(parts)
}

fn manifest(parts: &[Part], sealed: &Sealed, asked: &AskedBy) -> Value {
    let files: Vec<Value> = parts
        .iter()
        .map(|part| {
            json!({
                "name": part.name,
                "what": part.what,
                "bytes": part.bytes.len(),
                "sha256": digest(&part.bytes),
            })
        })
        .collect();
    let seen = &sealed.observation;
    json!({
        "form": "atalaya sealed evidence 1",
        "made_at": sealed.at,
        "made_by": concat!("Atalaya/", env!("CARGO_PKG_VERSION")),
        "asked_by": asked.reason,
        "uid": asked.uid,
        "observation": seen.id,
        "address": seen.address,
        "seen_at": seen.seen_at,
        "dialect": sealed.dialect,
        "shape": sealed.shape,
        "files": files,
        "not_kept_any_more": {
            "message": seen.message.is_some() && sealed.message.is_none(),
            "conversation": seen.conversation.is_some() && sealed.conversation.is_none(),
        },
    })
}

fn pretty(document: &Value) -> anyhow::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(document)?;
    text.push(b'\n');
    Ok(text)
}

fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

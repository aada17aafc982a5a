//! Without a relay, mails stand as .eml files in a folder: one folder a day, readable with any mail program.
//!
//! A file is there whole or not at all: it is written under another name, made durable, renamed, and the folder made durable. The name
//! depends on the mail alone, so that the same mail twice is one file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use atalaya_store::OutgoingMail;

use super::refusal::Refusal;

/// Where our notices say which address they are about. A stranger who gets such a line into the text above it lends the file a name,
/// cleaned of all that no name may have, and nothing else.
const ABOUT: &[u8] = b"\nSource-IP: ";

/// A folder that takes mails.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Keeps one mail. Trouble with the disk may pass, so it is never for good.
    pub(super) async fn keep(&self, mail: &OutgoingMail) -> Result<(), Refusal> {
        let folder = self.path.join(mail.created_at.date());
        let (name, message) = (name(mail), mail.message.clone());
        let shown = folder.join(&name).display().to_string();
        let written = tokio::task::spawn_blocking(move || write_whole(&folder, &name, &message)).await;
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Refusal::ForNow(format!("{shown} cannot be written: {error}"))),
            Err(_panicked) => Err(Refusal::ForNow(format!("{shown} cannot be written"))),
        }
    }
}

/// Time, address and a piece of the id: `221000Z_192.0.2.7_1f0c9a52.eml`. Colons of IPv6 become dashes, for file systems that forbid them.
fn name(mail: &OutgoingMail) -> String {
    let time: String = mail
        .created_at
        .to_string()
        .chars()
        .skip(11)
        .filter(|c| *c != ':')
        .collect();
    let about = about(&mail.message).unwrap_or_else(|| mail.recipient.to_string());
    let about: String = about
        .chars()
        .take(100)
        .map(|c| {
            if c.is_ascii_alphanumeric() || ".@".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    let id: String = mail.id.simple().to_string().chars().take(8).collect();
    format!("{time}_{about}_{id}.eml")
}

fn about(message: &[u8]) -> Option<String> {
    let start = message.windows(ABOUT.len()).position(|window| window == ABOUT)?;
    let rest = message.get(start + ABOUT.len()..)?;
    let value = rest.split(u8::is_ascii_whitespace).next()?;
    std::str::from_utf8(value).ok().map(str::to_owned)
}

fn write_whole(folder: &Path, name: &str, message: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let partial = folder.join(format!(".{name}.part"));
    let mut file = File::create(&partial)?;
    file.write_all(message)?;
    file.sync_all()?;
    fs::rename(&partial, folder.join(name))?;
    File::open(folder)?.sync_all()?;
    // A new day is a new entry in the folder above.
    folder
        .parent()
        .map_or(Ok(()), |above| File::open(above)?.sync_all())
}

//! The mails in the files: an iterator over their bytes, with one mail in memory at a time.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use atalaya_formats::mbox::{self, Mbox};
use atalaya_formats::message::Head;

use super::files::{self, Found};
use super::{NoSuchPath, Skip};

/// Fields of which a mail has at least two. A text file or a web page may have one by chance.
const USUAL_FIELDS: &[&str] = &[
    "Received",
    "Return-Path",
    "Delivered-To",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
];

/// One mail, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMail {
    /// Where it stands: the path of its file, and `#2` where the file holds several.
    pub origin: String,
    /// How many bytes of the file were read for it. The sum over all is [`Mails::total_bytes`], unless files change meanwhile.
    pub consumed: u64,
    /// The bytes of the mail.
    pub bytes: Result<Vec<u8>, Skip>,
}

/// The mails under some paths, in order.
#[derive(Debug)]
pub struct Mails {
    files: std::vec::IntoIter<Found>,
    total_bytes: u64,
    longest: usize,
    open: Option<OpenMbox>,
}

/// An mbox that is being read.
#[derive(Debug)]
struct OpenMbox {
    path: PathBuf,
    mbox: Mbox<BufReader<File>>,
}

/// Finds the mails under some paths: an mbox, a Maildir, a folder of single mails, or one mail. Mails of more than `longest` bytes are
/// skipped.
///
/// # Errors
///
/// One of the paths is not there. What cannot be read inside a folder is skipped and told.
pub fn mails(paths: &[PathBuf], longest: usize) -> Result<Mails, NoSuchPath> {
    let found = files::find(paths)?;
    let total_bytes = found
        .iter()
        .filter_map(|found| found.size.as_ref().ok())
        .fold(0_u64, |total, size| total.saturating_add(*size));
    Ok(Mails {
        files: found.into_iter(),
        total_bytes,
        longest,
        open: None,
    })
}

impl Mails {
    /// The size of all files together, for a progress bar.
    #[must_use]
    pub const fn total_bytes(&self) -> u64 {
        self.total_bytes
    }

    /// The next mail of the mbox that is open.
    fn next_of_mbox(&mut self) -> Option<KeptMail> {
        let open = self.open.as_mut()?;
        let entry = open.mbox.next()?;
        let (number, consumed) = entry
            .as_ref()
            .map_or((0, 0), |entry| (entry.number, entry.consumed));
        let bytes = match entry {
            Ok(entry) => entry.mail.ok_or(Skip::TooLong).and_then(only_mail),
            Err(error) => Err(error.into()),
        };
        let path = open.path.display();
        let origin = if number == 0 {
            path.to_string()
        } else {
            format!("{path}#{number}")
        };
        Some(KeptMail {
            origin,
            consumed,
            bytes,
        })
    }

    /// Opens a file: takes the mail in it, or leaves an mbox open.
    fn open(&mut self, path: PathBuf, size: u64) -> Option<KeptMail> {
        let bytes = match self.read(&path, size) {
            Ok(Contents::Mbox(mbox)) => {
                self.open = Some(OpenMbox { path, mbox });
                return None;
            }
            Ok(Contents::Mail(bytes)) => only_mail(bytes),
            Err(skip) => Err(skip),
        };
        Some(KeptMail {
            origin: path.display().to_string(),
            consumed: size,
            bytes,
        })
    }

    /// Reads what is in a file.
    fn read(&self, path: &PathBuf, size: u64) -> Result<Contents, Skip> {
        let mut reader = BufReader::new(File::open(path)?);
        if mbox::is_mbox(reader.fill_buf()?) {
            return Ok(Contents::Mbox(Mbox::new(reader, self.longest)));
        }
        let longest = u64::try_from(self.longest).unwrap_or(u64::MAX);
        if size > longest {
            return Err(Skip::TooLong);
        }
        let mut bytes = Vec::new();
        // The file may have grown since its size was taken.
        reader.take(longest.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() > self.longest {
            return Err(Skip::TooLong);
        }
        Ok(Contents::Mail(bytes))
    }
}

/// What a file holds.
enum Contents {
    Mail(Vec<u8>),
    Mbox(Mbox<BufReader<File>>),
}

impl Iterator for Mails {
    type Item = KeptMail;

    fn next(&mut self) -> Option<KeptMail> {
        loop {
            if let Some(mail) = self.next_of_mbox() {
                return Some(mail);
            }
            self.open = None;
            let found = self.files.next()?;
            let mail = match found.size {
                Ok(size) => self.open(found.path, size),
                Err(skip) => Some(KeptMail {
                    origin: found.path.display().to_string(),
                    consumed: 0,
                    bytes: Err(skip),
                }),
            };
            if mail.is_some() {
                return mail;
            }
        }
    }
}

/// Lets through what looks like a mail.
fn only_mail(bytes: Vec<u8>) -> Result<Vec<u8>, Skip> {
    let head = Head::read(&bytes);
    let usual = USUAL_FIELDS.iter().filter(|name| head.first(name).is_some());
    if usual.count() >= 2 {
        Ok(bytes)
    } else {
        Err(Skip::NotAMail)
    }
}

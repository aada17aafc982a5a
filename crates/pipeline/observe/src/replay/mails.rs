//! The mails in the files: an iterator over their bytes, with one mail in memory at a time.
//!
//! A file that begins with `From ` is an mbox and is cut at each line that looks like the beginning of a mail. A sender who knows that his
//! mail is kept in a file of its own could write such a line, with a mail of his invention behind it: so what is known to be one mail is
//! never cut. That are files whose name ends in `.eml`, those in `cur` and `new` of a Maildir, and all where the caller says so.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

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

/// Which files may hold several mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Each that begins as an mbox does and is not known by its name and place as one mail.
    Mboxes,
    /// None.
    Nothing,
}

/// One mail, or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMail {
    /// Where it stands: the path of its file, and `#2` where the file holds several.
    pub origin: String,
    /// How many bytes of the file were read for it. The sum over all is [`Mails::total_bytes`], unless files change meanwhile.
    pub consumed: u64,
    /// The reverse path that the mbox line in front of the mail tells: empty for the null sender.
    pub sender: Option<String>,
    /// The bytes of the mail.
    pub bytes: Result<Vec<u8>, Skip>,
}

impl KeptMail {
    /// A file in which there is none.
    fn none(path: &Path, consumed: u64, why: Skip) -> Self {
        Self {
            origin: path.display().to_string(),
            consumed,
            sender: None,
            bytes: Err(why),
        }
    }
}

/// The mails under some paths, in order.
#[derive(Debug)]
pub struct Mails {
    files: std::vec::IntoIter<Found>,
    total_bytes: u64,
    longest: usize,
    cut: Cut,
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
pub fn mails(paths: &[PathBuf], longest: usize, cut: Cut) -> Result<Mails, NoSuchPath> {
    let found = files::find(paths)?;
    let total_bytes = found
        .iter()
        .filter_map(|found| found.size.as_ref().ok())
        .fold(0_u64, |total, size| total.saturating_add(*size));
    Ok(Mails {
        files: found.into_iter(),
        total_bytes,
        longest,
        cut,
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
        let path = open.path.display();
        Some(match entry {
            Ok(entry) => KeptMail {
                origin: format!("{path}#{}", entry.number),
                consumed: entry.consumed,
                sender: entry.sender,
                bytes: entry.mail.ok_or(Skip::TooLong).and_then(only_mail),
            },
            Err(error) => KeptMail::none(&open.path, 0, error.into()),
        })
    }

    /// Opens a file: takes the mail in it, or leaves an mbox open.
    fn open(&mut self, path: PathBuf, size: u64) -> Option<KeptMail> {
        match self.read(&path, size) {
            Ok(Contents::Mbox(mbox)) => {
                self.open = Some(OpenMbox { path, mbox });
                None
            }
            Ok(Contents::Mail(file)) => {
                let (sender, mail) = mbox::without_line(&file);
                Some(KeptMail {
                    origin: path.display().to_string(),
                    consumed: size,
                    sender,
                    bytes: only_mail(mail.to_vec()),
                })
            }
            Err(skip) => Some(KeptMail::none(&path, size, skip)),
        }
    }

    /// Reads what is in a file.
    fn read(&self, path: &Path, size: u64) -> Result<Contents, Skip> {
        let mut reader = BufReader::new(File::open(path)?);
        if self.cut == Cut::Mboxes && !is_single(path) && mbox::is_mbox(reader.fill_buf()?) {
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

/// Whether a file holds one mail by its name or place.
fn is_single(path: &Path) -> bool {
    if path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("eml"))
    {
        return true;
    }
    let Some(folder) = path.parent() else { return false };
    let is_named = folder.ends_with("cur") || folder.ends_with("new");
    is_named
        && ["cur", "new"]
            .iter()
            .all(|name| folder.with_file_name(name).is_dir())
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
                Err(skip) => Some(KeptMail::none(&found.path, 0, skip)),
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

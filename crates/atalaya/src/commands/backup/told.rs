//! What is said of a backup, on the terminal and in its own file: what it holds, what it does not, and how it is put back.

use std::fmt;
use std::path::{Path, PathBuf};

use atalaya_model::Timestamp;
use indicatif::HumanBytes;

use super::parts::ELSEWHERE;
use super::{FactorKeyIs, LIST, WORDS};
use crate::factor_key::FACTOR_KEY;
use crate::public_log::HEAD_FILE;

/// A number of bytes, for people.
pub(super) fn size(bytes: u64) -> HumanBytes {
    HumanBytes(bytes)
}

/// What there is to say.
#[derive(Debug)]
pub(super) struct Told {
    folder: PathBuf,
    data: PathBuf,
    begun: Timestamp,
    /// Name, size and meaning of each file.
    files: Vec<(String, u64, &'static str)>,
    /// What is not in it.
    missing: Vec<String>,
    /// What else is to be done to put it back.
    more: Vec<String>,
}

impl Told {
    pub(super) fn new(folder: &Path, data: &Path, begun: Timestamp) -> Self {
        Self {
            folder: folder.to_owned(),
            data: data.to_owned(),
            begun,
            files: Vec::new(),
            missing: Vec::new(),
            more: Vec::new(),
        }
    }

    /// A file is in it.
    pub(super) fn add(&mut self, name: &Path, size: u64, what: &'static str) {
        let is_elsewhere = self.files.iter().any(|(name, ..)| name.starts_with(ELSEWHERE));
        if name.starts_with(ELSEWHERE) && !is_elsewhere {
            self.more.push(format!(
                "What {ELSEWHERE}/ holds stood at those paths from the root: put back what is missing there."
            ));
        }
        self.files.push((name.display().to_string(), size, what));
    }

    /// The store has files, whose list is this one.
    pub(super) fn tell_files(&mut self, list: &Path) {
        if list.file_name() == Some(LIST.as_ref()) && list.parent() == Some(&self.data) {
            return;
        }
        let list = list.display();
        self.more.push(format!(
            "store.url names {list}: move that file away with those whose names begin with its name, then put {LIST} in its place, \
             and {LIST}-facts at {list}-facts."
        ));
    }

    /// The store is on a server.
    pub(super) fn tell_server(&mut self) {
        self.missing.push(
            "the PostgreSQL database: `pg_dump` copies it, also while it is used. Run it after this, so that no line of a followed log is passed over"
                .to_owned(),
        );
    }

    /// What became of the key of the second factors.
    pub(super) fn tell_key(&mut self, key: FactorKeyIs) {
        if key == FactorKeyIs::Apart {
            self.missing.push(format!(
                "{FACTOR_KEY}, which opens the second factors of the console: it never changes, keep one copy in another place"
            ));
        }
        self.missing.push(
            "what is fetched or made again (registries, lists of others, places, exports), and notices that lie in the data folder".to_owned(),
        );
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            folder,
            data,
            begun,
            files,
            missing,
            more,
        } = self;
        let (folder, data) = (folder.display(), data.display());
        let version = env!("CARGO_PKG_VERSION");
        writeln!(
            f,
            "{folder} is a backup of {data}, begun at {begun} by Atalaya {version}. It holds:"
        )?;
        let width = files.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        for (name, size, what) in files {
            writeln!(
                f,
                "  {name:width$}  {:>10}  {what}",
                HumanBytes(*size).to_string()
            )?;
        }
        writeln!(f, "It does not hold:")?;
        for what in missing {
            writeln!(f, "  {what}.")?;
        }
        writeln!(f, "To put it back, with the server stopped:")?;
        writeln!(f, "  mv {data} {data}.old")?;
        writeln!(f, "  cp -a {folder} {data}")?;
        writeln!(
            f,
            "  cp -p {data}.old/{FACTOR_KEY} {data}.old/{HEAD_FILE} {data}/"
        )?;
        for what in more {
            writeln!(f, "{what}")?;
        }
        write!(
            f,
            "All of it must belong to the user that the server runs as. Without the old {HEAD_FILE} the public log stands still and says what to do; \
             without {FACTOR_KEY} the accounts with a second factor are reset. {WORDS} in the folder says this too."
        )
    }
}

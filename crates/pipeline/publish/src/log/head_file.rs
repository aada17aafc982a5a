//! The copy of the head that was shown last, in the data folder, apart from the store.

use std::path::PathBuf;

use atalaya_formats::tlog::{Checkpoint, Note};
use atalaya_store::small_file;

use super::LogError;

/// The longest file that is read.
const MAX_FILE: u64 = 16 * 1024;

/// What a backup holds in the place of the head. The one of its day would be no help: the store beside it leads on from that, whatever others were
/// shown since, and the log would tell a second history.
pub const HEAD_IN_BACKUP: &str = "This data folder was put back from a backup. What others were shown of the public log since is not known here.\n";

/// The file.
#[derive(Debug)]
pub(super) struct HeadFile(PathBuf);

impl HeadFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The note in the file and what it says; none where there is no file.
    pub(super) fn read(&self) -> Result<Option<(String, Checkpoint)>, LogError> {
        let text = small_file::read(&self.0, MAX_FILE).map_err(|error| self.fails(error))?;
        let Some(text) = text else {
            return Ok(None);
        };
        if text == HEAD_IN_BACKUP {
            return Err(LogError::FromBackup(self.0.display().to_string()));
        }
        let checkpoint = Note::read(&text).and_then(|note| Checkpoint::read(&note.text));
        match checkpoint {
            Ok(checkpoint) => Ok(Some((text, checkpoint))),
            Err(_bad) => Err(LogError::NoHead(self.0.display().to_string())),
        }
    }

    /// Keeps a note.
    pub(super) fn write(&self, note: &str) -> Result<(), LogError> {
        small_file::put_in_place(&self.0, note).map_err(|error| self.fails(error))
    }

    fn fails(&self, error: std::io::Error) -> LogError {
        LogError::HeadFile {
            file: self.0.display().to_string(),
            error,
        }
    }
}

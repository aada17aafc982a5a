//! Following the file of the keys: looked at every second, read again when it is another one. While it is broken or gone, the keys that
//! were read last stay, and that is told once.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atalaya_store::small_file::{Stamp, stamp};
use tokio_util::sync::CancellationToken;

use super::Access;
use super::file::{KeyFile, KeyFileError};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

impl Access {
    /// Reads the keys for the first time, and gives who follows the file from there.
    ///
    /// # Errors
    /// The file is there and cannot be used: a server should not start by refusing everybody.
    pub fn read_keys(&self, path: &Path) -> Result<KeyFollower, KeyFileError> {
        let seen = stamp(path);
        if let Some(file) = KeyFile::read(path)? {
            self.set_keys(&file);
        }
        Ok(KeyFollower {
            path: path.to_owned(),
            seen,
        })
    }
}

/// Keeps the keys of an [`Access`] at those of the file.
#[derive(Debug)]
pub struct KeyFollower {
    path: PathBuf,
    /// The file that was read or complained of last.
    seen: Stamp,
}

impl KeyFollower {
    /// Follows the file until `stop`.
    pub async fn run(mut self, access: &Access, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => self.look(access),
            }
        }
    }

    /// Reads the file if it is another one. It is small and read from the page cache, so that it may be read right here.
    fn look(&mut self, access: &Access) {
        let found = stamp(&self.path);
        if found == self.seen {
            return;
        }
        self.seen = found;
        match KeyFile::read(&self.path) {
            Ok(Some(file)) => {
                access.set_keys(&file);
                tracing::info!(keys = file.keys().len(), "the keys were read again");
            }
            Ok(None) => complain(&io::Error::from(io::ErrorKind::NotFound)),
            Err(error) => complain(&error),
        }
    }
}

/// Tells the operator that he has to mend the file.
fn complain(error: &(dyn Error + 'static)) {
    tracing::error!(
        error,
        "the file of the keys is broken or gone; those that were read last stay"
    );
}

#[cfg(test)]
mod tests {
    use std::fs;

    use atalaya_model::Timestamp;

    use super::*;
    use crate::PublishConfig;
    use crate::access::{Admission, Key, KeyTerms};

    #[test]
    fn keys_come_and_go_with_the_file_and_stay_while_it_is_broken_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let access = Access::new(&PublishConfig::default());
        let mut follower = access.read_keys(&path).unwrap();
        let [one, other] = [1, 2].map(|byte| Key::from_random([byte; 16]));
        let admits = |key: &Key| {
            let label = key.to_string();
            access.admit([192, 0, 2, 1].into(), Some(label.as_bytes()), Timestamp::EPOCH)
                == Admission::Admitted
        };
        let mut file = KeyFile::default();
        file.add("one".parse().unwrap(), &one, KeyTerms::default())
            .unwrap();
        file.write(&path).unwrap();
        assert!(!admits(&one), "nobody has looked yet");
        follower.look(&access);
        assert!(admits(&one) && !admits(&other));
        file.add("other".parse().unwrap(), &other, KeyTerms::default())
            .unwrap();
        file.write(&path).unwrap();
        follower.look(&access);
        assert!(admits(&one) && admits(&other));
        fs::write(&path, "broken").unwrap();
        follower.look(&access);
        assert!(admits(&one) && admits(&other));
        fs::remove_file(&path).unwrap();
        follower.look(&access);
        assert!(admits(&one) && admits(&other));
        KeyFile::default().write(&path).unwrap();
        follower.look(&access);
        assert!(!admits(&one) && !admits(&other));
        fs::write(&path, "broken").unwrap();
        assert!(access.read_keys(&path).is_err());
    }
}

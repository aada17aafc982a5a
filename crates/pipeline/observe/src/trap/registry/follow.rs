//! Following the file of the traps: looked at every second, read again when it is another one. While it is broken, the traps that were read
//! last stay, and that is told once.

use std::path::{Path, PathBuf};
use std::time::Duration;

use atalaya_store::small_file::{Stamp, stamp};
use tokio_util::sync::CancellationToken;

use super::{TrapFile, TrapFileError};
use crate::trap::Trap;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

impl Trap {
    /// Reads the traps for the first time, and gives who follows the file from there.
    ///
    /// # Errors
    /// The file is there and cannot be used: mail to its traps would be weighed wrongly.
    pub fn read_traps(&self, path: &Path) -> Result<TrapFollower, TrapFileError> {
        let seen = stamp(path);
        if let Some(file) = TrapFile::read(path)? {
            self.set_traps(&file.addresses());
        }
        Ok(TrapFollower {
            path: path.to_owned(),
            seen,
        })
    }
}

/// Keeps the traps of a [`Trap`] at those of the file.
#[derive(Debug)]
pub struct TrapFollower {
    path: PathBuf,
    /// The file that was read or complained of last.
    seen: Stamp,
}

impl TrapFollower {
    /// Follows the file until `stop`, and tells `changed` of each new one.
    pub async fn run(mut self, trap: &Trap, changed: impl Fn(&TrapFile) + Send, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => self.look(trap, &changed),
            }
        }
    }

    /// Reads the file if it is another one. It is small and read from the page cache, so that it may be read right here.
    fn look(&mut self, trap: &Trap, changed: &impl Fn(&TrapFile)) {
        let found = stamp(&self.path);
        if found == self.seen {
            return;
        }
        self.seen = found;
        match TrapFile::read(&self.path) {
            Ok(file) => {
                let file = file.unwrap_or_default();
                trap.set_traps(&file.addresses());
                changed(&file);
                tracing::info!(traps = file.traps().count(), "the traps were read again");
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the file of the traps is broken; those that were read last stay"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;

    use atalaya_formats::smtp::Address;
    use atalaya_model::Trap as Kind;
    use atalaya_store::{Store, StoreUrl};
    use atalaya_testkit::TestClock;

    use super::*;
    use crate::complaints::ComplaintsConfig;
    use crate::{TrapAddress, TrapConfig};

    #[tokio::test]
    async fn traps_come_and_go_with_the_file_and_stay_while_it_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let clock = TestClock::default().clock();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, clock.clone()).await.unwrap();
        let trap = Trap::new(
            TrapConfig::default(),
            ComplaintsConfig::default(),
            store,
            clock,
            None,
        );
        let path = folder.path().join("traps");
        let mut follower = trap.read_traps(&path).unwrap();
        let kind = || {
            let address = Address("a@old.example".to_owned());
            trap.hall.shared.script.book.kind(&address)
        };
        let told = Cell::new(0);
        let changed = |_: &TrapFile| told.set(told.get() + 1);
        let mut file = TrapFile::default();
        file.add(TrapAddress::new("@old.example", Kind::Recycled), "")
            .unwrap();
        file.write(&path).unwrap();
        assert_eq!(kind(), Kind::Pristine, "nobody has looked yet");
        follower.look(&trap, &changed);
        assert_eq!(kind(), Kind::Recycled);
        fs::write(&path, "broken").unwrap();
        follower.look(&trap, &changed);
        assert_eq!((kind(), told.get()), (Kind::Recycled, 1));
        fs::remove_file(&path).unwrap();
        follower.look(&trap, &changed);
        assert_eq!((kind(), told.get()), (Kind::Pristine, 2));
        fs::write(&path, "broken").unwrap();
        assert!(trap.read_traps(&path).is_err());
    }
}

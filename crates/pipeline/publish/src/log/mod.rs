//! The public log: every decision stands in a Merkle tree that only grows, whose head is signed, so that nobody can be told another history.
//!
//! In: the decisions of the store, in their order. Out: tiles, entries, the signed head, and proofs for those who were decided about, in the forms of
//! `atalaya_formats::tlog`. The address and the reason of a decision stand behind a seal there, whose salt is deleted when it is time.
//!
//! A head is shown only when the entries below it, and a copy of it in the data folder, are on disk. A store that is put back from a backup
//! would sign another head of a size that others have seen already; the copy gives it away, and the log stands still until the operator begins another.

mod audit;
mod error;
mod forget;
mod head_file;
mod keeper;
mod read;
mod shelf;
mod signer;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use atalaya_formats::tlog::{Checkpoint, Edge, LogKey};
use atalaya_model::{Clock, Period};
use atalaya_store::{LogHead, Store};

pub use audit::{AuditError, Audited, audit, check_proof};
pub use error::LogError;
pub use head_file::HEAD_IN_BACKUP;
use head_file::HeadFile;
pub use keeper::LogKeeper;
use shelf::Shelf;
use signer::Signer;

/// The name of the key's secret in the store.
const SECRET: &str = "public-log";

/// How a log is called and kept.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// The name that a new log gets.
    pub origin: String,
    /// The file that keeps the head that was shown last.
    pub head_file: PathBuf,
    /// How long salts are kept.
    pub keep_salts: Period,
}

/// The log as others see it.
#[derive(Debug)]
pub struct PublicLog {
    store: Store,
    clock: Clock,
    settings: LogSettings,
    file: HeadFile,
    seed: [u8; 32],
    signer: ArcSwap<Signer>,
    /// What is shown.
    head: ArcSwapOption<LogHead>,
    /// Why it stands still, where it does.
    trouble: ArcSwapOption<String>,
    /// What proofs have needed of the tree.
    shelf: Shelf,
}

impl PublicLog {
    /// Opens the log of a store; it shows nothing before a [`LogKeeper`] has looked at it.
    ///
    /// # Errors
    /// The store failed, or the name cannot be one.
    pub async fn open(store: Store, clock: Clock, settings: LogSettings) -> Result<Self, LogError> {
        let seed = store.secret(SECRET).await?;
        let seed = <[u8; 32]>::try_from(seed).map_err(|_length| LogError::Key)?;
        let standing = store.log_head().await?;
        let origin = standing.map_or_else(|| settings.origin.clone(), |head| head.origin);
        Ok(Self {
            signer: ArcSwap::from_pointee(Signer::new(&origin, &seed)?),
            file: HeadFile::new(settings.head_file.clone()),
            head: ArcSwapOption::empty(),
            trouble: ArcSwapOption::empty(),
            shelf: Shelf::default(),
            store,
            clock,
            settings,
            seed,
        })
    }

    /// The head that is shown; none while it is not known whether it may be.
    #[must_use]
    pub fn head(&self) -> Option<Arc<LogHead>> {
        self.head.load_full()
    }

    /// The head in the store, whether it may be shown or not.
    ///
    /// # Errors
    /// The store failed.
    pub async fn stored_head(&self) -> Result<Option<LogHead>, LogError> {
        Ok(self.store.log_head().await?)
    }

    /// Why the log stands still.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.trouble.load_full()
    }

    /// The key that its heads are signed with.
    #[must_use]
    pub fn key(&self) -> LogKey {
        self.signer.load().key().clone()
    }

    /// The name that a new log would get.
    #[must_use]
    pub fn configured_origin(&self) -> &str {
        &self.settings.origin
    }

    /// Begins another log in the place of this one, under another name: all entries anew, with new salts.
    ///
    /// # Errors
    /// The store failed, or the name is none or the same.
    pub async fn restart(&self, origin: &str) -> Result<LogKey, LogError> {
        let signer = Signer::new(origin, &self.seed)?;
        let mut transaction = self.store.begin().await?;
        let standing = transaction.take_log().await?;
        let shown = match self.file.read() {
            Err(LogError::FromBackup(_)) => None,
            read => read?.map(|(_, checkpoint)| checkpoint.origin),
        };
        if standing.is_some_and(|head| head.origin == origin) || shown.as_deref() == Some(origin) {
            return Err(LogError::SameName(origin.to_owned()));
        }
        let head = self.signed(&signer, &Edge::default());
        transaction.delete_log().await?;
        transaction.add_to_log(&[], &[], &head).await?;
        // Before the store has it: a crash between the two must not look like an old store.
        self.file.write(&head.note)?;
        transaction.commit().await?;
        let key = signer.key().clone();
        self.signer.store(Arc::new(signer));
        self.show(head)?;
        Ok(key)
    }

    /// The head of a tree, signed.
    fn signed(&self, signer: &Signer, edge: &Edge) -> LogHead {
        let checkpoint = Checkpoint {
            origin: signer.key().name().to_owned(),
            size: edge.size(),
            root: edge.root(),
        };
        LogHead {
            note: signer.sign(&checkpoint.text()),
            origin: checkpoint.origin,
            size: checkpoint.size,
            root: checkpoint.root,
            signed_at: self.clock.now(),
        }
    }

    /// Lets others see a head; its copy is on disk before.
    fn show(&self, head: LogHead) -> Result<(), LogError> {
        self.file.write(&head.note)?;
        self.trouble.store(None);
        self.head.store(Some(Arc::new(head)));
        Ok(())
    }
}

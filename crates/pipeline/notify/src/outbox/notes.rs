//! Noting how tries ended, many in one transaction.
//!
//! Whoever comes while one transaction is being flushed waits, and then writes for all who came with him. Nobody waits for a timer.

use std::sync::{Mutex, MutexGuard, PoisonError};

use atalaya_store::{MailNote, Store, StoreError};
use tokio::sync::oneshot;

/// A note, and who waits for it to be durable.
type Waiting = (MailNote, oneshot::Sender<Result<(), StoreError>>);

/// What is to be noted.
#[derive(Debug, Default)]
pub(super) struct Notes {
    waiting: Mutex<Vec<Waiting>>,
    writing: tokio::sync::Mutex<()>,
}

impl Notes {
    /// Notes how a try ended: durable when this returns.
    pub(super) async fn write(&self, store: &Store, note: MailNote) -> Result<(), StoreError> {
        let (tell, told) = oneshot::channel();
        self.lock().push((note, tell));
        let turn = self.writing.lock().await;
        let group = std::mem::take(&mut *self.lock());
        if !group.is_empty() {
            let (notes, tellers): (Vec<_>, Vec<_>) = group.into_iter().unzip();
            let noted = store.note_mails(&notes).await;
            for tell in tellers {
                // Who does not wait any more needs no answer.
                drop(tell.send(noted.clone()));
            }
        }
        drop(turn);
        // Only where the one who wrote for all was stopped half way.
        told.await.unwrap_or(Err(StoreError::Closed))
    }

    /// The list is whole even if a thread panicked while it held it.
    fn lock(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! The connections that read from a SQLite file.
//!
//! The driver's own pool tests each connection when it is given back, in a task of its own, which for SQLite, whose connections are threads, is as
//! much work as a small question. Here it goes back at once, and the one that was used last is used next: its pages are still in memory.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection as _};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::fault::explain;
use crate::StoreError;

/// The readers of one file. Clones share them.
#[derive(Clone)]
pub(crate) struct Readers {
    home: Arc<Home>,
}

/// Where readers are when nobody has them.
struct Home {
    options: SqliteConnectOptions,
    most: u32,
    longest_wait: Duration,
    /// One for each that may be out at the same time.
    places: Arc<Semaphore>,
    idle: Mutex<Vec<SqliteConnection>>,
    is_closed: AtomicBool,
}

/// A reader that somebody has. It goes back when it is dropped, unless it may be in the middle of something.
pub(super) struct Reader {
    /// None once it went back.
    connection: Option<SqliteConnection>,
    /// Whether it can be used again as it is.
    is_done: bool,
    home: Arc<Home>,
    place: Option<OwnedSemaphorePermit>,
}

impl Readers {
    /// At most so many, opened when they are needed.
    pub(super) fn new(options: SqliteConnectOptions, most: u32, longest_wait: Duration) -> Self {
        let places = usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            home: Arc::new(Home {
                options,
                most,
                longest_wait,
                places: Arc::new(Semaphore::new(places)),
                idle: Mutex::default(),
                is_closed: AtomicBool::new(false),
            }),
        }
    }

    /// Takes one.
    pub(super) async fn take(&self) -> Result<Reader, StoreError> {
        let home = &self.home;
        if home.is_closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        let place = tokio::time::timeout(home.longest_wait, Arc::clone(&home.places).acquire_owned());
        let place = place.await.map_err(|_elapsed| StoreError::Busy)?;
        let place = place.map_err(|_closed| StoreError::Closed)?;
        let idle = home.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => home.options.connect().await.map_err(explain)?,
        };
        Ok(Reader {
            connection: Some(connection),
            is_done: true,
            home: Arc::clone(home),
            place: Some(place),
        })
    }

    /// Closes all, once those that are out came back.
    pub(super) async fn close(&self) {
        let home = &self.home;
        home.is_closed.store(true, Ordering::Release);
        // An error says that somebody closed them before.
        drop(home.places.acquire_many(home.most).await);
        home.places.close();
        let idle = std::mem::take(&mut *home.idle());
        for connection in idle {
            // What cannot be closed is gone anyway.
            drop(connection.close().await);
        }
    }
}

impl Home {
    /// The list is whole even if a thread panicked while it held it.
    fn idle(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader {
    /// To ask something with. Whoever has the whole answer says so with [`Self::answered`].
    pub(super) fn ask(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.is_done = false;
        self.connection.as_mut().ok_or(StoreError::Closed)
    }

    /// What was asked is answered.
    pub(super) const fn answered(&mut self) {
        self.is_done = true;
    }

    /// It is in no state to be used again.
    pub(super) const fn close_on_drop(&mut self) {
        self.is_done = false;
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        if self.is_done {
            self.home.idle().push(connection);
            return;
        }
        // Its place is free only when its thread has ended: on a disk that hangs there must not be more and more of them.
        let place = self.place.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                drop(connection.close().await);
                drop(place);
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a test waits for something that must happen.
    const LIMIT: Duration = Duration::from_secs(60);

    fn readers(most: u32) -> Readers {
        Readers::new(SqliteConnectOptions::new().in_memory(true), most, LIMIT)
    }

    /// Makes a table in the memory of this connection alone, by which it is known again.
    async fn mark(reader: &mut Reader) {
        let done = sqlx::raw_sql("CREATE TABLE mark (a)")
            .execute(reader.ask().unwrap())
            .await;
        done.unwrap();
        reader.answered();
    }

    async fn is_marked(reader: &mut Reader) -> bool {
        let asked = sqlx::raw_sql("SELECT a FROM mark")
            .execute(reader.ask().unwrap())
            .await;
        reader.answered();
        asked.is_ok()
    }

    #[tokio::test]
    async fn the_one_that_was_used_last_is_used_next() {
        let readers = readers(2);
        let (mut first, second) = (readers.take().await.unwrap(), readers.take().await.unwrap());
        mark(&mut first).await;
        drop(second);
        drop(first);
        assert!(is_marked(&mut readers.take().await.unwrap()).await);
    }

    #[tokio::test]
    async fn one_that_may_be_at_work_is_closed_and_leaves_its_place() {
        let readers = readers(1);
        let mut first = readers.take().await.unwrap();
        mark(&mut first).await;
        first.ask().unwrap();
        drop(first);
        assert!(!is_marked(&mut readers.take().await.unwrap()).await);
    }

    #[tokio::test]
    async fn who_comes_after_the_end_hears_of_it_and_who_is_there_is_waited_for() {
        let readers = readers(2);
        let mut reader = readers.take().await.unwrap();
        let others = readers.clone();
        let closing = tokio::spawn(async move { others.close().await });
        while !matches!(readers.take().await, Err(StoreError::Closed)) {
            tokio::task::yield_now().await;
        }
        assert!(!closing.is_finished());
        mark(&mut reader).await;
        drop(reader);
        tokio::time::timeout(LIMIT, closing).await.unwrap().unwrap();
    }
}

//! The connections to a SQLite file: some that read, and one that writes.
//!
//! The driver's own pool tests each connection when it is given back, in a task of its own, which for SQLite, whose connections are threads, is as
//! much work as a small question, and keeps the next writer waiting. Here it goes back at once, and the one that was used last is used next: its
//! pages are still in memory.
//!
//! None reads for ever: where the file was replaced under a running process, an old one reads what nobody writes to any more.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection as _};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::fault::explain;
use crate::StoreError;

/// The connections of one kind to one file. Clones share them.
#[derive(Clone)]
pub(crate) struct Links {
    home: Arc<Home>,
}

/// How they are opened.
pub(super) struct Opening {
    options: SqliteConnectOptions,
    /// The file that they have beside theirs, as the text by which SQLite opens it for reading only.
    beside: Option<String>,
}

/// What they keep within.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Most of them at the same time.
    pub(super) most: u32,
    /// The longest wait for one.
    pub(super) wait: Duration,
    /// How long one is used.
    pub(super) life: Duration,
}

/// Where they are when nobody has them.
struct Home {
    opening: Opening,
    limits: Limits,
    /// One for each that may be out at the same time.
    places: Arc<Semaphore>,
    idle: Mutex<Vec<Link>>,
    is_closed: AtomicBool,
}

/// An open connection.
struct Link {
    connection: SqliteConnection,
    opened_at: Instant,
}

/// One that somebody has. It goes back when it is dropped, unless it may be in the middle of something.
pub(super) struct Taken {
    /// None once it went back.
    link: Option<Link>,
    /// Whether it can be used again as it is.
    is_done: bool,
    home: Arc<Home>,
    place: Option<OwnedSemaphorePermit>,
}

impl Links {
    /// None is opened before it is needed.
    pub(super) fn new(opening: Opening, limits: Limits) -> Self {
        let places = usize::try_from(limits.most).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            home: Arc::new(Home {
                opening,
                limits,
                places: Arc::new(Semaphore::new(places)),
                idle: Mutex::default(),
                is_closed: AtomicBool::new(false),
            }),
        }
    }

    /// Takes one.
    pub(super) async fn take(&self) -> Result<Taken, StoreError> {
        let taken = tokio::time::timeout(self.home.limits.wait, self.take_in_time());
        taken.await.map_err(|_elapsed| StoreError::Busy)?
    }

    async fn take_in_time(&self) -> Result<Taken, StoreError> {
        let home = &self.home;
        if home.is_closed.load(Ordering::Acquire) {
            return Err(StoreError::Closed);
        }
        let place = Arc::clone(&home.places).acquire_owned().await;
        let place = place.map_err(|_closed| StoreError::Closed)?;
        if let Some(link) = home.pick() {
            return Ok(Taken::new(link, Arc::clone(home), place));
        }
        // In a task of its own: whoever waits may give up, and the driver's thread is there until the disk answers. So is its place.
        let opening = tokio::spawn(open(Arc::clone(home), place));
        opening.await.map_err(StoreError::unexpected)?
    }

    /// Closes all, once those that are out came back.
    pub(super) async fn close(&self) {
        let home = &self.home;
        home.is_closed.store(true, Ordering::Release);
        // An error says that somebody closed them before.
        let places = home.places.acquire_many(home.limits.most).await;
        // Before the places are free again: nobody who waits for one may get it now.
        home.places.close();
        let idle = std::mem::take(&mut *home.idle());
        for link in idle {
            link.close().await;
        }
        drop(places);
    }
}

/// Opens one in its place.
async fn open(home: Arc<Home>, place: OwnedSemaphorePermit) -> Result<Taken, StoreError> {
    let connection = home.opening.connect().await.map_err(explain)?;
    let link = Link {
        connection,
        opened_at: Instant::now(),
    };
    Ok(Taken::new(link, home, place))
}

impl Opening {
    /// What stands in the file `beside` is read as if it stood in theirs.
    pub(super) fn new(options: SqliteConnectOptions, beside: Option<&Path>) -> Self {
        Self {
            options,
            beside: beside.map(for_reading),
        }
    }

    async fn connect(&self) -> Result<SqliteConnection, sqlx::Error> {
        let mut connection = self.options.connect().await?;
        if let Some(file) = &self.beside {
            let attaching = sqlx::query("ATTACH $1 AS beside").bind(file);
            attaching.execute(&mut connection).await?;
        }
        Ok(connection)
    }
}

/// The text by which SQLite opens a file for reading only.
pub(super) fn for_reading(file: &Path) -> String {
    let path = file.to_string_lossy();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?mode=ro")
}

impl Home {
    /// The list is whole even if a thread panicked while it held it.
    fn idle(&self) -> MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that was used last; closes those that were used long enough.
    fn pick(&self) -> Option<Link> {
        let mut idle = self.idle();
        let is_old = |link: &mut Link| link.opened_at.elapsed() >= self.limits.life;
        let old: Vec<Link> = idle.extract_if(.., is_old).collect();
        let picked = idle.pop();
        drop(idle);
        for link in old {
            close_aside(link, None);
        }
        picked
    }
}

impl Link {
    /// What cannot be closed is gone anyway.
    async fn close(self) {
        drop(self.connection.close().await);
    }
}

/// Closes one while nobody waits for it. Its place is free only when its thread has ended: on a disk that hangs there must not be more and
/// more of them.
fn close_aside(link: Link, place: Option<OwnedSemaphorePermit>) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(async move {
            link.close().await;
            drop(place);
        });
    }
}

impl Taken {
    const fn new(link: Link, home: Arc<Home>, place: OwnedSemaphorePermit) -> Self {
        Self {
            link: Some(link),
            is_done: true,
            home,
            place: Some(place),
        }
    }

    /// To ask something with. Whoever has the whole answer says so with [`Self::answered`].
    pub(super) fn ask(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.is_done = false;
        let link = self.link.as_mut().ok_or(StoreError::Closed)?;
        Ok(&mut link.connection)
    }

    /// What was asked has this answer. Where it is another error than a refusal of the database, nobody knows what became of the connection.
    pub(super) const fn answered<T>(&mut self, answer: &Result<T, sqlx::Error>) {
        self.is_done = matches!(answer, Ok(_) | Err(sqlx::Error::Database(_)));
    }

    /// It is in no state to be used again.
    pub(super) const fn close_on_drop(&mut self) {
        self.is_done = false;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let Some(link) = self.link.take() else {
            return;
        };
        if self.is_done {
            self.home.idle().push(link);
        } else {
            close_aside(link, self.place.take());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How long a test waits for something that must happen.
    const LIMIT: Duration = Duration::from_secs(60);

    fn links(most: u32) -> Links {
        links_that_live(most, LIMIT)
    }

    fn links_that_live(most: u32, life: Duration) -> Links {
        let limits = Limits {
            most,
            wait: LIMIT,
            life,
        };
        let opening = Opening::new(SqliteConnectOptions::new().in_memory(true), None);
        Links::new(opening, limits)
    }

    /// Makes a table in the memory of this connection alone, by which it is known again.
    async fn mark(taken: &mut Taken) {
        let done = sqlx::raw_sql("CREATE TABLE mark (a)")
            .execute(taken.ask().unwrap())
            .await;
        taken.answered(&done);
        done.unwrap();
    }

    async fn is_marked(taken: &mut Taken) -> bool {
        let asked = sqlx::raw_sql("SELECT a FROM mark")
            .execute(taken.ask().unwrap())
            .await;
        taken.answered(&asked);
        asked.is_ok()
    }

    #[tokio::test]
    async fn the_one_that_was_used_last_is_used_next() {
        let links = links(2);
        let (mut first, second) = (links.take().await.unwrap(), links.take().await.unwrap());
        mark(&mut first).await;
        drop(second);
        drop(first);
        assert!(is_marked(&mut links.take().await.unwrap()).await);
    }

    #[tokio::test]
    async fn one_that_may_be_at_work_is_closed_and_leaves_its_place() {
        let links = links(1);
        let mut first = links.take().await.unwrap();
        mark(&mut first).await;
        first.ask().unwrap();
        drop(first);
        assert!(!is_marked(&mut links.take().await.unwrap()).await);
    }

    #[tokio::test]
    async fn one_whose_thread_is_gone_is_not_used_again_and_one_that_was_refused_something_is() {
        let links = links(1);
        let mut taken = links.take().await.unwrap();
        mark(&mut taken).await;
        let refused = sqlx::raw_sql("SELECT a FROM nothing")
            .execute(taken.ask().unwrap())
            .await;
        taken.answered(&refused);
        assert!(refused.is_err());
        drop(taken);
        let mut taken = links.take().await.unwrap();
        assert!(is_marked(&mut taken).await);
        taken.ask().unwrap();
        taken.answered::<()>(&Err(sqlx::Error::WorkerCrashed));
        drop(taken);
        assert!(!is_marked(&mut links.take().await.unwrap()).await);
    }

    #[tokio::test]
    async fn one_that_lived_long_enough_is_not_used_again() {
        let links = links_that_live(1, Duration::ZERO);
        mark(&mut links.take().await.unwrap()).await;
        assert!(!is_marked(&mut links.take().await.unwrap()).await);
    }

    #[tokio::test]
    async fn who_gives_up_while_one_is_opened_leaves_it_to_the_next() {
        let links = links(1);
        {
            let giving_up = links.take();
            tokio::pin!(giving_up);
            // One step: the opening has begun, and its task has not run yet.
            let step = one_step(giving_up.as_mut()).await;
            assert!(step.is_none());
        }
        assert_eq!(links.home.places.available_permits(), 0, "its place is taken");
        drop(links.take().await.unwrap());
        assert_eq!(links.home.idle().len(), 1, "it was opened once");
    }

    /// What comes of a future in one step; none where it is not over.
    async fn one_step<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
        std::future::poll_fn(|context| {
            let step = std::pin::Pin::new(&mut future).poll(context);
            std::task::Poll::Ready(match step {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }

    #[tokio::test]
    async fn who_waits_for_a_place_at_the_end_gets_none() {
        let links = links(1);
        let taken = links.take().await.unwrap();
        let (closing, waiting) = (links.clone(), links.clone());
        let closing = tokio::spawn(async move { closing.close().await });
        tokio::task::yield_now().await;
        // As one does who looked just before the end.
        links.home.is_closed.store(false, Ordering::Release);
        let waiting = tokio::spawn(async move { waiting.take().await.map(drop) });
        tokio::task::yield_now().await;
        drop(taken);
        let told = waiting.await.unwrap();
        assert!(matches!(told, Err(StoreError::Closed)), "{told:?}");
        closing.await.unwrap();
    }

    #[tokio::test]
    async fn who_comes_after_the_end_hears_of_it_and_who_is_there_is_waited_for() {
        let links = links(2);
        let mut taken = links.take().await.unwrap();
        let others = links.clone();
        let closing = tokio::spawn(async move { others.close().await });
        while !matches!(links.take().await, Err(StoreError::Closed)) {
            tokio::task::yield_now().await;
        }
        assert!(!closing.is_finished());
        mark(&mut taken).await;
        drop(taken);
        tokio::time::timeout(LIMIT, closing).await.unwrap().unwrap();
    }
}

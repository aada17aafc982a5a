//! Moves SQLite's log into the file while others go on writing.
//!
//! Left alone, SQLite does it at a commit: whoever commits copies some 10,000 pages and waits for the disk, and everybody else for him. Here
//! another connection does most of that beside the writer. What was written meanwhile is little, and is moved in the writer's turn, because
//! the log begins anew only where nothing is left in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fault::explain;
use super::links::Links;
use crate::StoreError;

/// Pages in the log before they are moved: an index page that a flood hits again and again is moved once.
const MOVE_AT: i64 = 16_000;
/// So few pages are moved in the writer's turn: to move them beside him first would gain nothing.
const FEW: i64 = 1_000;
/// Passes beside the writer: each leaves what was written during it, less than the one before.
const PASSES: usize = 3;
/// The shortest time between two looks at the log.
const PAUSE: Duration = Duration::from_millis(20);
/// The wait after the log was moved: while somebody reads from it, it cannot begin anew, and to move it again would gain nothing. Also where looking failed.
const BACK_OFF: Duration = Duration::from_millis(500);

/// The one who moves. It ends when it is closed, or when the last clone of this is dropped.
#[derive(Clone)]
pub(crate) struct Mover {
    bell: Bell,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What whoever commits rings.
#[derive(Clone)]
pub(super) struct Bell(Arc<watch::Sender<Order>>);

/// What the mover is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Something was committed.
    Look,
    /// Come to an end.
    End,
}

/// What is in the log.
struct Log {
    /// Pages in it.
    pages: i64,
    /// Those of them that stand in the file too.
    moved: i64,
}

/// The task.
struct Task {
    orders: watch::Receiver<Order>,
    own: Links,
    writer: Links,
    /// [`MOVE_AT`].
    move_at: i64,
}

impl Mover {
    /// Starts it: `own` is where it has its connection, `writer` where the one that writes is had.
    pub(super) fn start(own: Links, writer: Links) -> Self {
        Self::start_at(MOVE_AT, own, writer)
    }

    fn start_at(move_at: i64, own: Links, writer: Links) -> Self {
        let (sender, orders) = watch::channel(Order::Look);
        let task = Task {
            orders,
            own,
            writer,
            move_at,
        };
        let task = tokio::spawn(task.run());
        Self {
            bell: Bell(Arc::new(sender)),
            task: Arc::new(Mutex::new(Some(task))),
        }
    }

    /// What to ring at each commit.
    pub(super) fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Ends it, and waits until its connection is closed.
    pub(super) async fn close(&self) {
        self.bell.0.send_replace(Order::End);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(task) = task else { return };
        if let Err(error) = task.await {
            tracing::warn!(%error, "the one who moves the log of the store broke");
        }
    }
}

impl Bell {
    /// Tells the mover that something was committed.
    pub(super) fn ring(&self) {
        self.0.send_if_modified(|order| *order == Order::Look);
    }
}

impl Task {
    async fn run(mut self) {
        let mut end = self.orders.clone();
        tokio::select! {
            () = self.work() => {}
            _ended = end.wait_for(|order| *order == Order::End) => {}
        }
        self.own.close().await;
    }

    /// Looks after each commit, but not all the time. A failure is told to whoever commits next: here it only costs time.
    async fn work(&mut self) {
        while self.orders.changed().await.is_ok() {
            let pause = match self.look().await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::debug!(%error, "the log of the store was not moved");
                    BACK_OFF
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Moves the log if it is long; gives the pause after it.
    async fn look(&self) -> Result<Duration, StoreError> {
        let mut log = checkpoint(&self.own, LOOK).await?;
        if log.pages < self.move_at {
            return Ok(PAUSE);
        }
        for _ in 0..PASSES {
            if log.pages.saturating_sub(log.moved) <= FEW {
                break;
            }
            log = checkpoint(&self.own, MOVE).await?;
        }
        checkpoint(&self.writer, MOVE).await?;
        Ok(BACK_OFF)
    }
}

/// Only tells what is in the log.
const LOOK: &str = "PRAGMA wal_checkpoint(NOOP)";
/// Moves what can be moved without waiting for anybody.
const MOVE: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Runs a checkpoint on a connection; gives what is in the log after it.
async fn checkpoint(links: &Links, sql: &'static str) -> Result<Log, StoreError> {
    let mut link = links.take().await?;
    let answer = sqlx::query_as(sql).fetch_one(link.ask()?).await;
    link.answered(&answer);
    let (_is_blocked, pages, moved): (i64, i64, i64) = answer.map_err(explain)?;
    Ok(Log { pages, moved })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

    use super::super::links::{Limits, Opening};
    use super::*;

    /// How long a test waits for something that must happen.
    const LIMIT: Duration = Duration::from_secs(60);
    /// Pages at which these tests have the log moved.
    const AT: i64 = 100;

    /// One connection to a file, which never moves the log by itself.
    fn link(file: &Path) -> Links {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .pragma("wal_autocheckpoint", "0");
        let limits = Limits {
            most: 1,
            wait: LIMIT,
            life: LIMIT,
        };
        Links::new(Opening::new(options, None), limits)
    }

    async fn run(links: &Links, sql: &'static str) {
        let mut link = links.take().await.unwrap();
        let done = sqlx::raw_sql(sql).execute(link.ask().unwrap()).await;
        link.answered(&done);
        done.unwrap();
    }

    /// Writes some ten pages; gives how many are in the log then.
    async fn write(writer: &Links) -> i64 {
        run(writer, "INSERT INTO texts VALUES (randomblob(40000))").await;
        checkpoint(writer, LOOK).await.unwrap().pages
    }

    /// Goes on until the log began anew so often; gives the most pages that were in it.
    async fn write_until_it_began_anew(writer: &Links, mover: &Mover, times: usize) -> i64 {
        let (mut last, mut most, mut seen) = (0, 0, 0);
        while seen < times {
            let pages = write(writer).await;
            mover.bell().ring();
            seen += usize::from(pages < last);
            most = most.max(pages);
            last = pages;
        }
        most
    }

    #[tokio::test]
    async fn the_log_begins_anew_while_somebody_goes_on_writing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let writer = link(&file);
        run(&writer, "CREATE TABLE texts (text BLOB)").await;
        let mover = Mover::start_at(AT, link(&file), writer.clone());
        let writing = write_until_it_began_anew(&writer, &mover, 3);
        let most = tokio::time::timeout(LIMIT, writing).await.unwrap();
        assert!(most >= AT, "it is left alone before: {most}");
        mover.close().await;
        writer.close().await;
        assert!(
            !folder.path().join("store.db-wal").exists(),
            "nobody has the file open"
        );
    }

    #[tokio::test]
    async fn who_reads_an_old_state_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("store.db");
        let (writer, reader) = (link(&file), link(&file));
        run(&writer, "CREATE TABLE texts (text BLOB)").await;
        let mut reading = reader.take().await.unwrap();
        let begun = sqlx::raw_sql("BEGIN; SELECT * FROM texts")
            .execute(reading.ask().unwrap())
            .await;
        reading.answered(&begun);
        begun.unwrap();
        let task = Task {
            orders: watch::channel(Order::Look).1,
            own: link(&file),
            writer: writer.clone(),
            move_at: AT,
        };
        let mut last = 0;
        while last < 2 * AT {
            last = write(&writer).await;
            task.look().await.unwrap();
        }
        assert!(write(&writer).await > last, "it grows on");
        let seen: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM texts")
            .fetch_one(reading.ask().unwrap())
            .await
            .unwrap();
        assert_eq!(seen, (0,));
        drop(reading);
        reader.close().await;
        assert_eq!(task.look().await.unwrap(), BACK_OFF);
        assert!(write(&writer).await < AT, "it began anew");
    }
}

//! The step that puts a new version in the place of the one that answers.
//!
//! Who changes something takes turns, makes the next version beside the one that answers, puts it in its place by one swap of a pointer,
//! and only then tells those who wait. Who answers takes the version that stands, without a lock, and with it everything that belongs
//! together. `tests/model.rs` proves of this file: nobody sees half a version, or an older one after a newer one; no change is lost; who
//! is told of a version finds it.

use std::sync::{Arc, PoisonError};

use atalaya_model::Serial;

use crate::sync::{ArcSwap, Guard, Mutex, MutexGuard, watch};

/// A version that knows its place in the sequence of decisions.
pub(crate) trait Numbered {
    /// The last decision in it.
    fn serial(&self) -> Serial;

    /// Whether those who wait are told of it.
    fn is_news(&self) -> bool {
        true
    }
}

/// Versions of something: one that answers, and what the next one is made from.
#[derive(Debug)]
pub(crate) struct Publication<V, W> {
    /// What answers now.
    current: ArcSwap<V>,
    /// What the next version is made from; whoever holds it is the only one who changes anything.
    writer: Mutex<W>,
    /// Tells who waits for it of each new version.
    news: watch::Sender<Serial>,
}

impl<V: Numbered, W> Publication<V, W> {
    /// Begins with this version.
    pub(crate) fn new(first: V, writer: W) -> Self {
        let (news, _) = watch::channel(first.serial());
        Self {
            current: ArcSwap::from_pointee(first),
            writer: Mutex::new(writer),
            news,
        }
    }

    /// The version that answers now; it stays as it is while it is looked at.
    #[inline]
    pub(crate) fn current(&self) -> Guard<Arc<V>> {
        self.current.load()
    }

    /// Makes the next version from this one, or none where nothing is to change.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut W, &V) -> (Option<V>, R)) -> R {
        let mut writer = self.turn();
        let (next, result) = change(&mut writer, &self.current.load());
        if let Some(next) = next {
            let news = next.is_news().then(|| next.serial());
            self.current.store(Arc::new(next));
            if let Some(serial) = news {
                self.news.send_replace(serial);
            }
        }
        result
    }

    /// Looks at both sides at once: they belong together while nobody changes anything.
    pub(crate) fn both<R>(&self, look: impl FnOnce(&W, &V) -> R) -> R {
        let writer = self.turn();
        look(&writer, &self.current.load())
    }

    /// The serial of each new version, for those who wait for one.
    pub(crate) fn news(&self) -> watch::Receiver<Serial> {
        self.news.subscribe()
    }

    /// Nothing panics while it holds the lock. If something did, one change could be half done; with a lock that stays poisoned nothing
    /// would ever change again.
    fn turn(&self) -> MutexGuard<'_, W> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

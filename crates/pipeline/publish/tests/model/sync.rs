//! The parts of `src/sync.rs` as loom knows them. Each promises what the real one does and no more:
//!
//! | real | here |
//! |---|---|
//! | `arc_swap::ArcSwap`: a store swaps a pointer (`SeqCst`), a load reads it (`Acquire`) and holds the version against its end | the number of a version in an atomic, written with `Release`, read with `Acquire`; versions stay until the end of the run |
//! | `tokio::sync::watch`: a value behind a lock, and waking who waits | a mutex and a condition variable |
//! | atomics and mutexes of `std` | those of loom |
//!
//! That `arc_swap` itself frees no version too early is its own proof, and that of the thread sanitizer on `tests/versions.rs`.

use std::ops::Deref;
use std::sync::atomic::Ordering::{self, Acquire, Release};
use std::sync::{Arc, OnceLock};

pub(crate) use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::AtomicUsize;
pub(crate) use loom::sync::{Mutex, MutexGuard};

/// Versions of one run of a model at most.
const MOST: usize = 4;

/// The version that stands.
#[derive(Debug)]
pub(crate) struct ArcSwap<V> {
    /// Filled from the front. loom does not see this: it orders nothing.
    versions: [OnceLock<Arc<V>>; MOST],
    /// The number of the one that stands.
    current: AtomicUsize,
}

/// A version that is looked at.
pub(crate) struct Guard<A>(A);

impl<A> Deref for Guard<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.0
    }
}

impl<V> ArcSwap<V> {
    pub(crate) fn from_pointee(first: V) -> Self {
        let versions = [const { OnceLock::new() }; MOST];
        assert!(versions[0].set(Arc::new(first)).is_ok());
        Self {
            versions,
            current: AtomicUsize::new(0),
        }
    }

    pub(crate) fn load(&self) -> Guard<Arc<V>> {
        let at = self.current.load(Acquire);
        Guard(Arc::clone(self.versions[at].get().unwrap()))
    }

    pub(crate) fn store(&self, version: Arc<V>) {
        self.put(version, Release);
    }

    /// Stores with an order, which a model may choose too weak.
    pub(crate) fn put(&self, version: Arc<V>, order: Ordering) {
        let at = self
            .versions
            .iter()
            .position(|place| place.get().is_none())
            .unwrap();
        assert!(self.versions[at].set(version).is_ok());
        self.current.store(at, order);
    }
}

/// A value, and waking those who wait for the next one.
pub(crate) mod watch {
    use std::sync::Arc;

    use loom::sync::{Condvar, Mutex};

    #[derive(Debug)]
    struct Shared<T> {
        /// The value, and how often it was replaced.
        value: Mutex<(T, usize)>,
        replaced: Condvar,
    }

    #[derive(Debug)]
    pub(crate) struct Sender<T>(Arc<Shared<T>>);

    #[derive(Debug)]
    pub(crate) struct Receiver<T> {
        shared: Arc<Shared<T>>,
        seen: usize,
    }

    pub(crate) fn channel<T: Copy>(first: T) -> (Sender<T>, Receiver<T>) {
        let sender = Sender(Arc::new(Shared {
            value: Mutex::new((first, 0)),
            replaced: Condvar::new(),
        }));
        let receiver = sender.subscribe();
        (sender, receiver)
    }

    impl<T: Copy> Sender<T> {
        pub(crate) fn subscribe(&self) -> Receiver<T> {
            let (_, seen) = *self.0.value.lock().unwrap();
            Receiver {
                shared: Arc::clone(&self.0),
                seen,
            }
        }

        pub(crate) fn send_replace(&self, value: T) {
            let mut held = self.0.value.lock().unwrap();
            *held = (value, held.1 + 1);
            drop(held);
            self.0.replaced.notify_all();
        }
    }

    impl<T: Copy> Receiver<T> {
        /// Whether there is a value that was not seen.
        pub(crate) fn has_changed(&self) -> bool {
            self.shared.value.lock().unwrap().1 != self.seen
        }

        /// Waits for the next value; that of two which come together is the last.
        pub(crate) fn changed(&mut self) -> T {
            let mut held = self.shared.value.lock().unwrap();
            while held.1 == self.seen {
                held = self.shared.replaced.wait(held).unwrap();
            }
            self.seen = held.1;
            held.0
        }
    }
}

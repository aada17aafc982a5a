//! What the threads meet at, in one place: `tests/model.rs` puts its own in the place of these, and so runs `publication` and `quota`, the
//! same files, in every order that the memory model allows.

pub(crate) use std::sync::atomic::AtomicU64;
pub(crate) use std::sync::{Mutex, MutexGuard};

pub(crate) use arc_swap::{ArcSwap, Guard};
pub(crate) use tokio::sync::watch;

//! Work in many small steps of the store, on a thread of its own.
//!
//! Each answer of the database wakes whoever waits for it. A task of the runtime then stands in line behind all others that are awake, under
//! a flood some thousand, and the database, which does one thing at a time, waits for it. A thread is woken by the system at once.

use std::io;
use std::panic::resume_unwind;
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Runs `work` on a thread of that name; returns when it is over. Its timers and connections are those of the runtime that this is called on.
/// Dropping this does not stop the work.
///
/// # Errors
/// The system has no thread to give; nothing ran.
///
/// # Panics
/// The work did.
pub async fn apart<T: Send + 'static>(
    name: &str,
    work: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    let (done, end) = oneshot::channel();
    let thread = start(name, async move { drop(done.send(work.await)) })?;
    match end.await {
        Ok(outcome) => Ok(outcome),
        Err(_dropped) => match thread.join() {
            Err(panic) => resume_unwind(panic),
            Ok(()) => Err(io::Error::other("the work was dropped")),
        },
    }
}

/// Starts the thread.
pub(crate) fn start(
    name: &str,
    work: impl Future<Output = ()> + Send + 'static,
) -> io::Result<thread::JoinHandle<()>> {
    let runtime = Handle::current();
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || runtime.block_on(work))
}

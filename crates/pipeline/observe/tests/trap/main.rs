//! The trap as its clients see it: over TCP, in front of a real store.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests end where something is not as it should be"
)]

mod answers;
mod client;
mod complaints;
mod crowd;
mod process;
mod programs;
mod recording;
mod serving;

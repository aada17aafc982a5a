//! Files of every form, right and wrong, and the real ones where they are at hand.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may stop at the first thing that does not hold"
)]

mod hostile;
mod layers;
mod real;
mod written;

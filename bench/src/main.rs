//! Benchmarks beside the named peers. In: the name of one. Out: its figures, on standard output.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its figures, and measures real time"
)]

mod process;
mod trap;

use anyhow::bail;

fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("trap") => trap::run(),
        Some(other) => bail!("no benchmark is named `{other}`: use trap"),
        None => bail!("name a benchmark: trap"),
    }
}

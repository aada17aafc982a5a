//! Benchmarks beside the named peers. In: the name of one. Out: its figures, on standard output.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its figures, and measures real time"
)]

mod asking;
mod contacts;
mod dns;
mod filling;
mod network;
mod notices;
mod places;
mod process;
mod random;
mod search;
mod served;
mod spread;
mod statistics;
mod store;
mod trap;

use anyhow::bail;
use mimalloc::MiMalloc;

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// What can be measured.
const NAMES: &str =
    "contacts, dns, listing, network, notices, page, places, search, statistics, store or trap";

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("contacts") => contacts::run(&arguments.collect::<Vec<_>>()),
        Some("dns") => dns::run(&arguments.collect::<Vec<_>>()),
        Some("listing") => served::run_listing(&arguments.collect::<Vec<_>>()),
        Some("network") => network::run(&arguments.collect::<Vec<_>>()),
        Some("notices") => notices::run(&arguments.collect::<Vec<_>>()),
        Some("page") => served::run_page(&arguments.collect::<Vec<_>>()),
        Some("places") => places::run(&arguments.collect::<Vec<_>>()),
        Some("search") => search::run(&arguments.collect::<Vec<_>>()),
        Some("statistics") => statistics::run(&arguments.collect::<Vec<_>>()),
        Some("store") => store::run(&arguments.collect::<Vec<_>>()),
        Some("trap") => trap::run(&arguments.collect::<Vec<_>>()),
        Some(other) => {
            bail!("no benchmark is named `{other}`: use {NAMES}")
        }
        None => bail!("name a benchmark: {NAMES}"),
    }
}

//! A year of real churn: what one list published each day, replayed through the zone day by day.
//!
//! The data says of each address its first and its last day; an address that came back in between counts as listed all the time. After
//! each day a secondary asks for the difference (IXFR), with texts and without.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::Context;
use atalaya_model::{Class, Clock, Prefix, Verdict};
use atalaya_testkit::data;

use super::cost::least_and_median;
use super::ours::{BATCH, apply, list};
use super::primary::{Primary, Texts, Transfer};
use super::running::thread_seconds;

/// Where the churn stands in the test data.
pub(super) const CHURN: &str = "ip-lists/churn-datashield-395days.tsv.zst";

/// What changes on each day.
type Days = BTreeMap<u32, Vec<(Prefix, Verdict)>>;

/// Replays the churn and prints what each day took.
///
/// # Errors
/// The data cannot be read.
pub(super) fn run() -> anyhow::Result<()> {
    let Some(file) = data(CHURN) else {
        println!("\nskipped: the churn of a real list ({CHURN}) is not here");
        return Ok(());
    };
    let days = read(&file)?;
    for texts in [Texts::Sent, Texts::LeftOut] {
        replay(&days, texts)?;
    }
    Ok(())
}

/// What a day came to.
struct Day {
    decisions: f64,
    seconds: f64,
    transfer: Transfer,
}

/// Replays all days.
fn replay(days: &Days, texts: Texts) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let own = Path::new("/proc/thread-self");
    let primary = Primary::start(texts)?;
    let zone = &primary.zone;
    let first = days.get(&0).map_or(&[][..], Vec::as_slice);
    apply(zone, first, now)?;
    let took: Vec<Day> = days
        .values()
        .skip(1)
        .map(|changes| {
            let known = zone.serial();
            let before = thread_seconds(own)?;
            changes
                .chunks(BATCH)
                .try_for_each(|batch| apply(zone, batch, now))?;
            let seconds = thread_seconds(own)? - before;
            Ok(Day {
                decisions: changes.len() as f64,
                seconds,
                transfer: primary.difference(known)?,
            })
        })
        .collect::<anyhow::Result<_>>()?;
    println!(
        "\nchurn, texts {texts:?}: {} days, from {} listings to {}",
        took.len(),
        first.len(),
        zone.size().0
    );
    print("decisions a day", took.iter().map(|day| day.decisions));
    print(
        "ms of processor time a day, journal kept",
        took.iter().map(|day| day.seconds * 1e3),
    );
    print(
        "µs a decision",
        took.iter().map(|day| day.seconds * 1e6 / day.decisions),
    );
    print(
        "KiB of the IXFR of a day",
        took.iter().map(|day| day.transfer.bytes as f64 / 1024.0),
    );
    print(
        "bytes of it a decision",
        took.iter().map(|day| day.transfer.bytes as f64 / day.decisions),
    );
    print(
        "ms until it was there",
        took.iter().map(|day| day.transfer.took.as_secs_f64() * 1e3),
    );
    Ok(())
}

fn print(what: &str, figures: impl Iterator<Item = f64> + Clone) {
    let (least, median) = least_and_median(figures.clone());
    println!(
        "{what}: least {least:.2}, median {median:.2}, most {:.2}",
        figures.fold(0.0, f64::max)
    );
}

/// The changes of each day: what came, and what was there the day before for the last time.
fn read(file: &Path) -> anyhow::Result<Days> {
    let now = Clock::system().now();
    let mut days = Days::new();
    let lines = BufReader::new(zstd::Decoder::new(std::fs::File::open(file)?)?).lines();
    let mut last_day = 0;
    for line in lines {
        let line = line?;
        let mut fields = line.split('\t');
        let mut field = || fields.next().context("a field is missing in the churn");
        let address: Ipv4Addr = field()?.parse()?;
        let (first, last): (u32, u32) = (field()?.parse()?, field()?.parse()?);
        let entered = list(address.into(), now);
        days.entry(first).or_default().push(entered);
        days.entry(last + 1)
            .or_default()
            .push((entered.0, Verdict::Withdraw { class: Class::Spam }));
        last_day = last_day.max(last);
    }
    // What is there on the last day does not leave on the next.
    days.retain(|day, _| *day <= last_day);
    Ok(days)
}

//! A year of real churn as a trap would have seen it: each address hits once on each day on which a real list had it, the standard rules
//! judge, and a secondary fetches what came of the day. In: one of how many addresses takes part. Out: the list through the year.
//!
//! The days on which an address stood on the list are known only by their number, the first and the last; they are taken to lie evenly.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use atalaya_decide::Rules;
use atalaya_decide::simulate::{Step, World};
use atalaya_model::{
    Class, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp, Trap, Verdict, reserved,
};
use atalaya_testkit::data;

use super::churn::CHURN;
use super::ours::{BATCH, apply};
use super::primary::{Primary, Texts, Transfer};

/// The first day of the churn.
const BEGIN: Timestamp = Timestamp::from_seconds(20_291 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);
/// Days between two lines of the table.
const LINE: usize = 28;

/// Who hits on each day.
type Days = Vec<Vec<Ipv4Addr>>;

/// Judges the churn and prints the list through the year.
///
/// # Errors
/// The data cannot be read.
pub(super) fn run(one_in: usize) -> anyhow::Result<()> {
    let Some(file) = data(CHURN) else {
        println!("\nskipped: the churn of a real list ({CHURN}) is not here");
        return Ok(());
    };
    let days = read(&file, one_in.max(1))?;
    let mut year = Year::new()?;
    println!("churn judged, one address in {one_in}");
    println!("     day      hits    listed     new   ended  extended  KiB of the IXFR");
    for (number, hits) in days.iter().enumerate() {
        let day = year.day(number, hits)?;
        if number % LINE == 0 || number + 1 == days.len() {
            println!(
                "{number:>8}{:>10}{:>10}{:>8}{:>8}{:>10}{:>17.0}",
                hits.len(),
                day.listed,
                day.entered,
                day.ended,
                day.extended,
                day.transfer.bytes as f64 / 1024.0
            );
        }
    }
    year.print();
    Ok(())
}

/// The list through the year.
struct Year {
    world: World,
    primary: Primary,
    /// Since when each listing stands.
    since: HashMap<(Prefix, Class), Timestamp>,
    /// How long the listings that ended had stood, in days.
    lifetimes: Vec<f64>,
    days: Vec<Day>,
}

/// What one day came to.
struct Day {
    listed: usize,
    entered: usize,
    ended: usize,
    extended: usize,
    transfer: Transfer,
}

impl Year {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            world: World::new(Arc::new(Rules::standard()?), Arc::default()),
            primary: Primary::start(Texts::Sent)?,
            since: HashMap::new(),
            lifetimes: Vec::new(),
            days: Vec::new(),
        })
    }

    /// Lets one day pass, its hits spread evenly over it.
    fn day(&mut self, number: usize, hits: &[Ipv4Addr]) -> anyhow::Result<&Day> {
        let mut changes = Vec::new();
        let begin = BEGIN.plus(DAY * u32::try_from(number)?);
        for (place, address) in (0_u32..).zip(hits) {
            let now = begin.plus(DAY * place / u32::try_from(hits.len())?);
            self.pass(now, &mut changes);
            self.hit((*address).into(), now, &mut changes);
        }
        let end = begin.plus(DAY);
        self.pass(end, &mut changes);
        let known = self.primary.zone.serial();
        for batch in changes.chunks(BATCH) {
            apply(&self.primary.zone, batch, end)?;
        }
        let count = |is: fn(&Verdict) -> bool| changes.iter().filter(|(_, verdict)| is(verdict)).count();
        let day = Day {
            listed: self.world.listed(),
            entered: count(|verdict| matches!(verdict, Verdict::List { .. })),
            ended: count(|verdict| matches!(verdict, Verdict::Withdraw { .. })),
            extended: count(|verdict| matches!(verdict, Verdict::Extend { .. })),
            transfer: self.primary.difference(known)?,
        };
        self.days.push(day);
        self.days.last().context("a day was pushed")
    }

    /// Judges one message.
    fn hit(&mut self, address: IpAddr, now: Timestamp, changes: &mut Vec<(Prefix, Verdict)>) {
        for step in self.world.observe(&message(address, now)) {
            let Step::Decided(decision) = step else { continue };
            if let Verdict::List { class, .. } = decision.verdict {
                self.since.insert((decision.prefix, class), now);
            }
            changes.push((decision.prefix, decision.verdict));
        }
    }

    /// Lets listings end.
    fn pass(&mut self, now: Timestamp, changes: &mut Vec<(Prefix, Verdict)>) {
        for (at, prefix, class) in self.world.advance(now) {
            changes.push((prefix, Verdict::Withdraw { class }));
            if let Some(since) = self.since.remove(&(prefix, class)) {
                self.lifetimes
                    .push(at.since(since).as_secs_f64() / DAY.as_secs_f64());
            }
        }
    }

    fn print(&mut self) {
        self.lifetimes.sort_by(f64::total_cmp);
        let of_100 = |share: usize| self.lifetimes[(self.lifetimes.len() - 1) * share / 100];
        println!(
            "lifetimes in days: median {:.1}, 90 of 100 {:.1}, 99 of 100 {:.1}, longest {:.1}; {} ended",
            of_100(50),
            of_100(90),
            of_100(99),
            of_100(100),
            self.lifetimes.len()
        );
        let mut sizes: Vec<usize> = self.days.iter().map(|day| day.transfer.bytes / 1024).collect();
        sizes.sort_unstable();
        println!(
            "KiB of the IXFR of a day: least {}, median {}, most {}",
            sizes[0],
            sizes[sizes.len() / 2],
            sizes[sizes.len() - 1]
        );
    }
}

/// A message to a pristine trap.
fn message(address: IpAddr, at: Timestamp) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        ..Observation::new(ObservationId(uuid::Uuid::nil()), address, at, Sensor::Trap)
    }
}

/// Who hits on which day.
fn read(file: &Path, one_in: usize) -> anyhow::Result<Days> {
    let mut days = Days::new();
    let lines = BufReader::new(zstd::Decoder::new(std::fs::File::open(file)?)?).lines();
    for line in lines.step_by(one_in) {
        let line = line?;
        let mut fields = line.split('\t');
        let mut field = || fields.next().context("a field is missing in the churn");
        let address: Ipv4Addr = field()?.parse()?;
        let (first, last, count): (usize, usize, usize) =
            (field()?.parse()?, field()?.parse()?, field()?.parse()?);
        if reserved(&Prefix::single(address.into())).is_some() {
            continue;
        }
        if days.len() <= last {
            days.resize(last + 1, Vec::new());
        }
        for at in 0..count.max(1) {
            days[first + (last - first) * at / (count.max(2) - 1)].push(address);
        }
    }
    Ok(days)
}

//! A year of real churn: what one list published each day, replayed through the zone day by day.
//!
//! The data says of each address its first and its last day; an address that came back in between counts as listed all the time. After
//! each day a secondary asks for the difference (IXFR), with texts and without.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use atalaya_model::{Class, Clock, Prefix, Serial, Verdict};
use atalaya_publish::{DnsServer, DnsSockets, PublishConfig, Set, Zone};
use atalaya_testkit::data;
use tokio_util::sync::CancellationToken;

use super::cost::least_and_median;
use super::ours::{BATCH, apply, config, list};
use super::peers::ZONE;
use super::running::thread_seconds;

/// Where the churn stands in the test data.
const CHURN: &str = "ip-lists/churn-datashield-395days.tsv.zst";

/// Decisions that a difference can reach back: more than any day has.
const JOURNAL: u32 = 400_000;
/// Types of records (RFC 1035 section 3.2.2, RFC 1995 section 2).
const SOA: u8 = 6;
const IXFR: u8 = 251;

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

/// Whether secondaries get the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Texts {
    Sent,
    LeftOut,
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

/// A primary on loopback.
struct Primary {
    zone: Arc<Zone>,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

/// A difference that was fetched.
struct Transfer {
    bytes: usize,
    took: Duration,
}

impl Primary {
    fn start(texts: Texts) -> anyhow::Result<Self> {
        let config = PublishConfig {
            transfer_to: vec!["127.0.0.0/8".parse()?],
            transfer_texts: texts == Texts::Sent,
            transfer_journal: JOURNAL,
            ..config(1)?
        };
        let zone = Arc::new(Zone::new(&config, "http://127.0.0.1")?);
        drop(zone.load(Set::default(), Serial(0)));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let sockets = runtime.block_on(async { DnsSockets::bind(([127, 0, 0, 1], 0).into()) })?;
        let address = sockets.address();
        let server = DnsServer::new(&config, Arc::clone(&zone), Clock::system());
        runtime.spawn(server.serve(vec![sockets], CancellationToken::new()));
        Ok(Self {
            zone,
            address,
            _runtime: runtime,
        })
    }

    /// Fetches the difference since a serial. A question behind it on the same connection says where it ends.
    fn difference(&self, known: Serial) -> anyhow::Result<Transfer> {
        let started = Instant::now();
        let mut stream = TcpStream::connect(self.address)?;
        let ixfr = [&question(1, IXFR, 1)[..], &soa(known)].concat();
        for query in [ixfr, question(2, SOA, 0)] {
            stream.write_all(&u16::try_from(query.len())?.to_be_bytes())?;
            stream.write_all(&query)?;
        }
        let (mut bytes, mut stream) = (0, BufReader::new(stream));
        loop {
            let mut length = [0; 2];
            stream.read_exact(&mut length)?;
            let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut message)?;
            ensure!(
                message.get(3).is_some_and(|flags| flags & 15 == 0),
                "the transfer was refused"
            );
            if message.starts_with(&[0, 2]) {
                return Ok(Transfer {
                    bytes,
                    took: started.elapsed(),
                });
            }
            bytes += message.len();
        }
    }
}

/// A question about the zone, with so many records in its authority section.
fn question(id: u8, rtype: u8, authority: u8) -> Vec<u8> {
    let mut message = vec![0, id, 0, 0, 0, 1, 0, 0, 0, authority, 0, 0];
    for label in ZONE.split('.') {
        message.push(u8::try_from(label.len()).unwrap_or(63));
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, rtype, 0, 1]);
    message
}

/// The SOA record that a secondary has, with root names and nothing but its serial.
fn soa(known: Serial) -> Vec<u8> {
    let mut record = vec![0xc0, 12, 0, SOA, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0];
    record.extend(known.soa().to_be_bytes());
    record.extend([0; 16]);
    record
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

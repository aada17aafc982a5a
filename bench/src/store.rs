//! Observations a second that become durable, each with its message, in the store alone.
//!
//! In: a store's URL, or none for an SQLite file in the current folder (run it on the disk that is to be measured). Out: the rate and how
//! long a caller waits for its acknowledgement.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::ensure;
use atalaya_model::{Clock, Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Timestamp, Trap};
use atalaya_store::{Store, StoreError};
use uuid::Uuid;

/// Observations recorded.
const COUNT: u32 = 200_000;
/// Callers that record at the same time, as a trap has sessions.
const CALLERS: u32 = 512;
/// About the size of the mails in the public spam collections, without their pictures.
const MESSAGE_BYTES: usize = 3_000;
/// Words that fill the messages, so that they pack like mail and not like noise.
const WORDS: [&str; 16] = [
    "account", "offer", "http://", "watch", "=20", "click", "best", "price", "<td>", "your", "now", "the",
    "of", "Dear", "urgent", "</a>",
];

/// Runs the benchmark and prints its line.
pub(crate) fn run(url: Option<&str>) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(measure(url))
}

async fn measure(url: Option<&str>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(".")?;
    let file = format!("sqlite:{}", folder.path().join("store.db").display());
    let store = Store::open(&url.unwrap_or(&file).parse()?, Clock::system()).await?;
    let begin = Instant::now();
    let mut waits = record(&store).await?;
    let rate = f64::from(COUNT) / begin.elapsed().as_secs_f64();
    let last = store
        .observations_after(u64::from(COUNT).saturating_sub(1), 2)
        .await?;
    ensure!(
        last.len() == 1,
        "the store holds other observations than those recorded: give it an empty one"
    );
    store.close().await;

    waits.sort_unstable();
    let share = |percent: usize| {
        waits
            .get(waits.len() * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{COUNT} observations of {MESSAGE_BYTES} bytes from {CALLERS} callers: {rate:.0} a second, acknowledged after \
         {:.1?} (median), {:.1?} (99 of 100)",
        share(50),
        share(99),
    );
    Ok(())
}

/// Records from many callers at once; gives how long each record took.
async fn record(store: &Store) -> anyhow::Result<Vec<Duration>> {
    let next = Arc::new(AtomicU32::new(0));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(call(store.clone(), Arc::clone(&next))))
        .collect();
    let mut waits = Vec::new();
    for caller in callers {
        waits.extend(caller.await??);
    }
    Ok(waits)
}

/// Records one observation after the other until all are taken.
async fn call(store: Store, next: Arc<AtomicU32>) -> Result<Vec<Duration>, StoreError> {
    let mut waits = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= COUNT {
            return Ok(waits);
        }
        let begin = Instant::now();
        store.record(observation(number), Some(message(number))).await?;
        waits.push(begin.elapsed());
    }
}

/// A spam from one of some hundred thousand addresses, scattered as they come in.
fn observation(number: u32) -> Observation {
    let address = Ipv4Addr::from(0x0b00_0000 | (number.wrapping_mul(2_654_435_761) >> 15));
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        envelope: Envelope {
            helo: format!("host-{number}.sender.example"),
            mail_from: format!("bounce-{number}@sender.example"),
            recipients: vec![format!("trap{}@atalaya.test", number % 1_000)],
        },
        subject: format!("Your account {number} needs attention"),
        source_port: Some(40_000),
        message_size: MESSAGE_BYTES as u64,
        ..Observation::new(
            ObservationId(Uuid::now_v7()),
            address.into(),
            Timestamp::from_seconds(1_795_435_200 + i64::from(number / 20_000)),
            Sensor::Trap,
        )
    }
}

/// A message unlike every other.
fn message(number: u32) -> Vec<u8> {
    let mut text =
        format!("Message-ID: <{number}@sender.example>\r\nSubject: offer {number}\r\n\r\n").into_bytes();
    let mut state = number | 1;
    while text.len() < MESSAGE_BYTES {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let word = WORDS.get((state % 16) as usize).copied().unwrap_or_default();
        text.extend_from_slice(word.as_bytes());
        text.push(b' ');
    }
    text
}

//! How many observations a second become durable, each with its message.
//!
//! `cargo run --release --package atalaya-store --example record [COUNT] [CALLERS] [URL]`. Without a URL it makes a SQLite file in the
//! current folder, so run it on the disk that is to be measured, and removes it afterwards.

#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark prints its figures, and measures real time"
)]

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use atalaya_model::{Clock, Envelope, Handshake, Kind, Observation, ObservationId, Timestamp, Trap};
use atalaya_store::{Store, StoreError};
use uuid::Uuid;

/// About the size of the mails in the public spam collections, without their pictures.
const MESSAGE_BYTES: usize = 3_000;
/// Words that fill the messages, so that they pack like mail and not like noise.
const WORDS: [&str; 16] = [
    "account", "offer", "http://", "watch", "=20", "click", "best", "price", "<td>", "your", "now", "the",
    "of", "Dear", "urgent", "</a>",
];

type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let count: u32 = arguments.next().map_or(Ok(200_000), |text| text.parse())?;
    let callers: u32 = arguments.next().map_or(Ok(512), |text| text.parse())?;
    let folder = tempfile::tempdir_in(".")?;
    let file = format!("sqlite:{}", folder.path().join("store.db").display());
    let url = arguments.next().unwrap_or(file);
    let store = Store::open(&url.parse()?, Clock::system()).await?;

    let begin = Instant::now();
    let mut waits = record(&store, count, callers).await?;
    let took = begin.elapsed();
    waits.sort_unstable();
    let share = |percent: usize| {
        waits
            .get(waits.len() * percent / 100)
            .copied()
            .unwrap_or_default()
    };
    println!(
        "{count} observations of {MESSAGE_BYTES} bytes from {callers} callers in {took:.1?}: {:.0} a second, \
         acknowledged after {:.1?} (median), {:.1?} (99 of 100)",
        f64::from(count) / took.as_secs_f64(),
        share(50),
        share(99),
    );
    let kept = store.observations_after(u64::from(count) - 1, 2).await?;
    assert_eq!(kept.len(), 1, "all are there");
    store.close().await;
    Ok(())
}

/// Records from many callers at once; returns how long each record took.
async fn record(store: &Store, count: u32, callers: u32) -> Result<Vec<Duration>, Failure> {
    let next = Arc::new(AtomicU32::new(0));
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (store, next) = (store.clone(), Arc::clone(&next));
            tokio::spawn(async move {
                let mut waits = Vec::new();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return Ok::<_, StoreError>(waits);
                    }
                    let begin = Instant::now();
                    store.record(observation(number), Some(message(number))).await?;
                    waits.push(begin.elapsed());
                }
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    Ok(waits)
}

/// A spam from one of some hundred thousand addresses, scattered as they come in.
fn observation(number: u32) -> Observation {
    let address = Ipv4Addr::from(0x0b00_0000 | (number.wrapping_mul(2_654_435_761) >> 15));
    Observation {
        id: ObservationId(Uuid::now_v7()),
        address: address.into(),
        seen_at: Timestamp::from_seconds(1_795_435_200 + i64::from(number / 20_000)),
        sensor: "trap".to_owned(),
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Trap::Pristine,
        envelope: Envelope {
            helo: format!("host-{number}.sender.example"),
            mail_from: format!("bounce-{number}@sender.example"),
            recipients: vec![format!("trap{}@atalaya.test", number % 1_000)],
        },
        subject: format!("Your account {number} needs attention"),
        source_port: Some(40_000),
        message: None,
        message_size: MESSAGE_BYTES as u64,
        oddities: Vec::new(),
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

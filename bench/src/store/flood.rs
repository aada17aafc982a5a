//! The flood: observations from many callers at once, each with a message of its own.

use std::net::Ipv4Addr;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Timestamp, Trap};
use atalaya_store::{Store, StoreError};
use uuid::Uuid;

use crate::filling::listed_address;
use crate::random::Dice;
use crate::spread::Spread;

/// Callers that record at the same time, as a flooded trap has sessions: it takes many more, and as many observations may wait.
pub(super) const CALLERS: u32 = 8_192;
/// About the size of the mails in the public spam collections, without their pictures.
const MESSAGE_BYTES: usize = 3_000;
/// How much text there is to cut messages out of.
const TEXT_BYTES: usize = 1 << 20;
static TEXT: LazyLock<Vec<u8>> = LazyLock::new(text);
/// Words that the messages are made of. With so many, and some of them more frequent than others, text packs to a half and costs the packer about
/// what the beginnings of 1,500 real mails do.
const WORDS: u32 = 512;
/// What words are made of.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// Records from many callers at once; gives how long each record took.
pub(super) async fn record(store: &Store, numbers: Range<u32>, listed: u32) -> anyhow::Result<Spread> {
    let next = Arc::new(AtomicU32::new(numbers.start));
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(call(store.clone(), Arc::clone(&next), (numbers.end, listed))))
        .collect();
    let mut waits = Spread::default();
    for caller in callers {
        waits.extend(caller.await??);
    }
    Ok(waits)
}

/// Records one observation after the other until all are taken.
async fn call(store: Store, next: Arc<AtomicU32>, (end, listed): (u32, u32)) -> Result<Spread, StoreError> {
    let mut waits = Spread::default();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= end {
            return Ok(waits);
        }
        let begin = Instant::now();
        store
            .record(observation(number, listed), Some(message(number)))
            .await?;
        waits.add(begin.elapsed());
    }
}

/// The sender: one of 131,072, scattered as they come in; half of them are listed already.
fn sender(number: u32, listed: u32) -> Ipv4Addr {
    let who = number.wrapping_mul(2_654_435_761) >> 15;
    match (who * (listed >> 17)).checked_rem(listed) {
        Some(at) if who.is_multiple_of(2) => listed_address(at),
        _ => Ipv4Addr::from(0x0b00_0000 | who),
    }
}

/// A spam.
fn observation(number: u32, listed: u32) -> Observation {
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
            sender(number, listed).into(),
            Timestamp::from_seconds(1_795_435_200 + i64::from(number / 20_000)),
            Sensor::Trap,
        )
    }
}

/// A message unlike every other.
fn message(number: u32) -> Vec<u8> {
    let mut text =
        format!("Message-ID: <{number}@sender.example>\r\nSubject: offer {number}\r\n\r\n").into_bytes();
    let missing = MESSAGE_BYTES.saturating_sub(text.len());
    let begin = number.wrapping_mul(2_654_435_761) as usize % (TEXT_BYTES - MESSAGE_BYTES);
    text.extend_from_slice(TEXT.get(begin..begin + missing).unwrap_or_default());
    text
}

/// What the messages are cut out of, made once: the store is measured, not the making of spam.
fn text() -> Vec<u8> {
    let mut dice = Dice::new(1);
    let words: Vec<Vec<u8>> = (0..WORDS).map(|_| word(&mut dice)).collect();
    let mut text = Vec::with_capacity(TEXT_BYTES);
    while text.len() < TEXT_BYTES {
        let frequent = dice.small(WORDS) * dice.small(WORDS) / WORDS;
        text.extend(words.get(frequent as usize).into_iter().flatten());
        let is_last = dice.small(12) == 0;
        text.extend_from_slice(if is_last { b"\r\n" } else { b" " });
    }
    text
}

/// Two to nine letters.
fn word(dice: &mut Dice) -> Vec<u8> {
    let length = 2 + dice.small(8);
    (0..length)
        .filter_map(|_| LETTERS.get(dice.small(26) as usize).copied())
        .collect()
}

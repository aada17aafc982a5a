//! Runs: stretches of base64 or hex, as in links and identifiers that carry a recipient.
//!
//! In: a reading. Out: all texts that its runs could stand for, each byte with the place of its whole run. A run tells neither that it
//! is one nor where its first group begins, so every stretch of its letters is tried at every beginning, and what comes out counts where
//! it is text.

use super::base64;
use super::escapes::hex_pair;
use super::readings::{Reading, count};

/// Shortest run of base64 that can say anything worth hiding.
const MIN_BASE64: usize = 8;
/// Shortest run of hex that can.
const MIN_HEX: usize = 8;
/// Shortest text that can.
const MIN_TEXT: usize = 4;
/// Stands between two texts. It is part of no text, so that nothing is found across it.
const BETWEEN: u8 = 1;

/// What the runs of a reading could stand for.
pub(super) fn decoded(reading: &Reading) -> Reading {
    let mut out = Reading::default();
    for (start, run) in runs(&reading.bytes, base64::is_letter, MIN_BASE64) {
        let end = start.saturating_add(run.len());
        let behind = reading
            .bytes
            .get(end..end.saturating_add(2).min(reading.bytes.len()));
        let padding = count(behind.unwrap_or_default(), |byte| byte == b'=');
        let place = reading.place(start, end.saturating_add(padding));
        for skip in 0..4 {
            add_texts(
                &mut out,
                base64::decode(run.get(skip..).unwrap_or_default()),
                place,
            );
        }
    }
    for (start, run) in runs(&reading.bytes, |byte| byte.is_ascii_hexdigit(), MIN_HEX) {
        let place = reading.place(start, start.saturating_add(run.len()));
        for skip in 0..2 {
            let pairs = run.get(skip..).unwrap_or_default().chunks_exact(2);
            let bytes = pairs.filter_map(|pair| match pair {
                [high, low] => hex_pair(*high, *low),
                _ => None,
            });
            add_texts(&mut out, bytes.collect(), place);
        }
    }
    out
}

/// The stretches of such bytes, with the place where each begins.
fn runs(bytes: &[u8], is_such: impl Fn(u8) -> bool, shortest: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut next: usize = 0;
    bytes.split(move |byte| !is_such(*byte)).filter_map(move |run| {
        let start = next;
        next = start.saturating_add(run.len()).saturating_add(1);
        (run.len() >= shortest).then_some((start, run))
    })
}

/// Adds what is text in there. UTF-16 has a NUL in every other place.
fn add_texts(out: &mut Reading, mut bytes: Vec<u8>, place: (u32, u32)) {
    bytes.retain(|byte| *byte != 0);
    for chunk in bytes.utf8_chunks() {
        let texts = chunk
            .valid()
            .split(|character: char| character.is_control() && !character.is_whitespace());
        for text in texts.filter(|text| text.len() >= MIN_TEXT) {
            out.extend(&[BETWEEN], place);
            out.extend(text.as_bytes(), place);
        }
    }
}

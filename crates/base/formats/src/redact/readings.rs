//! Readings: the same bytes as different programs would understand them.
//!
//! A recipient's address hides in a mail in many spellings, and in one inside the other. A level of reading is
//!
//! ```text
//! plain ─┬──────────────┬───────────────────────────────► lines joined ─┬─► tags away
//!        └─► unquoted ──┴► escapes away, layer by layer ─► the same      └─► base64 and hex decoded ─► the next level
//! ```
//!
//! and every step of it is searched. Each reading remembers where every byte stands in the source, so that whatever is found in a
//! reading can be cut out of the source. A step that changes nothing is left out. Nothing here fails: what cannot be decoded is taken
//! as it stands. The work is linear in the source: every step goes through its text once, looking ahead no further than a named limit
//! or to a place that it finds only once.

use super::{escapes, runs};

/// How often what was decoded from base64 or hex is read for more of them.
const MAX_DEPTH: usize = 2;
/// How many layers of escapes are taken off, as of `%2540`.
const MAX_LAYERS: usize = 2;

/// What some bytes say in one reading; each byte with the place in the source (start and end) that it was read from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// The decoded bytes.
    pub(super) bytes: Vec<u8>,
    /// Where each was read from. In 32 bits, because there are several readings of a message at a time.
    places: Vec<(u32, u32)>,
}

/// What a step makes of the bytes in front of it: how many it takes, and what they stand for.
pub(super) enum Step {
    /// Nothing is read there.
    Skip(usize),
    /// One byte is read there.
    Byte(usize, u8),
    /// A text is read there.
    Text(usize, Vec<u8>),
}

/// Shows every reading of the source to `look`.
pub(super) fn each(source: &[u8], look: &mut dyn FnMut(&Reading)) {
    level(Reading::plain(source), MAX_DEPTH, look);
}

fn level(plain: Reading, depth: usize, look: &mut dyn FnMut(&Reading)) {
    look(&plain);
    if let Some(unquoted) = plain.unquoted() {
        look(&unquoted);
        branch(unquoted, depth, look);
    }
    branch(plain, depth, look);
}

/// Reads on without escapes, and with what is left when they are undone: a run of base64 may stand in what looks like an escape.
fn branch(reading: Reading, depth: usize, look: &mut dyn FnMut(&Reading)) {
    let mut escaped = None;
    for _ in 0..MAX_LAYERS {
        let Some(next) = escapes::read(escaped.as_ref().unwrap_or(&reading)) else {
            break;
        };
        look(&next);
        escaped = Some(next);
    }
    ending(reading, depth, look);
    if let Some(escaped) = escaped {
        ending(escaped, depth, look);
    }
}

fn ending(mut reading: Reading, depth: usize, look: &mut dyn FnMut(&Reading)) {
    if let Some(joined) = reading.joined() {
        look(&joined);
        reading = joined;
    }
    if let Some(untagged) = reading.untagged() {
        look(&untagged);
    }
    if let Some(depth) = depth.checked_sub(1) {
        let decoded = runs::decoded(&reading);
        drop(reading);
        if !decoded.bytes.is_empty() {
            level(decoded, depth, look);
        }
    }
}

impl Reading {
    /// The bytes as they stand, without NUL: that also reads what is ASCII in UTF-16.
    pub(super) fn plain(source: &[u8]) -> Self {
        let mut reading = Self::default();
        for (at, byte) in source.iter().enumerate() {
            reading.push(*byte, (number(at), number(at.saturating_add(1))));
        }
        reading
    }

    /// Where in the source the reading's bytes from `start` to `end` stand.
    pub(super) fn place(&self, start: usize, end: usize) -> (u32, u32) {
        let first = self.places.get(start).map_or(0, |place| place.0);
        let last = end.checked_sub(1).and_then(|last| self.places.get(last));
        (first, last.map_or(first, |place| place.1))
    }

    /// Adds bytes that were all read from one place. NUL is not read.
    pub(super) fn extend(&mut self, bytes: &[u8], place: (u32, u32)) {
        for byte in bytes {
            self.push(*byte, place);
        }
    }

    /// Copies the reading; where `step` knows better, its word counts. It is given the place and what stands from there on.
    /// Nothing comes back where it never did.
    pub(super) fn changed(&self, mut step: impl FnMut(usize, &[u8]) -> Option<Step>) -> Option<Self> {
        let mut out = Self::default();
        let mut at = 0;
        let mut is_changed = false;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(found) = step(at, rest) else {
                self.copy(at, &mut out);
                at = at.saturating_add(1);
                continue;
            };
            is_changed = true;
            let (Step::Skip(length) | Step::Byte(length, _) | Step::Text(length, _)) = found;
            // Never on the spot, whatever the step says.
            let end = at.saturating_add(length.max(1));
            match found {
                Step::Skip(_) => {}
                Step::Byte(_, byte) => out.push(byte, self.place(at, end)),
                Step::Text(_, text) => out.extend(&text, self.place(at, end)),
            }
            at = end;
        }
        is_changed.then_some(out)
    }

    /// Reads quoted-printable (RFC 2045 section 6.7), soft line breaks with their padding included.
    fn unquoted(&self) -> Option<Self> {
        self.changed(|_, rest| {
            let behind = rest.strip_prefix(b"=")?;
            let blank = count(behind, is_blank);
            match behind.get(blank..)? {
                [b'\r', b'\n', ..] => Some(Step::Skip(blank.saturating_add(3))),
                [b'\n', ..] => Some(Step::Skip(blank.saturating_add(2))),
                [high, low, ..] if blank == 0 => Some(Step::Byte(3, escapes::hex_pair(*high, *low)?)),
                _ => None,
            }
        })
    }

    /// Reads folded and broken lines as one, and the pieces of a parameter that was cut (RFC 2231 section 3).
    fn joined(&self) -> Option<Self> {
        self.changed(|_, rest| match rest {
            [b'\r' | b'\n', behind @ ..] => Some(Step::Skip(count(behind, is_blank).saturating_add(1))),
            [b'"' | b';', ..] => escapes::continuation(rest).map(Step::Skip),
            _ => None,
        })
    }

    /// Reads HTML without its tags.
    fn untagged(&self) -> Option<Self> {
        // The next `>` is looked for once, not again from each `<` before it.
        let mut close: Option<usize> = Some(0);
        self.changed(|at, rest| {
            let [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?', ..] = rest else {
                return None;
            };
            if close? <= at {
                close = memchr::memchr(b'>', rest).map(|length| at.saturating_add(length));
            }
            Some(Step::Skip(close?.saturating_sub(at).saturating_add(1)))
        })
    }

    fn copy(&self, at: usize, out: &mut Self) {
        if let (Some(byte), Some(place)) = (self.bytes.get(at), self.places.get(at)) {
            out.push(*byte, *place);
        }
    }

    fn push(&mut self, byte: u8, place: (u32, u32)) {
        if byte != 0 {
            self.bytes.push(byte);
            self.places.push(place);
        }
    }
}

/// How many of the first bytes are such.
pub(super) fn count(bytes: &[u8], is_such: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_such(**byte)).count()
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Messages are far shorter than 4 GiB; of a longer one the end would have no place.
fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

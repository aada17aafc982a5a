//! Readings: the same bytes as different programs would understand them.
//!
//! A recipient's address hides in a mail in many spellings: `=40` in quoted-printable, `%40` in a link, `&#64;` in HTML, an encoded
//! word in a header, base64 in a tracking link. Each reading decodes one spelling and remembers where every decoded byte stands in
//! the source, so that whatever is found in a reading can be cut out of the source. Nothing here fails: what cannot be decoded is
//! taken as it stands.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};

use super::base64;

/// Shortest run of base64 that can say anything worth hiding.
const MIN_BASE64_RUN: usize = 8;
/// Longest HTML character reference that is looked at, `&#x00040;` and the like.
const MAX_REFERENCE: usize = 10;
/// Longest encoded word that is looked at; RFC 2047 section 2 allows 75, senders of spam do not count.
const MAX_ENCODED_WORD: usize = 1_000;

/// What some bytes say in one reading; each byte with the place in the source (start and end) that it was read from.
#[derive(Debug, Clone, Default)]
pub(super) struct Reading {
    /// The decoded bytes.
    pub(super) bytes: Vec<u8>,
    /// Where each was read from.
    pub(super) places: Vec<(usize, usize)>,
}

impl Reading {
    /// The bytes as they stand, without NUL: that also reads what is ASCII in UTF-16.
    pub(super) fn plain(source: &[u8]) -> Self {
        let mut reading = Self::default();
        for (at, byte) in source.iter().enumerate().filter(|(_, byte)| **byte != 0) {
            reading.push(*byte, (at, at.saturating_add(1)));
        }
        reading
    }

    /// Reads quoted-printable (RFC 2045 section 6.7), soft line breaks included.
    pub(super) fn unquoted(&self) -> Self {
        self.decoded(|rest| match rest {
            [b'=', b'\r', b'\n', ..] => Some((3, None)),
            [b'=', b'\n', ..] => Some((2, None)),
            [b'=', high, low, ..] => Some((3, Some(hex_pair(*high, *low)?))),
            _ => None,
        })
    }

    /// Reads percent encoding (RFC 3986 section 2.1) and HTML character references.
    pub(super) fn unescaped(&self) -> Self {
        self.decoded(|rest| match rest {
            [b'%', high, low, ..] => Some((3, Some(hex_pair(*high, *low)?))),
            [b'&', ..] => reference(rest).map(|(length, byte)| (length, Some(byte))),
            _ => None,
        })
    }

    /// Reads the lines as one: base64 is broken into lines.
    pub(super) fn joined(&self) -> Self {
        self.decoded(|rest| match rest {
            [b'\r' | b'\n', ..] => Some((1, None)),
            _ => None,
        })
    }

    /// Reads the encoded words of headers (RFC 2047). White space between two of them is not read (section 6.2).
    pub(super) fn words_decoded(&self) -> Self {
        let mut out = Self::default();
        let mut at = 0;
        let mut after_word = false;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let next = rest.get(blank..).unwrap_or_default();
            let word = if blank == 0 || after_word {
                encoded_word(next)
            } else {
                None
            };
            if let Some((length, text)) = word {
                let start = at.saturating_add(blank);
                let end = start.saturating_add(length);
                let place = self.place(start, end);
                text.into_iter().for_each(|byte| out.push(byte, place));
                at = end;
                after_word = true;
            } else {
                self.copy(at, &mut out);
                at = at.saturating_add(1);
                after_word = false;
            }
        }
        out
    }

    /// Every run of base64 characters, read at each of its four possible beginnings: decoded text, with the place of the whole run.
    pub(super) fn base64_runs(&self) -> impl Iterator<Item = (Vec<u8>, (usize, usize))> + '_ {
        self.runs().flat_map(move |(start, end)| {
            let run = self.bytes.get(start..end).unwrap_or_default();
            let behind = self.bytes.get(end..).unwrap_or_default();
            let padding = behind.iter().take(2).take_while(|byte| **byte == b'=').count();
            let place = self.place(start, end.saturating_add(padding));
            (0..4).map(move |skip| (base64::decode(run.get(skip..).unwrap_or_default()), place))
        })
    }

    fn runs(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let mut next = 0;
        self.bytes
            .split(|byte| !base64::is_letter(*byte))
            .filter_map(move |run| {
                let start: usize = next;
                let end = start.saturating_add(run.len());
                next = end.saturating_add(1);
                (run.len() >= MIN_BASE64_RUN).then_some((start, end))
            })
    }

    /// Where in the source the reading's bytes from `start` to `end` stand.
    pub(super) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        let first = self.places.get(start).map_or(0, |place| place.0);
        let last = self
            .places
            .get(end.saturating_sub(1))
            .map_or(first, |place| place.1);
        (first, last)
    }

    /// Copies the reading; where `decode` knows better, it says how many bytes it takes and which byte they stand for.
    fn decoded(&self, decode: impl Fn(&[u8]) -> Option<(usize, Option<u8>)>) -> Self {
        let mut out = Self::default();
        let mut at = 0;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((length, byte)) = decode(rest) else {
                self.copy(at, &mut out);
                at = at.saturating_add(1);
                continue;
            };
            let end = at.saturating_add(length);
            if let Some(byte) = byte.filter(|byte| *byte != 0) {
                out.push(byte, self.place(at, end));
            }
            at = end;
        }
        out
    }

    fn copy(&self, at: usize, out: &mut Self) {
        if let (Some(byte), Some(place)) = (self.bytes.get(at), self.places.get(at)) {
            out.push(*byte, *place);
        }
    }

    fn push(&mut self, byte: u8, place: (usize, usize)) {
        self.bytes.push(byte);
        self.places.push(place);
    }
}

fn hex_pair(high: u8, low: u8) -> Option<u8> {
    HEXLOWER_PERMISSIVE.decode(&[high, low]).ok()?.first().copied()
}

/// An HTML character reference to an ASCII character: its length and the character.
fn reference(rest: &[u8]) -> Option<(usize, u8)> {
    let length = rest.iter().take(MAX_REFERENCE).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(rest.get(1..length)?).ok()?;
    let byte = match name {
        "commat" => b'@',
        "period" => b'.',
        "lowbar" => b'_',
        "amp" => b'&',
        _ => {
            let number = name.strip_prefix('#')?;
            match number.strip_prefix(['x', 'X']) {
                Some(hex) => u8::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            }
        }
    };
    Some((length.saturating_add(1), byte))
}

/// An encoded word at the beginning of `rest`: its length and what it says.
fn encoded_word(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let inside = rest.strip_prefix(b"=?")?;
    let inside = inside.get(..inside.len().min(MAX_ENCODED_WORD))?;
    let charset = inside.iter().position(|byte| !is_charset_letter(*byte))?;
    let (encoding, text) = match inside.get(charset..)? {
        [b'?', encoding, b'?', text @ ..] => (*encoding, text),
        _ => return None,
    };
    let text = text.get(..memchr::memmem::find(text, b"?=")?)?;
    let decoded = match encoding {
        b'b' | b'B' => base64::decode(text),
        b'q' | b'Q' => Reading::plain(text).unquoted().bytes,
        _ => return None,
    };
    // Around charset and text stand `=?`, `?B?` and `?=`.
    Some((charset.saturating_add(text.len()).saturating_add(7), decoded))
}

/// RFC 2978 section 2.3, and `*` for the language of RFC 2231 section 5.
fn is_charset_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:+*".contains(&byte)
}

/// Encodes in lines of 76, as a MIME part wants it (RFC 2045 section 6.8).
pub(super) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in BASE64.encode(bytes).as_bytes().chunks(76) {
        out.extend_from_slice(line);
        out.extend_from_slice(b"\r\n");
    }
    out
}

//! Escapes: a few signs that stand for a character, and encoded words that stand for several.
//!
//! `%40` in a link (RFC 3986 section 2.1), `&#64;` in HTML, `\u0040` in JSON, `=?utf-8?Q?=40?=` in a header (RFC 2047). What is
//! not seen (soft hyphens, characters of no width) is not read.

use super::base64;
use super::readings::{Reading, Step, count, is_blank};

/// Longest HTML character reference that is looked at, `&#x00040;` and the like.
const MAX_REFERENCE: usize = 12;
/// Longest encoded word that is looked at; RFC 2047 section 2 allows 75, senders of spam do not count.
const MAX_ENCODED_WORD: usize = 1_000;
/// Longest name of a parameter that is cut in pieces, with the number of the piece.
const MAX_PARAMETER: usize = 80;
/// Takes one layer of escapes off; nothing comes back where there is none. White space between two encoded words is not read
/// (RFC 2047 section 6.2).
pub(super) fn read(reading: &Reading) -> Option<Reading> {
    let mut word_end = None;
    reading.changed(|at, rest| {
        // Only behind a word: else a text of blanks would be counted from each of them.
        let blank = match word_end {
            Some(end) if end == at => count(rest, |byte| byte.is_ascii_whitespace()),
            _ => 0,
        };
        if let Some((length, text)) = encoded_word(rest.get(blank..)?) {
            let length = blank.saturating_add(length);
            word_end = Some(at.saturating_add(length));
            return Some(Step::Text(length, text));
        }
        match rest {
            [b'%', high, low, ..] => Some(Step::Byte(3, hex_pair(*high, *low)?)),
            [b'\\', b'x' | b'X', high, low, ..] => Some(Step::Byte(4, hex_pair(*high, *low)?)),
            [b'\\', b'/', ..] => Some(Step::Byte(2, b'/')),
            [b'\\', b'u' | b'U', code @ ..] => Some(character(6, number(code.get(..4)?, 16)?)),
            [b'&', ..] => reference(rest),
            [0xc2 | 0xcd | 0xd8 | 0xe1 | 0xe2 | 0xef | 0xf3, ..] => invisible(rest).map(Step::Skip),
            _ => None,
        }
    })
}

/// Whether a character takes no place of its own: it is not seen, joins, selects a form, or turns the direction of what follows.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// The length of the invisible character at the beginning of a text.
fn invisible(rest: &[u8]) -> Option<usize> {
    let longest = rest.get(..rest.len().min(4))?;
    let character = longest.utf8_chunks().next()?.valid().chars().next()?;
    is_invisible(character).then(|| character.len_utf8())
}

/// The byte that two hex digits stand for.
pub(super) fn hex_pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let value = digit(high)?.checked_mul(16)?.checked_add(digit(low)?)?;
    u8::try_from(value).ok()
}

/// What stands between two pieces of a parameter (RFC 2231 section 3), `"; name*1="`: its length.
pub(super) fn continuation(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    let skip = |at: &mut usize, is_such: &dyn Fn(u8) -> bool| {
        *at = at.saturating_add(count(rest.get(*at..).unwrap_or_default(), is_such));
    };
    let sign = |at: &mut usize, sign: u8| {
        let stands = rest.get(*at) == Some(&sign);
        *at = at.saturating_add(usize::from(stands));
        stands
    };
    let is_space = |byte: u8| is_blank(byte) || byte == b'\r' || byte == b'\n';
    sign(&mut at, b'"');
    skip(&mut at, &is_space);
    if !sign(&mut at, b';') {
        return None;
    }
    skip(&mut at, &is_space);
    let name = rest.get(at..)?;
    let name = name.get(..name.len().min(MAX_PARAMETER))?;
    let length = count(name, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    at = at.saturating_add(length);
    if length == 0 || !sign(&mut at, b'*') || !rest.get(at)?.is_ascii_digit() {
        return None;
    }
    let digits = rest.get(at..)?;
    at = at.saturating_add(count(digits.get(..digits.len().min(MAX_PARAMETER))?, |byte| {
        byte.is_ascii_digit()
    }));
    sign(&mut at, b'*');
    if !sign(&mut at, b'=') {
        return None;
    }
    sign(&mut at, b'"');
    Some(at)
}

/// An HTML character reference. Browsers read numbers without a semicolon too, and some of the names.
fn reference(rest: &[u8]) -> Option<Step> {
    let inside = rest.get(1..rest.len().min(MAX_REFERENCE))?;
    let name_length = count(inside, |byte| byte.is_ascii_alphanumeric() || byte == b'#');
    let with_end = |length: usize| {
        let end = length.saturating_add(1);
        end.saturating_add(usize::from(rest.get(end) == Some(&b';')))
    };
    if let Some(digits) = inside.strip_prefix(b"#") {
        let (sign, radix) = match digits.first()? {
            b'x' | b'X' => (1, 16),
            _ => (0, 10),
        };
        let digits = digits.get(sign..)?;
        let length = count(digits, |byte| char::from(byte).is_digit(radix));
        let value = number(digits.get(..length)?, radix)?;
        return Some(character(
            with_end(length.saturating_add(sign).saturating_add(1)),
            value,
        ));
    }
    match (inside.get(..name_length)?, inside.get(name_length)? == &b';') {
        (b"commat", true) => Some(Step::Byte(with_end(name_length), b'@')),
        (b"period", true) => Some(Step::Byte(with_end(name_length), b'.')),
        (b"lowbar", true) => Some(Step::Byte(with_end(name_length), b'_')),
        (b"hyphen" | b"dash", true) => Some(Step::Byte(with_end(name_length), b'-')),
        (b"equals", true) => Some(Step::Byte(with_end(name_length), b'=')),
        (b"plus", true) => Some(Step::Byte(with_end(name_length), b'+')),
        (b"shy" | b"zwnj" | b"zwj", true) => Some(Step::Skip(with_end(name_length))),
        _ if inside.starts_with(b"amp") => Some(Step::Byte(with_end(3), b'&')),
        _ if inside.starts_with(b"shy") => Some(Step::Skip(with_end(3))),
        _ => None,
    }
}

/// What is read of a character that was given by its number.
fn character(length: usize, value: u32) -> Step {
    match char::from_u32(value) {
        Some(character) if is_invisible(character) => Step::Skip(length),
        Some(character) => Step::Text(length, character.to_string().into_bytes()),
        None => Step::Skip(length),
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| !digits.starts_with('+'))?;
    u32::from_str_radix(digits, radix).ok()
}

/// An encoded word at the beginning of `rest`: its length and what it says.
fn encoded_word(rest: &[u8]) -> Option<(usize, Vec<u8>)> {
    let inside = rest.strip_prefix(b"=?")?;
    let inside = inside.get(..inside.len().min(MAX_ENCODED_WORD))?;
    let charset = count(inside, is_charset_letter);
    let (encoding, text) = match inside.get(charset..)? {
        [b'?', encoding, b'?', text @ ..] => (*encoding, text),
        _ => return None,
    };
    let text = text.get(..memchr::memmem::find(text, b"?=")?)?;
    let decoded = match encoding {
        b'b' | b'B' => base64::decode(text),
        b'q' | b'Q' => Reading::plain(text)
            .changed(|_, rest| match rest {
                [b'=', high, low, ..] => Some(Step::Byte(3, hex_pair(*high, *low)?)),
                _ => None,
            })
            .map_or_else(|| text.to_vec(), |read| read.bytes),
        _ => return None,
    };
    // Around charset and text stand `=?`, `?B?` and `?=`.
    Some((charset.saturating_add(text.len()).saturating_add(7), decoded))
}

/// RFC 2978 section 2.3, and `*` for the language of RFC 2231 section 5.
fn is_charset_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:+*".contains(&byte)
}

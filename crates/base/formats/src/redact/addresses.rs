//! Whatever has the shape of an address, `local@domain`.
//!
//! In: a text with its pseudonyms masked. Out: each such token with its place, in small letters. The work is linear: no token goes beyond the
//! `@` before or behind its own.

/// The signs of a local part besides letters and digits. Those that also stand between the parts of a link are not among them.
const SIGNS: &[u8] = b"._+-=%!#$*~^'`{|}";

/// The tokens: beginning, end, text.
pub(super) fn find(text: &[u8]) -> impl Iterator<Item = (usize, usize, String)> {
    memchr::memchr_iter(b'@', text).filter_map(|at| {
        let (front, behind) = (text.get(..at)?, text.get(at.saturating_add(1)..)?);
        let start = at.checked_sub(local_part(front)).filter(|start| *start < at)?;
        let end = at.saturating_add(1).saturating_add(domain(behind)?);
        let token = String::from_utf8_lossy(text.get(start..end)?);
        Some((start, end, token.to_ascii_lowercase().replace('"', "")))
    })
}

/// The length of the local part at the end of a text, with its quotes.
fn local_part(front: &[u8]) -> usize {
    if let Some(quoted) = front.strip_suffix(b"\"") {
        let is_end = |byte: &u8| b"\"@\r\n".contains(byte);
        let inside = quoted.iter().rev().take_while(|byte| !is_end(byte)).count();
        let is_closed = quoted.len().checked_sub(inside.saturating_add(1));
        return match is_closed.and_then(|open| quoted.get(open)) {
            Some(b'"') if inside > 0 => inside.saturating_add(2),
            _ => 0,
        };
    }
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || SIGNS.contains(byte);
    front.iter().rev().take_while(|byte| is_local(byte)).count()
}

/// The length of the domain at the beginning of a text: several labels, the last of which is no number.
fn domain(behind: &[u8]) -> Option<usize> {
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-_".contains(byte);
    let is_domain = |byte: &u8| is_label(byte) || *byte == b'.';
    let all = behind.iter().take_while(|byte| is_domain(byte)).count();
    let name = behind.get(..all)?;
    let length = name
        .iter()
        .rposition(|byte| *byte != b'.' && *byte != b'-')?
        .saturating_add(1);
    let name = name.get(..length)?;
    let dot = memchr::memrchr(b'.', name).filter(|dot| *dot > 0)?;
    let last = name.get(dot.saturating_add(1)..)?;
    last.iter().any(|byte| !byte.is_ascii_digit()).then_some(length)
}

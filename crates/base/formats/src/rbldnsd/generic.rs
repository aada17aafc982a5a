//! Plain records: `NAME [TTL] [IN] TYPE DATA`, one a line.

use std::net::Ipv6Addr;

use super::Data;
use super::ip4::read_short;
use super::names::Key;
use super::time::seconds;
use super::value::MOST_TEXT_BYTES;
use super::wrong::Reason;

/// Reads a record: its name, its time to live if it says one, and its data.
pub(super) fn read(line: &[u8]) -> Result<(Key, Option<u32>, Data), Reason> {
    let (name, rest) = word(line);
    let name = Key::read(name).ok_or(Reason::Name)?;
    let (mut kind, mut rest) = word(rest);
    let mut ttl = None;
    if kind.first().is_some_and(u8::is_ascii_digit) {
        ttl = Some(seconds(kind).ok_or(Reason::Record)?);
        (kind, rest) = word(rest);
    }
    if kind.eq_ignore_ascii_case(b"IN") {
        (kind, rest) = word(rest);
    }
    let data = read_data(kind, rest).ok_or(Reason::Record)?;
    Ok((name, ttl.filter(|ttl| *ttl > 0), data))
}

fn read_data(kind: &[u8], text: &[u8]) -> Option<Data> {
    let one = || {
        let (one, rest) = word(text);
        rest.is_empty().then_some(one)
    };
    match kind.to_ascii_uppercase().as_slice() {
        b"A" => read_short(one()?).map(|bits| Data::A(bits.into())),
        b"AAAA" => {
            let address: Ipv6Addr = std::str::from_utf8(one()?).ok()?.parse().ok()?;
            Some(Data::Aaaa(address))
        }
        b"TXT" => {
            let text = text.strip_prefix(b"\"").unwrap_or(text);
            let text = text.strip_suffix(b"\"").unwrap_or(text);
            let text = text.get(..MOST_TEXT_BYTES).unwrap_or(text);
            Some(Data::Txt(text.to_vec()))
        }
        b"MX" => {
            let (preference, rest) = word(text);
            let preference = std::str::from_utf8(preference).ok()?.parse().ok()?;
            let (server, rest) = word(rest);
            let server = Key::read(server)?;
            (rest.is_empty() && server != Key::default()).then_some(Data::Mx(preference, server))
        }
        _ => None,
    }
}

/// The first word of a text, and what stands behind it.
pub(super) fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii_start();
    let end = text
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    (word, rest.trim_ascii_start())
}

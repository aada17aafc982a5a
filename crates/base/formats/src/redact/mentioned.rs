//! The recipients that the header of a message names: a spam to one trap often names others.

use std::collections::BTreeSet;

use super::builder::address_of;
use super::escapes;
use super::header::{self, Field};
use super::readings::Reading;

/// Longest address that is looked at: RFC 5321 section 4.5.3.1 allows 64 for the local part and 255 for the domain, with the sign between.
const MAX_ADDRESS: usize = 320;
/// The fields that hold recipients and nothing else.
const FIELDS: [&str; 14] = [
    "apparently-to",
    "bcc",
    "cc",
    "delivered-to",
    "envelope-to",
    "original-recipient",
    "resent-bcc",
    "resent-cc",
    "resent-to",
    "to",
    "x-delivered-to",
    "x-envelope-to",
    "x-original-to",
    "x-rcpt-to",
];

/// The addresses, each once.
pub(super) fn recipients(message: &[u8]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for Field { name, value } in header::fields(header::section(message)) {
        let name = String::from_utf8_lossy(name).trim().to_ascii_lowercase();
        let value = match name.as_str() {
            "received" => behind_for(value),
            name if FIELDS.contains(&name) => value,
            _ => continue,
        };
        found.extend(addresses(value));
        if let Some(read) = escapes::read(&Reading::plain(value)) {
            found.extend(addresses(&read.bytes));
        }
    }
    found
}

/// What a message is known by to the network that sent it: its author and its Message-ID, as the first field of each says.
pub(super) fn own(message: &[u8]) -> impl Iterator<Item = String> {
    let first = |name: &[u8]| {
        header::fields(header::section(message))
            .find(|field| field.name.trim_ascii().eq_ignore_ascii_case(name))
    };
    let fields = [first(b"from"), first(b"message-id")];
    fields
        .into_iter()
        .flatten()
        .filter_map(|field| addresses(field.value).into_iter().next())
}

/// What stands behind ` for ` in a Received field, up to the date.
fn behind_for(value: &[u8]) -> &[u8] {
    let start = [&b" for "[..], b"\tfor "]
        .into_iter()
        .filter_map(|word| memchr::memmem::find(value, word))
        .min();
    let behind = start.and_then(|start| value.get(start..)).unwrap_or_default();
    behind.split(|byte| *byte == b';').next().unwrap_or_default()
}

fn addresses(value: &[u8]) -> Vec<String> {
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || b"<>()[],;:\"'".contains(byte);
    let is_address = |text: &&[u8]| {
        let at = memchr::memrchr(b'@', text).unwrap_or(0);
        at > 0 && text.len() > at.saturating_add(1) && text.len() <= MAX_ADDRESS
    };
    value
        .split(is_end)
        .filter(is_address)
        .map(|text| address_of(&String::from_utf8_lossy(text)))
        .collect()
}

//! The lines that begin with a dollar sign: what they say about the zone and the dataset.

use atalaya_model::Timestamp;

use super::generic::word;
use super::names::Key;
use super::time::{moment, seconds};
use super::{Kind, Options};

/// Name servers that are kept.
const MOST_NAME_SERVERS: usize = 32;
/// Sub-zones of one dataset.
const MOST_ORIGINS: usize = 1024;

/// `$SOA`: how the zone is copied and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Soa {
    /// How long it may be kept.
    pub ttl_seconds: u32,
    /// The first name server.
    pub primary: Key,
    /// The mailbox of the person responsible.
    pub contact: Key,
    /// The serial; 0 stands for the time of the newest file.
    pub serial: u32,
    /// Refresh, retry, expire and minimum, in seconds.
    pub times: [u32; 4],
}

/// `$NS`: the name servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServers {
    /// How long they may be kept.
    pub ttl_seconds: u32,
    /// Their names.
    pub names: Vec<Key>,
}

/// What a special says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Special<'a> {
    Soa(Soa),
    NameServers(NameServers),
    Ttl(u32),
    Stamp(Option<Timestamp>, Option<Timestamp>),
    MaxRange(u64),
    Variable(u8, &'a [u8]),
    Dataset(Kind, Vec<Key>),
}

/// The text behind the dollar sign, if the line is a special; and whether others may take it for a comment.
pub(super) fn text(line: &[u8]) -> Option<(&[u8], bool)> {
    match line {
        [b'$', text @ ..] | [b':', b'$', text @ ..] => Some((text, false)),
        [b'#' | b';', b'$', text @ ..] => Some((text, true)),
        _ => None,
    }
}

/// Whether the special is one that is known.
pub(super) fn is_known(text: &[u8]) -> bool {
    let name = word(text).0.to_ascii_uppercase();
    matches!(name.as_slice(), [b'0'..=b'9' | b'='])
        || [&b"SOA"[..], b"NS", b"TTL", b"TIMESTAMP", b"MAXRANGE4", b"DATASET"].contains(&name.as_slice())
}

/// Reads a special; `ttl` is the time to live that stands where it says 0.
pub(super) fn read<'a>(text: &'a [u8], options: &Options, ttl: u32) -> Option<Special<'a>> {
    let (name, rest) = word(text);
    let limited = |seconds: u32| seconds.max(options.ttl_limits.0).min(options.ttl_limits.1);
    let own_ttl = |seconds: u32| if seconds == 0 { ttl } else { limited(seconds) };
    let words: Vec<&[u8]> = rest
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
        .collect();
    match (name.to_ascii_uppercase().as_slice(), words.as_slice()) {
        ([letter @ (b'0'..=b'9' | b'=')], _) => Some(Special::Variable(*letter, rest)),
        (b"SOA", [own, primary, contact, serial, times @ ..]) => Some(Special::Soa(Soa {
            ttl_seconds: own_ttl(seconds(own)?),
            primary: host(primary)?,
            contact: host(contact)?,
            serial: number(serial)?,
            times: four_times(times)?,
        })),
        (b"NS", [own, names @ ..]) if !names.is_empty() => {
            let names = names.iter().filter(|name| !name.starts_with(b"-"));
            Some(Special::NameServers(NameServers {
                ttl_seconds: own_ttl(seconds(own)?),
                names: names
                    .take(MOST_NAME_SERVERS)
                    .map(|name| host(name))
                    .collect::<Option<_>>()?,
            }))
        }
        (b"TTL", [own]) => Some(Special::Ttl(limited(seconds(own)?))),
        (b"TIMESTAMP", [stamp]) => Some(Special::Stamp(moment(stamp)?, None)),
        (b"TIMESTAMP", [stamp, end]) => {
            let stamp = moment(stamp)?;
            Some(Special::Stamp(stamp, read_end(stamp, end)?))
        }
        (b"MAXRANGE4", [most]) => most_range(most).map(Special::MaxRange),
        (b"DATASET", [kind, origins @ ..]) if (1..=MOST_ORIGINS).contains(&origins.len()) => {
            let kind = kind.split(|byte| *byte == b':').next()?;
            let kind: Kind = std::str::from_utf8(kind).ok()?.parse().ok()?;
            let origins = origins
                .iter()
                .map(|origin| Key::read(origin))
                .collect::<Option<_>>()?;
            (!matches!(kind, Kind::Combined | Kind::Acl)).then_some(Special::Dataset(kind, origins))
        }
        _ => None,
    }
}

/// The end of a dataset: a moment, or `+` and a length of time from its stamp on.
fn read_end(stamp: Option<Timestamp>, text: &[u8]) -> Option<Option<Timestamp>> {
    match text.strip_prefix(b"+") {
        None => moment(text),
        Some(relative) => {
            let after = std::time::Duration::from_secs(u64::from(seconds(relative)?));
            Some(Some(stamp?.plus(after)))
        }
    }
}

/// A name that is not the root. Of a mailbox the `@` stands for the dot that a name would have.
fn host(text: &[u8]) -> Option<Key> {
    Key::read(text).filter(|name| *name != Key::default())
}

fn number(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn four_times(words: &[&[u8]]) -> Option<[u32; 4]> {
    let times: Option<Vec<u32>> = words.iter().map(|word| seconds(word)).collect();
    times?.try_into().ok()
}

/// A number of addresses, or `/` and the length of a network.
fn most_range(text: &[u8]) -> Option<u64> {
    match text.strip_prefix(b"/") {
        None => std::str::from_utf8(text)
            .ok()?
            .parse()
            .ok()
            .filter(|most| *most > 0),
        Some(length) => 1_u64.checked_shl(32_u32.checked_sub(number(length)?)?),
    }
}

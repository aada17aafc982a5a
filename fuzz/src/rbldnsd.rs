//! Target `rbldnsd`: a zone file of any kind.
//!
//! Input: one byte for the kind of dataset, then the file, which may be packed.

use atalaya_formats::rbldnsd::{Entry, Kind, Options, Reader, Sink};

use crate::text::choice;

/// The kinds of datasets.
const KINDS: [Kind; 9] = [
    Kind::Ip4Set,
    Kind::Ip4TSet,
    Kind::Ip4Trie,
    Kind::Ip6TSet,
    Kind::Ip6Trie,
    Kind::Names,
    Kind::Generic,
    Kind::Combined,
    Kind::Acl,
];
/// The most bytes that a packed input may have.
const MOST_BYTES: u64 = 1 << 20;
/// The longest text of a TXT record that we make (RFC 1035 section 3.3).
const MOST_TEXT_BYTES: usize = 255;
/// Wrong lines that are kept at most.
const MOST_WRONG: usize = 20;

/// Judges entries as they come.
#[derive(Default)]
struct Judge {
    begun: Vec<Kind>,
    values: Vec<(usize, u32)>,
}

impl Sink for Judge {
    fn begin(&mut self, kind: Kind) {
        self.begun.push(kind);
    }

    fn entry(&mut self, entry: Entry<'_>) {
        let part = self
            .begun
            .len()
            .checked_sub(1)
            .expect("no entry before its dataset");
        let value = match entry {
            Entry::Ip4 { first, last, value } => {
                assert!(first <= last);
                assert!(value.is_none() || (first, last) != (0, u32::MAX) || self.begun == [Kind::Acl]);
                value
            }
            Entry::Ip6 {
                network,
                length,
                value,
            } => {
                assert!(length <= 128);
                assert_eq!(network & u128::MAX.checked_shr(length.into()).unwrap_or(0), 0);
                value
            }
            Entry::Name { name, value, .. } => {
                assert!(!name.as_bytes().is_empty() && name.as_bytes().len() <= 254);
                value
            }
            Entry::Record { .. } => None,
        };
        self.values.extend(value.map(|value| (part, value)));
    }
}

/// Reads a file.
pub fn rbldnsd(data: &[u8]) {
    let (chosen, file) = choice(data);
    let kind = KINDS[usize::from(chosen) % KINDS.len()];
    let options = Options {
        most_bytes: MOST_BYTES,
        ..Options::default()
    };
    let mut reader = Reader::new(kind, options, Judge::default());
    if reader.read(file).is_err() {
        return;
    }
    let (parsed, judge) = reader.finish();
    assert_eq!(parsed.parts.len(), judge.begun.len());
    for (part, value) in judge.values {
        let part = &parsed.parts[part];
        assert!(usize::try_from(value).unwrap() < part.values.len());
    }
    let lines = file.split(|byte| *byte == b'\n').count();
    assert!(parsed.wrong.first.len() <= MOST_WRONG);
    assert!(file.starts_with(&[0x1f, 0x8b]) || parsed.wrong.count <= u64::try_from(lines).unwrap());
    for part in &parsed.parts {
        let filled = part.variables.fill(Some(file), "192.0.2.99");
        assert!(filled.is_none_or(|text| !text.is_empty() && text.len() <= MOST_TEXT_BYTES));
    }
}

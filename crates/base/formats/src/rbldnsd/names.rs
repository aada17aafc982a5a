//! Domain names, written the other way round: a name then stands right before all names below it.

use std::borrow::Borrow;

/// Bytes of the longest name (RFC 1035 section 2.3.4), without the root.
pub const MOST_NAME_BYTES: usize = 254;
/// Bytes of the longest label.
const MOST_LABEL_BYTES: usize = 63;

/// The labels of a name in small letters, the last one first, each behind a byte with its length.
///
/// In the order of their bytes a name is followed by all names below it, whose keys begin with its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Key(Vec<u8>);

impl Key {
    /// Reads a name with dots between its labels, one at the end or none; `@` and nothing are the name itself of whatever it is relative to.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        let text = text.strip_suffix(b".").unwrap_or(text);
        if text.is_empty() || text == b"@" {
            return Some(Self::default());
        }
        if text.contains(&b'\\') {
            return None;
        }
        Self::of_labels(text.split(|byte| *byte == b'.'))
    }

    /// Makes one of the labels of a name, in the order in which they stand in it; none where it is no name.
    #[must_use]
    pub fn of_labels<'a>(labels: impl DoubleEndedIterator<Item = &'a [u8]>) -> Option<Self> {
        let mut bytes = Vec::new();
        for label in labels.rev() {
            if label.is_empty() || label.len() > MOST_LABEL_BYTES {
                return None;
            }
            bytes.push(u8::try_from(label.len()).ok()?);
            bytes.extend(label.iter().map(u8::to_ascii_lowercase));
            if bytes.len() > MOST_NAME_BYTES {
                return None;
            }
        }
        Some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The labels, the last one first.
    pub fn labels(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first()?;
            let (label, behind) = behind.split_at_checked(usize::from(*length))?;
            rest = behind;
            Some(label)
        })
    }
}

/// A map of keys can be asked with the beginning of another.
impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

/// The name with dots between its labels.
impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut labels: Vec<&[u8]> = self.labels().collect();
        labels.reverse();
        f.write_str(&String::from_utf8_lossy(&labels.join(&b'.')))
    }
}

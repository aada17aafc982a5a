//! Lists of tags (RFC 6376 section 3.2): `name=value; name=value`.

use data_encoding::{Encoding, Specification};
use std::sync::LazyLock;

/// Most tags of a list: the RFCs have a dozen.
const MOST_TAGS: usize = 40;

/// Base64 as mail has it: white space inside, and perhaps no `=` at the end.
static LENIENT: LazyLock<Option<Encoding>> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification
        .symbols
        .push_str("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    specification.ignore.push_str(" \t\r\n=");
    specification.check_trailing_bits = false;
    specification.encoding().ok()
});

/// The tags of a list, each with its name and value, without white space around them.
#[derive(Debug, Clone)]
pub(super) struct Tags<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Tags<'a> {
    /// Reads a list; none where it is none, or where a name stands twice (RFC 6376 section 3.2).
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut tags: Vec<(&str, &str)> = Vec::new();
        for part in text.split(';') {
            let part = trimmed(part);
            if part.is_empty() {
                continue;
            }
            let (name, value) = part.split_once('=')?;
            let (name, value) = (trimmed(name), trimmed(value));
            let is_name = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            let is_new = tags.iter().all(|(other, _)| *other != name);
            if !is_name || name.is_empty() || !is_new || tags.len() >= MOST_TAGS {
                return None;
            }
            tags.push((name, value));
        }
        Some(Self(tags))
    }

    /// The value of a tag.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        let tag = self.0.iter().find(|(own, _)| *own == name);
        tag.map(|(_, value)| *value)
    }

    /// The name of the first tag.
    pub(super) fn first(&self) -> Option<&'a str> {
        self.0.first().map(|(name, _)| *name)
    }

    /// The parts of a value between colons; none where there is no such tag.
    pub(super) fn list(&self, name: &str) -> Option<impl Iterator<Item = &'a str>> {
        Some(self.get(name)?.split(':').map(trimmed))
    }

    /// A number; an error where there is something else.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, super::Flaw> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| is_number);
        number.map(Some).ok_or(super::Flaw::Malformed)
    }
}

/// Text without the white space of mail around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

/// What stands there in base64.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    LENIENT.as_ref()?.decode(text.as_bytes()).ok()
}

/// Whether that is a name of DNS in text, with at least so many labels. Underscores are taken: selectors have them.
pub(super) fn is_name(text: &str, labels: usize) -> bool {
    let is_label = |label: &str| {
        let is_text = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(is_text)
    };
    text.len() <= 253 && text.split('.').all(is_label) && text.split('.').count() >= labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_each_name_once() {
        let tags = Tags::read(" v=1;\r\n\th=From : To ; x = 1=2;").unwrap();
        assert_eq!((tags.first(), tags.get("x")), (Some("v"), Some("1=2")));
        assert_eq!(tags.list("h").unwrap().collect::<Vec<_>>(), ["From", "To"]);
        assert_eq!(Tags::read("").unwrap().first(), None);
        for wrong in ["a=1;a=2", "a", "=1", "a b=1", &"a=1;".repeat(2)] {
            assert!(Tags::read(wrong).is_none(), "{wrong}");
        }
        let many: String = (0..99).map(|number| format!("a{number}=1;")).collect();
        assert!(Tags::read(&many).is_none());
    }

    #[test]
    fn numbers_have_digits_only() {
        let tags = Tags::read("a=12;b=-1;c=;d=99999999999999999999999").unwrap();
        assert_eq!(tags.number("a"), Ok(Some(12)));
        assert_eq!(tags.number("z"), Ok(None));
        for wrong in ["b", "c", "d"] {
            assert!(tags.number(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn base64_may_be_folded() {
        assert_eq!(decoded("aGVs\r\n bG8=").unwrap(), b"hello");
        assert_eq!(decoded("aGVsbG8").unwrap(), b"hello");
        assert!(decoded("aGV*").is_none());
    }
}

//! Needles: spellings of what is to be hidden, all searched in one pass through a text.

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::memmem;

use super::pseudonym;

/// Stands where a pseudonym stood while a text is searched. It is part of no needle.
const MASK: u8 = 1;

/// One spelling of something to hide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Needle {
    /// What to look for, in small letters.
    pub(super) text: String,
    /// Where it may stand.
    pub(super) edges: Edges,
    /// What to write there.
    pub(super) stand_in: String,
}

/// Where a needle may begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edges {
    /// Anywhere.
    Any,
    /// Not inside a word.
    Word,
    /// Not inside a label of a host name.
    Host,
    /// Not inside another address of a host.
    Ip,
}

/// A set of needles that is searched as one.
#[derive(Debug, Clone)]
pub(super) struct Needles {
    needles: Vec<Needle>,
    /// None where they are too many to be searched.
    finder: Option<AhoCorasick>,
}

impl Needles {
    pub(super) fn new(needles: Vec<Needle>) -> Self {
        let texts = needles.iter().map(|needle| needle.text.as_bytes());
        // The sender chooses the needles: the faster kind may take a KiB for each of their letters.
        let finder = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .build(texts)
            .ok();
        Self { needles, finder }
    }

    pub(super) fn len(&self) -> usize {
        self.needles.len()
    }

    /// Shows each needle in the text, in letters of either case, with its beginning and end. Where they cannot be searched, the whole
    /// text counts as found.
    pub(super) fn find<'n>(&'n self, text: &[u8], mut found: impl FnMut(usize, usize, &'n Needle)) {
        let Some(first) = self.needles.first() else { return };
        let Some(finder) = &self.finder else {
            found(0, text.len(), first);
            return;
        };
        for hit in finder.find_overlapping_iter(text) {
            let needle = self.needles.get(hit.pattern().as_usize());
            let needle = needle.filter(|needle| needle.edges.allow(text, hit.start(), hit.end()));
            if let Some(needle) = needle {
                found(hit.start(), hit.end(), needle);
            }
        }
    }
}

impl Edges {
    pub(super) fn allow(self, text: &[u8], start: usize, end: usize) -> bool {
        if self == Self::Ip {
            return allows_ip(text, start, end);
        }
        let inside = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || (self == Self::Host && *byte == b'-'))
        };
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        self == Self::Any || !(inside(before) || inside(text.get(end)))
    }
}

/// Whether an IP address stands here, and not as a part of another one. `IPv6:` may stand before it (RFC 5321 section 4.1.3).
fn allows_ip(text: &[u8], start: usize, end: usize) -> bool {
    let (front, inside, behind) = (text.get(..start), text.get(start..end), text.get(end..));
    let (front, behind) = (front.unwrap_or_default(), behind.unwrap_or_default());
    if inside.is_none_or(|inside| inside.contains(&b':')) {
        let goes_on = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_hexdigit() || *byte == b':');
        let tag = front.len().saturating_sub(5);
        let is_tagged = front
            .get(tag..)
            .is_some_and(|tag| tag.eq_ignore_ascii_case(b"IPv6:"));
        return (is_tagged || !goes_on(front.last())) && !goes_on(behind.first());
    }
    let goes_back = matches!(front, [.., b'0'..=b'9'] | [.., b'0'..=b'9', b'.']);
    let goes_on = matches!(behind, [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..]);
    !goes_back && !goes_on
}

/// The text with its pseudonyms masked: nothing is found in what already stands for something else, so that hiding twice is hiding once
/// and that no choice of recipients makes a result look as if it still showed one.
pub(super) fn masked(text: &[u8]) -> Vec<u8> {
    let mut out = text.to_vec();
    for start in memmem::find_iter(text, pseudonym::PREFIX) {
        let length = text.get(start..).map_or(0, pseudonym::length);
        if let Some(masked) = out.get_mut(start..start.saturating_add(length)) {
            masked.fill(MASK);
        }
    }
    out
}

/// The text with one sign for all that may stand between the words of an address where it was made part of another.
pub(super) fn blurred(text: &[u8]) -> Vec<u8> {
    let blur = |byte: &u8| if b"@=-_+*~#!|".contains(byte) { b'.' } else { *byte };
    text.iter().map(blur).collect()
}

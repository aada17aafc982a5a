//! Hiding recipients: what goes out as evidence must not tell which addresses are traps.
//!
//! In: the addresses and host names to hide, and a text or a whole message. Out: the same with a stable pseudonym in place of each, in
//! whatever of the known spellings it stood. Where hiding cannot be assured, less is shown: a part of a message
//! is left out, or only the header is kept, or nothing.
//!
//! What cannot be seen: a number that only the sender of the spam can turn back into a recipient, in a link or a Message-ID.

mod base64;
mod message;
mod pseudonym;
mod readings;

#[cfg(test)]
mod tests;

use std::fmt;

use memchr::memmem::Finder;

use readings::Reading;

pub use message::{Extent, HiddenMessage};
pub use pseudonym::keyed_hash;

/// Local parts that everybody has: hiding `info` alone would only spoil the text. The words of pseudonyms stand here too.
const COMMON_LOCAL_PARTS: [&str; 24] = [
    "abuse",
    "admin",
    "administrator",
    "billing",
    "contact",
    "contacto",
    "example",
    "hello",
    "help",
    "hidden",
    "hostmaster",
    "info",
    "invalid",
    "mail",
    "marketing",
    "news",
    "office",
    "postmaster",
    "root",
    "sales",
    "security",
    "support",
    "test",
    "webmaster",
];
/// Shortest local part that is hidden where it stands alone; shorter ones are found in every text.
const MIN_LOCAL_PART: usize = 4;

/// Hides a set of addresses and names.
#[derive(Clone)]
pub struct Redactor {
    key: Vec<u8>,
    needles: Vec<Needle>,
}

/// One spelling of something to hide.
#[derive(Clone)]
struct Needle {
    finder: Finder<'static>,
    edges: Edges,
    stand_in: String,
}

/// Where a needle may begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edges {
    /// Anywhere.
    Any,
    /// Not inside a word.
    Word,
    /// Not inside a label of a host name.
    Host,
}

/// Something found: its place in the source and what to write there.
struct Hit<'n> {
    start: usize,
    end: usize,
    stand_in: &'n str,
}

impl Redactor {
    /// Hides nothing yet. The key makes the pseudonyms; who does not hold it cannot test guesses.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self {
            key: key.to_vec(),
            needles: Vec::new(),
        }
    }

    /// Hides an address: the whole, its VERP spelling, its domain, and its local part where that is no common word.
    pub fn hide_address(&mut self, address: &str) {
        let address = address.trim().trim_matches(['<', '>']).to_ascii_lowercase();
        let Some((local, domain)) = address.rsplit_once('@') else {
            self.hide_local_part(&address, &address);
            return;
        };
        let local = local.trim_matches('"');
        if local.is_empty() || domain.is_empty() {
            return;
        }
        let stand_in = pseudonym::of_address(&self.key, &address);
        let domain_stand_in = pseudonym::of_domain(&self.key, domain);
        for sign in ['@', '='] {
            let whole = format!("{stand_in}{sign}{domain_stand_in}");
            self.add(&format!("{local}{sign}{domain}"), Edges::Any, whole);
        }
        self.hide_name(domain);
        self.hide_local_part(local, &address);
    }

    /// Hides a host name and every name below it.
    pub fn hide_name(&mut self, name: &str) {
        let name = name.trim().trim_matches('.').to_ascii_lowercase();
        if !name.is_empty() {
            let stand_in = pseudonym::of_domain(&self.key, &name);
            self.add(&name, Edges::Host, stand_in);
        }
    }

    /// What stands in for this address, whether it is hidden here or not: itself an address.
    #[must_use]
    pub fn pseudonym(&self, address: &str) -> String {
        let address = address.trim().trim_matches(['<', '>']).to_ascii_lowercase();
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        format!(
            "{}@{}",
            pseudonym::of_address(&self.key, &address),
            pseudonym::of_domain(&self.key, domain)
        )
    }

    /// Hides in a text.
    #[must_use]
    pub fn hide_text(&self, text: &str) -> String {
        // A hit ends at character borders: only ASCII and whole decoded runs are cut.
        String::from_utf8_lossy(&self.hide_bytes(text.as_bytes())).into_owned()
    }

    /// Hides in bytes of any kind of text.
    #[must_use]
    pub fn hide_bytes(&self, source: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(source.len());
        let mut at = 0;
        for hit in self.hits(source) {
            out.extend_from_slice(source.get(at..hit.start).unwrap_or_default());
            out.extend_from_slice(hit.stand_in.as_bytes());
            at = hit.end;
        }
        out.extend_from_slice(source.get(at..).unwrap_or_default());
        out
    }

    /// Whether anything that should be hidden can be read in there.
    #[must_use]
    pub fn finds_in(&self, source: &[u8]) -> bool {
        !self.hits(source).is_empty()
    }

    fn hide_local_part(&mut self, local: &str, address: &str) {
        if local.len() >= MIN_LOCAL_PART && !COMMON_LOCAL_PARTS.contains(&local) {
            let stand_in = pseudonym::of_address(&self.key, address);
            self.add(local, Edges::Word, stand_in);
        }
    }

    fn add(&mut self, text: &str, edges: Edges, stand_in: String) {
        if self
            .needles
            .iter()
            .all(|known| known.finder.needle() != text.as_bytes())
        {
            let finder = Finder::new(text.as_bytes()).into_owned();
            self.needles.push(Needle {
                finder,
                edges,
                stand_in,
            });
        }
    }

    /// Everything found in any reading, in order and without overlaps.
    fn hits(&self, source: &[u8]) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        if self.needles.is_empty() {
            return hits;
        }
        let plain = Reading::plain(source);
        let unquoted = plain.unquoted();
        let readings = [
            plain.unescaped().unescaped(),
            unquoted.unescaped(),
            plain.words_decoded(),
            plain.joined(),
        ];
        for reading in [&plain, &unquoted].into_iter().chain(&readings) {
            self.find(&reading.bytes, |start, end| reading.place(start, end), &mut hits);
            for (decoded, place) in reading.base64_runs() {
                self.find(&Reading::plain(&decoded).bytes, |_, _| place, &mut hits);
            }
        }
        without_overlaps(hits)
    }

    fn find<'n>(
        &'n self,
        text: &[u8],
        place: impl Fn(usize, usize) -> (usize, usize),
        hits: &mut Vec<Hit<'n>>,
    ) {
        let text = text.to_ascii_lowercase();
        for needle in &self.needles {
            hits.extend(needle.found_in(&text).map(|(start, end)| {
                let (start, end) = place(start, end);
                Hit {
                    start,
                    end,
                    stand_in: &needle.stand_in,
                }
            }));
        }
    }
}

impl Needle {
    fn found_in(&self, text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
        let length = self.finder.needle().len();
        self.finder
            .find_iter(text)
            .map(move |start| (start, start.saturating_add(length)))
            .filter(|(start, end)| self.edges.allow(text, *start, *end))
    }
}

impl Edges {
    fn allow(self, text: &[u8], start: usize, end: usize) -> bool {
        let inside = |byte: Option<&u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || (self == Self::Host && *byte == b'-'))
        };
        let before = start.checked_sub(1).and_then(|at| text.get(at));
        self == Self::Any || !(inside(before) || inside(text.get(end)))
    }
}

/// The longest of those that begin first wins; one that overlaps it only makes it longer.
fn without_overlaps(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let mut kept: Vec<Hit<'_>> = Vec::with_capacity(hits.len());
    for hit in hits {
        match kept.last_mut() {
            Some(last) if hit.start < last.end => last.end = last.end.max(hit.end),
            _ => kept.push(hit),
        }
    }
    kept
}

/// Shows how much is hidden, never what.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} spellings)", self.needles.len())
    }
}

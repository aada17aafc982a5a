//! Hiding recipients: what goes out as evidence must not tell which addresses are traps.
//!
//! In: what to hide and what must stay (a [`RedactorBuilder`] collects it), and a text, a message or a conversation. Out: the same with a
//! stable pseudonym in place of each address and name, in whatever of the known spellings it stood, also where one spelling is written inside
//! another. Where hiding cannot be assured, less is shown: a part of a message or a field of its header is left out, or only the
//! header is kept, or nothing.
//!
//! What can remain, because nobody but the sender of the spam can tell that it means a recipient:
//!
//! - a number or a code in a link, a Message-ID or a boundary;
//! - a spelling that no mail program undoes (`name at domain`, letters set apart, other letters of the same look) and any cipher;
//! - a local part alone that has fewer than 4 or more than 64 letters, that is a word of everybody's or the sender's own name, or that
//!   stands inside of a longer word or in the name of a field;
//! - the domain alone of a recipient where the sender calls itself by it and the operator did not name it as one of traps;
//! - trap names that neither this transaction, nor the header, nor the operator's configuration gives.

mod addresses;
mod base64;
mod builder;
mod conversation;
mod escapes;
mod header;
mod mentioned;
mod message;
mod needles;
mod pseudonym;
mod readings;
mod runs;
mod traps;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

use needles::{Edges, Needle, Needles};
use readings::Reading;

pub use builder::RedactorBuilder;
pub use conversation::Recipients;
pub(crate) use escapes::is_invisible;
pub use message::{Extent, HiddenMessage};
pub use pseudonym::keyed_hash;
pub use traps::{SharedTrapNames, TrapNames};

/// How often a text is looked through to hide in it. One round does it but for texts that are made to change their reading.
const MAX_ROUNDS: usize = 3;
/// What is written in place of a text that cannot be made safe.
const LEFT_OUT: &str = "[left out]";
/// What stands before the token of a notice, by which whoever has it ends our notices: a bounce of one, or a copy sent on, has it in it.
const BEFORE_TOKEN: &[u8] = b"/notices/stop/";
/// The shortest that could be one.
const MIN_TOKEN: usize = 16;

/// Hides a set of addresses and names.
#[derive(Clone)]
pub struct Redactor {
    key: Vec<u8>,
    /// Spellings that stand in a text as they are.
    exact: Needles,
    /// Spellings where one sign stands for all signs.
    blurred: Needles,
    /// The addresses that stay, where every other is hidden: one that stays would tell that it is no trap.
    spared: Option<BTreeSet<String>>,
}

/// Something found: its place in the source and what to write there.
struct Hit<'n> {
    start: usize,
    end: usize,
    stand_in: StandIn<'n>,
}

/// What is written in place of something found.
enum StandIn<'n> {
    /// This.
    Text(&'n str),
    /// The pseudonym of this address, which is found for its shape. The number tells which was found first.
    Address(usize, String),
}

impl Redactor {
    /// What stands in for this address, whether it is hidden here or not: itself an address.
    #[must_use]
    pub fn pseudonym(&self, address: &str) -> String {
        let address = builder::address_of(address);
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        format!(
            "{}@{}",
            pseudonym::of_address(&self.key, &address),
            pseudonym::of_domain(&self.key, domain)
        )
    }

    /// Hides in a text. One that cannot be made safe is left out.
    #[must_use]
    pub fn hide_text(&self, text: &str) -> String {
        let hidden = self.hide_bytes(text.as_bytes());
        if self.finds_in(&hidden) {
            return LEFT_OUT.to_owned();
        }
        // A hit ends at character borders: only ASCII and whole decoded runs are cut.
        String::from_utf8_lossy(&hidden).into_owned()
    }

    /// Hides in bytes of any kind of text. What is left may read otherwise than before, so it is looked through again.
    fn hide_bytes(&self, source: &[u8]) -> Vec<u8> {
        let mut text = source.to_vec();
        for _ in 0..MAX_ROUNDS {
            let hits = self.hits(&text);
            if hits.is_empty() {
                break;
            }
            let mut out = Vec::with_capacity(text.len());
            let mut at = 0;
            for hit in hits {
                out.extend_from_slice(text.get(at..hit.start).unwrap_or_default());
                match &hit.stand_in {
                    StandIn::Text(text) => out.extend_from_slice(text.as_bytes()),
                    StandIn::Address(_, address) => out.extend_from_slice(self.pseudonym(address).as_bytes()),
                }
                at = hit.end;
            }
            out.extend_from_slice(text.get(at..).unwrap_or_default());
            text = out;
        }
        text
    }

    /// Whether anything that should be hidden can be read in there.
    #[must_use]
    pub fn finds_in(&self, source: &[u8]) -> bool {
        !self.hits(source).is_empty()
    }

    /// Whether the name of a field holds an address or a host name. A local part alone is no more than a word there.
    fn finds_name_in(&self, name: &[u8]) -> bool {
        let mut found = false;
        self.exact.find(&needles::masked(name), |_, _, needle| {
            found |= needle.edges != Edges::Word || needle.text.contains('@');
        });
        found
    }

    /// Everything found in any reading, in order and without overlaps.
    fn hits(&self, source: &[u8]) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        readings::each(source, &mut |reading| self.find(reading, &mut hits));
        without_overlaps(hits)
    }

    fn find<'n>(&'n self, reading: &Reading, hits: &mut Vec<Hit<'n>>) {
        let before = hits.len();
        let mut found = |start, end, stand_in: StandIn<'n>| {
            let (start, end) = reading.place(start, end);
            hits.push(Hit {
                start: usize::try_from(start).unwrap_or(usize::MAX),
                end: usize::try_from(end).unwrap_or(usize::MAX),
                stand_in,
            });
        };
        tokens(&reading.bytes).for_each(|(start, end)| found(start, end, StandIn::Text(LEFT_OUT)));
        let text = needles::masked(&reading.bytes);
        if let Some(spared) = &self.spared {
            let all = (before..).zip(addresses::find(&text));
            for (order, (start, end, address)) in all.filter(|(_, found)| !spared.contains(&found.2)) {
                found(start, end, StandIn::Address(order, address));
            }
        }
        let mut found = |start, end, needle: &'n Needle| found(start, end, StandIn::Text(&needle.stand_in));
        self.exact.find(&text, &mut found);
        if self.blurred.len() > 0 {
            self.blurred.find(&needles::blurred(&text), &mut found);
        }
    }
}

impl StandIn<'_> {
    fn order(&self) -> usize {
        match self {
            Self::Text(_) => usize::MAX,
            Self::Address(order, _) => *order,
        }
    }
}

/// Where tokens of notices stand.
fn tokens(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    memchr::memmem::find_iter(text, BEFORE_TOKEN).filter_map(|at| {
        let start = at.saturating_add(BEFORE_TOKEN.len());
        let rest = text.get(start..).unwrap_or_default();
        let length = readings::count(rest, |byte| byte.is_ascii_hexdigit());
        (length >= MIN_TOKEN).then(|| (start, start.saturating_add(length)))
    })
}

/// The longest of those that begin first wins; one that overlaps it only makes it longer. But where an address is among them that is
/// found for its shape, the plainest reading of it wins: a trap must not look other than any address in its place.
fn without_overlaps(mut hits: Vec<Hit<'_>>) -> Vec<Hit<'_>> {
    hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
    let mut kept: Vec<Hit<'_>> = Vec::with_capacity(hits.len());
    for hit in hits {
        match kept.last_mut() {
            Some(last) if hit.start < last.end => {
                last.end = last.end.max(hit.end);
                if hit.stand_in.order() < last.stand_in.order() {
                    last.stand_in = hit.stand_in;
                }
            }
            _ => kept.push(hit),
        }
    }
    kept
}

/// Shows how much is hidden, never what.
impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} spellings)", self.exact.len())
    }
}

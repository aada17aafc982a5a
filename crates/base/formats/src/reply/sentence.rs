//! Sentences that say nothing but "stop writing to us" or "this address is not ours".
//!
//! In: a folded sentence. Out: what it says, if it says that and nothing else. Polite words around it do not count.

use std::net::IpAddr;

use super::Intent;
use super::phrases::{ORDERS, Order, POLITE, PREDICATES, SUBJECTS};

/// Longest sentence that is looked at, in words: a longer one says something else too.
const MAX_WORDS: usize = 20;
/// What stands for the number of an address.
const ADDRESS: &str = "this ip";

/// What a sentence says, when it says nothing else.
pub(super) fn plain(sentence: &str) -> Option<Intent> {
    if sentence.ends_with('?') {
        return None;
    }
    let words = bare(sentence)?;
    if ORDERS.iter().any(|order| tells(order, &words)) {
        return Some(Intent::Stop);
    }
    let denies = SUBJECTS.iter().any(|subject| {
        let rest = words
            .strip_prefix(subject)
            .and_then(|rest| rest.strip_prefix(' '));
        rest.is_some_and(|rest| PREDICATES.contains(&rest))
    });
    denies.then_some(Intent::NotOurs)
}

/// The words without signs and politeness around them; none where there are too many.
fn bare(sentence: &str) -> Option<String> {
    let words: Vec<&str> = sentence.split(' ').take(MAX_WORDS.saturating_add(1)).collect();
    if words.len() > MAX_WORDS {
        return None;
    }
    let mut words: Vec<&str> = words.into_iter().map(word).collect();
    words.retain(|word| !word.is_empty());
    while words.last().is_some_and(|word| POLITE.contains(word)) {
        words.pop();
    }
    let first = words.iter().position(|word| !POLITE.contains(word))?;
    Some(words.split_off(first).join(" "))
}

/// A word without the signs around it. An address may begin or end with some.
fn word(text: &str) -> &str {
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'');
    match [text, bare].iter().any(|text| text.parse::<IpAddr>().is_ok()) {
        true => ADDRESS,
        false => bare,
    }
}

/// Whether a sentence is such an order, and to us.
fn tells(order: &Order, sentence: &str) -> bool {
    order.heads.iter().any(|head| {
        let Some(rest) = sentence.strip_prefix(head) else {
            return false;
        };
        let mut words = rest.split(' ').filter(|word| !word.is_empty());
        let is_all = (rest.is_empty() || rest.starts_with(' '))
            && words.clone().all(|word| order.tail.contains(&word));
        is_all && (order.addressed.is_empty() || words.any(|word| order.addressed.contains(&word)))
    })
}

//! Target `syn`: the first packet of a connection, and the text that is kept of it.
//!
//! Input: a packet from the IP header on. The same bytes are read as a text too.

use atalaya_formats::signatures::Matcher;
use atalaya_formats::syn::{Syn, ends};
use atalaya_model::Fingerprint;

use crate::text::assert_presentable;

/// The longest notation of a SYN.
const LONGEST: usize = 400;

/// Reads a packet, and a text.
pub fn syn(data: &[u8]) {
    let read = Syn::read(data);
    let kept = Syn::fingerprint(Some(data));
    assert_eq!(kept == Fingerprint::UNAVAILABLE, read.is_err());
    if let Ok(syn) = read {
        assert!(ends(data).is_some());
        assert_eq!(
            Syn::of(&kept).as_ref(),
            Some(&syn),
            "what is kept is not all of it"
        );
        check(&syn);
    }
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(syn) = text.parse::<Syn>() {
            assert_eq!(syn.to_string(), text, "a SYN with two texts");
            check(&syn);
        }
        if let Ok(fingerprint) = text.parse::<Fingerprint>() {
            assert_eq!(fingerprint.to_string(), text);
        }
    }
}

/// What holds for every SYN.
fn check(syn: &Syn) {
    for text in [syn.to_string(), syn.v2(), syn.v3(), syn.signature()] {
        assert_presentable(&text, LONGEST);
        assert!(!text.contains(' '), "blanks in {text}");
    }
    let matcher = Matcher::default();
    let all = matcher.all(syn);
    assert_eq!(matcher.best(syn).as_ref(), all.first());
    for found in all {
        assert!(found.label.family.class() != Some("bot") || found.is_unconfirmed);
    }
}

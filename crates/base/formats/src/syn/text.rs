//! The text of a SYN that is kept: all of it, in one short word that people can read.
//!
//! ```text
//! 4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+
//! |  | | |  | |    |     | |                 oddities
//! |  | | |  | |    |     | options in order
//! |  | | |  | |    window and its scale
//! |  | | |  | maximum segment size
//! |  | | |  bytes of payload
//! |  | | bytes of headers
//! |  | bytes of IP options
//! |  time to live, as it came
//! version of IP
//! ```
//!
//! It is the notation of p0f v3, with the window as a number, with sizes, and with the four oddities that only version 2 sees. A SYN has one
//! text only, so that equal fingerprints are equal texts.

use std::fmt;
use std::str::FromStr;

use super::{END, MOST_OPTIONS, Quirks, Syn, Version, option_of_word};

impl fmt::Display for Syn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}:{}+{}:{}:{},{}:{}:{}",
            self.version,
            self.ttl,
            self.ip_options,
            self.headers,
            self.payload,
            self.mss,
            self.window,
            self.scale,
            self.layout(),
            self.quirks
        )
    }
}

/// The text is not that of a SYN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the text of a SYN")]
pub struct BadSyn;

impl FromStr for Syn {
    type Err = BadSyn;

    fn from_str(text: &str) -> Result<Self, BadSyn> {
        let syn = parse(text).ok_or(BadSyn)?;
        // One text only: no leading zeros, no oddity twice or out of order.
        if syn.to_string() == text {
            Ok(syn)
        } else {
            Err(BadSyn)
        }
    }
}

fn parse(text: &str) -> Option<Syn> {
    let mut fields = text.split(':');
    let mut next = || fields.next();
    let version = match next()? {
        "4" => Version::V4,
        "6" => Version::V6,
        _ => return None,
    };
    let ttl = next()?.parse().ok()?;
    let ip_options = next()?.parse().ok()?;
    let (headers, payload) = next()?.split_once('+')?;
    let mss = next()?.parse().ok()?;
    let (window, scale) = next()?.split_once(',')?;
    let (kinds, padding) = layout(next()?)?;
    let quirks = quirks(next()?)?;
    next().is_none().then_some(Syn {
        version,
        ttl,
        ip_options,
        headers: headers.parse().ok()?,
        payload: payload.parse().ok()?,
        window: window.parse().ok()?,
        mss,
        scale: scale.parse().ok()?,
        kinds,
        padding,
        quirks,
    })
}

/// Reads options with commas between them, and the bytes behind their end. Shared with the signatures of p0f v3.
pub(crate) fn layout(text: &str) -> Option<(Vec<u8>, u8)> {
    let mut kinds = Vec::new();
    let mut padding = 0;
    for word in words(text) {
        // Nothing follows the end, and no SYN has room for more.
        if kinds.last() == Some(&END) || kinds.len() == MOST_OPTIONS {
            return None;
        }
        let (kind, behind) = option_of_word(word)?;
        // `?0` would be a second name of the end.
        if kind == END && behind.is_none() {
            return None;
        }
        padding = behind.unwrap_or_default();
        kinds.push(kind);
    }
    Some((kinds, padding))
}

fn quirks(text: &str) -> Option<Quirks> {
    words(text).try_fold(Quirks::NONE, |all, word| Some(all.with(Quirks::named(word)?)))
}

/// The words between commas; none in no text.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(move |_word| !text.is_empty())
}

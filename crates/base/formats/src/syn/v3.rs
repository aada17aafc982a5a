//! A SYN in the notation of p0f v3: `ver:ttl+distance:olen:mss:wsize,scale:olayout:quirks:pclass`.

use std::fmt;

use super::options::{END, MSS, NOP, SACK, SACK_PERMITTED, SCALE, STAMPS};
use super::{Syn, Version, commas};

/// The most routers that p0f believes in between.
const MOST_HOPS: u8 = 35;
/// Bytes of the shortest headers of IPv4 and TCP, and of IPv6 and TCP.
const HEADERS_V4: u32 = 40;
const HEADERS_V6: u32 = 60;
/// What Ethernet carries in one packet.
const ETHERNET: u32 = 1500;
/// Bytes that timestamps take from each segment.
const STAMP: u32 = 12;

/// A window that is so many segments or packets long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Multiple {
    /// Of the maximum segment size.
    Mss(u16),
    /// Of the link's largest packet.
    Mtu(u16),
}

impl Syn {
    /// The raw signature as p0f v3 shows it, with the time to live as it came and the likely distance.
    #[must_use]
    pub fn v3(&self) -> String {
        let distance = self.likely_distance();
        let ttl = if distance > MOST_HOPS {
            format!("{}+?", self.ttl)
        } else {
            format!("{}+{distance}", self.ttl)
        };
        self.with_ttl(&ttl)
    }

    /// The signature as it would stand in a file of p0f v3: with the time to live that the sender began with, as far as it can be guessed.
    #[must_use]
    pub fn signature(&self) -> String {
        self.with_ttl(&self.ttl.saturating_add(self.likely_distance()).to_string())
    }

    fn with_ttl(&self, ttl: &str) -> String {
        let window = match self.multiple() {
            Some(Multiple::Mss(times)) => format!("mss*{times}"),
            Some(Multiple::Mtu(times)) => format!("mtu*{times}"),
            None => self.window.to_string(),
        };
        format!(
            "{}:{ttl}:{}:{}:{window},{}:{}:{}:{}",
            self.version,
            self.ip_options,
            self.mss,
            self.scale,
            self.layout(),
            self.quirks.of_v3(),
            if self.payload == 0 { '0' } else { '+' },
        )
    }

    /// Of what the window is a multiple, tried in the order of p0f: the real segment, the segments of Ethernet, then whole packets.
    pub(crate) fn multiple(&self) -> Option<Multiple> {
        if self.window == 0 || self.mss < 100 {
            return None;
        }
        let window = u32::from(self.window);
        let mss = u32::from(self.mss);
        let is_v6 = self.version == Version::V6;
        let segment = |headers: u32| ETHERNET.saturating_sub(headers);
        let segments = [
            (true, mss),
            (self.is_stamped(), mss.saturating_sub(STAMP)),
            (true, segment(HEADERS_V4)),
            (true, segment(HEADERS_V4).saturating_sub(STAMP)),
            (is_v6, segment(HEADERS_V6)),
            (is_v6, segment(HEADERS_V6).saturating_sub(STAMP)),
        ];
        let packets = [
            (true, mss.saturating_add(HEADERS_V4)),
            (true, mss.saturating_add(u32::from(self.headers))),
            (is_v6, mss.saturating_add(HEADERS_V6)),
            (true, ETHERNET),
        ];
        let times = |sizes: &[(bool, u32)]| {
            let tried = sizes.iter().filter(|(is_tried, _)| *is_tried);
            let mut fitting = tried.filter_map(|(_, size)| {
                let is_multiple = window.checked_rem(*size) == Some(0);
                is_multiple.then(|| window.checked_div(*size)).flatten()
            });
            fitting.next().and_then(|times| u16::try_from(times).ok())
        };
        times(&segments)
            .map(Multiple::Mss)
            .or_else(|| times(&packets).map(Multiple::Mtu))
    }

    /// The options by their words.
    pub(super) fn layout(&self) -> impl fmt::Display {
        fmt::from_fn(|f| commas(f, self.kinds.iter().map(|kind| option_word(*kind, self.padding))))
    }
}

/// The words of the options that have one.
const WORDS: [(u8, &str); 6] = [
    (NOP, "nop"),
    (MSS, "mss"),
    (SCALE, "ws"),
    (SACK_PERMITTED, "sok"),
    (SACK, "sack"),
    (STAMPS, "ts"),
];

/// The word of an option; behind the end of the options stand so many bytes.
fn option_word(kind: u8, padding: u8) -> String {
    let word = WORDS.iter().find(|(known, _)| *known == kind);
    match (kind, word) {
        (END, _) => format!("eol+{padding}"),
        (_, Some((_, word))) => (*word).to_owned(),
        (_, None) => format!("?{kind}"),
    }
}

/// Reads the word of an option: its kind, and the bytes behind it where it is the end of the options.
pub(crate) fn option_of_word(word: &str) -> Option<(u8, Option<u8>)> {
    if let Some((kind, _)) = WORDS.iter().find(|(_, known)| *known == word) {
        return Some((*kind, None));
    }
    if let Some(padding) = word.strip_prefix("eol+") {
        return Some((END, Some(padding.parse().ok()?)));
    }
    Some((word.strip_prefix('?')?.parse().ok()?, None))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "4",
            Self::V6 => "6",
        })
    }
}

//! One signature of p0f v3: `ver:ittl:olen:mss:wsize,scale:olayout:quirks:pclass`.

use super::super::field::{Wanted, number};
use crate::syn::{Multiple, Quirks, Version, layout, words};

/// The most segments or packets that a window may hold.
const MOST_TIMES: u16 = 1000;

/// What a SYN must be like.
#[derive(Debug, Clone)]
pub(in super::super) struct Signature {
    pub(super) version: Option<Version>,
    pub(super) ttl: Ttl,
    pub(super) ip_options: u16,
    pub(super) mss: Option<u16>,
    pub(super) window: Window,
    pub(super) scale: Option<u8>,
    pub(in super::super) kinds: Vec<u8>,
    pub(super) padding: u8,
    pub(super) quirks: Quirks,
    pub(super) payload: Option<Payload>,
}

/// The time to live that the sender begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ttl {
    /// This one.
    From(u8),
    /// A random one, at most this.
    UpTo(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Window {
    Bytes(Wanted),
    Times(Multiple),
}

/// Whether something stands behind the headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    None,
    Some,
}

impl Signature {
    /// Reads one.
    pub(in super::super) fn read(text: &str) -> Result<Self, &'static str> {
        let fields: Vec<&str> = text.split(':').collect();
        let [version, ttl, ip_options, mss, window, options, quirks, payload] = fields.as_slice() else {
            return Err("a signature has eight fields with colons between");
        };
        let version = match *version {
            "*" => None,
            "4" => Some(Version::V4),
            "6" => Some(Version::V6),
            _ => return Err("the version is 4, 6 or *"),
        };
        let (window, scale) = window
            .split_once(',')
            .ok_or("the window stands in front of a comma and its scale")?;
        let (kinds, padding) = layout(options).ok_or("options that cannot be")?;
        Ok(Self {
            version,
            ttl: Ttl::read(ttl).ok_or("the time to live is 1 to 255, n+n or n-")?,
            ip_options: number(ip_options)
                .filter(|length| *length <= 255)
                .ok_or("the length of the IP options is 0 to 255")?,
            mss: any_or(mss).ok_or("the segment size is a number or *")?,
            window: Window::read(window).ok_or("the window is n, *, %n, mss*n or mtu*n")?,
            scale: any_or(scale).ok_or("the scale is 0 to 255 or *")?,
            kinds,
            padding,
            quirks: read_quirks(quirks, version)?,
            payload: match *payload {
                "*" => None,
                "0" => Some(Payload::None),
                "+" => Some(Payload::Some),
                _ => return Err("the payload is 0, + or *"),
            },
        })
    }
}

impl Signature {
    /// Whether some SYN may fit both. What cannot be told is a yes.
    pub(in super::super) fn meets(&self, other: &Self) -> bool {
        let window = match (self.window, other.window) {
            (Window::Bytes(one), Window::Bytes(two)) => one.meets(two),
            (Window::Times(one), Window::Times(two)) => one == two,
            (Window::Bytes(_), Window::Times(_)) | (Window::Times(_), Window::Bytes(_)) => true,
        };
        let ttl = match (self.ttl, other.ttl) {
            (Ttl::From(one), Ttl::From(two)) => one == two,
            _ => true,
        };
        window
            && ttl
            && same(self.version, other.version)
            && same(self.mss, other.mss)
            && same(self.scale, other.scale)
            && same(self.payload, other.payload)
            && (&self.kinds, self.padding, self.ip_options) == (&other.kinds, other.padding, other.ip_options)
            && (self.version != other.version || self.quirks == other.quirks)
    }
}

/// Whether one value may be both.
fn same<T: PartialEq>(one: Option<T>, two: Option<T>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => one == two,
        _ => true,
    }
}

/// Reads a number, or `*` for any.
fn any_or<N: std::str::FromStr>(text: &str) -> Option<Option<N>> {
    if text == "*" {
        Some(None)
    } else {
        number(text).map(Some)
    }
}

impl Ttl {
    fn read(text: &str) -> Option<Self> {
        let sound = |ttl: &u8| *ttl > 0;
        if let Some(most) = text.strip_suffix('-') {
            return number(most).filter(sound).map(Self::UpTo);
        }
        let Some((seen, distance)) = text.split_once('+') else {
            return number(text).filter(sound).map(Self::From);
        };
        let seen: u8 = number(seen).filter(sound)?;
        seen.checked_add(number(distance)?).map(Self::From)
    }
}

impl Window {
    fn read(text: &str) -> Option<Self> {
        let times = |times: &str| number(times).filter(|times| (1..=MOST_TIMES).contains(times));
        if let Some(segments) = text.strip_prefix("mss*") {
            return times(segments).map(Multiple::Mss).map(Self::Times);
        }
        if let Some(packets) = text.strip_prefix("mtu*") {
            return times(packets).map(Multiple::Mtu).map(Self::Times);
        }
        Wanted::read(text).filter(|_wanted| text != "%1").map(Self::Bytes)
    }
}

fn read_quirks(text: &str, version: Option<Version>) -> Result<Quirks, &'static str> {
    let mut all = Quirks::NONE;
    for word in words(text) {
        let quirk = Quirks::named(word)
            .filter(|quirk| quirk.of_v3() == *quirk)
            .ok_or("a quirk that p0f v3 does not know")?;
        all = all.with(quirk);
    }
    let of_the_other = match version {
        None => Quirks::NONE,
        Some(Version::V4) => Quirks::FLOW,
        Some(Version::V6) => Quirks::DF
            .with(Quirks::ID_WITH_DF)
            .with(Quirks::NO_ID)
            .with(Quirks::IP_RESERVED),
    };
    if all.without(of_the_other) == all {
        Ok(all)
    } else {
        Err("a quirk of the other version of IP")
    }
}

//! A SYN in the notation of p0f v2: `wwww:ttt:D:ss:OOO:QQ`, without the name that follows in a signature.
//!
//! Version 2 knew IPv4 only. For IPv6 this writes what pf of OpenBSD does: routers never fragment, so D is 1, and the size is that of the
//! whole packet.

use std::fmt;

use super::options::{END, MSS, NOP, SACK_PERMITTED, SCALE, STAMPS};
use super::{Quirks, Syn, Version, commas};

/// From this size on a packet has none in a signature.
const BIG: u32 = 100;
/// The most options that version 2 looks at; the next one is a broken segment.
pub(crate) const MOST_OPTIONS: usize = 15;
/// The segment of Ethernet, and the headers that it lies in.
const USUAL_MSS: u16 = 1460;
const HEADERS: u32 = 40;
/// What Ethernet carries in one packet.
const ETHERNET: u32 = 1500;

impl Syn {
    /// The signature as p0f v2 shows it, with the time to live as it came.
    #[must_use]
    pub fn v2(&self) -> String {
        let size = self.size();
        let size = if size < BIG {
            size.to_string()
        } else {
            format!("*({size})")
        };
        let whole = u8::from(self.is_whole());
        format!(
            "{}:{}:{whole}:{size}:{}:{}",
            self.window_of_v2(),
            self.ttl,
            self.options_of_v2(),
            self.quirks_of_v2()
        )
    }

    /// The size of the whole packet.
    pub(crate) fn size(&self) -> u32 {
        u32::from(self.headers).saturating_add(u32::from(self.payload))
    }

    /// The size in a signature; none where that says only that it is big.
    pub(crate) fn size_of_v2(&self) -> Option<u32> {
        Some(self.size()).filter(|size| *size < BIG)
    }

    /// Whether no router may fragment it.
    pub(crate) fn is_whole(&self) -> bool {
        self.version == Version::V6 || self.quirks.has(Quirks::DF)
    }

    /// The options that version 2 sees: not the one that is cut, and not too many.
    pub(crate) fn kinds_of_v2(&self) -> &[u8] {
        let cut = usize::from(self.quirks.has(Quirks::CUT_OPTIONS));
        let sound = self.kinds.len().saturating_sub(cut).min(MOST_OPTIONS);
        self.kinds.get(..sound).unwrap_or_default()
    }

    /// How many segments the window holds, if that is a whole number: of the real size, then of Ethernet's.
    pub(crate) fn segments(&self) -> Option<u16> {
        let of = |mss: u16| {
            self.window
                .is_multiple_of(mss)
                .then(|| self.window.checked_div(mss))
        };
        of(self.mss).or_else(|| of(USUAL_MSS)).flatten()
    }

    /// How many packets the window holds, if that is a whole number.
    pub(crate) fn packets(&self) -> Option<u16> {
        let window = u32::from(self.window);
        let of = |size: u32| {
            window
                .is_multiple_of(size)
                .then(|| window.checked_div(size))
                .flatten()
        };
        let own = (self.mss > 0)
            .then(|| of(u32::from(self.mss).saturating_add(HEADERS)))
            .flatten();
        own.or_else(|| of(ETHERNET))
            .and_then(|packets| u16::try_from(packets).ok())
    }

    fn window_of_v2(&self) -> String {
        match (self.segments(), self.packets()) {
            _ if self.window == 0 => "0".to_owned(),
            (Some(segments), _) => format!("S{segments}"),
            (None, Some(packets)) => format!("T{packets}"),
            (None, None) => self.window.to_string(),
        }
    }

    fn options_of_v2(&self) -> impl fmt::Display {
        let kinds = self.kinds_of_v2();
        fmt::from_fn(move |f| {
            if kinds.is_empty() {
                return f.write_str(".");
            }
            commas(f, kinds.iter().map(|kind| self.option_of_v2(*kind)))
        })
    }

    fn option_of_v2(&self, kind: u8) -> String {
        match kind {
            END => "E".to_owned(),
            NOP => "N".to_owned(),
            MSS => format!("M{}", self.mss),
            SCALE => format!("W{}", self.scale),
            SACK_PERMITTED => "S".to_owned(),
            STAMPS if self.is_stamped() => "T".to_owned(),
            STAMPS => "T0".to_owned(),
            other => format!("?{other}"),
        }
    }

    /// The quirks by their letters, in the order of p0f; `.` where there is none.
    pub(crate) fn quirks_of_v2(&self) -> String {
        let has = |quirk: Quirks| self.quirks.has(quirk);
        let is_ack_zero = !has(Quirks::ACK);
        let is_id_zero = if has(Quirks::DF) {
            !has(Quirks::ID_WITH_DF)
        } else {
            has(Quirks::NO_ID)
        };
        let letters = [
            (
                'Q',
                has(Quirks::SEQ_IS_ACK) || (has(Quirks::NO_SEQ) && is_ack_zero),
            ),
            ('0', has(Quirks::NO_SEQ)),
            ('P', self.padding > 0),
            ('Z', self.version == Version::V4 && is_id_zero),
            ('I', self.ip_options > 0),
            ('U', has(Quirks::URGENT_POINTER) || has(Quirks::URGENT_VALUE)),
            ('X', has(Quirks::TCP_RESERVED)),
            ('A', !is_ack_zero),
            ('T', has(Quirks::ECHO)),
            ('F', has(Quirks::PUSH) || has(Quirks::URGENT)),
            ('D', self.payload > 0),
            ('!', has(Quirks::CUT_OPTIONS) || self.kinds.len() > MOST_OPTIONS),
        ];
        let here: String = letters
            .iter()
            .filter_map(|(letter, holds)| holds.then_some(*letter))
            .collect();
        if here.is_empty() { ".".to_owned() } else { here }
    }
}

//! The first packet of a TCP connection, its SYN: what in it tells one network stack from another.
//!
//! In go the bytes from the IP header on, as the kernel keeps them for a listener that asks (`TCP_SAVED_SYN`) or as a capture holds
//! them; out comes a [`Syn`]. It is written in three ways:
//!
//! - its own text (`Display`, read back by `FromStr`) keeps all of it, and is what is kept with an observation;
//! - [`Syn::v3`] is the raw signature of p0f v3, as its `raw_sig` shows it;
//! - [`Syn::v2`] is that of p0f v2, which logs and papers from before 2012 have.
//!
//! Names for stacks are another matter: see [`crate::signatures`]. Nothing here knows one.

mod header;
mod options;
mod quirks;
mod text;
mod v2;
mod v3;

#[cfg(test)]
mod tests;

use std::fmt;

use atalaya_model::Fingerprint;

pub use self::header::{NoSyn, ends};
pub(crate) use self::options::{END, MOST_OPTIONS, MSS, NOP, SACK_PERMITTED, SCALE, STAMPS};
pub use self::quirks::Quirks;
pub use self::text::BadSyn;
pub(crate) use self::text::{layout, words};
pub(crate) use self::v2::MOST_OPTIONS as MOST_OPTIONS_OF_V2;
pub(crate) use self::v3::{Multiple, option_of_word};

/// The version of IP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// One SYN, as far as it tells about the stack that sent it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Syn {
    pub(crate) version: Version,
    /// The time to live as it came here: less than the sender's by one for each router between.
    pub(crate) ttl: u8,
    /// Bytes of IPv4 options or of IPv6 extension headers.
    pub(crate) ip_options: u16,
    /// Bytes of the headers of IP and TCP together.
    pub(crate) headers: u16,
    /// Bytes behind the headers. The kernel does not keep them.
    pub(crate) payload: u16,
    pub(crate) window: u16,
    /// The maximum segment size; 0 without one.
    pub(crate) mss: u16,
    /// The window scale; 0 without one.
    pub(crate) scale: u8,
    /// The kinds of the TCP options in order.
    pub(crate) kinds: Vec<u8>,
    /// Bytes behind the end of the options.
    pub(crate) padding: u8,
    pub(crate) quirks: Quirks,
}

impl Syn {
    /// The fingerprint of a connection whose SYN the kernel kept, or did not.
    #[must_use]
    pub fn fingerprint(saved: Option<&[u8]>) -> Fingerprint {
        saved
            .and_then(|packet| Self::read(packet).ok())
            .map_or(Fingerprint::UNAVAILABLE, |syn| Fingerprint::from(&syn))
    }

    /// The SYN that a fingerprint keeps; none where it was unavailable.
    #[must_use]
    pub fn of(fingerprint: &Fingerprint) -> Option<Self> {
        fingerprint.syn()?.parse().ok()
    }

    /// How many routers were between, if the sender began with a usual time to live: 32, 64, 128 or 255.
    #[must_use]
    pub const fn likely_distance(&self) -> u8 {
        let start: u8 = match self.ttl {
            0..=32 => 32,
            33..=64 => 64,
            65..=128 => 128,
            129..=255 => 255,
        };
        start.saturating_sub(self.ttl)
    }

    /// The same as it left its sender, as far as the time to live with which it began can be guessed: what two senders of one kind have in
    /// common wherever they are.
    #[must_use]
    pub fn at_its_start(mut self) -> Self {
        self.ttl = self.ttl.saturating_add(self.likely_distance());
        self
    }

    /// Whether it brought its sender's clock.
    pub(crate) fn is_stamped(&self) -> bool {
        self.kinds.contains(&STAMPS) && !self.quirks.has(Quirks::NO_STAMP)
    }
}

impl From<&Syn> for Fingerprint {
    fn from(syn: &Syn) -> Self {
        // Every text of a SYN is one of a fingerprint: a property of the tests.
        syn.to_string().parse().unwrap_or(Self::UNAVAILABLE)
    }
}

/// Writes with commas between.
pub(crate) fn commas(
    f: &mut fmt::Formatter<'_>,
    mut words: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    if let Some(first) = words.next() {
        write!(f, "{first}")?;
    }
    words.try_for_each(|word| write!(f, ",{word}"))
}

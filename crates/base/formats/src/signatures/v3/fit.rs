//! Whether a SYN fits a signature of p0f v3.

use super::super::Fit;
use super::super::matcher::Distance;
use super::signature::{Payload, Signature, Ttl, Window};
use crate::syn::{Quirks, Syn, Version};

/// The most routers that are believed in between.
const MOST_HOPS: u8 = 35;
/// What may vanish on the way, and the signature still fits, fuzzily.
const MAY_VANISH: Quirks = Quirks::DF.with(Quirks::ID_WITH_DF);
/// What may appear on the way.
const MAY_APPEAR: Quirks = Quirks::NO_ID.with(Quirks::ECN);

impl Signature {
    /// How well a SYN fits whose options are those of the signature; none where it does not.
    pub(in super::super) fn fit(&self, syn: &Syn) -> Option<Fit> {
        let is_this = self.version.is_none_or(|version| version == syn.version)
            && self.padding == syn.padding
            && self.ip_options == syn.ip_options
            && self.mss.is_none_or(|mss| mss == syn.mss)
            && self.scale.is_none_or(|scale| scale == syn.scale)
            && self.payload.is_none_or(|payload| payload.is_of(syn))
            && self.window.takes(syn);
        let quirks = self.fit_of_quirks(syn).filter(|_fit| is_this)?;
        Some(quirks.worse(self.ttl.fit(syn.ttl)?))
    }

    fn fit_of_quirks(&self, syn: &Syn) -> Option<Fit> {
        // Quirks of the other version of IP say nothing.
        let silent = match (self.version, syn.version) {
            (Some(_), _) => Quirks::NONE,
            (None, Version::V4) => Quirks::FLOW,
            (None, Version::V6) => MAY_VANISH.with(Quirks::NO_ID),
        };
        let (wanted, seen) = (self.quirks.without(silent), syn.quirks.of_v3());
        if wanted == seen {
            return Some(Fit::Exact);
        }
        let vanished = wanted.without(seen).without(MAY_VANISH);
        let appeared = seen.without(wanted).without(MAY_APPEAR);
        (vanished.is_none() && appeared.is_none()).then_some(Fit::Fuzzy)
    }

    /// How far away the sender is.
    pub(in super::super) fn distance(&self, syn: &Syn) -> Distance {
        let (Ttl::From(start) | Ttl::UpTo(start)) = self.ttl;
        let is_bound = matches!(self.ttl, Ttl::UpTo(_));
        let hops = start
            .checked_sub(syn.ttl)
            .filter(|hops| is_bound || *hops <= MOST_HOPS)
            .unwrap_or_else(|| syn.likely_distance());
        Distance { hops, is_bound }
    }
}

impl Ttl {
    fn fit(self, seen: u8) -> Option<Fit> {
        match self {
            Self::UpTo(most) => (seen <= most).then_some(Fit::Exact),
            Self::From(start) => {
                let hops = start.checked_sub(seen);
                let is_near = hops.is_some_and(|hops| hops <= MOST_HOPS);
                Some(if is_near { Fit::Exact } else { Fit::Fuzzy })
            }
        }
    }
}

impl Window {
    fn takes(self, syn: &Syn) -> bool {
        match self {
            Self::Bytes(wanted) => wanted.takes(syn.window),
            Self::Times(times) => syn.multiple() == Some(times),
        }
    }
}

impl Payload {
    const fn is_of(self, syn: &Syn) -> bool {
        match self {
            Self::None => syn.payload == 0,
            Self::Some => syn.payload > 0,
        }
    }
}

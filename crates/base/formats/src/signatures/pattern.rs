//! One signature by itself, for whoever looks for one stack: the notation of p0f v3, as `atalaya fingerprint` prints it.

use std::fmt;
use std::str::FromStr;

use atalaya_model::Fingerprint;

use super::{Fit, v3};
use crate::syn::Syn;

/// What the SYNs of one stack look like: `4:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0`.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: Box<str>,
    signature: v3::Signature,
}

impl Pattern {
    /// Whether a kept fingerprint fits exactly. What fits only but for what routers change is somebody else as likely.
    #[must_use]
    pub fn fits(&self, fingerprint: &Fingerprint) -> bool {
        Syn::of(fingerprint).is_some_and(|syn| {
            self.signature.kinds == syn.kinds && self.signature.fit(&syn) == Some(Fit::Exact)
        })
    }

    /// Whether there may be a fingerprint that fits both: where that cannot be told, yes.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.signature.meets(&other.signature)
    }
}

/// The text that is no signature, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no signature of p0f v3: {0}")]
pub struct BadPattern(&'static str);

impl FromStr for Pattern {
    type Err = BadPattern;

    fn from_str(text: &str) -> Result<Self, BadPattern> {
        if text.len() > super::MOST_LINE_BYTES {
            return Err(BadPattern("longer than any signature"));
        }
        Ok(Self {
            signature: v3::Signature::read(text).map_err(BadPattern)?,
            text: text.into(),
        })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mail server on Linux behind twelve routers, as the kernel keeps its first packet.
    const KEPT: &str = "4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+";

    fn fits(pattern: &str, kept: &str) -> bool {
        let pattern: Pattern = pattern.parse().unwrap();
        assert_eq!(pattern.to_string().parse(), Ok(pattern.clone()));
        pattern.fits(&kept.parse().unwrap())
    }

    #[test]
    fn what_is_printed_of_a_fingerprint_fits_it_at_any_distance() {
        let printed = Syn::of(&KEPT.parse().unwrap()).unwrap().signature();
        assert!(fits(&printed, KEPT), "{printed}");
        assert!(fits(&printed, &KEPT.replace(":52:", ":41:")));
        assert!(!fits(&printed, &KEPT.replace(":52:", ":117:")));
        assert!(!fits(&printed, "unavailable"));
    }

    #[test]
    fn stars_fit_anything_and_options_must_be_the_same() {
        let any = "*:64:0:*:*,*:mss,sok,ts,nop,ws:df,id+:*";
        assert!(fits(any, KEPT));
        assert!(!fits("*:64:0:*:*,*:mss,nop,ws,sok,ts:df,id+:*", KEPT));
        assert!(!fits("4:64:0:1460:29200,*:mss,sok,ts,nop,ws:df,id+:*", KEPT));
    }

    #[test]
    fn two_patterns_meet_unless_no_packet_can_fit_both() {
        let meets = |one: &str, two: &str| {
            let (one, two): (Pattern, Pattern) = (one.parse().unwrap(), two.parse().unwrap());
            assert_eq!(one.meets(&two), two.meets(&one));
            one.meets(&two)
        };
        let srizbi = "4:128:0:536:24000,0:mss::0";
        assert!(meets(srizbi, "*:128:0:*:*,*:mss::0"));
        assert!(meets(srizbi, "4:128:0:*:%100,0:mss::*"));
        assert!(meets(srizbi, "4:128:0:536:mtu*16,0:mss::0"));
        for other in [
            "4:64:0:536:24000,0:mss::0",
            "6:128:0:536:24000,0:mss::0",
            "4:128:0:1460:24000,0:mss::0",
            "4:128:0:536:23999,0:mss::0",
            "4:128:0:536:24000,0:mss,nop::0",
            "4:128:0:536:24000,0:mss:df,id+:0",
        ] {
            assert!(!meets(srizbi, other), "{other}");
        }
    }

    #[test]
    fn the_text_of_a_packet_is_no_signature() {
        for wrong in ["", KEPT, "4:64:0:1460:", &"x".repeat(9_999)] {
            assert!(wrong.parse::<Pattern>().is_err(), "{wrong:?}");
        }
    }
}

//! Target `whois`: free text of a registry.

use std::net::IpAddr;

use atalaya_formats::whois::{self, Answer, Referral};

use crate::rdap::mailboxes_are_sound;
use crate::text::assert_presentable;

/// Longest line with which a server turns us away.
const LONGEST_REFUSAL: usize = 160;

/// Longest name of a host (RFC 1035 section 2.3.4).
const LONGEST_HOST: usize = 253;

/// Reads an answer.
pub fn whois(data: &[u8]) {
    let answer = whois::read(data);
    assert_presentable(answer.refusal.as_deref().unwrap_or_default(), LONGEST_REFUSAL);
    let found = answer.referral.clone().into_iter();
    let typed = Referral::read(&String::from_utf8_lossy(data));
    found
        .chain(typed)
        .for_each(|referral| referral_is_sound(&referral));
    let ranges = answer.networks.iter().flat_map(|network| &network.ranges);
    for range in ranges {
        ends_are_spoken_for(&answer, [range.first(), range.last()]);
    }
}

/// The ends of a range are inside the answer, and what it says about them lies inside one of its ranges.
fn ends_are_spoken_for(answer: &Answer, ends: [IpAddr; 2]) {
    for address in ends {
        let about = answer
            .about(address)
            .unwrap_or_else(|| panic!("nothing about {address}"));
        assert!(about.prefix.contains(address), "{} for {address}", about.prefix);
        mailboxes_are_sound(&about.mailboxes);
        let mut ranges = answer.networks.iter().flat_map(|network| &network.ranges);
        let (first, last) = (about.prefix.network(), about.prefix.last());
        assert!(
            ranges.any(|range| range.contains(first) && range.contains(last)),
            "{} is wider",
            about.prefix
        );
    }
}

/// A host that can be asked, and that reads back as itself.
fn referral_is_sound(referral: &Referral) {
    let Referral { host, port } = referral;
    assert!(host.len() <= LONGEST_HOST && !host.is_empty());
    assert!(
        host.bytes()
            .all(|byte| byte.is_ascii_graphic() && !byte.is_ascii_uppercase()),
        "{host:?}"
    );
    let place = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.clone()
    };
    let written = port.map_or(place.clone(), |port| format!("{place}:{port}"));
    assert_eq!(Referral::read(&written).as_ref(), Some(referral), "{written}");
}

//! The records of an answer, made from listings and from what the zone says about itself.

use std::fmt::Write;
use std::net::IpAddr;

use atalaya_model::{Serial, Timestamp};
use domain::base::iana::{Class, Rtype};
use domain::base::{Name, Record, Ttl};
use domain::rdata::{A, Aaaa, Ns, Txt, ZoneRecordData};

use crate::apex::{Apex, NameServer};
use crate::set::Held;
use crate::zone::Zone;

/// The longest reason in a TXT record, in characters: mail servers put the text into one line of an SMTP reply, which holds
/// 512 bytes (RFC 5321 section 4.5.3.1.5).
const MOST_REASON: usize = 180;

/// A record to be written; its names live in the query and in the zone.
pub(super) type OurRecord<'a> = Record<&'a Name<[u8]>, ZoneRecordData<Vec<u8>, &'a Name<[u8]>>>;

/// The return codes of all classes, each once (RFC 5782 section 2.3).
pub(super) fn codes<'a>(
    name: &'a Name<[u8]>,
    listings: &[Held],
    apex: &Apex,
    now: Timestamp,
) -> Vec<OurRecord<'a>> {
    let ttl = ttl(listings, apex, now);
    let mut codes: Vec<_> = listings.iter().map(|listing| listing.class.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
        .into_iter()
        .map(|code| record(name, ttl, A::new(code).into()))
        .collect()
}

/// One text for each listing: what is listed, why, for how long, and where to read more.
pub(super) fn texts<'a>(
    name: &'a Name<[u8]>,
    address: IpAddr,
    listings: &[Held],
    zone: &Zone,
    now: Timestamp,
) -> Vec<OurRecord<'a>> {
    let ttl = ttl(listings, zone.apex(), now);
    listings
        .iter()
        .map(|listing| text(listing, address, zone.public_url()))
        // Cut into strings of 255 bytes. It fails above 65,535 bytes, which MOST_REASON and the length of a name keep far away.
        .filter_map(|text| Txt::build_from_slice(text.as_bytes()).ok())
        .map(|text| record(name, ttl, text.into()))
        .collect()
}

/// The SOA record of the zone.
pub(super) fn soa<'a>(name: &'a Name<[u8]>, ttl: Ttl, apex: &'a Apex, serial: Serial) -> OurRecord<'a> {
    record(name, ttl, apex.soa(serial).into())
}

/// The name servers of the zone.
pub(super) fn name_servers<'a>(name: &'a Name<[u8]>, apex: &'a Apex) -> Vec<OurRecord<'a>> {
    apex.name_servers
        .iter()
        .map(|server| record(name, apex.ttl, Ns::new(server.name()).into()))
        .collect()
}

/// The addresses of a name server, of the family that is asked for; of both for ANY.
pub(super) fn addresses<'a>(
    name: &'a Name<[u8]>,
    server: &'a NameServer,
    apex: &'a Apex,
    rtype: Rtype,
) -> impl Iterator<Item = OurRecord<'a>> {
    server
        .addresses()
        .iter()
        .filter_map(move |address| match address {
            IpAddr::V4(v4) if matches!(rtype, Rtype::A | Rtype::ANY) => {
                Some(record(name, apex.ttl, A::new(*v4).into()))
            }
            IpAddr::V6(v6) if matches!(rtype, Rtype::AAAA | Rtype::ANY) => {
                Some(record(name, apex.ttl, Aaaa::new(*v6).into()))
            }
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        })
}

/// A record of a name.
pub(super) fn record<'a>(
    name: &'a Name<[u8]>,
    ttl: Ttl,
    data: ZoneRecordData<Vec<u8>, &'a Name<[u8]>>,
) -> OurRecord<'a> {
    Record::new(name, Class::IN, ttl, data)
}

/// How long an answer may be kept: as configured, but no longer than the first of its listings lasts. All records of a set have the
/// same (RFC 2181 section 5.2).
fn ttl(listings: &[Held], apex: &Apex, now: Timestamp) -> Ttl {
    let first_end = listings
        .iter()
        .filter_map(|listing| listing.until)
        .map(|until| until.since(now).as_secs())
        .min();
    let seconds = first_end.map_or(u32::MAX, |seconds| u32::try_from(seconds).unwrap_or(u32::MAX));
    apex.listing_ttl.min(Ttl::from_secs(seconds))
}

/// The text of a listing, in one line of printable ASCII. When it ends is told by the page alone: whoever goes on sending spam is extended
/// each day, and copies of the zone would have to fetch each of these texts anew.
pub(crate) fn text(listing: &Held, address: IpAddr, public_url: &str) -> String {
    let Held {
        prefix,
        class,
        until: _,
        text: reason,
    } = listing;
    let mut text = format!("{class} {prefix}: ");
    let reason = reason.as_deref().unwrap_or(class.why()).trim_end_matches('.');
    text.extend(reason.chars().take(MOST_REASON).map(printable));
    if reason.chars().nth(MOST_REASON).is_some() {
        text.push_str("...");
    }
    // Writing into a String does not fail.
    let _written = write!(text, "; {public_url}/ip/{address}");
    text
}

/// Mail servers repeat the text to whoever they reject: nothing in it may end a line or need a character set.
fn printable(letter: char) -> char {
    if letter.is_ascii_graphic() || letter == ' ' {
        letter
    } else {
        '?'
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(text: Option<&str>) -> Held {
        Held {
            prefix: "192.0.2.0/24".parse().unwrap(),
            class: atalaya_model::Class::Spam,
            until: Some("2026-11-30".parse().unwrap()),
            text: text.map(Into::into),
        }
    }

    #[test]
    fn a_text_says_what_why_and_where() {
        let text = |listing| text(&listing, "192.0.2.9".parse().unwrap(), "https://list.example");
        assert_eq!(
            text(listing(None)),
            "spam 192.0.2.0/24: spam from it reached our traps; https://list.example/ip/192.0.2.9"
        );
        let extended = Held {
            until: Some("2026-12-30".parse().unwrap()),
            ..listing(None)
        };
        assert_eq!(text(extended), text(listing(None)));
        assert_eq!(
            text(listing(Some("Phishing since May."))),
            "spam 192.0.2.0/24: Phishing since May; https://list.example/ip/192.0.2.9"
        );
    }

    #[test]
    fn a_reason_is_cut_and_cannot_end_the_line() {
        let reason = format!("se\u{f1}or\r\nX: \0{}", "x".repeat(500));
        let text = text(
            &listing(Some(&reason)),
            "192.0.2.9".parse().unwrap(),
            "https://list.example",
        );
        assert!(text.starts_with("spam 192.0.2.0/24: se?or??X: ?xxx"), "{text}");
        assert!(text.contains("xxx...; https"), "{text}");
        assert!(text.len() < 300);
    }

    #[test]
    fn no_answer_outlives_its_listing() {
        let apex = Apex::new(&crate::PublishConfig::default()).unwrap();
        let seconds = |at: &str| ttl(&[listing(None)], &apex, at.parse().unwrap()).as_secs();
        assert_eq!(seconds("2026-11-24"), 300);
        assert_eq!(seconds("2026-11-29T23:59:00Z"), 60);
        assert_eq!(seconds("2026-12-01"), 0);
    }
}

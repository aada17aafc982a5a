//! Who is complained about: what the report states beside what the Received fields of the mail tell.
//!
//! A report may lie, or be wrong, and so may the mail in it. Stated and derived are kept apart, and each report tells how they fit:
//!
//! - the report states an address: that is the source, and [`Agreement`] says whether the mail's way has it too;
//! - it states none: the way of the mail is walked from the top, as for a mail of one's own ([`crate::received`]). The first server is the
//!   reporter's. If it was handed the mail by another server of its own house, the reporter has relays that were not named to us, and the
//!   walk would end at one of them: then there is no source.
//!
//! No other field is asked. `X-Originating-IP` and its like can be written by whoever sent the mail.

use std::net::IpAddr;

use atalaya_model::{Prefix, Timestamp};

use crate::message::Head;
use crate::received::{self, Hop, Unsourced};

/// Who is complained about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The address.
    pub address: IpAddr,
    /// Where it was found.
    pub how: How,
    /// Whether the mail complained about says the same.
    pub agreement: Agreement,
}

/// Where a source was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// The report names it.
    Stated,
    /// The Received fields of the mail name it, behind the relays that are trusted.
    Derived,
}

/// How the address that is stated stands to the Received fields of the mail complained about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Agreement {
    /// They lead to the same address: it is the first one of a stranger.
    Same,
    /// They have it, below others: relays of the reporter that we do not know, or an invention of the sender.
    Within,
    /// They do not have it: the report is wrong, or the mail was changed.
    Elsewhere,
    /// There are none that could be asked.
    NoTrace,
}

/// Why there is no source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum NoSource {
    /// The report names none and brings no mail.
    #[error("the report names no source and brings no mail")]
    Untold,
    /// The report is about a page, a domain or an account.
    #[error("the report names no address: it is about a page, a domain or an account")]
    NotAnAddress,
    /// The way of the mail leads from one server of the reporter to another.
    #[error("the mail came to the reporter by relays of its own, which are not named here")]
    Inside,
    /// The way of the mail cannot be followed.
    #[error("from the mail: {0}")]
    Trace(Unsourced),
}

impl How {
    /// The name in documents and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stated => "stated",
            Self::Derived => "derived",
        }
    }
}

impl Agreement {
    /// The name in documents and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Within => "within",
            Self::Elsewhere => "elsewhere",
            Self::NoTrace => "no-trace",
        }
    }
}

/// What the Received fields of a mail tell.
#[derive(Debug)]
pub(super) struct Trace {
    derived: Result<IpAddr, NoSource>,
    /// Every address on the way, from the top, without those of trusted relays.
    addresses: Vec<IpAddr>,
    /// When the source handed the mail over.
    pub(super) at: Option<Timestamp>,
}

impl Trace {
    /// Follows the way of a mail.
    pub(super) fn of(mail: &[u8], trusted: &[Prefix]) -> Self {
        let hops = received::hops(&Head::read(mail));
        let found = received::source(&hops, trusted);
        let is_strange = |address: &IpAddr| !trusted.iter().any(|prefix| prefix.contains(*address));
        let derived = match &found {
            Ok(source) if is_inside(source.hop) => Err(NoSource::Inside),
            Ok(source) => Ok(source.address),
            Err(why) => Err(NoSource::Trace(*why)),
        };
        Self {
            at: found
                .ok()
                .filter(|_| derived.is_ok())
                .and_then(|source| source.hop.date),
            derived,
            addresses: hops.iter().filter_map(Hop::address).filter(is_strange).collect(),
        }
    }

    fn agreement(&self, stated: IpAddr) -> Agreement {
        match self.addresses.first() {
            None => Agreement::NoTrace,
            Some(first) if *first == stated => Agreement::Same,
            Some(_) if self.addresses.contains(&stated) => Agreement::Within,
            Some(_) => Agreement::Elsewhere,
        }
    }
}

/// Puts together what is stated and what the mail tells.
pub(super) fn find(stated: Option<IpAddr>, trace: Option<&Trace>) -> Result<Source, NoSource> {
    match (stated, trace) {
        (Some(address), trace) => Ok(Source {
            address,
            how: How::Stated,
            agreement: trace.map_or(Agreement::NoTrace, |trace| trace.agreement(address)),
        }),
        (None, Some(trace)) => trace.derived.map(|address| Source {
            address,
            how: How::Derived,
            agreement: Agreement::Same,
        }),
        (None, None) => Err(NoSource::Untold),
    }
}

/// Whether a server was handed the mail by one of its own house, as far as their names tell: `a.mail.example` by `b.mail.example`.
fn is_inside(hop: &Hop) -> bool {
    let Some(by) = hop.by.as_deref().map(str::to_ascii_lowercase) else {
        return false;
    };
    let house = match by.split_once('.') {
        Some((_, parent)) if parent.contains('.') => parent,
        _ => by.as_str(),
    };
    let client = hop.name.as_deref().or(hop.helo.as_deref()).unwrap_or_default();
    let client = client.trim_end_matches('.').to_ascii_lowercase();
    client
        .strip_suffix(house)
        .is_some_and(|before| !house.is_empty() && (before.is_empty() || before.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTSIDE: &str = "Received: from h (n.spam.example [192.0.2.1]) by mx.mail.example with ESMTP; Thu, 26 Nov 2026 10:00:00 +0000\n";
    const INSIDE: &str =
        "Received: from mx.mail.example (mx.mail.example [198.51.100.7]) by store.mail.example with LMTP\n";

    fn found(
        stated: Option<&str>,
        mail: &str,
        trusted: &[&str],
    ) -> Result<(String, How, Agreement), NoSource> {
        let trusted: Vec<Prefix> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let trace = Trace::of(mail.as_bytes(), &trusted);
        find(stated.map(|text| text.parse().unwrap()), Some(&trace))
            .map(|source| (source.address.to_string(), source.how, source.agreement))
    }

    #[test]
    fn without_a_statement_the_way_of_the_mail_is_followed() {
        let derived = Ok(("192.0.2.1".to_owned(), How::Derived, Agreement::Same));
        assert_eq!(found(None, OUTSIDE, &[]), derived);
        let both = format!("{INSIDE}{OUTSIDE}");
        assert_eq!(found(None, &both, &[]), Err(NoSource::Inside));
        assert_eq!(found(None, &both, &["198.51.100.0/24"]), derived);
        assert_eq!(
            found(None, "To: x\n", &[]),
            Err(NoSource::Trace(Unsourced::NoHops))
        );
    }

    #[test]
    fn a_statement_stays_and_is_compared() {
        let both = format!("{INSIDE}{OUTSIDE}");
        for (address, mail, agreement) in [
            ("192.0.2.1", OUTSIDE, Agreement::Same),
            ("192.0.2.1", &both, Agreement::Within),
            ("203.0.113.9", &both, Agreement::Elsewhere),
            ("203.0.113.9", "To: x\n", Agreement::NoTrace),
        ] {
            let expected = Ok((address.to_owned(), How::Stated, agreement));
            assert_eq!(found(Some(address), mail, &[]), expected);
        }
    }

    #[test]
    fn fields_that_the_sender_may_write_name_nobody() {
        let lie = "X-Originating-IP: [203.0.113.66]\nX-Sender-IP: 203.0.113.66\nTo: x\n";
        assert_eq!(found(None, lie, &[]), Err(NoSource::Trace(Unsourced::NoHops)));
    }
}

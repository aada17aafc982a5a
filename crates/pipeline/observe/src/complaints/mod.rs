//! Complaints by mail: what somebody else reports becomes an observation.
//!
//! In: a mail that came to an address for complaints. Out: the observation of the address that is complained about, or the reason why there
//! is none. Nothing is recorded here; who sees the mail come in does that, with the whole mail as evidence.
//!
//! - No socket of ours saw the address, so its handshake is [`Handshake::Reported`]: the word of a reporter, who is the source of the
//!   observation. A reporter is known by the domain of `From` together with the network that the report came from, since no signature is
//!   checked and anybody can write a name. Of all others the source is the address that brought the report.
//! - It was seen when the report says, and never in the future: a report of an old incident weighs what is left of it. That something was no
//!   spam is said now, and takes back all that its reporter said of the address before.
//! - Its id follows from the bytes of the mail, so that a mail that is sent twice counts once.
//! - What a known reporter states is taken. Of others a source that the mail contradicts is not.

mod config;
mod unusable;

use std::net::IpAddr;

use atalaya_formats::complaint::{Abuse, Agreement, Complaint, How, read, read_json};
use atalaya_formats::message::{FORWARDED, Glance, Head, is_passed_on};
use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

pub use config::{ComplaintReporter, ComplaintsConfig};
pub use unusable::Unusable;

/// What to note of an observation whose reporter is not configured.
pub(crate) const UNKNOWN_REPORTER: &str = "unknown-reporter";
/// What to note of one whose source was derived from the mail.
pub(crate) const DERIVED: &str = "source-derived";
/// What to note of one from which the reporter took something out.
pub(crate) const REDACTED: &str = "redacted";

/// How a complaint came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brought {
    /// The address that brought it to our socket; none where it was kept somewhere.
    pub by: Option<IpAddr>,
    /// When.
    pub at: Timestamp,
}

/// Reads a complaint, by mail or as a JSON document, with the relays of its reporter where he is known, and `more` of them.
///
/// # Errors
///
/// Says why it cannot be read.
pub fn complaint(
    bytes: &[u8],
    config: &ComplaintsConfig,
    brought: Brought,
    more: &[Prefix],
) -> Result<Complaint, Unusable> {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return Ok(read_json(bytes, more)?);
    }
    let from = Glance::of(&Head::read(bytes)).from.unwrap_or_default();
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let known = config.reporter(domain, brought.by);
    let own = known.map_or(&[][..], |reporter| &reporter.relays);
    Ok(read(bytes, &[own, more].concat())?)
}

/// The observation that a complaint makes. `bytes` are the mail or document that it was read from.
///
/// # Errors
///
/// Says why it makes none.
pub fn observation(
    complaint: &Complaint,
    bytes: &[u8],
    config: &ComplaintsConfig,
    brought: Brought,
) -> Result<Observation, Unusable> {
    let source = complaint.source.map_err(Unusable::NoSource)?;
    let kind = kind(complaint.abuse).ok_or(Unusable::NotUsed(complaint.abuse))?;
    if let Some(why) = complaint.reserved() {
        return Err(Unusable::Reserved(why));
    }
    if config.own.iter().any(|own| own.contains(source.address)) {
        return Err(Unusable::Own);
    }
    let domain = complaint.reporter_domain().unwrap_or_default();
    let known = config.reporter(&domain, brought.by);
    if known.is_none() && source.agreement == Agreement::Elsewhere {
        return Err(Unusable::Contradicted);
    }
    let reporter = match (known, brought.by) {
        (Some(known), _) => known.domain.clone(),
        (None, Some(by)) => by.to_string(),
        (None, None) => domain,
    };
    let told = complaint.arrived.filter(|at| *at > Timestamp::EPOCH);
    let seen_at = match kind {
        // What is taken back is all that was said up to now, not up to that mail.
        Kind::NotSpam => brought.at,
        _ => told.map_or(brought.at, |at| at.min(brought.at)),
    };
    let mail = complaint.message.as_ref().map(|mail| Head::read(&mail.bytes));
    let noted = [
        (known.is_none(), UNKNOWN_REPORTER),
        (source.how == How::Derived, DERIVED),
        (complaint.is_redacted, REDACTED),
        (
            mail.as_ref().is_some_and(|mail| is_passed_on(mail.fields())),
            FORWARDED,
        ),
    ];
    let subject = mail.as_ref().map(|mail| Glance::of(mail).subject);
    Ok(Observation {
        source: reporter,
        kind,
        // Anybody can write a report: one of somebody unknown proves nothing, and is kept without counting.
        handshake: known.map_or(Handshake::Unproven, |_reporter| Handshake::Reported),
        envelope: Envelope {
            helo: String::new(),
            mail_from: complaint.mail_from.clone().unwrap_or_default(),
            recipients: complaint.recipients.clone(),
        },
        subject: subject.unwrap_or_default(),
        source_port: complaint.source_port,
        message_size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        oddities: noted
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, word)| (*word).to_owned())
            .collect(),
        ..Observation::new(id(bytes), source.address, seen_at, Sensor::Complaint)
    })
}

/// What our list takes the kind for; none where it says nothing against an address that sends mail.
const fn kind(abuse: Abuse) -> Option<Kind> {
    Some(match abuse {
        Abuse::Spam => Kind::Spam,
        Abuse::Malware => Kind::Malware,
        Abuse::Phishing => Kind::Phishing,
        Abuse::Fraud => Kind::Fraud,
        Abuse::LoginAttack => Kind::LoginAttack,
        Abuse::Scan => Kind::PortScan,
        Abuse::Ddos => Kind::Flood,
        Abuse::Bot => Kind::Bot,
        Abuse::WebAttack => Kind::WebAttack,
        Abuse::Harvesting => Kind::UnknownRecipient,
        Abuse::Listed => Kind::Listed,
        Abuse::NotSpam => Kind::NotSpam,
        Abuse::Compromised | Abuse::Other => Kind::Other,
        // Whose mail fails authentication is what is not known; the others are for desks, courts and police.
        Abuse::AuthFailure | Abuse::OptOut | Abuse::Vulnerable | Abuse::Copyright | Abuse::Illegal => {
            return None;
        }
    })
}

/// An id that is the same whenever the same mail comes (RFC 9562 section 5.8).
fn id(bytes: &[u8]) -> ObservationId {
    let digest = Sha256::new()
        .chain_update(b"atalaya complaint 1")
        .chain_update(bytes)
        .finalize();
    let mut id = [0; 16];
    for (byte, from) in id.iter_mut().zip(digest) {
        *byte = from;
    }
    ObservationId(Builder::from_custom_bytes(id).into_uuid())
}

#[cfg(test)]
mod tests;

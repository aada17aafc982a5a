//! Complaints by mail: what somebody else reports becomes an observation.
//!
//! In: a mail that came to an address for complaints. Out: the observation of the address that is complained about, or the reason why there
//! is none. Nothing is recorded here; who sees the mail come in does that, with the whole mail as evidence.
//!
//! - No socket of ours saw the address, so its handshake is [`Handshake::Reported`]: the word of a reporter, whose name is the source of
//!   the observation. It is the domain of `From`; no signature is checked, so the name is only as good as that.
//! - It was seen when the report says, and never in the future: a report of an old incident weighs what is left of it.
//! - Its id follows from the bytes of the mail, so that a mail that is sent twice counts once.
//! - What a known reporter states is taken. Of others a source that the mail contradicts is not.

mod config;
mod unusable;

use atalaya_formats::complaint::{Abuse, Agreement, Complaint, How, read, read_json};
use atalaya_formats::message::{Glance, Head};
use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

pub use config::{ComplaintReporter, ComplaintsConfig};
pub use unusable::Unusable;

/// What to note of an observation whose reporter is not configured.
const UNKNOWN_REPORTER: &str = "unknown-reporter";
/// What to note of one whose source was derived from the mail.
const DERIVED: &str = "source-derived";
/// What to note of one from which the reporter took something out.
const REDACTED: &str = "redacted";

/// Reads a complaint, by mail or as a JSON document, with the relays of its reporter where he is known, and `more` of them.
///
/// # Errors
///
/// Says why it cannot be read.
pub fn complaint(bytes: &[u8], config: &ComplaintsConfig, more: &[Prefix]) -> Result<Complaint, Unusable> {
    if bytes.trim_ascii_start().starts_with(b"{") {
        return Ok(read_json(bytes, more)?);
    }
    let from = Glance::of(&Head::read(bytes)).from.unwrap_or_default();
    let domain = from.rsplit_once('@').map_or("", |(_, domain)| domain);
    let own = config
        .reporter(domain)
        .map_or(&[][..], |reporter| &reporter.relays);
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
    now: Timestamp,
) -> Result<Observation, Unusable> {
    let source = complaint.source.map_err(Unusable::NoSource)?;
    let kind = kind(complaint.abuse).ok_or(Unusable::NotUsed(complaint.abuse))?;
    if let Some(why) = complaint.reserved() {
        return Err(Unusable::Reserved(why));
    }
    if config.own.iter().any(|own| own.contains(source.address)) {
        return Err(Unusable::Own);
    }
    let reporter = complaint.reporter_domain().unwrap_or_default();
    let is_known = config.reporter(&reporter).is_some();
    if !is_known && source.agreement == Agreement::Elsewhere {
        return Err(Unusable::Contradicted);
    }
    if config.weight(&reporter) <= 0.0 {
        return Err(Unusable::Unknown);
    }
    let seen_at = complaint.arrived.map_or(now, |at| at.min(now));
    let noted = [
        (!is_known, UNKNOWN_REPORTER),
        (source.how == How::Derived, DERIVED),
        (complaint.is_redacted, REDACTED),
    ];
    let subject = complaint
        .message
        .as_ref()
        .map(|mail| Glance::of(&Head::read(&mail.bytes)).subject);
    Ok(Observation {
        source: reporter,
        kind,
        handshake: Handshake::Reported,
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

//! X-ARF version 4: the same report as JSON (schemas of xarf-spec at commit 37820da, 2026-03-20).
//!
//! In: what is known of one spam mail and of the listing it led to. Out: one JSON document. A spam report over SMTP must name the envelope
//! sender and the source port. Where one is unknown (a replayed mail, the null sender), the same facts go out as a report of type
//! `reputation/blocklist`, which asks for neither: a valid report that claims nothing we do not know.

use std::net::IpAddr;

use atalaya_model::{Class, Listing, MailAddress, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The version of the schemas.
const VERSION: &str = "4.2.0";
/// Longest subject, organisation and description that the schemas allow.
const MAX_SUBJECT: usize = 500;
const MAX_ORGANISATION: usize = 200;
const MAX_DESCRIPTION: usize = 1_000;
/// Largest piece of evidence that the schemas allow, in bytes.
pub const MAX_EVIDENCE: usize = 5 * 1024 * 1024;

/// What is known of the incident.
#[derive(Debug, Clone, PartialEq)]
pub struct Incident {
    /// Names the report.
    pub report_id: Uuid,
    /// When the mail arrived.
    pub at: Timestamp,
    /// Who reports: the organisation, and the mailbox that takes answers.
    pub reporter: (String, MailAddress),
    /// The address that the mail came from.
    pub source: IpAddr,
    /// The port that it came from, where known.
    pub source_port: Option<u16>,
    /// The envelope sender, where it is a mailbox.
    pub mail_from: Option<MailAddress>,
    /// An envelope recipient, as it may be shown.
    pub recipient: Option<MailAddress>,
    /// The subject, as it may be shown.
    pub subject: String,
    /// What happened, in a sentence.
    pub description: String,
    /// The mail, as it may be shown.
    pub evidence: Evidence,
}

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    content_type: &'static str,
    description: String,
    payload: String,
    hash: String,
    size: usize,
}

impl Evidence {
    /// Packs the bytes; what goes over [`MAX_EVIDENCE`] is cut off.
    #[must_use]
    pub fn new(content_type: &'static str, description: &str, bytes: &[u8]) -> Self {
        let bytes = bytes.get(..MAX_EVIDENCE).unwrap_or(bytes);
        Self {
            content_type,
            description: description.to_owned(),
            payload: BASE64.encode(bytes),
            hash: format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(bytes))),
            size: bytes.len(),
        }
    }
}

/// Where the address is listed: a member of our own, which the schemas let pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedIn {
    zone: String,
    prefix: String,
    class: Class,
    code: String,
    since: Timestamp,
    until: Option<Timestamp>,
    serial: u64,
    url: String,
}

impl ListedIn {
    /// Tells of a listing in `zone` that the page `url` explains.
    #[must_use]
    pub fn new(listing: &Listing, zone: &str, url: &str) -> Self {
        Self {
            zone: zone.to_owned(),
            prefix: listing.prefix.to_string(),
            class: listing.class,
            code: listing.class.code().to_string(),
            since: listing.since,
            until: listing.until,
            serial: listing.serial.0,
            url: url.to_owned(),
        }
    }
}

/// The document, its members in the order of the schema.
#[derive(Serialize)]
struct Document<'a> {
    xarf_version: &'static str,
    report_id: Uuid,
    timestamp: Timestamp,
    reporter: Party<'a>,
    sender: Party<'a>,
    source_identifier: IpAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_port: Option<u16>,
    #[serde(flatten)]
    kind: Kind<'a>,
    evidence_source: &'static str,
    description: String,
    evidence: [&'a Evidence; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<&'a ListedIn>,
}

/// Who reports or transmits.
#[derive(Clone, Serialize)]
struct Party<'a> {
    org: String,
    contact: &'a MailAddress,
    domain: &'a str,
}

/// The members that depend on the type.
#[derive(Serialize)]
#[serde(tag = "type")]
enum Kind<'a> {
    #[serde(rename = "spam")]
    Spam {
        category: &'static str,
        protocol: &'static str,
        smtp_from: &'a MailAddress,
        #[serde(skip_serializing_if = "Option::is_none")]
        smtp_to: Option<&'a MailAddress>,
        #[serde(skip_serializing_if = "String::is_empty")]
        subject: String,
    },
    #[serde(rename = "blocklist")]
    Blocklist {
        category: &'static str,
        threat_type: &'static str,
    },
}

/// Writes the report.
#[must_use]
pub fn report(incident: &Incident, listed_in: &ListedIn) -> String {
    feedback(incident, Some(listed_in))
}

/// Writes the report of an incident that need not have led to a listing.
#[must_use]
pub fn feedback(incident: &Incident, listed_in: Option<&ListedIn>) -> String {
    let (organisation, mailbox) = &incident.reporter;
    let party = Party {
        org: cut(organisation, MAX_ORGANISATION),
        contact: mailbox,
        domain: mailbox.domain(),
    };
    let document = Document {
        xarf_version: VERSION,
        report_id: incident.report_id,
        timestamp: incident.at,
        reporter: party.clone(),
        sender: party,
        source_identifier: incident.source,
        source_port: incident.source_port.filter(|port| *port != 0),
        kind: kind(incident),
        evidence_source: "spamtrap",
        description: cut(&incident.description, MAX_DESCRIPTION),
        evidence: [&incident.evidence],
        tags: listed_in.map_or_else(Vec::new, |listed| {
            vec![
                format!("listing:{}", listed.class),
                format!("serial:{}", listed.serial),
            ]
        }),
        listing: listed_in,
    };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn kind(incident: &Incident) -> Kind<'_> {
    match (
        &incident.mail_from,
        incident.source_port.filter(|port| *port != 0),
    ) {
        (Some(smtp_from), Some(_)) => Kind::Spam {
            category: "messaging",
            protocol: "smtp",
            smtp_from,
            smtp_to: incident.recipient.as_ref(),
            subject: cut(&incident.subject, MAX_SUBJECT),
        },
        _ => Kind::Blocklist {
            category: "reputation",
            threat_type: "spam",
        },
    }
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use atalaya_model::{Prefix, Rule, Serial};
    use serde_json::{Value, json};

    use super::*;

    fn listed_in() -> ListedIn {
        let at: Timestamp = "2026-11-23T22:10:05Z".parse().unwrap();
        let listing = Listing {
            prefix: "192.0.2.7".parse::<Prefix>().unwrap(),
            class: Class::Spam,
            reason: String::new(),
            rule: Rule::new("trap-spam", 1),
            since: at,
            until: None,
            serial: Serial(42),
        };
        ListedIn::new(&listing, "bl.atalaya.test", "https://list.example/ip/192.0.2.7")
    }

    fn incident() -> Incident {
        Incident {
            report_id: Uuid::from_u128(7),
            at: "2026-11-23T22:10:00Z".parse().unwrap(),
            reporter: ("Example".to_owned(), "abuse@list.example".parse().unwrap()),
            source: "192.0.2.7".parse().unwrap(),
            source_port: Some(40_125),
            mail_from: Some("x@spam.example".parse().unwrap()),
            recipient: None,
            subject: "é".repeat(600),
            description: "spam".to_owned(),
            evidence: Evidence::new("message/rfc822", "the mail", b"abc"),
        }
    }

    fn written(incident: &Incident) -> Value {
        serde_json::from_str(&report(incident, &listed_in())).unwrap()
    }

    #[test]
    fn a_spam_report_carries_envelope_evidence_and_listing() {
        let report = written(&incident());
        assert_eq!(report["category"], "messaging");
        assert_eq!(report["type"], "spam");
        assert_eq!(report["smtp_from"], "x@spam.example");
        assert_eq!(report["source_port"], 40_125);
        assert_eq!(report["reporter"]["domain"], "list.example");
        assert_eq!(report["subject"].as_str().unwrap().chars().count(), 500);
        assert_eq!(
            report["evidence"][0],
            json!({
                "content_type": "message/rfc822", "description": "the mail", "payload": "YWJj", "size": 3,
                "hash": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            })
        );
        assert_eq!(report["listing"]["code"], "127.0.0.3");
        assert_eq!(report["listing"]["serial"], 42);
    }

    #[test]
    fn an_incident_without_a_listing_names_none() {
        let report: Value = serde_json::from_str(&feedback(&incident(), None)).unwrap();
        assert_eq!(report["type"], "spam");
        assert_eq!((report.get("listing"), report.get("tags")), (None, None));
    }

    #[test]
    fn without_port_or_sender_it_is_a_blocklist_report() {
        for unknown in [
            Incident {
                source_port: None,
                ..incident()
            },
            Incident {
                source_port: Some(0),
                ..incident()
            },
            Incident {
                mail_from: None,
                ..incident()
            },
        ] {
            let report = written(&unknown);
            assert_eq!(report["category"], "reputation");
            assert_eq!(report["type"], "blocklist");
            assert_eq!(report["threat_type"], "spam");
            assert_eq!(report.get("smtp_from"), None);
        }
    }
}

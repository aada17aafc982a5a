//! X-ARF 4: `xarf_version`, `category`, `type`.
//!
//! Checked are the members that the core schema and the one of each type require. The list of types is also the map to our kinds.

use atalaya_model::Prefix;
use serde_json::Value;

use super::super::arf::complete;
use super::super::{Abuse, Complaint, Format, NoSource, Refused, source, values};
use super::checks::{Must, Rule, allow, at, mail_in, moment_at, port_at, push, require, text};

/// What each document has.
const REQUIRED: &[Rule] = &[
    ("report_id", Must::Text),
    ("timestamp", Must::Moment),
    ("reporter", Must::Object),
    ("reporter.org", Must::Text),
    ("reporter.contact", Must::Mailbox),
    ("reporter.domain", Must::Host),
    ("sender", Must::Object),
    ("sender.org", Must::Text),
    ("sender.contact", Must::Mailbox),
    ("sender.domain", Must::Host),
    ("source_identifier", Must::Text),
    ("category", Must::Text),
    ("type", Must::Text),
];
/// What may stand there.
const OPTIONAL: &[Rule] = &[
    ("source_port", Must::Port),
    ("smtp_from", Must::Mailbox),
    ("smtp_to", Must::Mailbox),
    ("first_seen", Must::Moment),
    ("last_seen", Must::Moment),
    ("url", Must::Url),
    ("evidence_source", Must::Text),
    ("description", Must::Text),
];
/// What a piece of evidence has.
const EVIDENCE: &[Rule] = &[("content_type", Must::Text), ("payload", Must::Text)];

/// What a type is to us, and the members that it needs beyond those of all.
type Kind = (&'static str, &'static str, Abuse, &'static [&'static str]);

/// Every type of the schemas.
const KINDS: &[Kind] = &[
    ("messaging", "spam", Abuse::Spam, &["protocol"]),
    (
        "messaging",
        "bulk_messaging",
        Abuse::Spam,
        &["protocol", "recipient_count"],
    ),
    (
        "connection",
        "login_attack",
        Abuse::LoginAttack,
        &["protocol", "first_seen"],
    ),
    (
        "connection",
        "port_scan",
        Abuse::Scan,
        &["protocol", "first_seen"],
    ),
    ("connection", "ddos", Abuse::Ddos, &["protocol", "first_seen"]),
    (
        "connection",
        "infected_host",
        Abuse::Bot,
        &["protocol", "bot_type", "first_seen"],
    ),
    (
        "connection",
        "reconnaissance",
        Abuse::Scan,
        &["protocol", "probed_resources", "first_seen"],
    ),
    (
        "connection",
        "scraping",
        Abuse::WebAttack,
        &["protocol", "first_seen", "total_requests"],
    ),
    (
        "connection",
        "sql_injection",
        Abuse::WebAttack,
        &["protocol", "first_seen"],
    ),
    (
        "connection",
        "vulnerability_scan",
        Abuse::Scan,
        &["scan_type", "protocol", "first_seen"],
    ),
    ("content", "phishing", Abuse::Phishing, &["url"]),
    ("content", "malware", Abuse::Malware, &["url"]),
    (
        "content",
        "csam",
        Abuse::Illegal,
        &["url", "classification", "detection_method"],
    ),
    (
        "content",
        "csem",
        Abuse::Illegal,
        &["url", "exploitation_type", "detection_method"],
    ),
    (
        "content",
        "exposed_data",
        Abuse::Other,
        &["url", "data_types", "exposure_method"],
    ),
    (
        "content",
        "brand_infringement",
        Abuse::Copyright,
        &["url", "infringement_type", "legitimate_site"],
    ),
    ("content", "fraud", Abuse::Fraud, &["url", "fraud_type"]),
    (
        "content",
        "remote_compromise",
        Abuse::Compromised,
        &["url", "compromise_type"],
    ),
    (
        "content",
        "suspicious_registration",
        Abuse::Other,
        &["url", "registration_date", "suspicious_indicators"],
    ),
    ("copyright", "copyright", Abuse::Copyright, &["infringing_url"]),
    (
        "copyright",
        "cyberlocker",
        Abuse::Copyright,
        &["infringing_url", "hosting_service"],
    ),
    (
        "copyright",
        "link_site",
        Abuse::Copyright,
        &["infringing_url", "site_name"],
    ),
    (
        "copyright",
        "p2p",
        Abuse::Copyright,
        &["p2p_protocol", "swarm_info"],
    ),
    (
        "copyright",
        "ugc_platform",
        Abuse::Copyright,
        &["infringing_url", "platform_name"],
    ),
    (
        "copyright",
        "usenet",
        Abuse::Copyright,
        &["newsgroup", "message_info"],
    ),
    ("infrastructure", "botnet", Abuse::Bot, &["compromise_evidence"]),
    (
        "infrastructure",
        "compromised_server",
        Abuse::Compromised,
        &["compromise_method"],
    ),
    ("reputation", "blocklist", Abuse::Listed, &["threat_type"]),
    (
        "reputation",
        "threat_intelligence",
        Abuse::Other,
        &["threat_type"],
    ),
    (
        "vulnerability",
        "cve",
        Abuse::Vulnerable,
        &["service", "service_port", "cve_id"],
    ),
    (
        "vulnerability",
        "misconfiguration",
        Abuse::Vulnerable,
        &["service"],
    ),
    ("vulnerability", "open_service", Abuse::Vulnerable, &["service"]),
];
/// Types that want the port of a source that is an address.
const WANT_PORT: &[&str] = &["login_attack", "port_scan", "ddos"];

/// Reads the document.
pub(super) fn read(document: &Value, trusted: &[Prefix]) -> Result<Complaint, Refused> {
    let version = text(document, "xarf_version").unwrap_or_default();
    if version.split('.').next() != Some("4") {
        return Err(Refused::UnknownVersion(version));
    }
    let stated = text(document, "source_identifier").unwrap_or_default();
    let address = values::address(&stated);
    let (category, name, abuse, needed) = *check(document)?;
    let present = |member: &'static str| at(document, member).map(|_| ()).ok_or(Refused::Missing(member));
    needed.iter().try_for_each(|member| present(member))?;
    if text(document, "protocol").as_deref() == Some("smtp") && category == "messaging" {
        present("smtp_from").and_then(|()| present("source_port"))?;
    }
    if WANT_PORT.contains(&name) && address.is_some() {
        present("source_port")?;
    }
    let mut complaint = Complaint::new(Format::XarfJson);
    complaint.version = version;
    complaint.abuse = abuse;
    complaint.word = format!("{category}/{name}");
    complaint.arrived = moment_at(document, "timestamp");
    complaint.source_port = port_at(document, "source_port");
    complaint.mail_from = text(document, "smtp_from");
    complaint.reporter.organisation = text(document, "reporter.org");
    complaint.reporter.mailbox = text(document, "reporter.contact");
    push(&mut complaint.recipients, document, "smtp_to");
    push(&mut complaint.uris, document, "url");
    push(&mut complaint.uris, document, "infringing_url");
    push(&mut complaint.domains, document, "domain");
    if address.is_none() {
        values::push(&mut complaint.domains, &stated);
    }
    complaint.message = mail_in(at(document, "evidence"), "content_type", "payload", |_| true)?;
    complete(&mut complaint, trusted, |trace| match address {
        Some(_) => source::find(address, trace),
        None => Err(NoSource::NotAnAddress),
    });
    Ok(complaint)
}

/// Checks the members of all documents, and finds the type.
fn check(document: &Value) -> Result<&'static Kind, Refused> {
    require(document, REQUIRED)?;
    allow(document, OPTIONAL)?;
    if let Some(evidence) = at(document, "evidence") {
        allow(document, &[("evidence", Must::List)])?;
        let pieces = evidence.as_array().into_iter().flatten();
        pieces
            .into_iter()
            .try_for_each(|piece| require(piece, EVIDENCE))?;
    }
    let is = |path: &str, word: &str| at(document, path).and_then(Value::as_str) == Some(word);
    KINDS
        .iter()
        .find(|(category, name, _, _)| is("category", category) && is("type", name))
        .ok_or(Refused::Wrong("type", "one of the types of its category"))
}

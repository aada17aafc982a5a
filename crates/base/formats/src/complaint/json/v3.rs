//! X-ARF 1 to 3: `Version`, `ReporterInfo`, `Report`.
//!
//! The three differ only in which types of report they know. The samples of xarf-spec write the source inside an object of its own.

use atalaya_model::Prefix;
use serde_json::Value;

use super::super::arf::complete;
use super::super::{Abuse, Complaint, Format, NoSource, Refused, source, values};
use super::checks::{Must, Rule, allow, at, mail_in, moment_at, port_at, push, require, text};

/// What each document has.
const REQUIRED: &[Rule] = &[
    ("ReporterInfo", Must::Object),
    ("Disclosure", Must::Flag),
    ("Report", Must::Object),
    (
        "Report.ReportClass",
        Must::Word(&["Activity", "Content", "Vulnerability", "System"]),
    ),
    ("Report.ReportType", Must::Text),
    ("Report.Date", Must::Moment),
];
/// What organisations must tell of themselves; persons need not.
const REPORTER: &[Rule] = &[
    ("ReporterInfo.ReporterOrg", Must::Text),
    ("ReporterInfo.ReporterOrgDomain", Must::Host),
    ("ReporterInfo.ReporterOrgEmail", Must::Mailbox),
];
/// What may stand there.
const OPTIONAL: &[Rule] = &[
    ("ReporterInfo.ReporterContactEmail", Must::Mailbox),
    ("OnBehalfOf", Must::Object),
    ("OnBehalfOf.ComplainantOrgEmail", Must::Mailbox),
    ("OnBehalfOf.ComplainantContactEmail", Must::Mailbox),
    ("Report.FirstSeen", Must::Moment),
    ("Report.ReportSubType", Must::Text),
    ("Report.ReporterCaseID", Must::Text),
    ("Report.ReporterSeverity", Must::Word(&["low", "medium", "high"])),
    ("Report.ReporterNotes", Must::Text),
    ("Report.SourceIp", Must::Address),
    ("Report.SourcePort", Must::Port),
    ("Report.SourceUrl", Must::Url),
    ("Report.ASN", Must::Count),
    ("Report.DestinationIp", Must::Address),
    ("Report.DestinationPort", Must::Ports),
    ("Report.ByteCount", Must::Count),
    ("Report.PacketCount", Must::Count),
    ("Report.SmtpMailFromAddress", Must::Mailbox),
    ("Report.SmtpRcptToAddress", Must::Mailbox),
    ("Report.ServiceName", Must::Text),
    ("Report.ServiceVersion", Must::Text),
    ("Report.RpzDomain", Must::Host),
    ("Report.CVE", Must::Cve),
    ("Report.InfringedMaterial", Must::Text),
    ("Report.MaterialType", Must::Text),
    ("Report.FileName", Must::Text),
    ("Report.FileSize", Must::Count),
    // Versions 1 and 2 write the digest alone.
    ("Report.FileHash.HashValue", Must::Text),
    ("Report.FileHash.HashAlgorithm", Must::Word(HASHES)),
    ("Report.Account", Must::Object),
    ("Report.Account.AccountIdentifier", Must::Text),
    ("Report.Custom", Must::Plain),
    ("Report.Samples", Must::List),
];
/// The digests that the schemas know.
const HASHES: &[&str] = &[
    "sha1", "sha2", "sha3", "sha256", "sha512", "md5", "argon2id", "scrypt", "bcrypt", "pbkdf2",
];
/// What a sample may hold.
const SAMPLE: &[Rule] = &[
    ("ContentType", Must::Text),
    ("Base64Encoded", Must::Flag),
    ("Payload", Must::Text),
];
/// What some types of report must have.
const BY_TYPE: &[(&str, Rule)] = &[
    ("OpenService", ("Report.ServiceName", Must::Text)),
    ("Harassment", ("Report.HarassmentDescription", Must::Text)),
];

/// Reads the document.
pub(super) fn read(document: &Value, trusted: &[Prefix]) -> Result<Complaint, Refused> {
    let version = text(document, "Version").unwrap_or_default();
    if !["1", "2", "3"].contains(&version.split('.').next().unwrap_or_default()) {
        return Err(Refused::UnknownVersion(version));
    }
    let kind = text(document, "Report.ReportType").unwrap_or_default();
    check(document, &kind)?;
    let mut complaint = Complaint::new(Format::XarfJson);
    complaint.version = version;
    complaint.abuse = Abuse::of_report_type(&kind);
    complaint.word = kind;
    complaint.arrived = moment_at(document, "Report.Date");
    complaint.source_port = port_at(document, "Report.SourcePort");
    complaint.mail_from = text(document, "Report.SmtpMailFromAddress");
    complaint.reporter.organisation = text(document, "ReporterInfo.ReporterOrg");
    complaint.reporter.mailbox = text(document, "ReporterInfo.ReporterOrgEmail");
    push(&mut complaint.recipients, document, "Report.SmtpRcptToAddress");
    push(&mut complaint.uris, document, "Report.SourceUrl");
    push(&mut complaint.uris, document, "Report.Source.URL");
    push(&mut complaint.domains, document, "Report.RpzDomain");
    let is_encoded = |sample: &Value| {
        at(sample, "Base64Encoded")
            .and_then(Value::as_bool)
            .unwrap_or(false)
    };
    complaint.message = mail_in(
        at(document, "Report.Samples"),
        "ContentType",
        "Payload",
        is_encoded,
    )?;
    let stated = text(document, "Report.SourceIp").or(text(document, "Report.Source.IP"));
    let stated = stated.and_then(|text| values::address(&text));
    complete(&mut complaint, trusted, |trace| match stated {
        Some(_) => source::find(stated, trace),
        None => Err(NoSource::NotAnAddress),
    });
    Ok(complaint)
}

/// Checks every member that is known.
fn check(document: &Value, kind: &str) -> Result<(), Refused> {
    require(document, REQUIRED)?;
    if text(document, "ReporterInfo.ReporterType").as_deref() != Some("Person") {
        require(document, REPORTER)?;
    }
    let of_type = BY_TYPE.iter().filter(|(name, _)| *name == kind);
    of_type
        .map(|(_, rule)| *rule)
        .try_for_each(|rule| require(document, &[rule]))?;
    allow(document, OPTIONAL)?;
    let samples = at(document, "Report.Samples").and_then(Value::as_array);
    samples
        .into_iter()
        .flatten()
        .try_for_each(|sample| allow(sample, SAMPLE))
}

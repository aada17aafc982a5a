//! Feedback reports (RFC 5965), and spam that is sent on without one.
//!
//! The reports of Microsoft have but `Feedback-Type`, `User-Agent` and `Version`, and those before 2020 not even that: they are the mail,
//! attached. What is missing is taken from the mail.

use atalaya_model::Prefix;

use super::source::{self, Trace};
use super::values::{address, incidents, moment, path, port, push, some_word, word};
use super::{Abuse, Complaint, Embedded, Format, Refused};
use crate::message::{Glance, Head, glance};
use crate::parts::Part;

/// The type of the part for programs.
const REPORT: &str = "message/feedback-report";
/// The types of the part with the mail; those with `header` have its fields alone, and one of them is a common slip.
const WHOLE: &[&str] = &["message/rfc822", "message/global"];
const HEADERS: &[&str] = &[
    "text/rfc822-headers",
    "text/rfc822-header",
    "message/rfc822-headers",
    "message/global-headers",
];
/// Most bytes of a field that are read.
const MAX_VALUE: usize = 4_096;

/// Reads a feedback report; none where there is no part for programs.
pub(super) fn read(parts: &[Part<'_>], trusted: &[Prefix]) -> Result<Option<Complaint>, Refused> {
    let mut reports = parts.iter().filter(|part| part.kind == REPORT);
    let Some(report) = reports.next() else {
        return Ok(None);
    };
    if reports.next().is_some() {
        return Err(Refused::Several(REPORT));
    }
    let head = Head::read(report.body.trim_ascii_start());
    let kind = once(&head, "Feedback-Type")?.ok_or(Refused::Missing("Feedback-Type"))?;
    let stated = once(&head, "Source-IP")?.and_then(|text| address(&text));
    let mut complaint = Complaint::new(Format::Arf);
    complaint.abuse = Abuse::of_feedback_type(&kind);
    complaint.word = kind;
    complaint.version = once(&head, "Version")?.unwrap_or_default();
    complaint.reporter.user_agent = once(&head, "User-Agent")?;
    complaint.source_port = once(&head, "Source-Port")?.and_then(|text| port(&text));
    complaint.incidents = once(&head, "Incidents")?
        .and_then(|text| incidents(&text))
        .unwrap_or(1);
    complaint.mail_from = once(&head, "Original-Mail-From")?.and_then(|text| path(&text));
    let arrival = once(&head, "Arrival-Date")?.or(once(&head, "Received-Date")?);
    complaint.arrived = arrival.and_then(|text| moment(&text));
    for recipient in all(&head, "Original-Rcpt-To").filter_map(|text| path(&text)) {
        push(&mut complaint.recipients, &recipient);
    }
    all(&head, "Reported-Domain").for_each(|text| push(&mut complaint.domains, &text));
    all(&head, "Reported-URI").for_each(|text| push(&mut complaint.uris, &text));
    complaint.is_redacted = head.first("Redacted-Address").is_some();
    complaint.message = embedded(parts)?;
    complete(&mut complaint, trusted, |trace| source::find(stated, trace));
    Ok(Some(complaint))
}

/// Reads a mail that is nothing but another mail sent on.
pub(super) fn read_sent_on(
    mail: &[u8],
    glance: &Glance,
    parts: &[Part<'_>],
    trusted: &[Prefix],
) -> Result<Complaint, Refused> {
    let kind = Head::read(mail)
        .first("Content-Type")
        .map(|field| field.line(MAX_VALUE).to_ascii_lowercase())
        .unwrap_or_default();
    // A delivery report holds a mail too, and says nothing against it.
    if glance.is_report && !kind.contains("feedback-report") {
        return Err(Refused::NotAComplaint);
    }
    let mut complaint = Complaint::new(Format::SentOn);
    complaint.message = embedded(parts)?;
    if complaint.message.is_none() {
        return Err(Refused::NotAComplaint);
    }
    complaint.abuse = Abuse::Spam;
    complete(&mut complaint, trusted, |trace| source::find(None, trace));
    Ok(complaint)
}

/// The mail complained about, if there is one.
pub(super) fn embedded(parts: &[Part<'_>]) -> Result<Option<Embedded>, Refused> {
    let is_whole = |part: &Part<'_>| WHOLE.contains(&part.kind.as_str());
    let mut mails = parts
        .iter()
        .filter(|part| is_whole(part) || HEADERS.contains(&part.kind.as_str()));
    let Some(mail) = mails.next() else {
        return Ok(None);
    };
    if mails.next().is_some() {
        return Err(Refused::Several("the mail complained about"));
    }
    Ok(Some(Embedded {
        bytes: about(mail.body.trim_ascii_start())?,
        is_whole: is_whole(mail),
    }))
}

/// Takes a mail that is complained about, unless it is a report itself.
pub(super) fn about(mail: &[u8]) -> Result<Vec<u8>, Refused> {
    if glance(mail).is_report {
        return Err(Refused::AboutAReport);
    }
    Ok(mail.to_vec())
}

/// Finds the source with the mail that is complained about, and takes from that mail what the report does not tell.
pub(super) fn complete(
    complaint: &mut Complaint,
    trusted: &[Prefix],
    find: impl FnOnce(Option<&Trace>) -> Result<super::Source, super::NoSource>,
) {
    let mail = complaint.message.as_ref().map(|message| message.bytes.as_slice());
    let trace = mail.map(|mail| Trace::of(mail, trusted));
    complaint.source = find(trace.as_ref());
    complaint.arrived = complaint.arrived.or(trace.and_then(|trace| trace.at));
    if complaint.mail_from.is_none() {
        let head = mail.map(Head::read);
        let field = head.as_ref().and_then(|head| head.first("Return-Path"));
        complaint.mail_from = field.and_then(|field| path(&field.line(MAX_VALUE)));
    }
}

/// The value of a field that may stand once (RFC 5965 section 3.5); twice the same is one.
pub(super) fn once(head: &Head<'_>, name: &'static str) -> Result<Option<String>, Refused> {
    let mut values = head
        .all(name)
        .filter_map(|field| some_word(&field.line(MAX_VALUE)));
    let first = values.next();
    match values.find(|value| first.as_ref() != Some(value)) {
        Some(_) => Err(Refused::Several(name)),
        None => Ok(first),
    }
}

/// Every value of a field.
fn all(head: &Head<'_>, name: &str) -> impl Iterator<Item = String> {
    head.all(name).map(|field| word(&field.line(MAX_VALUE)))
}

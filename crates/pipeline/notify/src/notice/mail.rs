//! The notice as a mail: one multipart/report with its three parts, for people, about the incident, and the spam.
//!
//! In: the facts. Out: the bytes of the mail, the same ones for the same facts. RFC 5965 section 2 wants the report outermost, and RFC 6522
//! section 3 gives it three parts and no more. So X-ARF, one a shown incident, goes along in the first one, attached to the text, and so does
//! the table of all addresses; that part may be of any type. The parts for programs that know one incident only are about the newest.
//! Nothing marks the mail as X-ARF: the header `X-XARF` belongs to versions whose readers expect YAML.
//!
//! The subject is ours and not that of the spam, as RFC 5965 section 2 suggests: with that one, filters would take the notice for spam.

use atalaya_formats::arf::FeedbackReport;
use atalaya_formats::redact::Extent;
use atalaya_formats::xarf::{self, Incident, ListedIn};
use atalaya_model::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::{BodyPart, MimePart};
use uuid::Uuid;

use super::config::NoticeConfig;
use super::letter::Shown;
use super::table;
use super::text::{self, Facts};
use crate::message_part::{EIGHT_BIT, SEVEN_BIT, message_part};

/// The program, as reports name it.
const PROGRAM: &str = concat!("Atalaya/", env!("CARGO_PKG_VERSION"));

/// Writes the mail. `id` names it for good.
pub(super) fn write(facts: &Facts<'_>, config: &NoticeConfig, id: Uuid, now: Timestamp) -> Vec<u8> {
    let mut mail = MessageBuilder::new()
        .from(Address::new_address(
            Some(facts.organisation),
            facts.sender.as_str(),
        ))
        .to(facts.recipient.as_str())
        .subject(text::subject(facts))
        .date(now.seconds())
        .message_id(format!("{id}@{}", facts.sender.domain()))
        // RFC 5322 section 3.6.4: all notices about a network answer to the same id, so that mail readers keep them together.
        .in_reply_to(facts.thread.root.as_str())
        .references(facts.thread.root.as_str())
        // RFC 3834 section 5: no vacation message is to answer this.
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("List-Unsubscribe", Raw::new(format!("<{}>", facts.stop)))
        .body(report(facts, config, id));
    // RFC 8058 section 3.1: one click, without a page in between, by HTTPS only.
    if facts.stop.starts_with("https://") {
        mail = mail.header("List-Unsubscribe-Post", Raw::new("List-Unsubscribe=One-Click"));
    }
    let mut out = Vec::new();
    mail.serialize(&mut out);
    out
}

/// The three parts put together, with boundaries that stand in none of them.
fn report(facts: &Facts<'_>, config: &NoticeConfig, id: Uuid) -> MimePart<'static> {
    let mut for_people = vec![text_part(text::body(facts))];
    if facts.is_digest() {
        let rows = table::write(facts.rows, facts.public_url);
        for_people.push(MimePart::new("text/csv", rows).attachment(table::NAME));
    }
    let shown = std::iter::once(facts.newest).chain(facts.others);
    for_people.extend(
        shown
            .zip(1..)
            .map(|(shown, number)| xarf_part(facts, shown, number)),
    );
    let for_programs = [
        feedback_part(facts, config),
        message_part(&facts.newest.evidence.message),
    ];
    let has_8bit = for_programs.iter().any(|part| travels_in(part, EIGHT_BIT));
    // Neither boundary may begin with the other (RFC 2046 section 5.1.2).
    let [outer, inner] = ['r', 'p'].map(|letter| {
        let mut boundary = format!("=_{letter}{}", id.simple());
        let mut parts = for_people.iter().chain(&for_programs);
        while parts.any(|part| contains(&part.contents, &boundary)) {
            boundary.push('_');
            parts = for_people.iter().chain(&for_programs);
        }
        boundary
    });
    let kind = ContentType::new("multipart/mixed").attribute("boundary", inner);
    let first = MimePart::new(kind, for_people);
    let kind = ContentType::new("multipart/report")
        .attribute("report-type", "feedback-report")
        .attribute("boundary", outer);
    let parts = std::iter::once(first).chain(for_programs).collect::<Vec<_>>();
    // RFC 2045 section 6.4: the whole is labelled like its most demanding part.
    MimePart::new(kind, parts).transfer_encoding(if has_8bit { EIGHT_BIT } else { SEVEN_BIT })
}

/// Whether the part is labelled with that encoding. Parts without a label are encoded to ASCII.
fn travels_in(part: &MimePart<'_>, encoding: &str) -> bool {
    part.headers
        .iter()
        .any(|(_, value)| matches!(value, HeaderType::Raw(raw) if raw.raw == encoding))
}

/// The part for people: wrapped text, encoded where needed.
fn text_part(text: String) -> MimePart<'static> {
    MimePart::new("text/plain", text)
}

/// The part for programs that read ARF.
fn feedback_part(facts: &Facts<'_>, config: &NoticeConfig) -> MimePart<'static> {
    let (shown, envelope) = (&facts.newest.evidence.shown, &facts.newest.evidence.envelope);
    let report = FeedbackReport {
        user_agent: PROGRAM.to_owned(),
        source: shown.address,
        source_port: shown.source_port,
        mail_from: envelope.mail_from.clone(),
        recipients: envelope.recipients.clone(),
        arrived: shown.seen_at,
        reporting_mta: config.reporting_mta.clone(),
        incidents: facts.incidents,
    };
    MimePart::new("message/feedback-report", report.to_text().into_bytes()).transfer_encoding(SEVEN_BIT)
}

/// A part for programs that read X-ARF, which knows one incident a report.
fn xarf_part(facts: &Facts<'_>, about: &Shown, number: usize) -> MimePart<'static> {
    let evidence = &about.evidence;
    let (content_type, description) = match evidence.message.extent {
        Extent::Message { parts_left_out: 0 } => ("message/rfc822", "The spam, recipients hidden"),
        Extent::Message { .. } => (
            "message/rfc822",
            "The spam, recipients hidden, pictures and files left out",
        ),
        Extent::Header => ("text/rfc822-headers", "The header of the spam, recipients hidden"),
    };
    let incident = Incident {
        report_id: about.id,
        at: evidence.shown.seen_at,
        reporter: (facts.organisation.to_owned(), facts.sender.clone()),
        source: evidence.shown.address,
        source_port: evidence.shown.source_port,
        mail_from: evidence.mail_from(),
        recipient: evidence
            .envelope
            .recipients
            .first()
            .and_then(|address| address.parse().ok()),
        subject: evidence.envelope.subject.clone(),
        description: about.decided.decision.reason.clone(),
        evidence: xarf::Evidence::new(content_type, description, &evidence.message.bytes),
    };
    let page = facts.lookup(evidence.shown.address);
    let listed_in = ListedIn::new(&about.listing, facts.zone, &page);
    let name = match number {
        1 => "xarf.json".to_owned(),
        number => format!("xarf-{number}.json"),
    };
    let kind = ContentType::new("application/json").attribute("name", name.clone());
    MimePart::new(kind, xarf::report(&incident, &listed_in).into_bytes()).attachment(name)
}

fn contains(body: &BodyPart<'_>, boundary: &str) -> bool {
    let found = |bytes: &[u8]| {
        bytes
            .windows(boundary.len())
            .any(|window| window == boundary.as_bytes())
    };
    match body {
        BodyPart::Text(text) => found(text.as_bytes()),
        BodyPart::Binary(bytes) => found(bytes),
        BodyPart::Multipart(_) => false,
    }
}

//! Target `complaint`: reports that strangers send against others.
//!
//! Input: one byte for whether relays are trusted, then a mail. The same bytes are also read as a JSON document, and put as the mail
//! complained about into a report of our own.

use std::net::{IpAddr, Ipv4Addr};

use atalaya_formats::arf::FeedbackReport;
use atalaya_formats::complaint::{
    Agreement, Complaint, Format, How, MAX_NAMED, MAX_WORD, Refused, read, read_json,
};
use atalaya_model::{Prefix, Timestamp};

use crate::text::{assert_presentable, choice};

/// The address that the report of our own names.
const STATED: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 99));
/// A line that the mail in a report must not have.
const BOUNDARY: &str = "=_a-boundary-that-nobody-guesses";

/// Reads complaints, and tries to make one lie.
pub fn complaint(data: &[u8]) {
    let (choice, said) = choice(data);
    let trusted: Vec<Prefix> = match choice % 2 {
        0 => Vec::new(),
        _ => vec!["10.0.0.0/8".parse().unwrap(), "192.0.2.0/25".parse().unwrap()],
    };
    for found in [read(said, &trusted), read_json(said, &trusted)]
        .into_iter()
        .flatten()
    {
        is_sound(&found, &trusted);
    }
    the_mail_does_not_change_the_report(said, &trusted);
}

/// Text is for people and bounded, and a derived source is none of the relays.
fn is_sound(complaint: &Complaint, trusted: &[Prefix]) {
    let lists = [&complaint.recipients, &complaint.domains, &complaint.uris];
    let single = [&complaint.version, &complaint.word];
    let optional = [
        &complaint.reporter.organisation,
        &complaint.reporter.mailbox,
        &complaint.reporter.user_agent,
        &complaint.sent_by,
        &complaint.mail_from,
    ];
    assert!(lists.iter().all(|list| list.len() <= MAX_NAMED));
    let texts = lists
        .into_iter()
        .flatten()
        .chain(single)
        .chain(optional.into_iter().flatten());
    texts.for_each(|text| assert_presentable(text, MAX_WORD));
    assert!(complaint.incidents >= 1);
    let Ok(source) = complaint.source else { return };
    if source.how == How::Derived {
        assert!(!trusted.iter().any(|prefix| prefix.contains(source.address)));
        assert_eq!(source.agreement, Agreement::Same);
        assert!(complaint.message.is_some());
        assert_eq!(complaint.reserved(), None);
    }
}

/// Whoever sent the spam wrote the mail, and has no say in what the reporter states.
fn the_mail_does_not_change_the_report(mail: &[u8], trusted: &[Prefix]) {
    let report = FeedbackReport {
        user_agent: "Fuzz/1".to_owned(),
        source: STATED,
        source_port: Some(4711),
        mail_from: String::new(),
        recipients: Vec::new(),
        arrived: Timestamp::from_seconds(1_700_000_000),
        reporting_mta: None,
        incidents: 3,
    };
    let top = format!(
        "From: fbl@r.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"{BOUNDARY}\"\r\n\r\n\
         --{BOUNDARY}\r\nContent-Type: message/feedback-report\r\n\r\n{}\r\n--{BOUNDARY}\r\nContent-Type: message/rfc822\r\n\r\n",
        report.to_text()
    );
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let whole = [top.as_bytes(), mail, end.as_bytes()].concat();
    match read(&whole, trusted) {
        Ok(complaint) => {
            assert_eq!(complaint.format, Format::Arf);
            assert_eq!(complaint.address(), Some(STATED));
            assert_eq!((complaint.source_port, complaint.incidents), (Some(4711), 3));
            assert_eq!(complaint.mail_from.as_deref(), Some(""));
            assert_eq!(complaint.sent_by.as_deref(), Some("fbl@r.example"));
        }
        Err(why) => assert_eq!(why, Refused::AboutAReport),
    }
}

//! Reports that tell next to nothing, and mails that are sent on without a report.

use super::super::*;
use crate::received::Unsourced;

/// The top of a mail that Exchange Online took from outside: its own hops above, one of them with a field of the sender below.
const EXCHANGE: &str = "Received: from AB1PR01MB1.eurprd01.prod.outlook.com (2603:10a6:10:1::7)\r\n \
by CD2PR01MB2.eurprd01.prod.outlook.com with HTTPS; Thu, 26 Nov 2026 10:00:03 +0000\r\n\
Received: from EF3EUR01FT003.eop-EUR01.prod.protection.outlook.com\r\n (2603:10a6:10:1:cafe::11) by \
AB1PR01MB1.outlook.office365.com (2603:10a6:10:1::7) with\r\n Microsoft SMTP Server (version=TLS1_2, cipher=X) id 15.20.1; \
Thu, 26 Nov 2026 10:00:02 +0000\r\n\
Authentication-Results: spf=fail (sender IP is 192.0.2.9) smtp.mailfrom=spam.example\r\n\
Received: from spam.example (192.0.2.9) by EF3EUR01FT003.mail.protection.outlook.com\r\n (10.152.2.20) with Microsoft SMTP Server id \
15.20.1; Thu, 26 Nov 2026 10:00:01 +0000\r\n\
Received: from bank.example (bank.example [203.0.113.66]) by spam.example with ESMTP\r\n\
X-HmXmrOriginalRecipient: someone@hotmail.example\r\nReturn-Path: a@spam.example\r\nFrom: a@spam.example\r\nSubject: Buy\r\n\r\nNow\r\n";

fn report(parts: &str) -> Vec<u8> {
    format!(
        "From: staff@hotmail.example\r\nSubject: complaint about message from 203.0.113.66\r\n\
         Content-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n{parts}--x--\r\n"
    )
    .into_bytes()
}

fn relays() -> Vec<Prefix> {
    vec!["2603:1000::/24".parse().unwrap()]
}

#[test]
fn a_report_with_three_fields_is_completed_from_its_mail() {
    let mail = report(&format!(
        "--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: JMRP/1.0\r\nVersion: 1\r\n\
         --x\r\nContent-Type: message/rfc822\r\n\r\n{EXCHANGE}"
    ));
    let read_with = |relays: &[Prefix]| read(&mail, relays).unwrap();
    let complaint = read_with(&relays());
    assert_eq!(
        complaint.source,
        Ok(Source {
            address: "192.0.2.9".parse().unwrap(),
            how: How::Derived,
            agreement: Agreement::Same
        })
    );
    assert_eq!(complaint.arrived.unwrap().to_string(), "2026-11-26T10:00:01Z");
    assert_eq!(complaint.mail_from.as_deref(), Some("a@spam.example"));
    assert_eq!(complaint.abuse, Abuse::Spam);
    // Without the relays nobody is named: neither Microsoft nor whom the subject or the sender names.
    assert_eq!(read_with(&[]).source, Err(NoSource::Inside));
}

#[test]
fn a_mail_sent_on_is_read_with_and_without_the_word_report() {
    let attached = format!("--x\r\nContent-Type: message/rfc822\r\n\r\n{EXCHANGE}");
    let bare = report(&attached);
    let mixed = String::from_utf8_lossy(&bare)
        .replace("multipart/report; report-type=feedback-report", "multipart/mixed");
    for mail in [bare.as_slice(), mixed.as_bytes()] {
        let complaint = read(mail, &relays()).unwrap();
        assert_eq!(complaint.format, Format::SentOn);
        assert_eq!(complaint.address(), Some("192.0.2.9".parse().unwrap()));
        assert_eq!(complaint.reporter_domain().as_deref(), Some("hotmail.example"));
    }
}

#[test]
fn headers_alone_and_encoded_mails_are_read() {
    let encoded = data_encoding::BASE64_MIME.encode(EXCHANGE.as_bytes());
    for part in [
        format!("Content-Type: text/rfc822-headers\r\n\r\n{EXCHANGE}"),
        format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"),
    ] {
        let complaint = read(&report(&format!("--x\r\n{part}")), &relays()).unwrap();
        assert_eq!(complaint.address(), Some("192.0.2.9".parse().unwrap()), "{part}");
    }
}

#[test]
fn ordinary_mail_and_delivery_reports_are_no_complaints() {
    let delivery = String::from_utf8_lossy(&report(&format!(
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n{EXCHANGE}"
    )))
    .replace("feedback-report", "delivery-status");
    for mail in [
        delivery.as_bytes(),
        b"",
        b"Subject: spam\r\n\r\nPlease remove me\r\n",
        b"Content-Type: application/json\r\n\r\n{\"a\": 1}",
        EXCHANGE.as_bytes(),
    ] {
        assert_eq!(read(mail, &[]), Err(Refused::NotAComplaint));
    }
}

#[test]
fn a_source_that_was_taken_out_is_looked_for_in_the_mail() {
    for stated in ["192.0.2.", "XX.YY.ZZ.6", "unknown"] {
        let mail = report(&format!(
            "--x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nSource-IP: {stated}\r\n\
             --x\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\n\r\nx\r\n"
        ));
        let complaint = read(&mail, &[]).unwrap();
        assert_eq!(
            complaint.source,
            Err(NoSource::Trace(Unsourced::NoHops)),
            "{stated}"
        );
    }
}

#[test]
fn fields_as_yaml_quotes_them_are_read() {
    let mail = "From: a@b.example\r\nX-XARF: PLAIN\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHello\r\n--x\r\n\r\n\
        ---\r\nReported-From: \"r@s.example\"\r\nCategory: abuse\r\nReport-Type: login-attack\r\nSource: '2001:db8::7'\r\n\
        Source-Type: ipv6\r\nDate: Feb  3 2014 02:13:35 +0100\r\nPort: 22\r\nOccurances: 5\r\nVersion: 0.2\r\n--x--\r\n";
    let complaint = read(mail.as_bytes(), &[]).unwrap();
    assert_eq!(
        (complaint.format, complaint.abuse),
        (Format::XarfFields, Abuse::LoginAttack)
    );
    assert_eq!(complaint.word, "abuse/login-attack");
    assert_eq!(complaint.address(), Some("2001:db8::7".parse().unwrap()));
    assert_eq!((complaint.incidents, complaint.source_port), (5, None));
    assert_eq!(complaint.reporter.mailbox.as_deref(), Some("r@s.example"));
    assert_eq!(complaint.sent_by.as_deref(), Some("a@b.example"));
}

//! From complaints to observations.

use super::*;

const SPAM: &str = "Received: from h (n.spam.example [192.0.2.9]) by mx.other.example with ESMTP; Thu, 26 Nov 2026 10:00:00 +0000\r\n\
Return-Path: <a@spam.example>\r\nSubject: Buy\r\n\r\nNow\r\n";

fn now() -> Timestamp {
    "2026-11-26T12:00:00Z".parse().unwrap()
}

/// From a server of the reporter.
fn brought() -> Brought {
    Brought {
        by: Some("198.51.100.25".parse().unwrap()),
        at: now(),
    }
}

fn report(fields: &str) -> Vec<u8> {
    format!(
        "From: Loop <fbl@arf.loop.example>\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n\
         --x\r\nContent-Type: message/feedback-report\r\n\r\n{fields}\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n{SPAM}--x--\r\n"
    )
    .into_bytes()
}

fn known() -> ComplaintsConfig {
    ComplaintsConfig {
        reporters: vec![ComplaintReporter {
            domain: "loop.example".to_owned(),
            networks: vec!["198.51.100.0/24".parse().unwrap()],
            relays: Vec::new(),
        }],
        ..ComplaintsConfig::default()
    }
}

fn observe(fields: &str, config: &ComplaintsConfig) -> Result<Observation, Unusable> {
    let mail = report(fields);
    observation(
        &complaint(&mail, config, brought(), &[])?,
        &mail,
        config,
        brought(),
    )
}

#[test]
fn a_report_becomes_the_word_of_its_reporter() {
    let seen = observe(
        "Feedback-Type: abuse\r\nSource-IP: 192.0.2.9\r\nSource-Port: 4711\r\nOriginal-Rcpt-To: <u@r.example>\r\n\
         Arrival-Date: Thu, 26 Nov 2026 10:00:00 +0000",
        &known(),
    )
    .unwrap();
    assert_eq!(seen.address.to_string(), "192.0.2.9");
    assert_eq!(
        (seen.sensor, seen.kind, seen.handshake),
        (Sensor::Complaint, Kind::Spam, Handshake::Reported)
    );
    assert_eq!(
        (seen.source.as_str(), seen.trap, seen.source_port),
        ("loop.example", None, Some(4711))
    );
    assert_eq!(
        (seen.subject.as_str(), seen.envelope.mail_from.as_str()),
        ("Buy", "a@spam.example")
    );
    assert_eq!(seen.envelope.recipients, ["u@r.example"]);
    assert_eq!(seen.seen_at.to_string(), "2026-11-26T10:00:00Z");
    assert!(seen.oddities.is_empty());
}

#[test]
fn the_same_mail_twice_is_one_observation_and_the_future_is_now() {
    let fields = "Feedback-Type: abuse\r\nArrival-Date: Thu, 26 Nov 2099 10:00:00 +0000";
    let seen = observe(fields, &known()).unwrap();
    assert_eq!(seen.seen_at, now());
    assert_eq!(seen.oddities, ["source-derived"]);
    assert_eq!(seen.id, observe(fields, &known()).unwrap().id);
    assert_ne!(seen.id, observe("Feedback-Type: fraud", &known()).unwrap().id);
}

#[test]
fn a_stranger_is_not_believed_against_the_mail() {
    let lie = "Feedback-Type: abuse\r\nSource-IP: 203.0.113.66";
    let nobody = ComplaintsConfig::default();
    assert_eq!(observe(lie, &nobody), Err(Unusable::Contradicted));
    assert_eq!(
        observe(lie, &known()).unwrap().address.to_string(),
        "203.0.113.66"
    );
    let plain = "Feedback-Type: abuse\r\nSource-IP: 192.0.2.9";
    let seen = observe(plain, &nobody).unwrap();
    assert_eq!(
        (seen.source.as_str(), &*seen.oddities),
        ("198.51.100.25", &["unknown-reporter".to_owned()][..])
    );
    assert!(!seen.counts());
    assert!(observe(plain, &known()).unwrap().counts());
}

#[test]
fn reserved_and_own_addresses_are_refused() {
    let private = observe("Feedback-Type: abuse\r\nSource-IP: 10.0.0.1", &known());
    assert!(matches!(private, Err(Unusable::Reserved(_))), "{private:?}");
    let own = ComplaintsConfig {
        own: vec!["192.0.2.0/24".parse().unwrap()],
        ..known()
    };
    assert_eq!(observe("Feedback-Type: abuse", &own), Err(Unusable::Own));
}

#[test]
fn what_says_nothing_against_the_address_lists_nobody() {
    let praise = observe("Feedback-Type: not-spam\r\nSource-IP: 192.0.2.9", &known()).unwrap();
    assert!(!praise.counts());
    for (kind, abuse) in [("auth-failure", Abuse::AuthFailure), ("opt-out", Abuse::OptOut)] {
        let refused = observe(
            &format!("Feedback-Type: {kind}\r\nSource-IP: 192.0.2.9"),
            &known(),
        );
        assert_eq!(refused, Err(Unusable::NotUsed(abuse)));
    }
}

#[test]
fn a_name_alone_makes_nobody_known() {
    let mail = report("Feedback-Type: abuse\r\nSource-IP: 203.0.113.66");
    let forged = Brought {
        by: Some("192.0.2.77".parse().unwrap()),
        at: now(),
    };
    let read = complaint(&mail, &known(), forged, &[]).unwrap();
    assert_eq!(
        observation(&read, &mail, &known(), forged),
        Err(Unusable::Contradicted)
    );
}

#[test]
fn documents_are_read_too() {
    let document = br#" {"Version": "3", "Disclosure": true,
        "ReporterInfo": {"ReporterOrg": "Org", "ReporterOrgDomain": "r.example", "ReporterOrgEmail": "r@r.example"},
        "Report": {"ReportClass": "Activity", "ReportType": "LoginAttack", "Date": "2026-11-26T10:00:00Z", "SourceIp": "2001:db8::7"}}"#;
    let config = ComplaintsConfig::default();
    let kept = Brought { by: None, at: now() };
    let read = complaint(document, &config, kept, &[]).unwrap();
    let seen = observation(&read, document, &config, kept).unwrap();
    assert_eq!(
        (seen.kind, seen.source.as_str()),
        (Kind::LoginAttack, "r.example")
    );
    assert_eq!(
        complaint(b"Subject: x\r\n\r\n", &config, kept, &[]),
        Err(Unusable::Unread(
            atalaya_formats::complaint::Refused::NotAComplaint
        ))
    );
}

//! Reports that lie, contradict themselves, or are made to exhaust whoever reads them.

use super::super::*;

const SPAM: &str = "Received: from h (n.example [192.0.2.1]) by mx.other.example with ESMTP; Thu, 26 Nov 2026 10:00:00 +0000\r\n\
From: a@spam.example\r\n\r\nx\r\n";

/// A feedback report with these fields about this mail.
fn report(fields: &str, mail: &str) -> String {
    format!(
        "From: fbl@r.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n\
         --x\r\nContent-Type: message/feedback-report\r\n\r\n{fields}\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n{mail}\r\n--x--\r\n"
    )
}

fn read_text(mail: &str) -> Result<Complaint, Refused> {
    read(mail.as_bytes(), &[])
}

#[test]
fn a_report_against_its_own_mail_is_told_as_such() {
    let lie = report("Feedback-Type: abuse\r\nSource-IP: 203.0.113.66", SPAM);
    let source = read_text(&lie).unwrap().source.unwrap();
    assert_eq!(source.address.to_string(), "203.0.113.66");
    assert_eq!(
        (source.how, source.agreement),
        (How::Stated, Agreement::Elsewhere)
    );
}

#[test]
fn a_report_about_a_report_is_refused() {
    let inner = report("Feedback-Type: abuse\r\nSource-IP: 192.0.2.1", SPAM);
    let outer = report("Feedback-Type: abuse\r\nSource-IP: 203.0.113.66", &inner).replacen(
        "boundary=x",
        "boundary=y",
        1,
    );
    let outer = outer.replacen("--x\r\n", "--y\r\n", 1).replacen(
        "\r\n--x\r\nContent-Type: message/rfc822",
        "\r\n--y\r\nContent-Type: message/rfc822",
        1,
    );
    assert_eq!(read_text(&outer), Err(Refused::AboutAReport));
    let answer = format!("Auto-Submitted: auto-replied\r\n{SPAM}");
    assert_eq!(
        read_text(&report("Feedback-Type: abuse", &answer)),
        Err(Refused::AboutAReport)
    );
}

#[test]
fn fields_that_differ_are_refused_and_the_same_twice_are_one() {
    let twice = "Feedback-Type: abuse\r\nSource-IP: 192.0.2.1\r\nSource-IP: 203.0.113.66";
    assert_eq!(
        read_text(&report(twice, SPAM)),
        Err(Refused::Several("Source-IP"))
    );
    let same = "Feedback-Type: abuse\r\nSource-IP: 192.0.2.1\r\nSource-IP: 192.0.2.1";
    assert_eq!(
        read_text(&report(same, SPAM))
            .unwrap()
            .address()
            .unwrap()
            .to_string(),
        "192.0.2.1"
    );
    let none = "User-Agent: x\r\nVersion: 1";
    assert_eq!(
        read_text(&report(none, SPAM)),
        Err(Refused::Missing("Feedback-Type"))
    );
    let two_mails = report("Feedback-Type: abuse", SPAM).replace(
        "--x--",
        "--x\r\nContent-Type: message/rfc822\r\n\r\nFrom: b@c.example\r\n\r\n--x--",
    );
    assert!(matches!(read_text(&two_mails), Err(Refused::Several(_))));
    let two_reports =
        report("Feedback-Type: abuse", SPAM).replace("message/rfc822", "message/feedback-report");
    assert!(matches!(read_text(&two_reports), Err(Refused::Several(_))));
}

#[test]
fn unknown_types_keep_their_word() {
    let complaint = read_text(&report("Feedback-Type: x-dark-matter\r\nIncidents: 0", SPAM)).unwrap();
    assert_eq!(
        (complaint.abuse, complaint.word.as_str()),
        (Abuse::Other, "x-dark-matter")
    );
    assert_eq!(complaint.incidents, 1);
    let wanted = read_text(&report("Feedback-Type: not-spam", SPAM)).unwrap();
    assert!(!wanted.abuse.is_against());
}

#[test]
fn floods_of_fields_are_bounded() {
    let fields = format!(
        "Feedback-Type: abuse\r\n{}",
        "Reported-Domain: d.example\r\n".repeat(100_000)
    );
    assert_eq!(read_text(&report(&fields, SPAM)).unwrap().domains, ["d.example"]);
    let many: String = (0..1_500)
        .map(|n| format!("Original-Rcpt-To: <{n}@b.example>\r\n"))
        .collect();
    let complaint = read_text(&report(&format!("Feedback-Type: abuse\r\n{many}"), SPAM)).unwrap();
    assert_eq!(complaint.recipients.len(), MAX_NAMED);
    let long = format!(
        "Feedback-Type: {}\r\nUser-Agent: {}",
        "a".repeat(2 << 20),
        "b".repeat(9_999)
    );
    assert!(read_text(&report(&long, SPAM)).unwrap().word.len() <= MAX_WORD);
    let hops = report(
        "Feedback-Type: abuse",
        &"Received: from a (b [192.0.2.1]) by c with SMTP\r\n".repeat(100_000),
    );
    assert!(read_text(&hops).is_ok());
}

#[test]
fn wrong_encodings_are_no_harm() {
    for encoding in ["base64", "quoted-printable", "x-unknown", "8bit"] {
        let mail = report(
            "Feedback-Type: abuse\r\nSource-IP: 192.0.2.1\r\nReported-Domain: \u{202e}é\u{7f}",
            SPAM,
        )
        .replace(
            "message/rfc822\r\n",
            &format!("message/rfc822\r\nContent-Transfer-Encoding: {encoding}\r\n"),
        );
        let complaint = read_text(&mail).unwrap();
        assert_eq!(
            complaint.address().unwrap().to_string(),
            "192.0.2.1",
            "{encoding}"
        );
        assert_eq!(complaint.domains, ["é\u{fffd}"], "{encoding}");
    }
    assert!(
        read(
            b"Content-Type: multipart/report; boundary=\xff\xfe\n\n--\xff\xfe\n\xff\n",
            &[]
        )
        .is_err()
    );
}

#[test]
fn documents_that_exhaust_are_refused() {
    let deep = "[".repeat(50_000);
    assert!(matches!(
        read_json(deep.as_bytes(), &[]),
        Err(Refused::BadJson(_))
    ));
    let wide = format!("{{\"xarf_version\": [{}0]}}", "0,".repeat(200_000));
    assert!(matches!(
        read_json(wide.as_bytes(), &[]),
        Err(Refused::BadJson(_))
    ));
    assert_eq!(
        read_json(&vec![b' '; MAX_JSON_BYTES + 1], &[]),
        Err(Refused::TooLarge)
    );
    assert!(matches!(read_json(b"", &[]), Err(Refused::BadJson(_))));
    assert_eq!(read_json(b"[1]", &[]), Err(Refused::NotAComplaint));
    let future = br#"{"xarf_version": "5.0.0"}"#;
    assert_eq!(
        read_json(future, &[]),
        Err(Refused::UnknownVersion("5.0.0".to_owned()))
    );
    let number = br#"{"xarf_version": 4}"#;
    assert_eq!(
        read_json(number, &[]),
        Err(Refused::UnknownVersion(String::new()))
    );
    assert_eq!(
        read_json(br#"{"xarf_version": "4.2.0"}"#, &[]),
        Err(Refused::Missing("report_id"))
    );
}

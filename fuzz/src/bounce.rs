//! Target `bounce`: what comes back to us, which strangers write.
//!
//! Input: a mail. It is also put as the mail that came back into a report of our own, whose word it must not change.

use atalaya_formats::bounce::{Failure, Kind, MAX_DIAGNOSIS, MAX_FAILURES, MAX_IDS, Reading, Reason, read};

use crate::text::assert_presentable;

/// A line that the mail in a report must not have.
const BOUNDARY: &str = "=_a-boundary-that-nobody-guesses";
/// Longest address that is kept.
const MAX_ADDRESS: usize = MAX_DIAGNOSIS;

/// Reads what came back, and tries to make it lie.
pub fn bounce(data: &[u8]) {
    is_sound(&read(data));
    what_came_back_does_not_change_the_report(data);
}

/// Text is for people and bounded.
fn is_sound(reading: &Reading) {
    assert!(reading.confidence <= 99);
    assert!(reading.failures.len() <= MAX_FAILURES && reading.about.len() <= MAX_IDS);
    assert!(!reading.because.is_empty());
    reading.about.iter().for_each(|id| assert_presentable(id, 255));
    for failure in &reading.failures {
        let Failure {
            recipient,
            original,
            remote,
            diagnosis,
            ..
        } = failure;
        let texts = [recipient, original, remote].into_iter().flatten();
        texts.for_each(|text| assert_presentable(text, MAX_ADDRESS));
        assert_presentable(diagnosis, MAX_DIAGNOSIS);
        assert!(Reason::ALL.contains(&failure.reason));
    }
}

fn what_came_back_does_not_change_the_report(mail: &[u8]) {
    let top = format!(
        "From: MAILER-DAEMON@mx.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"{BOUNDARY}\"\r\n\r\n\
         --{BOUNDARY}\r\n\r\nIt could not be delivered.\r\n--{BOUNDARY}\r\nContent-Type: message/delivery-status\r\n\r\n\
         X-Original-Message-ID: <1@list.example>\r\n\r\nFinal-Recipient: rfc822; abuse@net.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n--{BOUNDARY}\r\nContent-Type: message/rfc822\r\n\r\n"
    );
    let end = format!("\r\n--{BOUNDARY}--\r\n");
    let reading = read(&[top.as_bytes(), mail, end.as_bytes()].concat());
    assert_eq!(reading.kind, Kind::Bounce);
    assert_eq!(reading.about.first().map(String::as_str), Some("1@list.example"));
    let [failure] = &reading.failures[..] else {
        panic!("{reading:?}")
    };
    assert_eq!(failure.address(), Some("abuse@net.example"));
    assert!(failure.is_certain());
}

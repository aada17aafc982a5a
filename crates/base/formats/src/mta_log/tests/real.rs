//! Real logs of others, read in place: how many lines say what, counted apart with grep.

use std::collections::BTreeMap;

use super::*;

/// How many lines of a file say what.
fn counts(server: MailServer, path: &str) -> Option<String> {
    let Some(path) = atalaya_testkit::data(path) else {
        atalaya_testkit::skip("the logs of mail servers are not at hand");
        return None;
    };
    let mut counts = BTreeMap::new();
    let text = std::fs::read(path).unwrap();
    let mut reader = LogReader::new(server, Patterns::default());
    for line in text.split(|byte| *byte == b'\n') {
        if let Some(entry) = reader.read(line, &clock()) {
            *counts.entry(entry.kind.name()).or_insert(0) += 1;
        }
    }
    Some(format!("{counts:?}"))
}

#[test]
fn postfix_logs_say_what_was_counted_by_hand() {
    if let Some(counts) = counts(MailServer::Postfix, "mta-logs/fail2ban/postfix") {
        assert_eq!(
            counts,
            r#"{"early-talker": 1, "login-attack": 11, "protocol": 13, "relay-attempt": 1, "unknown-recipient": 3}"#
        );
    }
}

#[test]
fn exim_logs_say_what_was_counted_by_hand() {
    // One more is a line of syslog without its time, which is not believed, and one has a command that looks like a host.
    if let Some(counts) = counts(MailServer::Exim, "mta-logs/fail2ban/exim") {
        assert_eq!(
            counts,
            r#"{"early-talker": 1, "login-attack": 11, "protocol": 12, "relay-attempt": 2, "unknown-recipient": 2}"#
        );
    }
}

#[test]
fn sendmail_logs_say_what_was_counted_by_hand() {
    if let Some(counts) = counts(MailServer::Sendmail, "mta-logs/fail2ban/sendmail-reject") {
        assert_eq!(
            counts,
            r#"{"early-talker": 2, "protocol": 1, "relay-attempt": 4, "unknown-recipient": 3}"#
        );
    }
}

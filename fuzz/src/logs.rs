//! Target `logs`: lines of mail servers' logs, and files of patterns.

use atalaya_formats::mta_log::{LogClock, LogReader, MAX_FIELD, MailServer, Patterns};
use atalaya_model::Timestamp;
use jiff::tz::TimeZone;

use crate::text::{assert_presentable, choice};

/// Noon of 2026-11-26.
const NOW: Timestamp = Timestamp::from_seconds(1_795_694_400);

/// Reads the lines as each server's, and the whole as a file of patterns: what comes out is bounded and stands in the line, and the same lines say
/// the same again.
pub fn logs(data: &[u8]) {
    let (which, data) = choice(data);
    let server = match which % 3 {
        0 => MailServer::Postfix,
        1 => MailServer::Exim,
        _ => MailServer::Sendmail,
    };
    let patterns = match Patterns::parse(&String::from_utf8_lossy(data)) {
        Ok(patterns) => patterns,
        Err(bad) => {
            assert!(bad.line >= 1);
            Patterns::default()
        }
    };
    let clock = LogClock {
        now: NOW,
        zone: TimeZone::UTC,
    };
    let mut readers = [
        LogReader::new(server, patterns.clone()),
        LogReader::new(server, patterns),
    ];
    for line in data.split(|byte| *byte == b'\n') {
        let [said, again] = readers.each_mut().map(|reader| reader.read(line, &clock));
        assert_eq!(said, again);
        let Some(entry) = said else { continue };
        assert!(entry.kind.is_abuse());
        assert_eq!(entry.address, entry.address.to_canonical());
        let recipient = entry.recipient.unwrap_or_default();
        for text in [&entry.helo, &entry.mail_from, &recipient] {
            assert_presentable(text, MAX_FIELD);
        }
    }
}

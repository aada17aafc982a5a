//! What lines make; files that are rotated, cut and broken; and the task with its store.

mod following;
mod judging;
mod running;

use std::path::Path;

use atalaya_formats::mta_log::MailServer;
use atalaya_testkit::TestClock;

use super::*;

/// A minute before the test clock, as a log of syslog has it.
pub(super) const TIME: &str = "Nov 23 11:59:00";

/// A log of Postfix.
pub(super) fn log(path: &Path) -> FollowedLog {
    FollowedLog {
        name: "mx1".to_owned(),
        path: path.to_owned(),
        server: MailServer::Postfix,
        zone: Some("UTC0".to_owned()),
        patterns: None,
    }
}

/// A line that speaks against 192.0.2.`last`.
pub(super) fn line(last: u8) -> String {
    line_at(TIME, &format!("192.0.2.{last}"))
}

/// A line that speaks against an address.
pub(super) fn line_at(time: &str, address: &str) -> String {
    format!("{time} mx postfix/smtpd[7]: too many errors after RCPT from unknown[{address}]\n")
}

/// Now.
pub(super) fn now() -> Timestamp {
    TestClock::default().now()
}

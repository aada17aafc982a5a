//! Whether somebody passed a mail on: then who brings it is a forwarder, and not who sent it.
//!
//! In: the reverse path, and fields of the mail. Out: whether they bear the marks of a forwarder. Anybody can write them; so they may take
//! something away from what a mail proves, and add nothing. A signed return path (`prvs=`, BATV) is none of them: its sender writes it.

use super::Field;

/// The word that is kept with an observation of such a mail.
pub const FORWARDED: &str = "forwarded";
/// Fields that are written by who passes a mail on (RFC 5322 section 3.6.6, and Gmail's).
const FIELDS: &[&str] = &["X-Forwarded-To", "Resent-To", "Resent-From"];
/// How rewritten senders begin (SRS).
const BEGINNINGS: &[&str] = &["SRS0=", "SRS0+", "SRS0-", "SRS1=", "SRS1+", "SRS1-"];
/// What Gmail writes into the local part.
const CAF: &str = "+caf_=";

/// Whether the fields bear the mark of a forwarder.
#[must_use]
pub fn is_passed_on(fields: &[Field<'_>]) -> bool {
    fields
        .iter()
        .any(|field| FIELDS.iter().any(|name| field.is(name)))
}

/// Whether a forwarder rewrote the reverse path.
#[must_use]
pub fn is_rewritten(sender: &str) -> bool {
    let begins = |mark: &&str| {
        sender
            .get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark))
    };
    let local = sender.split('@').next().unwrap_or_default();
    BEGINNINGS.iter().any(begins) || local.contains(CAF)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Head;

    #[test]
    fn marks_of_forwarders_are_seen_in_fields_and_senders() {
        let passed_on = |mail: &str| is_passed_on(Head::read(mail.as_bytes()).fields());
        assert!(passed_on("x-forwarded-to: a@b.example\r\nFrom: c\r\n\r\n"));
        assert!(passed_on("Resent-From: a@b.example\r\n\r\n"));
        assert!(!passed_on("From: c\r\n\r\nX-Forwarded-To: a@b.example\r\n"));
        for (sender, expected) in [
            ("srs0=HHH=TT=sender.example=a@forwarder.example", true),
            (
                "SRS1+HHH=other.example==HHH=TT=x.example=y@forwarder.example",
                true,
            ),
            ("member+caf_=list=member.example@gmail.com", true),
            ("prvs=1234abcdef=a@sender.example", false),
            ("a@x+caf_=.example", false),
            ("SRS", false),
            ("é", false),
        ] {
            assert_eq!(is_rewritten(sender), expected, "{sender}");
        }
    }
}

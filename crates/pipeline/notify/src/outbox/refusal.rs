//! Why a mail did not leave, read from what the server said or how the connection ended.

use std::error::Error;

use lettre::transport::smtp::Error as SmtpError;

/// The answers with which a relay asks for a login, a better one, or TLS.
const LOGIN_CODES: [u16; 4] = [530, 534, 535, 538];
/// Statuses (RFC 3463, RFC 7505) that say of a mailbox that it is not there, and not merely that it does not want this mail.
const NO_MAILBOX: &[&str] = &["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", DISABLED];
/// The mailbox is disabled. Some say so of one that gets too much just now.
const DISABLED: &str = "5.2.1";
/// Words of those who mean too much.
const OF_RATE: &[&str] = &[
    "rate", "limit", "too many", "too much", "too fast", "quickly", "frequen",
];
/// Longest reason that is kept.
const MAX_REASON: usize = 500;

/// Why a mail did not leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It may leave later.
    ForNow(String),
    /// A server got it whole and did not say whether it took it.
    Unanswered(String),
    /// The relay refuses to work for us, which the operator can mend; then it leaves.
    OfUs(String),
    /// It never will.
    ForGood(String),
    /// It never will, and nothing else to this recipient: there is no such mailbox.
    NoMailbox(String),
}

impl Refusal {
    /// What the server says of the mail itself decides: 5yz is for good (RFC 5321 section 4.2.1), all else may pass.
    pub(super) fn of_mail(error: &SmtpError) -> Self {
        let why = told(error);
        if error.is_client() || is_about_us(error, &why) {
            Self::OfUs(why)
        } else if error.is_permanent() {
            Self::ForGood(why)
        } else {
            Self::ForNow(why)
        }
    }

    /// The same in answer to the recipient. Only there a status of a mailbox is one of his.
    pub(super) fn of_recipient(error: &SmtpError) -> Self {
        match Self::of_mail(error) {
            Self::ForGood(why) if is_no_mailbox(&why) => Self::NoMailbox(why),
            other => other,
        }
    }

    /// Before the mail is spoken of, a refusal concerns us (greeting, TLS, login): the operator can mend that in time.
    pub(super) fn of_us(error: &SmtpError) -> Self {
        if error.is_permanent() || error.is_client() {
            Self::OfUs(told(error))
        } else {
            Self::ForNow(told(error))
        }
    }
}

/// Whether a refusal for good says that there is no such mailbox.
fn is_no_mailbox(why: &str) -> bool {
    let small = why.to_ascii_lowercase();
    let is_rate = || OF_RATE.iter().any(|word| small.contains(word));
    status(why).is_some_and(|status| NO_MAILBOX.contains(&status) && !(status == DISABLED && is_rate()))
}

/// Whether the relay refuses to work for us, whatever the mail: it wants a login or TLS (RFC 4954 section 6, RFC 3207 section 4), or
/// does not relay for this machine. That last one has no code of its own, so the word decides; behind a status for something else
/// (`5.1.1 ... unknown in relay recipient table`) it means nothing.
fn is_about_us(error: &SmtpError, why: &str) -> bool {
    let wants_login = error
        .status()
        .is_some_and(|code| LOGIN_CODES.contains(&u16::from(code)));
    let is_policy = status(why).is_none_or(|status| status.starts_with("5.7."));
    wants_login || error.is_permanent() && is_policy && why.to_ascii_lowercase().contains("relay")
}

/// The first word that is a status as RFC 3463 section 2 writes it: `5.7.1`.
fn status(why: &str) -> Option<&str> {
    why.split_whitespace().find(|word| {
        let parts: Vec<&str> = word.split('.').collect();
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.len() == 3 && parts.iter().all(is_number)
    })
}

/// The whole chain of reasons in one line.
pub(super) fn told(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    one_line(&text)
}

/// A reason as it is kept.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_REASON)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_that_gets_too_much_is_there() {
        for (why, is_gone) in [
            ("permanent error (550): 5.1.1 no such user", true),
            ("permanent error (550): 5.2.1 the mailbox is disabled", true),
            (
                "permanent error (550): 5.2.1 receiving mail at a Rate that prevents delivery",
                false,
            ),
            ("permanent error (550): 5.2.2 mailbox full", false),
            ("permanent error (550): no such user", false),
        ] {
            assert_eq!(is_no_mailbox(why), is_gone, "{why}");
        }
    }
}

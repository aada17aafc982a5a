//! A delivery status (RFC 3464 section 2): groups of fields, first of the message, then of each recipient.
//!
//! The same groups also stand in plain text, where servers tell them twice or in no part of their own.

use super::failure::{Action, Failure, Lasting, shown};
use super::reason::Reason;
use super::status::Status;
use crate::message::Head;

/// Most groups that are read: ours have one recipient.
pub(super) const MAX_GROUPS: usize = 100;
/// Most bytes of a field.
const MAX_VALUE: usize = 8_192;

/// What a delivery status says.
#[derive(Debug, Default)]
pub(super) struct DeliveryStatus {
    /// What it says of each recipient, with its whole diagnosis; reasons are not concluded yet.
    pub(super) recipients: Vec<(Failure, String)>,
    /// The Message-ID of the mail, where it is told here (Google's field).
    pub(super) message_id: Option<String>,
}

impl DeliveryStatus {
    /// Reads the groups.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut status = Self::default();
        for group in groups(bytes).take(MAX_GROUPS) {
            let head = Head::read(group);
            let value = |name: &str| head.first(name).map(|field| field.line(MAX_VALUE));
            if let Some(id) = value("X-Original-Message-ID") {
                status.message_id = Some(id);
            }
            status.recipients.extend(recipient(&value));
        }
        status
    }
}

/// What a group says of a recipient, if it is about one.
fn recipient(value: &impl Fn(&str) -> Option<String>) -> Option<(Failure, String)> {
    let action = value("Action").map(|name| name.to_ascii_lowercase());
    let fields = [value("Final-Recipient"), value("Original-Recipient")];
    let [recipient, original] = fields.each_ref().map(|field| field.as_deref().and_then(address));
    if action.is_none() && fields.iter().all(Option::is_none) {
        return None;
    }
    let status = value("Status").unwrap_or_default();
    let diagnosis = value("Diagnostic-Code").unwrap_or_default();
    let action = action.as_deref().and_then(|name| Action::named(first_word(name)));
    let stated = Status::first_in(&status);
    let said = if diagnosis.trim().is_empty() {
        &status
    } else {
        &diagnosis
    };
    let failure = Failure {
        action: action.unwrap_or(match stated.map(|status| status.class) {
            Some(2) => Action::Delivered,
            _ => Action::Failed,
        }),
        recipient,
        original,
        // Many give a status that says nothing, and quote the server that says more.
        status: match (stated, Status::first_in(&diagnosis)) {
            (Some(vague), Some(clear)) if vague.is_vague() && !clear.is_vague() => Some(clear),
            (stated, quoted) => stated.or(quoted),
        },
        remote: value("Remote-MTA").map(|name| shown(behind_type(&name))),
        diagnosis: shown(behind_type(&diagnosis)),
        reason: Reason::Other,
        lasting: Lasting::Hard,
    };
    let said = said.clone();
    Some((failure, said))
}

/// The mail address in `rfc822; address` (RFC 3464 section 2.3.1); none in a pipe, a file or a source route that leads nowhere.
fn address(value: &str) -> Option<String> {
    let address = behind_type(value).trim_matches(['<', '>', ' ']);
    let (local, domain) = address.rsplit_once('@')?;
    let is_one = !local.is_empty()
        && !domain.is_empty()
        && !local.starts_with('@')
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || "<>|/\"".contains(c));
    is_one.then(|| shown(address))
}

/// What stands behind the type of an address, a name or a diagnosis.
fn behind_type(value: &str) -> &str {
    match value.split_once(';') {
        Some((kind, rest))
            if kind
                .trim()
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-') =>
        {
            rest.trim()
        }
        _ => value.trim(),
    }
}

fn first_word(text: &str) -> &str {
    text.split([' ', '(', ';']).next().unwrap_or_default()
}

/// The groups: what stands between empty lines.
fn groups(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return None;
        }
        let (group, behind) = rest.split_at_checked(end_of_group(rest))?;
        rest = behind;
        Some(group)
    })
}

/// Where the first empty line is, or the end.
fn end_of_group(bytes: &[u8]) -> usize {
    let mut at = 0_usize;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            return at;
        }
        at = at.saturating_add(line.len());
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_read_whatever_stands_between_them() {
        let status = DeliveryStatus::read(
            b"\r\n \r\nReporting-MTA: dns; mx.example\r\nX-Original-Message-ID: <1@x.example>\r\n\r\n\r\n\
              Final-Recipient: RFC822; <A@b.example>\r\nAction: Failed (given up)\r\nStatus: 5.0.0\r\n\
              Diagnostic-Code: smtp; 550 5.2.2\r\n full\r\nRemote-MTA: dns; mx.b.example (192.0.2.1)\r\n\r\n\
              Original-Recipient: rfc822;c@d.example\nFinal-Recipient: rfc822; |/usr/bin/x c@d.example\nStatus: 2.1.5\n",
        );
        assert_eq!(status.message_id.as_deref(), Some("<1@x.example>"));
        let [(one, _), (other, _)] = &status.recipients[..] else {
            panic!("{status:?}")
        };
        assert_eq!(one.address(), Some("A@b.example"));
        assert_eq!(one.status.unwrap().to_string(), "5.2.2");
        assert_eq!(
            (one.action, one.diagnosis.as_str()),
            (Action::Failed, "550 5.2.2 full")
        );
        assert_eq!(one.remote.as_deref(), Some("mx.b.example (192.0.2.1)"));
        assert_eq!(
            (other.recipient.as_deref(), other.address()),
            (None, Some("c@d.example"))
        );
        assert_eq!(other.action, Action::Delivered);
    }

    #[test]
    fn a_hundred_thousand_groups_are_cut() {
        let status = DeliveryStatus::read("Action: failed\n\n".repeat(100_000).as_bytes());
        assert_eq!(status.recipients.len(), MAX_GROUPS);
    }
}

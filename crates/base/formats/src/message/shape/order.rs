//! The order of the fields that the program of the sender wrote.

use super::Field;

/// Most fields that are told; what comes behind is `...`.
const MOST_FIELDS: usize = 32;
/// Longest name that is told.
const MOST_NAME: usize = 40;

/// Fields that are added on the way and behind it, by servers, filters and mailboxes.
const ON_THE_WAY: &[&str] = &[
    "Received",
    "Return-Path",
    "Delivered-To",
    "Envelope-To",
    "Delivery-Date",
    "Old-Return-Path",
    "Received-SPF",
    "Authentication-Results",
    "DKIM-Signature",
    "DKIM-Filter",
    "DomainKey-Signature",
    "DomainKey-Status",
    "X-Received",
    "X-Rcpt-To",
    "X-Loop",
    "X-Loop-Detect",
    "X-Precedence-Ref",
    "X-Message-Delivery",
    "Authentication-Results-Original",
    "X-AntiAbuse",
    "X-Sender-IP",
    "X-SID-PRA",
    "X-SID-Result",
    "X-Message-Info",
    "X-MessageSentRepresentingType",
    "Status",
    "X-Status",
    "X-Keywords",
    "X-UID",
    "X-UIDL",
    "Content-Length",
    "Lines",
];
/// Beginnings of the names of such fields.
const ON_THE_WAY_FAMILIES: &[&str] = &[
    "ARC-",
    "Resent-",
    "X-Forwarded-",
    "X-Original",
    "X-Envelope-",
    "X-Authentication-",
    "X-Spam",
    "X-Virus",
    "X-Amavis",
    "X-Rspamd",
    "X-MailScanner",
    "X-Barracuda",
    "X-Proofpoint",
    "X-IronPort",
    "IronPort-",
    "X-Google-",
    "X-Gm-",
    "X-MS-",
    "X-Microsoft-",
    "X-Forefront-",
    "X-EOP",
    "X-IncomingHeaderCount",
    "X-IncomingTopHeaderMarker",
    "X-Mozilla-",
];
/// Fields that a program writes or not by what mail it is: whom else it goes to, what it answers.
const OF_THE_MAIL: &[&str] = &[
    "Cc",
    "Bcc",
    "Reply-To",
    "In-Reply-To",
    "References",
    "Thread-Index",
    "Thread-Topic",
    "Organization",
];

/// The names in their order.
pub(super) fn order(fields: &[Field<'_>]) -> String {
    let mut order = String::new();
    let own = fields.iter().filter(|field| !is_left_out(field));
    for (place, field) in own.enumerate() {
        if place > 0 {
            order.push(',');
        }
        if place == MOST_FIELDS {
            order.push_str("...");
            break;
        }
        tell(field.name(), &mut order);
    }
    order
}

fn is_left_out(field: &Field<'_>) -> bool {
    let first = |name: &str| name.bytes().next().map(|byte| byte.to_ascii_lowercase());
    let own = first(field.name());
    let is = |name: &&str| field.is(name);
    let begins = |family: &&str| {
        let start = || field.name().get(..family.len());
        first(family) == own && start().is_some_and(|start| start.eq_ignore_ascii_case(family))
    };
    ON_THE_WAY.iter().any(is) || OF_THE_MAIL.iter().any(is) || ON_THE_WAY_FAMILIES.iter().any(begins)
}

/// A name as it is spelled, without numbers and without what no name has.
fn tell(name: &str, told: &mut String) {
    let mut was_digit = false;
    for byte in name.bytes().take(MOST_NAME) {
        let is_digit = byte.is_ascii_digit();
        match byte {
            _ if is_digit && was_digit => {}
            _ if is_digit => told.push('#'),
            b'-' | b'_' => told.push(char::from(byte)),
            _ if byte.is_ascii_alphabetic() => told.push(char::from(byte)),
            _ => told.push('?'),
        }
        was_digit = is_digit;
    }
}

//! The envelope of a kept mail, as the mailbox's server wrote it into the fields (RFC 5321 section 4.4 and common practice).
//!
//! Servers put such fields on top. What stands below the Received field of the source came with the mail, so the sender wrote it: it is kept
//! as what he says, and nothing is decided by it.

use atalaya_formats::message::{Field, Head, Setting, Shape, is_passed_on};
use atalaya_formats::received::Source;
use atalaya_model::Envelope;

/// Fields that hold the reverse path, the best first.
const SENDER_FIELDS: &[&str] = &["Return-Path", "X-Envelope-From"];
/// Fields in which servers write the address that the mail was for, the best first. The first three hold what stood in the envelope, the
/// last what it became.
const RECIPIENT_FIELDS: &[&str] = &["X-Original-To", "Envelope-To", "X-Envelope-To", "Delivered-To"];
/// Longest address that is kept (RFC 5321 section 4.5.3.1.3).
const MAX_ADDRESS: usize = 256;
/// Most addresses of one field that are kept, and of all together.
const MAX_RECIPIENTS: usize = 100;
/// Most bytes of a field that are read for them.
const MAX_VALUE: usize = MAX_ADDRESS * MAX_RECIPIENTS;

/// Who says for whom a mail was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Addressing {
    /// A server that is trusted.
    Server,
    /// The sender only: anything may stand there, and a list or a copy names others.
    Sender,
}

/// What the fields tell of the envelope.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The envelope.
    pub(super) envelope: Envelope,
    /// Who names its recipients.
    pub(super) addressing: Addressing,
    /// Whether a trusted server says that the reverse path was null.
    pub(super) is_null_sender: bool,
    /// Whether the source passed it on: a mark of that below what trusted servers wrote.
    pub(super) is_passed_on: bool,
    /// The shape of what the source sent.
    pub(super) shape: Shape,
}

/// Reads the envelope. `line_sender` is the reverse path in the mbox line above the mail. What is not told stays empty.
pub(super) fn read(head: &Head<'_>, source: &Source<'_>, line_sender: Option<&str>) -> Told {
    let (above, below) = parts(head, source.depth);
    let trusted = reverse_path(above).or_else(|| line_sender.map(cut));
    let is_null_sender = trusted.as_deref() == Some("");
    let named = RECIPIENT_FIELDS
        .iter()
        .find_map(|name| above.iter().find(|field| field.is(name)))
        .map(|field| addresses(&field.line(MAX_VALUE)))
        .unwrap_or_default();
    let (addressing, recipients) = if named.is_empty() {
        (Addressing::Sender, claimed(head))
    } else {
        (Addressing::Server, named)
    };
    let envelope = Envelope {
        helo: source.hop.helo.clone().unwrap_or_default(),
        mail_from: trusted
            .or_else(|| reverse_path(head.fields()))
            .unwrap_or_default(),
        recipients,
    };
    // The first of them is the Received field of the source.
    let sent = below.get(1..).unwrap_or_default();
    Told {
        shape: Shape::of(sent, Setting::of(&envelope)),
        envelope,
        addressing,
        is_null_sender,
        is_passed_on: is_passed_on(below),
    }
}

/// The fields above the Received field of the source, which trusted servers wrote, and the others.
fn parts<'h, 'a>(head: &'h Head<'a>, depth: usize) -> (&'h [Field<'a>], &'h [Field<'a>]) {
    let fields = head.fields();
    let received = |(_, field): &(usize, &Field<'_>)| field.is("Received");
    let end = fields
        .iter()
        .enumerate()
        .filter(received)
        .nth(depth)
        .map_or(0, |(at, _)| at);
    fields.split_at_checked(end).unwrap_or((&[], fields))
}

/// The reverse path in some fields: empty where it is null, none where no field tells it.
fn reverse_path(fields: &[Field<'_>]) -> Option<String> {
    let field = SENDER_FIELDS
        .iter()
        .find_map(|name| fields.iter().find(|field| field.is(name)))?;
    let line = field.line(MAX_VALUE);
    if line.split_whitespace().collect::<String>() == "<>" {
        return Some(String::new());
    }
    addresses(&line).into_iter().next()
}

/// Every address that the mail says it is for, so that all of them can be hidden where the mail is shown.
fn claimed(head: &Head<'_>) -> Vec<String> {
    let names_recipients =
        |field: &&Field<'_>| field.is("To") || RECIPIENT_FIELDS.iter().any(|name| field.is(name));
    let fields = head.fields().iter().filter(names_recipients);
    let mut claimed: Vec<String> = Vec::new();
    for address in fields.flat_map(|field| addresses(&field.line(MAX_VALUE))) {
        if claimed.len() < MAX_RECIPIENTS && !claimed.contains(&address) {
            claimed.push(address);
        }
    }
    claimed
}

/// The addresses in a list of them: what stands in angle brackets, else the word that holds an `@`. Names and comments are left out.
fn addresses(line: &str) -> Vec<String> {
    line.split(',')
        .filter_map(|item| {
            let address = match item.rsplit_once('<') {
                Some((_, inner)) => inner.split_once('>').map_or(inner, |(inner, _)| inner),
                None => item.split_whitespace().find(|word| word.contains('@'))?,
            };
            let address = cut(address.trim());
            address.contains('@').then_some(address)
        })
        .take(MAX_RECIPIENTS)
        .collect()
}

/// An address cut to the length that is kept.
fn cut(address: &str) -> String {
    address.chars().take(MAX_ADDRESS).collect()
}

#[cfg(test)]
mod tests {
    use atalaya_formats::received::{hops, source};

    use super::*;

    const RECEIVED: &str = "Received: from h (n.example [192.0.2.1]) by mx.example with ESMTP\n";

    /// The envelope of a mail with these fields above the Received field and those below it.
    fn of(above: &str, below: &str, line_sender: Option<&str>) -> Told {
        let mail = format!("{above}{RECEIVED}{below}\n");
        let head = Head::read(mail.as_bytes());
        let hops = hops(&head);
        read(&head, &source(&hops, &[]).unwrap(), line_sender)
    }

    #[test]
    fn the_best_field_is_taken() {
        let told = of(
            "Delivered-To: box@mx.example\nX-Original-To: trap@mx.example\nReturn-Path: <s@t.example>\n",
            "To: a@b.example\n",
            Some("other@t.example"),
        );
        assert_eq!(told.envelope.helo, "h");
        assert_eq!(told.envelope.mail_from, "s@t.example");
        assert_eq!(told.envelope.recipients, ["trap@mx.example"]);
        assert_eq!(
            (told.addressing, told.is_null_sender),
            (Addressing::Server, false)
        );
    }

    #[test]
    fn what_the_sender_wrote_below_is_kept_and_not_believed() {
        let below = "Return-Path: <>\nX-Original-To: trap@mx.example\nTo: \"A, B\" <a@b.example>,\n c@d.example (C), trap@mx.example, undisclosed-recipients:;, \n";
        let told = of("", below, None);
        assert_eq!(
            told.envelope.recipients,
            ["trap@mx.example", "a@b.example", "c@d.example"]
        );
        assert_eq!(
            (told.addressing, told.is_null_sender),
            (Addressing::Sender, false)
        );
        let told = of("", "Return-Path: <s@t.example>\n", None);
        assert_eq!(told.envelope.mail_from, "s@t.example");
        assert_eq!(told.envelope.recipients, [""; 0]);
    }

    #[test]
    fn fields_between_trusted_servers_count_and_those_below_the_source_do_not() {
        let mail = format!(
            "Received: from r (r [10.0.0.7]) by mx.example with ESMTP\nX-Original-To: a@b.example\n{RECEIVED}X-Envelope-To: c@d.example\n\n"
        );
        let head = Head::read(mail.as_bytes());
        let hops = hops(&head);
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let told = read(&head, &source(&hops, &trusted).unwrap(), None);
        assert_eq!(told.envelope.recipients, ["a@b.example"]);
    }

    #[test]
    fn what_is_absurd_is_cut() {
        let told = of(
            &format!("Return-Path: <{}@x>\n", "l".repeat(9_999)),
            &format!("To: {}\n", "a@b.example,".repeat(9_999)),
            None,
        );
        assert_eq!(told.envelope.recipients.len(), 1);
        let many: String = (0..9_999).map(|n| format!("{n}@b.example,")).collect();
        let told = of("", &format!("To: {many}\n"), Some(&"l".repeat(9_999)));
        assert_eq!(told.envelope.recipients.len(), MAX_RECIPIENTS);
        assert!(told.envelope.mail_from.len() <= MAX_ADDRESS);
    }

    #[test]
    fn who_passed_it_on_is_told_by_what_the_source_brought_only() {
        let field = "X-Forwarded-To: a@b.example\n";
        assert!(of("", field, None).is_passed_on);
        assert!(!of(field, "To: a@b.example\n", None).is_passed_on);
    }

    #[test]
    fn a_null_sender_is_told_from_none() {
        let null = |above: &str, line: Option<&str>| of(above, "", line).is_null_sender;
        assert!(null("Return-Path: <>\n", None));
        assert!(null("Return-Path: < >\n", Some("a@b.example")));
        assert!(null("", Some("")));
        assert!(!null("Return-Path: <a@b.example>\n", Some("")));
        assert!(!null("", None));
    }
}

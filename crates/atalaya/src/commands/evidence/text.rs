//! Observations as a person reads them. What strangers wrote is freed of everything that a terminal would obey.

use std::fmt::Write as _;
use std::net::IpAddr;

use anyhow::Context;
use atalaya_formats::conversation::Conversation;
use atalaya_formats::view::{
    PublicObservation, Shown, ShownObservation, Spoken, System, printable, transcript,
};

use crate::control::ObservationLine;

/// Longest subject in a list, in characters.
const MAX_SUBJECT: usize = 60;

/// A list of observations.
pub(super) fn list(seen: &[ObservationLine], address: IpAddr) -> String {
    if seen.is_empty() {
        return format!("Nothing was seen of {address}.\n");
    }
    let mut text = format!(
        "{:<36}  {:<20}  {:<9}  {:<17}  {:>9}  subject\n",
        "observation", "seen", "sensor", "kind", "bytes"
    );
    for one in seen {
        let subject: String = flat(&one.subject).chars().take(MAX_SUBJECT).collect();
        let (id, at) = (one.id.to_string(), one.seen_at.to_string());
        let (sensor, kind) = (one.sensor.name(), one.kind.name());
        line(
            &mut text,
            format_args!(
                "{id:<36}  {at:<20}  {sensor:<9}  {kind:<17}  {:>9}  {subject}",
                one.size
            ),
        );
    }
    text
}

/// One observation.
///
/// # Errors
/// Its conversation is none.
pub(super) fn shown(shown: &Shown) -> anyhow::Result<String> {
    let mut text = String::new();
    match shown {
        Shown::Public(seen) => public(&mut text, seen),
        Shown::Network(seen) | Shown::Desk(seen) => {
            facts(&mut text, seen);
            evidence(&mut text, seen)?;
        }
    }
    Ok(text)
}

fn public(text: &mut String, seen: &PublicObservation) {
    row(text, "Address", &seen.address.to_string());
    row(text, "Seen", &format!("{} (to the minute)", seen.seen_at));
    row(text, "By", seen.sensor.name());
    row(text, "Kind", seen.kind.name());
    if !seen.counted {
        row(text, "Counted", "no: it is kept, and lists nobody");
    }
    row(text, "HELO", &seen.helo);
    row(
        text,
        "Sender's domain",
        seen.sender_domain.as_deref().unwrap_or("none"),
    );
    row(text, "Subject", &seen.subject);
    row(text, "Size", &format!("{} bytes", seen.size));
    client(text, seen.system.as_ref(), seen.dialect.as_ref());
}

fn facts(text: &mut String, seen: &ShownObservation) {
    row(text, "Observation", &seen.id.to_string());
    let port = seen
        .source_port
        .map_or_else(String::new, |port| format!(", port {port}"));
    row(
        text,
        "Address",
        &format!("{}{port} ({})", seen.address, seen.handshake),
    );
    row(text, "Seen", &seen.seen_at.to_string());
    let source = seen
        .source
        .as_ref()
        .map_or_else(String::new, |source| format!(", {source}"));
    row(text, "By", &format!("{}{source}", seen.sensor));
    row(text, "Kind", seen.kind.name());
    if !seen.counted {
        row(text, "Counted", "no: it is kept, and lists nobody");
    }
    if let Some(trap) = seen.trap {
        row(text, "Trap", trap.name());
    }
    row(text, "HELO", &seen.envelope.helo);
    row(text, "Sender", &format!("<{}>", seen.envelope.mail_from));
    for recipient in &seen.envelope.recipients {
        row(text, "Recipient", &format!("<{recipient}>"));
    }
    row(text, "Subject", &seen.envelope.subject);
    row(text, "Size", &format!("{} bytes", seen.size));
    if let Some(tls) = &seen.tls {
        row(text, "TLS", tls);
    }
    if let Some(fingerprint) = &seen.fingerprint {
        row(text, "Fingerprint", fingerprint);
    }
    client(text, seen.system.as_ref(), seen.dialect.as_ref());
    if let Some(dialect) = &seen.dialect_text {
        row(text, "", dialect);
    }
    if let Some(shape) = seen.shape {
        row(text, "Header shape", &shape.to_string());
    }
    if let Some(shape) = &seen.shape_text {
        row(text, "", shape);
    }
    if !seen.oddities.is_empty() {
        row(text, "Odd", &seen.oddities.join(", "));
    }
}

fn client(text: &mut String, system: Option<&System>, dialect: Option<&Spoken>) {
    if let Some(system) = system {
        let label = system.label.as_deref().unwrap_or("unknown");
        let likely = if system.certain || system.label.is_none() {
            ""
        } else {
            " (likely)"
        };
        row(text, "System", &format!("{label}{likely}"));
    }
    if let Some(dialect) = dialect {
        let programs = dialect.programs.as_deref().unwrap_or("of no known program");
        row(text, "Dialect", &format!("{}, {programs}", dialect.id));
    }
}

fn evidence(text: &mut String, seen: &ShownObservation) -> anyhow::Result<()> {
    if let Some(conversation) = &seen.conversation {
        let talk = Conversation::parse(conversation).context("the conversation cannot be read")?;
        text.push_str("\nConversation (seconds, Client or Server)\n\n");
        text.push_str(&transcript(&talk));
    }
    let Some(message) = &seen.message else {
        text.push_str("\nNo message is kept, or none that this view may show.\n");
        return Ok(());
    };
    let extent = match (message.is_whole, message.parts_left_out) {
        (true, 0) => "Message",
        (true, _) => "Message, without parts that cannot be searched",
        (false, _) => "Header of the message; the rest cannot be shown",
    };
    line(
        text,
        format_args!("\n{extent}\n\n{}", printable(&message.text).trim_end()),
    );
    Ok(())
}

fn row(text: &mut String, label: &str, value: &str) {
    line(text, format_args!("{label:<16} {}", flat(value)));
}

/// A text in one line.
fn flat(text: &str) -> String {
    printable(text).replace(['\n', '\t'], " ")
}

/// Writes a line. Writing to a `String` cannot fail.
fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    let written = writeln!(text, "{words}");
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use atalaya_model::{Kind, ObservationId, Sensor};

    use super::*;

    #[test]
    fn a_list_obeys_no_stranger() {
        let one = ObservationLine {
            id: ObservationId(uuid::Uuid::from_u128(7)),
            address: "192.0.2.7".parse().unwrap(),
            seen_at: "2026-11-23T11:58:42Z".parse().unwrap(),
            sensor: Sensor::Trap,
            kind: Kind::Spam,
            counted: true,
            size: 812,
            subject: format!("\u{1b}]0;x\u{7}\n{}", "y".repeat(200)),
        };
        let text = list(std::slice::from_ref(&one), one.address);
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.chars().all(|sign| sign == '\n' || !sign.is_control()),
            "{text}"
        );
        assert!(list(&[], one.address).starts_with("Nothing was seen"));
    }
}

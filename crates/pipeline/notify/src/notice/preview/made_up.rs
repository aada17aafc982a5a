//! A notice from made-up facts.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::Ticket;
use atalaya_formats::why::Why;
use atalaya_model::{
    Class, Confidence, Contact, ContactSource, Decided, Decision, Envelope, Handshake, Kind, Listing,
    MailAddress, Observation, ObservationId, Prefix, Rule, Sensor, Serial, Timestamp, Verdict,
};
use uuid::{Builder, Uuid};

use crate::notice::config::NoticeConfig;
use crate::notice::error::NoticeError;
use crate::notice::evidence::{Evidence, Hiding};
use crate::notice::language::Language;
use crate::notice::letter::Shown;
use crate::notice::mail;
use crate::notice::table::{Incident, Row};
use crate::notice::text::{self, Facts, Templates};
use crate::notice::thread::Thread;
use crate::notice::writer::ListNames;

use super::Previewed;

/// The key of all that is made up.
const KEY: &[u8] = b"preview";
/// A spam that nobody sent.
const SPAM: &str = "Received: from mail.cheap.example (unknown [192.0.2.7])\r\n\
    \tby mx.trap.invalid with ESMTP for <maria@trap.invalid>; Mon, 23 Nov 2026 11:58:00 +0000\r\n\
    From: \"Best Offers\" <offers@cheap.example>\r\nTo: maria@trap.invalid\r\nSubject: An offer for you\r\n\
    Date: Mon, 23 Nov 2026 11:57:30 +0000\r\nMessage-ID: <1@cheap.example>\r\n\r\nBuy now.\r\n";
/// The largest notice that is previewed tells of so many addresses.
const MANY: u8 = 3;

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Whom the notice goes to.
    pub contact: MailAddress,
    /// In which language; as it is configured for that contact where this is absent.
    pub language: Option<Language>,
    /// Whether it tells of one address or of several.
    pub is_digest: bool,
}

/// Writes a notice from made-up facts.
///
/// # Errors
/// The mailbox that notices come from cannot be used.
pub fn preview(
    config: &NoticeConfig,
    names: &ListNames,
    templates: &Templates,
    wanted: &Preview,
    now: Timestamp,
) -> Result<Previewed, NoticeError> {
    let count = if wanted.is_digest { MANY } else { 1 };
    let shown: Vec<Shown> = (0..count)
        .filter_map(|number| shown(config, &wanted.contact, number, now))
        .collect();
    let Some((newest, others)) = shown.split_first() else {
        return Ok(Previewed {
            subject: String::new(),
            text: String::new(),
            mail: Vec::new(),
        });
    };
    let sender = config.sender()?;
    let rows: Vec<Row> = shown.iter().map(row).collect();
    let language = wanted
        .language
        .unwrap_or_else(|| config.language.for_contact(&config.languages, &wanted.contact));
    let ticket = Ticket {
        contact: wanted.contact.clone(),
        until: now.plus(config.link_lifetime.duration()),
    };
    let url = &names.public_url;
    let facts = Facts {
        zone: &names.zone,
        organisation: &config.organisation,
        sender: &sender,
        recipient: &wanted.contact,
        tongues: language.tongues(None),
        templates,
        newest,
        others,
        rows: &rows,
        incidents: u64::from(count),
        thread: &Thread::new(
            KEY,
            &wanted.contact,
            &newest.incident.contact.prefix,
            sender.domain(),
        ),
        public_url: url,
        network_page: &format!("{url}/network/{}", ticket.seal(KEY)),
        stop: &format!("{url}/notices/stop/{}", Uuid::nil().simple()),
    };
    Ok(Previewed {
        subject: text::subject(&facts),
        text: text::body(&facts),
        mail: mail::write(&facts, config, newest.id, now),
    })
}

/// An incident that never was, the newest being number 0; none where the made-up spam cannot be shown.
fn shown(config: &NoticeConfig, contact: &MailAddress, number: u8, now: Timestamp) -> Option<Shown> {
    let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7_u8.saturating_add(number)));
    let seen_at = now.minus(Duration::from_secs(600).saturating_mul(u32::from(number).saturating_add(1)));
    let seen = seen(address, seen_at);
    let hiding = Hiding {
        traps: config.traps().into(),
        key: KEY.to_vec(),
        most: config.max_evidence.bytes(),
        signatures: Arc::default(),
    };
    let evidence = Evidence::of(&seen, (SPAM.as_bytes(), &[]), &hiding)?;
    let (listing, decision) = listed(Prefix::single(address), seen_at);
    Some(Shown {
        id: Builder::from_random_bytes([number; 16]).into_uuid(),
        token: String::new(),
        incident: Incident {
            address,
            contact: Contact {
                prefix: "192.0.2.0/24".parse().ok()?,
                addresses: vec![contact.clone()],
                network: "EXAMPLE-NET".to_owned(),
                source: ContactSource::Rdap {
                    url: "https://rdap.example/ip/192.0.2.7".to_owned(),
                },
                confidence: Confidence::percent(90),
                found_at: now,
            },
            class: listing.class,
            reason: listing.reason.clone(),
            first_seen: seen_at,
            last_seen: seen_at,
        },
        decided: Decided {
            serial: listing.serial,
            at: seen_at,
            decision,
        },
        listing,
        evidence,
    })
}

/// One spam from an address.
fn seen(address: IpAddr, seen_at: Timestamp) -> Observation {
    let id = ObservationId(Uuid::nil());
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        envelope: Envelope {
            helo: "mail.cheap.example".to_owned(),
            mail_from: "offers@cheap.example".to_owned(),
            recipients: vec!["maria@trap.invalid".to_owned()],
        },
        subject: "An offer for you".to_owned(),
        source_port: Some(40_125),
        message_size: SPAM.len() as u64,
        ..Observation::new(id, address, seen_at, Sensor::Trap)
    }
}

/// The listing that followed, and its decision.
fn listed(prefix: Prefix, at: Timestamp) -> (Listing, Decision) {
    let until = Some(at.plus(Duration::from_secs(3 * 86_400)));
    let decision = Decision {
        prefix,
        verdict: Verdict::List {
            class: Class::Spam,
            until,
        },
        rule: Rule::new("trap-spam", 1),
        score: 1.0,
        reason: Why::Trapped {
            messages: 1,
            last: at,
        }
        .to_string(),
    };
    let listing = Listing {
        prefix,
        class: Class::Spam,
        reason: decision.reason.clone(),
        rule: decision.rule.clone(),
        since: at,
        until,
        serial: Serial(42),
    };
    (listing, decision)
}

fn row(one: &Shown) -> Row {
    Row {
        prefix: one.listing.prefix,
        serial: one.listing.serial,
        incident: one.incident.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text((language, is_digest): (Language, bool), templates: &Templates) -> Previewed {
        let names = ListNames {
            zone: "bl.atalaya.test".to_owned(),
            public_url: "https://list.example".to_owned(),
        };
        let wanted = Preview {
            contact: "abuse@cheap.example".parse().unwrap(),
            language: Some(language),
            is_digest,
        };
        let now = "2026-11-23T12:00:00Z".parse().unwrap();
        preview(&NoticeConfig::default(), &names, templates, &wanted, now).unwrap()
    }

    #[test]
    fn each_notice_can_be_seen_before_anybody_gets_it() {
        for (language, is_digest, words) in [
            (Language::En, false, "192.0.2.7, an address in your network"),
            (Language::En, true, "3 addresses in your network"),
            (Language::Es, false, "192.0.2.7, una dirección de su red"),
            (Language::Es, true, "3 direcciones de su red"),
        ] {
            let seen = text((language, is_digest), &Templates::default());
            let one_line = seen.text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(one_line.contains(words), "{}", seen.text);
            assert!(
                !seen.text.contains("{{") && !seen.text.contains("\r\n\r\n\r\n"),
                "{}",
                seen.text
            );
            assert!(seen.subject.contains("[case-") && !seen.mail.is_empty());
        }
    }

    #[test]
    fn what_must_be_said_is_said_whatever_the_template_leaves_out() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("body.en.txt"), "Your {{address}} spams us.\n").unwrap();
        std::fs::write(folder.path().join("subject.en.txt"), "Spam\n").unwrap();
        let seen = text((Language::En, false), &Templates::load(folder.path()).unwrap());
        assert!(seen.subject.starts_with("Spam [case-"), "{}", seen.subject);
        assert!(
            seen.text.starts_with("Your 192.0.2.7 spams us.\r\n\r\n"),
            "{}",
            seen.text
        );
        for needed in [
            "complete message is attached",
            "  https://list.example/ip/192.0.2.7\r\n",
            "  https://list.example/network/",
            "  https://list.example/notices/stop/",
        ] {
            assert!(
                seen.text.contains(needed),
                "{needed:?} is missing in\n{}",
                seen.text
            );
        }
    }
}

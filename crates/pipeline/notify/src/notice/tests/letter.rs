//! The mail, part by part.

use atalaya_model::{ByteSize, Observation};
use mail_parser::{Message, MessageParser, MimeHeaders, PartType};
use serde_json::Value;

use super::fixture::{SPAM, config, digest, letter, letter_with_link, observation};
use crate::notice::{Language, NoticeConfig};

/// A mail, read by a parser.
pub(super) fn parsed(mail: &[u8]) -> Message<'_> {
    MessageParser::default().parse(mail).unwrap()
}

/// Where the parts stand, below the outermost one.
pub(super) const TEXT: &[usize] = &[0, 0];
pub(super) const XARF: &[usize] = &[0, 1];
pub(super) const REPORT: &[usize] = &[1];
pub(super) const SPAM_PART: &[usize] = &[2];

/// The word of the network in the fixture.
const CASE: &str = "case-6sfsuct2";

/// The types of the parts inside the one at `path`.
pub(super) fn kinds(mail: &[u8], path: &[usize]) -> Vec<String> {
    let message = parsed(mail);
    let PartType::Multipart(children) = &message.parts[index_of(&message, path)].body else {
        panic!("not multipart");
    };
    children
        .iter()
        .map(|child| {
            let kind = message.parts[*child as usize].content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
        })
        .collect()
}

fn index_of(message: &Message<'_>, path: &[usize]) -> usize {
    path.iter().fold(0, |at, step| {
        let PartType::Multipart(children) = &message.parts[at].body else {
            panic!("not multipart");
        };
        children[*step] as usize
    })
}

/// What stands in the part at `path`, decoded.
pub(super) fn part(mail: &[u8], path: &[usize]) -> Vec<u8> {
    let message = parsed(mail);
    let part = &message.parts[index_of(&message, path)];
    match &part.body {
        PartType::Message(inner) => inner.raw_message().to_vec(),
        _ => part.contents().to_vec(),
    }
}

fn xarf(mail: &[u8]) -> Value {
    serde_json::from_slice(&part(mail, XARF)).unwrap()
}

fn of(observation: &Observation, raw: &str) -> Vec<u8> {
    letter(observation, raw.as_bytes(), &config(), 1)
}

#[test]
fn it_is_a_feedback_report_of_three_parts_with_xarf_beside_the_text() {
    let mail = of(&observation(1), SPAM);
    assert_eq!(
        kinds(&mail, &[]),
        ["multipart/mixed", "message/feedback-report", "message/rfc822"]
    );
    assert_eq!(kinds(&mail, &[0]), ["text/plain", "application/json"]);
    let message = parsed(&mail);
    let kind = message.content_type().unwrap();
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("report")));
    assert_eq!(kind.attribute("report-type"), Some("feedback-report"));
    let header = |name: &'static str| message.header_raw(name).unwrap().trim().to_owned();
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert_eq!(header("Date"), "Mon, 23 Nov 2026 12:00:00 +0000");
    assert!(header("Message-ID").ends_with("@list.example>"));
    assert!(header("List-Unsubscribe").starts_with("<https://list.example/notices/stop/"));
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(
        message.subject(),
        Some(&*format!(
            "Spam from 192.0.2.7, listed in bl.atalaya.test [{CASE}]"
        ))
    );
    assert!(mail.is_ascii(), "what can be is 7bit");
    assert!(
        mail.split(|byte| *byte == b'\n')
            .all(|line| line.len() <= 998 && line.last().is_none_or(|end| *end == b'\r'))
    );
}

#[test]
fn one_click_is_offered_over_https_only() {
    for (link, is_offered) in [
        ("https://list.example/notices/stop/0", true),
        ("http://127.0.0.1:8080/notices/stop/0", false),
    ] {
        let mail = letter_with_link(&observation(1), SPAM.as_bytes(), &config(), 1, link);
        let mail = parsed(&mail);
        assert_eq!(mail.header_raw("List-Unsubscribe-Post").is_some(), is_offered);
        assert!(mail.header_raw("List-Unsubscribe").is_some());
        assert!(mail.header_raw("X-XARF").is_none());
    }
}

#[test]
fn the_feedback_report_can_be_read_back() {
    let mail = letter(&observation(1), SPAM.as_bytes(), &config(), 10);
    let text = String::from_utf8(part(&mail, REPORT)).unwrap();
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")))
            .map(str::to_owned)
    };
    assert_eq!(field("Feedback-Type").as_deref(), Some("abuse"));
    assert_eq!(field("Version").as_deref(), Some("1"));
    assert_eq!(field("Source-IP").as_deref(), Some("192.0.2.7"));
    assert_eq!(field("Source-Port").as_deref(), Some("40125"));
    assert_eq!(
        field("Original-Mail-From").as_deref(),
        Some("<offers@cheap.example>")
    );
    assert_eq!(
        field("Arrival-Date").as_deref(),
        Some("Mon, 23 Nov 2026 11:58:00 +0000")
    );
    assert_eq!(field("Incidents").as_deref(), Some("10"));
    assert!(field("Original-Rcpt-To").unwrap().starts_with("<hidden-"));
    assert_eq!(field("Reporting-MTA"), None);
}

#[test]
fn no_part_shows_the_trap() {
    let mail = of(&observation(1), SPAM);
    let evidence = xarf(&mail)["evidence"][0]["payload"].as_str().unwrap().to_owned();
    let evidence = data_encoding_free_base64(&evidence);
    let text = String::from_utf8(part(&mail, TEXT)).unwrap();
    for shown in [mail, evidence, text.into_bytes()] {
        let shown = String::from_utf8_lossy(&shown).to_lowercase();
        assert!(!shown.contains("maria") && !shown.contains("trap.ex"), "{shown}");
        assert!(shown.contains("hidden-"));
    }
}

/// Decodes by way of the mail parser, so that tests need no library for it.
fn data_encoding_free_base64(text: &str) -> Vec<u8> {
    let raw = format!("Content-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n{text}\r\n");
    parsed(raw.as_bytes()).parts[0].contents().to_vec()
}

#[test]
fn an_unknown_port_or_sender_makes_a_blocklist_report() {
    let replayed = Observation {
        source_port: None,
        ..observation(1)
    };
    assert_eq!(xarf(&of(&replayed, SPAM))["type"], "blocklist");
    let mut bounce = observation(1);
    bounce.envelope.mail_from = String::new();
    assert_eq!(xarf(&of(&bounce, SPAM))["type"], "blocklist");
    assert_eq!(xarf(&of(&observation(1), SPAM))["type"], "spam");
}

#[test]
fn what_is_too_large_goes_as_its_header() {
    let config = NoticeConfig {
        max_evidence: ByteSize(200),
        ..config()
    };
    let mail = letter(&observation(1), SPAM.as_bytes(), &config, 1);
    assert_eq!(kinds(&mail, &[])[2], "text/rfc822-headers");
    let header = String::from_utf8(part(&mail, SPAM_PART)).unwrap();
    assert!(
        header.contains("From: \"Best Offers\"") && !header.contains("compra ya"),
        "{header}"
    );
    assert_eq!(xarf(&mail)["evidence"][0]["content_type"], "text/rfc822-headers");
    assert!(
        String::from_utf8(part(&mail, TEXT))
            .unwrap()
            .contains("The header is attached")
    );
}

#[test]
fn spam_that_cannot_travel_unencoded_goes_as_its_header_and_whole_in_xarf() {
    for body in [format!("{}\r\n", "x".repeat(2_000)), "a\0b\r\n".to_owned()] {
        let mail = of(
            &observation(1),
            &format!("From: x@cheap.example\r\nSubject: x\r\n\r\n{body}"),
        );
        assert_eq!(kinds(&mail, &[])[2], "text/rfc822-headers");
        let text = String::from_utf8(part(&mail, TEXT)).unwrap();
        assert!(
            text.contains("stands in xarf.json") && !text.contains("complete message"),
            "{text}"
        );
        let whole = data_encoding_free_base64(xarf(&mail)["evidence"][0]["payload"].as_str().unwrap());
        assert!(whole.ends_with(body.as_bytes()));
        assert!(!mail.contains(&0) && mail.split(|byte| *byte == b'\n').all(|line| line.len() <= 1_000));
    }
    let mail = of(
        &observation(1),
        "From: x@cheap.example\nSubject: x\n\nolé\nbare\rcr\n",
    );
    assert_eq!(kinds(&mail, &[])[2], "message/rfc822");
    assert_eq!(
        part(&mail, SPAM_PART),
        "From: x@cheap.example\r\nSubject: x\r\n\r\nolé\r\nbare\r\ncr\r\n".as_bytes()
    );
    let text = String::from_utf8_lossy(&mail);
    assert_eq!(
        text.matches("Content-Transfer-Encoding: 8bit").count(),
        2,
        "{text}"
    );
}

#[test]
fn nobody_can_add_headers_lines_or_parts() {
    let evil = "x\r\nBcc: victim@other.example\r\n\r\n--=_r00000000000000000000000000000007\r\nContent-Type: text/html\r\n\r\n<b>\0--=_p00000000000000000000000000000007";
    let mut observation = observation(1);
    observation.subject = evil.to_owned();
    observation.envelope.helo = evil.to_owned();
    observation.envelope.mail_from = evil.to_owned();
    observation.envelope.recipients = vec![evil.to_owned(), format!("{}@trap.example", "y".repeat(3_000))];
    let raw = format!(
        "Subject: {}\r\nFrom: x@cheap.example\r\n\r\n--=_r00000000000000000000000000000007--\r\nbody\r\n",
        evil.replace('\0', "")
    );
    let mail = of(&observation, &raw);
    assert_eq!(
        kinds(&mail, &[]),
        ["multipart/mixed", "message/feedback-report", "message/rfc822"]
    );
    assert_eq!(kinds(&mail, &[0]), ["text/plain", "application/json"]);
    let message = parsed(&mail);
    assert!(message.bcc().is_none() && message.header_raw("Bcc").is_none());
    assert_eq!(
        message.parts[0]
            .headers
            .iter()
            .filter(|header| header.name.as_str() == "Subject")
            .count(),
        1
    );
    let report = String::from_utf8(part(&mail, REPORT)).unwrap();
    assert!(
        !report.contains("\r\nBcc") && !report.contains("\r\n\r\n--"),
        "{report}"
    );
    let text = String::from_utf8(part(&mail, TEXT)).unwrap();
    assert!(
        text.lines()
            .all(|line| !line.starts_with("Bcc") && !line.starts_with("--=_")),
        "{text}"
    );
    assert!(!text.contains('\0'));
}

#[test]
fn the_text_reads_alone_in_the_language_chosen() {
    let text = |language| {
        let config = NoticeConfig { language, ..config() };
        String::from_utf8(part(&letter(&observation(1), SPAM.as_bytes(), &config, 10), TEXT)).unwrap()
    };
    for (language, words) in [
        (Language::En, ["has sent spam", "stands for 10 incidents"]),
        (Language::Es, ["correo no solicitado", "Representa 10 incidentes"]),
    ] {
        let text = text(language);
        for needed in words.into_iter().chain([
            "192.0.2.7",
            "2026-11-23 11:58:00 UTC",
            "bl.atalaya.test",
            "spam (127.0.0.3)",
            "2026-11-26 11:58:00 UTC",
            "40125",
            "\n  https://list.example/ip/192.0.2.7",
            "\n  https://list.example/notices/stop/0123456789abcdef0123456789abcdef",
            "RDAP rdap.example",
            "CHEAP-NET",
            "abuse@list.example",
            "  | From: \"Best Offers\" <offers@cheap.example>",
        ]) {
            assert!(text.contains(needed), "{needed:?} is missing in\n{text}");
        }
    }
    let both = text(Language::Both);
    assert!(both.find("has sent spam").unwrap() < both.find("correo no solicitado").unwrap());
    for line in both.lines() {
        assert!(
            line.chars().count() <= 72 || line.starts_with("  https://"),
            "{line:?}"
        );
    }
}

#[test]
fn the_system_of_the_sender_is_named_and_a_guess_is_called_one() {
    for (syn, told) in [
        (
            "4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+",
            "Linux 4.20 and newer, going by its first packet",
        ),
        (
            "4:118:0:52+0:1460:64240,8:mss,nop,ws,nop,nop,sok:df,id+",
            "perhaps Windows 10 or 11, going by its first packet",
        ),
    ] {
        let seen = Observation {
            fingerprint: Some(syn.parse().unwrap()),
            ..observation(1)
        };
        let text = String::from_utf8(part(&of(&seen, SPAM), TEXT)).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&format!("System {told}")), "{text}");
    }
    let text = String::from_utf8(part(&of(&observation(1), SPAM), TEXT)).unwrap();
    assert!(!text.contains("System"), "{text}");
}

#[test]
fn a_digest_carries_a_table_of_all_and_a_report_for_each_that_is_shown() {
    let mail = digest(&config());
    assert_eq!(
        kinds(&mail, &[]),
        ["multipart/mixed", "message/feedback-report", "message/rfc822"]
    );
    let json = "application/json";
    assert_eq!(kinds(&mail, &[0]), ["text/plain", "text/csv", json, json, json]);
    let table = String::from_utf8(part(&mail, &[0, 1])).unwrap();
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(
        rows[0],
        "address,class,code,first_seen,last_seen,reason,decision,link"
    );
    assert_eq!(
        rows[1],
        "192.0.2.9,spam,127.0.0.3,2026-11-23T11:58:00Z,2026-11-23T11:58:00Z,\
         \"Spam reached our traps: 1 message, the last on 2026-11-23.\",42,https://list.example/ip/192.0.2.9"
    );
    assert_eq!(rows.len(), 4);
    let reports: Vec<Value> = (2..5)
        .map(|at| serde_json::from_slice(&part(&mail, &[0, at])).unwrap())
        .collect();
    for (report, address) in reports.iter().zip(["192.0.2.9", "192.0.2.8", "192.0.2.7"]) {
        assert_eq!(report["source_identifier"], address);
        assert_eq!(
            report["listing"]["url"],
            format!("https://list.example/ip/{address}")
        );
    }
    assert_ne!(reports[0]["report_id"], reports[1]["report_id"]);
    let message = parsed(&mail);
    assert!(
        message
            .subject()
            .unwrap()
            .starts_with("Spam from 3 addresses of your network")
    );
    let text = String::from_utf8(part(&mail, TEXT)).unwrap();
    for needed in [
        "3 addresses in your network",
        "addresses.csv",
        "192.0.2.8",
        "192.0.2.7",
    ] {
        assert!(text.contains(needed), "{needed:?} is missing in\n{text}");
    }
}

#[test]
fn a_digest_in_both_languages_keeps_the_width_of_a_mail() {
    let config = NoticeConfig {
        language: Language::Both,
        ..config()
    };
    let text = String::from_utf8(part(&digest(&config), TEXT)).unwrap();
    assert!(text.contains("3 direcciones de su red") && text.contains("3 addresses in your network"));
    for line in text.lines() {
        assert!(
            line.chars().count() <= 72 || line.starts_with("  https://"),
            "{line:?}"
        );
    }
}

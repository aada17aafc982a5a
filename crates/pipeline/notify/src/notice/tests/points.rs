//! What the RFCs ask of an unsolicited report of abuse, point by point, in every form that a notice has.
//!
//! Further points have a test where their behaviour stands: evidence or silence, who is never written to, what ended (`work`), the curve and
//! what is gathered (`work`, `gathering`), the published schema (`outside`).

use std::collections::BTreeSet;

use super::fixture::{SPAM, config, digest, letter, observation};
use super::letter::{REPORT, SPAM_PART, TEXT, kinds, parsed, part};
use crate::notice::{Language, NoticeConfig};

/// A notice in each language, about one address and about several.
fn all_forms() -> Vec<Vec<u8>> {
    let in_language = |language| NoticeConfig { language, ..config() };
    [Language::En, Language::Es, Language::Both]
        .into_iter()
        .map(in_language)
        .flat_map(|config| {
            [
                letter(&observation(1), SPAM.as_bytes(), &config, 1),
                digest(&config),
            ]
        })
        .collect()
}

fn text_of(mail: &[u8]) -> String {
    String::from_utf8(part(mail, TEXT)).unwrap()
}

fn header(mail: &[u8], name: &str) -> Option<String> {
    let message = parsed(mail);
    message.header_raw(name).map(|value| value.trim().to_owned())
}

/// The fields of the part for programs, with their names.
fn fields(mail: &[u8]) -> Vec<(String, String)> {
    let report = String::from_utf8(part(mail, REPORT)).unwrap();
    report
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_reason_is_said_in_the_language_of_each_half() {
    let in_language = |language| {
        let config = NoticeConfig { language, ..config() };
        text_of(&letter(&observation(1), SPAM.as_bytes(), &config, 1))
    };
    let (english, spanish) = (
        "Spam reached our traps: 1 message",
        "Llegó spam a nuestras trampas: 1 mensaje",
    );
    for (language, is_english, is_spanish) in [
        (Language::En, true, false),
        (Language::Es, false, true),
        (Language::Both, true, true),
    ] {
        let text = in_language(language);
        assert_eq!(text.contains(english), is_english, "{text}");
        assert_eq!(text.contains(spanish), is_spanish, "{text}");
    }
}

/// RFC 6650 section 5: whoever did not ask for reports must be told how to stop them.
#[test]
fn every_notice_says_how_to_get_no_more() {
    for mail in all_forms() {
        let text = text_of(&mail);
        let stop = "  https://list.example/notices/stop/0123456789abcdef0123456789abcdef";
        assert!(text.lines().any(|line| line == stop), "{text}");
        assert!(
            text.contains("no more notices") || text.contains("no recibir más avisos"),
            "{text}"
        );
        let link = header(&mail, "List-Unsubscribe").unwrap();
        assert_eq!(link, format!("<{}>", stop.trim()));
    }
}

/// RFC 8058 section 3.1: one https link, and the field that allows one click; RFC 2369 section 3.2.
#[test]
fn one_click_ends_the_notices() {
    for mail in all_forms() {
        let click = header(&mail, "List-Unsubscribe-Post").unwrap();
        assert_eq!(click, "List-Unsubscribe=One-Click");
    }
}

/// RFC 6650 sections 4 and 5: the mailbox that reports come from takes replies, and the text invites to them.
#[test]
fn replies_go_to_a_mailbox_that_is_read() {
    for mail in all_forms() {
        let message = parsed(&mail);
        let from = message.from().unwrap().first().unwrap();
        assert_eq!(from.address(), Some("abuse@list.example"));
        assert!(message.reply_to().is_none());
        let text = text_of(&mail);
        assert!(
            text.contains("read by a person") || text.contains("Una persona lee"),
            "{text}"
        );
    }
}

/// RFC 6650 section 5: a person can act on the text alone, without the parts for programs.
#[test]
fn the_text_alone_is_enough_to_act() {
    for mail in all_forms() {
        let text = text_of(&mail);
        for needed in [
            "2026-11-23 11:58:00 UTC",
            "40125",
            "bl.atalaya.test",
            "192.0.2.0/24",
            "From: \"Best Offers\" <offers@cheap.example>",
            "https://list.example/ip/192.0.2.",
            "https://list.example/network/TICKET",
        ] {
            assert!(text.contains(needed), "{needed:?} is missing in\n{text}");
        }
    }
}

/// RFC 5965 section 2: multipart/report of type feedback-report, and in it the three parts in their order.
#[test]
fn the_form_is_that_of_a_feedback_report() {
    for mail in all_forms() {
        let message = parsed(&mail);
        let kind = mail_parser::MimeHeaders::content_type(&message).unwrap();
        assert_eq!(kind.attribute("report-type"), Some("feedback-report"));
        assert_eq!(
            kinds(&mail, &[]),
            ["multipart/mixed", "message/feedback-report", "message/rfc822"]
        );
    }
}

/// RFC 5965 sections 3.1 and 3.2: what must be there is there once, and what may be there once is there once at most.
#[test]
fn the_fields_of_the_report_are_those_that_must_and_may_be_there() {
    for mail in all_forms() {
        let fields = fields(&mail);
        let count = |wanted: &str| fields.iter().filter(|(name, _)| name == wanted).count();
        for name in ["Feedback-Type", "User-Agent", "Version"] {
            assert_eq!(count(name), 1, "{name}");
        }
        for name in [
            "Original-Envelope-Id",
            "Original-Mail-From",
            "Arrival-Date",
            "Reporting-MTA",
            "Source-IP",
            "Source-Port",
            "Incidents",
        ] {
            assert!(count(name) <= 1, "{name}");
        }
        assert!(fields.contains(&("Feedback-Type".to_owned(), "abuse".to_owned())));
        assert!(fields.contains(&("Version".to_owned(), "1".to_owned())));
        // RFC 6692: a network behind one address finds its customer by the port.
        assert!(fields.contains(&("Source-Port".to_owned(), "40125".to_owned())));
    }
}

/// RFC 5965 section 3.2 and RFC 6650 section 5: a report that stands for many incidents says for how many.
#[test]
fn the_report_says_for_how_many_incidents_it_stands() {
    for (mail, incidents) in [
        (letter(&observation(1), SPAM.as_bytes(), &config(), 100), "100"),
        (digest(&config()), "3"),
    ] {
        assert!(fields(&mail).contains(&("Incidents".to_owned(), incidents.to_owned())));
    }
}

/// X-ARF: one report is one incident, so that a digest has several.
#[test]
fn each_shown_incident_has_an_xarf_report_of_its_own() {
    let reports = |mail: &[u8]| {
        let parts = kinds(mail, &[0]);
        parts.iter().filter(|kind| *kind == "application/json").count()
    };
    assert_eq!(
        reports(&letter(&observation(1), SPAM.as_bytes(), &config(), 100)),
        1
    );
    assert_eq!(reports(&digest(&config())), 3);
}

/// RFC 6449 section 3 and RFC 5965 section 2: the receiver needs the header of the message as it came, to find its customer by it.
#[test]
fn the_evidence_keeps_what_names_the_customer() {
    for mail in all_forms() {
        let spam = String::from_utf8(part(&mail, SPAM_PART)).unwrap();
        for kept in [
            "Received: from mail.cheap.example (unknown [192.0.2.7])",
            "Message-ID: <1@cheap.example>",
            "Date: Mon, 23 Nov 2026 11:57:30 +0000",
        ] {
            assert!(spam.contains(kept), "{kept:?} is missing in\n{spam}");
        }
    }
}

/// RFC 6590 section 3: what is hidden has the same name wherever it stands in a report, and no part shows what it was.
#[test]
fn a_hidden_recipient_has_one_name_in_all_parts() {
    for mail in all_forms() {
        let names = |text: &str| -> BTreeSet<String> {
            let cut = |piece: &str| piece.chars().take(10).collect::<String>();
            text.split("hidden-").skip(1).map(cut).collect()
        };
        let report = String::from_utf8(part(&mail, REPORT)).unwrap();
        let spam = String::from_utf8(part(&mail, SPAM_PART)).unwrap();
        assert!(
            !names(&report).is_empty() && names(&report).is_subset(&names(&spam)),
            "{report}{spam}"
        );
        for shown in [report, spam, text_of(&mail)] {
            assert!(
                !shown.contains("maria.trap") && !shown.contains("trap.example"),
                "{shown}"
            );
        }
    }
}

/// RFC 3834 section 5 and RFC 6650 section 5: no program is to answer, so that no two of them write to each other for ever.
#[test]
fn programs_are_told_not_to_answer() {
    for mail in all_forms() {
        assert_eq!(header(&mail, "Auto-Submitted").as_deref(), Some("auto-generated"));
    }
}

/// RFC 5322 section 3.6.4: notices about one network refer to the same id, and each has its own.
#[test]
fn notices_about_a_network_are_kept_together() {
    for mail in all_forms() {
        let root = header(&mail, "References").unwrap();
        assert_eq!(header(&mail, "In-Reply-To").as_ref(), Some(&root));
        assert_ne!(header(&mail, "Message-ID").unwrap(), root);
        let word = root.trim_start_matches('<').split('@').next().unwrap().to_owned();
        let subject = parsed(&mail).subject().unwrap().to_owned();
        assert!(subject.ends_with(&format!("[{word}]")), "{subject}");
    }
}

/// RFC 5322 section 2.1.1 and RFC 5321 section 4.5.3.1.6: no line is longer than mail allows, and each ends as mail wants it.
#[test]
fn lines_are_those_of_a_mail() {
    for mail in all_forms() {
        let lines = mail.split(|byte| *byte == b'\n');
        for line in lines.filter(|line| !line.is_empty()) {
            assert!(
                line.len() <= 999 && line.last() == Some(&b'\r'),
                "{}",
                line.escape_ascii()
            );
        }
    }
}

//! What a glance sees in ordinary and in absurd mails.

use proptest::prelude::*;

use super::*;

/// A glance at one field.
fn of(field: &str) -> Glance {
    glance(format!("{field}\r\n\r\n").as_bytes())
}

#[test]
fn an_ordinary_mail_is_told_in_a_few_facts() {
    let mail = b"From: \"Shop, The\" <shop@sender.example>\r\nTo: a@b.example\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n \
=?utf-8?B?IGFuIGFsbGU=?=\r\nDate: Mon, 23 Nov 2026 22:10:00 +0100\r\nMessage-ID: <1@sender.example>\r\n\r\nHello\r\n";
    let seen = glance(mail);
    assert_eq!(seen.subject, "Grüße an alle");
    assert_eq!(seen.from.as_deref(), Some("shop@sender.example"));
    assert_eq!(seen.date.unwrap().to_string(), "2026-11-23T21:10:00Z");
    assert!(!seen.is_report);
    assert_eq!(seen.oddities, Oddities::default());
}

#[test]
fn subjects_in_old_character_sets_are_decoded() {
    for (field, subject) in [
        ("Subject: =?iso-8859-1?q?caf=E9?=", "café"),
        ("Subject: =?koi8-r?B?8NLJ18XU?=", "Привет"),
        ("Subject: =?gb2312?B?xOO6ww==?=", "你好"),
        ("Subject: =?utf-8?Q?a_b?= c", "a b c"),
        ("Subject: plain", "plain"),
        ("Subject: \u{202e}lru\u{200f} \u{7}x", "lru x"),
        ("Subject:", ""),
    ] {
        assert_eq!(of(field).subject, subject, "{field}");
    }
}

#[test]
fn a_broken_character_set_is_noted() {
    for field in [
        "Subject: =?utf-8?B?//79/Pv6?=",
        "Subject: =?x-no-such-set?Q?=FF=FE?=",
        "Subject: =?utf-8?Z?abc?=",
        "Subject: =?utf-8?Q?never closed",
    ] {
        assert!(
            of(field).oddities.has(Oddity::BadCharset),
            "{field}: {:?}",
            of(field)
        );
    }
    let raw = glance(b"Subject: caf\xe9\r\n\r\n");
    assert!(raw.oddities.has(Oddity::BadCharset));
}

#[test]
fn a_date_that_does_not_exist_is_noted() {
    for field in [
        "Date: yesterday",
        "Date: Mon, 31 Feb 2026 10:00:00 +0000",
        "Date: 1 Jan 2026 25:00 +0000",
    ] {
        assert_eq!(of(field).date, None, "{field}");
        assert!(of(field).oddities.has(Oddity::BadDate), "{field}");
    }
    assert!(of("Subject: x").oddities.has(Oddity::NoDate));
    let leap = of("Date: Sat, 31 Dec 2016 23:59:60 +0000").date.unwrap();
    assert_eq!(leap.to_string(), "2016-12-31T23:59:59Z");
}

#[test]
fn a_long_subject_is_cut() {
    assert_eq!(
        of(&format!("Subject: {}", "é".repeat(5_000)))
            .subject
            .chars()
            .count(),
        MAX_SUBJECT_CHARS
    );
    assert_eq!(
        of(&format!("Subject: {}", "a ".repeat(5_000)))
            .subject
            .chars()
            .count(),
        199
    );
}

#[test]
fn absurd_mails_cost_nothing_and_harm_nothing() {
    let mut deep = String::from("Subject: deep\r\n");
    for depth in 0..1_000 {
        deep.push_str(&format!(
            "Content-Type: multipart/mixed; boundary=b{depth}\r\n\r\n--b{depth}\r\n"
        ));
    }
    assert_eq!(glance(deep.as_bytes()).subject, "deep");

    let many = format!("{}Subject: late\r\n\r\n", "X-A: b\r\n".repeat(100_000));
    let seen = glance(many.as_bytes());
    assert_eq!(seen.subject, "");
    assert!(seen.oddities.has(Oddity::ManyHeaders));

    let mut long = b"From: a@b.example\r\nSubject: ".to_vec();
    long.resize(25 << 20, b'x');
    let seen = glance(&long);
    assert_eq!(seen.subject.len(), MAX_SUBJECT_CHARS);
    assert!(seen.oddities.has(Oddity::LongHeaders));

    for mail in [
        &b""[..],
        b"\r\n\r\n",
        b"no headers here",
        &[0; 4_096],
        &[0xff; 4_096],
        b":",
        b"From\n",
    ] {
        assert!(glance(mail).oddities.has(Oddity::NoHeaders), "{mail:?}");
    }
}

#[test]
fn text_made_to_cost_the_square_of_its_length_is_bounded() {
    for unit in ["=?", "=?utf-8?Q?", "(", "<", "\"", "\\", "=?a?b?", ",", "@", ":;"] {
        let field = unit.repeat((512 << 10) / unit.len());
        for name in [
            "Subject",
            "From",
            "Date",
            "Message-ID",
            "Content-Type",
            "Return-Path",
        ] {
            let seen = of(&format!("{name}: {field}"));
            assert!(seen.subject.chars().count() <= MAX_SUBJECT_CHARS);
        }
    }
}

/// Mails of pieces that mean something, so that chance reaches the depths.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"Subject: ".to_vec()),
        Just(b"\r\nFrom: ".to_vec()),
        Just(b"\nDate: Mon, 99 Feb 99999 77:".to_vec()),
        Just(b"=?utf-8?B?".to_vec()),
        Just(b"=?utf-7?q?=".to_vec()),
        Just(b"?=".to_vec()),
        Just(b"\r\n ".to_vec()),
        Just(b"(<\"\\".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_give_a_bounded_glance(mail in pieces()) {
        let seen = glance(&mail);
        prop_assert!(seen.subject.chars().count() <= MAX_SUBJECT_CHARS);
        prop_assert!(!seen.subject.contains(char::is_control));
        prop_assert!(seen.from.is_none_or(|from| from.chars().count() <= MAX_FROM_CHARS));
    }
}

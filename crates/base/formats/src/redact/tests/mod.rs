//! Hiding, tried with the spellings that senders of spam use.

use data_encoding::BASE64;

use super::{Extent, HiddenMessage, Redactor};

const LIMIT: usize = 256 * 1024;

fn redactor() -> Redactor {
    let mut redactor = Redactor::new(b"a key of the test");
    redactor.hide_address("Maria.Trap@Trap.Example");
    redactor
}

fn hidden(raw: &str) -> (String, Extent) {
    let HiddenMessage { bytes, extent } = redactor().hide_message(raw.as_bytes(), LIMIT).unwrap();
    (String::from_utf8(bytes).unwrap(), extent)
}

fn assert_hidden(text: &str) {
    let out = redactor().hide_text(text);
    assert!(out.contains("hidden-"), "{text:?} -> {out:?}");
    assert!(!redactor().finds_in(out.as_bytes()), "{text:?} -> {out:?}");
    let lower = out.to_lowercase();
    assert!(
        !lower.contains("maria") && !lower.contains("trap"),
        "{text:?} -> {out:?}"
    );
}

#[test]
fn every_known_spelling_is_hidden() {
    for text in [
        "To: <maria.trap@trap.example>",
        "Received: by mx.x.example for <MARIA.TRAP@TRAP.EXAMPLE>; Mon",
        "Delivered-To: maria.trap@trap.example",
        "bounce-maria.trap=trap.example@list.example",
        "Received: from a by mx.trap.example with SMTP",
        "Dear maria.trap, you have won",
        "https://x.example/u?e=maria.trap%40trap.example&x=1",
        "https://x.example/u?e=%6Daria.tra%70%40tr%61p.example",
        "https://x.example/u?e=maria.trap%2540trap.example",
        "maria.trap&#64;trap.example",
        "maria.trap&#x40;trap&period;example",
        "maria.trap=40trap.example",
        "maria.tr=\r\nap@trap.exa=\r\nmple",
        "m\0a\0r\0i\0a\0.\0t\0r\0a\0p\0@\0t\0r\0a\0p\0.\0e\0x\0a\0m\0p\0l\0e\0",
    ] {
        assert_hidden(text);
    }
}

#[test]
fn base64_in_a_link_is_hidden_at_each_alignment() {
    for before in ["", "a", "ab", "abc"] {
        let code = BASE64.encode(format!("{before}Maria.Trap@trap.example:7").as_bytes());
        assert_hidden(&format!("https://x.example/o.gif?id={code}"));
        assert_hidden(&format!(
            "https://x.example/{}",
            code.trim_end_matches('=').replace('+', "-")
        ));
        let (one, two) = code.split_at(11);
        assert_hidden(&format!("<a href=3D\"https://x.example/{one}=\r\n{two}\">"));
    }
}

#[test]
fn encoded_words_are_hidden_even_when_cut_in_two() {
    let word = BASE64.encode(b"hola maria.trap@trap.example");
    assert_hidden(&format!("Subject: =?utf-8?B?{word}?="));
    assert_hidden("Subject: =?iso-8859-1?Q?para_maria.trap=40trap.example?=");
    let (one, two) = (BASE64.encode(b"maria.tr"), BASE64.encode(b"ap@trap.example"));
    assert_hidden(&format!("Subject: =?utf-8?B?{one}?=\r\n =?utf-8?B?{two}?="));
}

#[test]
fn other_addresses_and_words_stay() {
    let text =
        "From: x@spam.example\r\nSubject: a trapeze for trap-examples at other.example =?utf-8?Q?ol=C3=A9?=";
    assert_eq!(redactor().hide_text(text), text);
    let mut common = Redactor::new(b"k");
    common.hide_address("info@trap.example");
    assert_eq!(common.hide_text("more info here"), "more info here");
}

#[test]
fn the_same_address_has_the_same_pseudonym_in_any_spelling() {
    let redactor = redactor();
    let pseudonym = redactor.pseudonym("maria.trap@trap.example");
    assert_eq!(redactor.hide_text("Maria.Trap@trap.EXAMPLE"), pseudonym);
    assert_eq!(redactor.hide_text("maria.trap%40trap.example"), pseudonym);
    assert!(
        pseudonym.parse::<atalaya_model::MailAddress>().is_ok(),
        "{pseudonym}"
    );
    assert_ne!(pseudonym, redactor.pseudonym("other@trap.example"));
}

#[test]
fn base64_text_is_searched_and_encoded_again() {
    let body = BASE64.encode("<p>Hola maria.trap@trap.example, ¡oferta!</p>".as_bytes());
    let raw = format!(
        "From: x@spam.example\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n"
    );
    let (out, extent) = hidden(&raw);
    assert_eq!(extent, Extent::Message { parts_left_out: 0 });
    let text = mail_parser::MessageParser::default()
        .parse(out.as_bytes())
        .unwrap()
        .body_html(0)
        .unwrap()
        .into_owned();
    assert!(
        text.starts_with("<p>Hola hidden-") && text.ends_with("¡oferta!</p>"),
        "{text}"
    );
}

#[test]
fn parts_that_are_no_text_are_left_out() {
    let raw = "From: x@spam.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/plain\r\n\r\nHola maria.trap@trap.example\r\n\
        --b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQK\r\n\
        --b\r\nContent-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\nbQBhAHIA\r\n\
        --b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n--b--\r\n";
    let (out, extent) = hidden(raw);
    assert_eq!(extent, Extent::Message { parts_left_out: 3 });
    assert!(
        !out.contains("JVBERi0") && out.contains("Hola hidden-") && !out.contains("inner"),
        "{out}"
    );
    let parsed = mail_parser::MessageParser::default()
        .parse(out.as_bytes())
        .unwrap();
    assert_eq!(parsed.parts.len(), 5, "the structure is kept: {out}");
}

#[test]
fn what_is_too_long_or_hopeless_is_cut_to_its_header() {
    let raw = format!(
        "To: maria.trap@trap.example\r\nSubject: x\r\n\r\n{}",
        "x".repeat(100)
    );
    let small = redactor().hide_message(raw.as_bytes(), 50).unwrap();
    assert_eq!(small.extent, Extent::Header);
    let text = String::from_utf8(small.bytes).unwrap();
    assert!(
        text.starts_with("To: hidden-") && text.ends_with("Subject: x\r\n"),
        "{text:?}"
    );
    let many = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--",
        "--b\r\n\r\nx\r\n".repeat(300)
    );
    assert_eq!(
        redactor().hide_message(many.as_bytes(), LIMIT).unwrap().extent,
        Extent::Header
    );
}

#[test]
fn nothing_breaks_on_noise() {
    proptest::proptest!(|(noise in proptest::collection::vec(proptest::num::u8::ANY, 0..600))| {
        let out = redactor().hide_message(&noise, LIMIT);
        proptest::prop_assert!(out.is_none_or(|hidden| !redactor().finds_in(&hidden.bytes)));
    });
}

#[test]
fn an_address_between_any_texts_is_found() {
    proptest::proptest!(|(before in "[ -~\r\n]{0,80}", behind in "[ -~\r\n]{0,80}")| {
        let text = format!("{before}maria.trap@trap.example{behind}");
        let out = redactor().hide_text(&text);
        proptest::prop_assert!(!out.contains("maria.trap@trap.example"));
    });
}

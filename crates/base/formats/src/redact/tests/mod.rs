//! Hiding in texts and messages. What senders of spam do about it is tried in the files beside this one.

mod conversations;
mod spellings;
mod spoiling;
mod work;

use data_encoding::BASE64;

use super::{Extent, HiddenMessage, Redactor, RedactorBuilder};

const LIMIT: usize = 256 * 1024;

fn redactor() -> Redactor {
    hiding("Maria.Trap@Trap.Example")
}

fn hiding(address: &str) -> Redactor {
    RedactorBuilder::new(b"a key of the test")
        .recipient(address)
        .build()
}

fn hidden(raw: &str) -> (String, Extent) {
    let HiddenMessage { bytes, extent } = redactor().hide_message(raw.as_bytes(), LIMIT).unwrap();
    (String::from_utf8(bytes).unwrap(), extent)
}

#[test]
fn other_addresses_and_words_stay() {
    let text =
        "From: x@spam.example\r\nSubject: a trapeze for trap-examples at other.example =?utf-8?Q?ol=C3=A9?=";
    assert_eq!(redactor().hide_text(text), text);
    let common = hiding("info@trap.example");
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
    let noise = || proptest::collection::vec(proptest::num::u8::ANY, 0..6_000);
    let few = proptest::test_runner::Config::with_cases(16);
    proptest::proptest!(few, |(head in noise(), body in noise())| {
        let raw = [head, b"\r\n\r\nmaria.trap@trap.example ".to_vec(), body].concat();
        let out = redactor().hide_message(&raw, LIMIT).unwrap();
        proptest::prop_assert!(memchr::memmem::find(&out.bytes, b"maria.trap@trap").is_none());
    });
}

#[test]
fn an_address_between_any_texts_is_found() {
    proptest::proptest!(|(before in "[ -~\r\n]{0,400}", behind in "[ -~\r\n]{0,400}")| {
        let text = format!("{before}maria.trap@trap.example{behind}");
        let out = redactor().hide_text(&text);
        proptest::prop_assert!(!out.contains("maria.trap@trap.example"));
    });
}

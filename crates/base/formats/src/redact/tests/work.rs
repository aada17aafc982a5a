//! The work grows with the message and not faster, whatever stands in it.

use data_encoding::BASE64;

use super::super::{RedactorBuilder, readings};
use super::Redactor;

/// Texts that are made to be read in many ways, each a piece that is repeated.
fn nasty() -> Vec<(&'static str, String)> {
    let address = "maria.trap@trap.example ";
    // `UUU` wherever a group begins.
    let readable_at_each_beginning = "VVVVVVVV";
    let mut pieces = vec![
        ("blanks", " ".repeat(64)),
        ("blank lines", "\r\n \r\n\t".to_owned()),
        ("words of eight letters", "abcdefgh ".to_owned()),
        ("one run", "abcdefgh".to_owned()),
        ("readable runs", readable_at_each_beginning.to_owned()),
        (
            "base64 in base64",
            BASE64.encode(BASE64.encode(address.as_bytes()).as_bytes()),
        ),
        ("addresses", address.to_owned()),
        ("escapes", "%2525&#38;amp;\\u0026=3D".to_owned()),
        ("begun words", "=?a?b?".to_owned()),
        ("words", "=?a?b?bWFyaWE=?= ".to_owned()),
        ("tags that never end", "<a ".to_owned()),
        ("pieces that never come", "\"  ;  ".to_owned()),
        ("hex", "6d6172696161".to_owned()),
    ];
    let all = pieces.iter().map(|(_, piece)| piece.as_str()).collect();
    pieces.push(("all of them", all));
    pieces
}

fn of_length(piece: &str, length: usize) -> String {
    piece.repeat(length.div_ceil(piece.len()))
}

/// Bytes that are searched to search a text.
fn work(text: &str) -> usize {
    let mut bytes = 0;
    readings::each(text.as_bytes(), &mut |reading| bytes += reading.bytes.len());
    bytes
}

fn many_recipients() -> Redactor {
    (0..100)
        .fold(RedactorBuilder::new(b"k"), |builder, number| {
            builder.recipient(&format!("maria.trap{number}@trap{number}.example"))
        })
        .build()
}

#[test]
fn twice_the_text_is_twice_the_work() {
    const LENGTH: usize = 16 * 1024;
    const MOST_PER_BYTE: usize = 50;
    for (name, piece) in nasty() {
        let (one, two) = (
            work(&of_length(&piece, LENGTH)),
            work(&of_length(&piece, 2 * LENGTH)),
        );
        assert!(two <= one * 21 / 10, "{name}: {one} bytes, then {two}");
        assert!(one <= LENGTH * MOST_PER_BYTE, "{name}: {one} bytes");
    }
}

#[test]
fn long_recipients_and_those_inside_of_others_are_searched_too() {
    let letters = "y".repeat(3_000);
    let builder = (1..100)
        .map(|number| letters.split_at(number * 30).0)
        .fold(RedactorBuilder::new(b"k"), |builder, local| {
            builder.recipient(&format!("{local}@trap.example"))
        });
    let redactor = builder.build();
    let raw = format!("Subject: x\r\n\r\n{}@trap.example\r\n", "y".repeat(24 * 1024));
    let shown = redactor.hide_message(raw.as_bytes(), 1 << 20).unwrap();
    assert!(!shown.bytes.ends_with(b"y@trap.example\r\n"));
}

#[test]
fn large_messages_of_all_kinds_come_to_an_end() {
    let redactor = many_recipients();
    for (name, piece) in nasty() {
        let length = if name == "blanks" { 2 << 20 } else { 12 * 1024 };
        let raw = format!("Subject: x\r\n\r\n{}\r\n", of_length(&piece, length));
        assert!(redactor.hide_message(raw.as_bytes(), 4 << 20).is_some(), "{name}");
        let header = format!("Subject: {}\r\n\r\nx\r\n", of_length(&piece, length));
        assert!(
            redactor.hide_message(header.as_bytes(), 4 << 20).is_some(),
            "{name}"
        );
    }
}

//! Setting text, tried with values that strangers chose.

use super::page::Page;

#[test]
fn paragraphs_and_rows_stay_within_the_width() {
    let text = Page::default()
        .broken(&"palabra ".repeat(60))
        .row("Subject", &"muy largo ".repeat(30))
        .row("Envelope sender", &"x".repeat(200))
        .row("HELO", &"z".repeat(500))
        .finish();
    assert!(text.lines().all(|line| line.chars().count() <= 72), "{text}");
    assert_eq!(text.matches('x').count(), 200, "long words are broken, not cut");
    assert!(text.matches('z').count() == 239 && text.contains("z…"));
}

#[test]
fn a_value_cannot_begin_a_line_or_turn_the_writing_around() {
    let text = Page::default()
        .row("Subject", "a\r\nWHAT WE DID\u{2028}x\u{202e}evil\u{1b}[2J")
        .finish();
    assert_eq!(text, "  Subject           a WHAT WE DID x evil [2J\r\n");
}

#[test]
fn only_the_telling_fields_of_a_header_are_quoted() {
    let header =
        b"Received: from a\r\n\tby b\r\nX-Junk: no\r\n\tneither this\r\nSubject: hi\r\n\r\nFrom: body";
    let text = Page::default().quoted_header(header).finish();
    assert_eq!(text, "  | Received: from a by b\r\n  | Subject: hi\r\n");
    let many = "Received: x\r\n y\r\n".repeat(50);
    assert_eq!(
        Page::default()
            .quoted_header(many.as_bytes())
            .finish()
            .lines()
            .count(),
        16
    );
}

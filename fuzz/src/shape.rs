//! Target `shape`: the shape of a mail's head.
//!
//! Input: a line with what the client called itself, a line with the reverse path, then a mail.

use atalaya_formats::message::{Head, Setting, Shape};

/// Longest text of a shape: 32 names of 40 bytes, and what its other fields tell.
const LONGEST: usize = 32 * 41 + 1_000;

/// Tells the shape of a mail.
pub fn shape(data: &[u8]) {
    let mut parts = data.splitn(3, |byte| *byte == b'\n');
    let mut line = || String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
    let (helo, sender) = (line(), line());
    let mail = parts.next().unwrap_or_default();
    let setting = Setting {
        helo: &helo,
        sender: &sender,
    };
    let head = Head::read(mail);
    let shape = Shape::of(head.fields(), setting);
    assert_told(&shape);
    let longer = [mail, b"\nX-Behind: no\r\n"].concat();
    if Head::read(&longer).fields() == head.fields() {
        assert_eq!(Shape::of(Head::read(&longer).fields(), setting), shape);
    }
    let other = Setting::default();
    let other = Shape::of(head.fields(), other);
    assert_told(&other);
    assert_eq!(fields(&other).count(), fields(&shape).count());
}

/// A shape is one short line of fields, and has one name.
fn assert_told(shape: &Shape) {
    let text = shape.text();
    assert!(text.len() < LONGEST, "{} bytes: {text}", text.len());
    assert!(
        text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' '),
        "{text}"
    );
    assert!(text.starts_with("mail/1 received="), "{text}");
    assert_eq!(fields(shape).count(), 10, "{text}");
    assert!(fields(shape).all(|field| field.split_once('=').is_some_and(|(_, told)| !told.is_empty())));
    assert_eq!(shape.clone().into_text(), text);
}

fn fields(shape: &Shape) -> impl Iterator<Item = &str> {
    shape.text().split(' ').skip(1)
}

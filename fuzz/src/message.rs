//! Target `message`: the fields at the top of a mail.

use atalaya_formats::message::{Glance, Head, MAX_FIELDS, MAX_SUBJECT_CHARS, glance};

use crate::text::assert_presentable;

/// Longest sender that is told.
const LONGEST_FROM: usize = 320;

/// Takes a glance at a mail.
pub fn message(data: &[u8]) {
    let head = Head::read(data);
    assert!(head.fields().len() <= MAX_FIELDS);
    for field in head.fields() {
        assert!(
            field
                .name()
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b':'),
            "{:?}",
            field.name()
        );
        assert!(head.first(field.name()).is_some());
        assert_eq!(field.value(), field.value().trim_ascii());
        assert_presentable(&field.line(64), 64);
    }
    let seen = glance(data);
    assert_eq!(seen, Glance::of(&head));
    assert_presentable(&seen.subject, MAX_SUBJECT_CHARS);
    assert_presentable(seen.from.as_deref().unwrap_or_default(), LONGEST_FROM);
    the_body_says_nothing(data, &seen);
}

/// What stands behind the first empty line is not looked at.
fn the_body_says_nothing(data: &[u8], seen: &Glance) {
    let ends = [&b"\n\n"[..], b"\n\r\n"];
    if ends
        .iter()
        .any(|end| data.windows(end.len()).any(|window| window == *end))
    {
        let longer = [data, b"\nSubject: no\r\nFrom: no@example.org\r\n"].concat();
        assert_eq!(&glance(&longer), seen, "the body was read as fields");
    }
}

//! Tests of the reader of DATA: ends, stuffing, smuggling, and the same result for any split.

use proptest::prelude::*;

use super::*;

/// Reads `input` in pieces of `size` bytes: the message, the odd things, and what is left behind the end.
fn read(input: &[u8], size: usize) -> (Vec<u8>, Vec<&'static str>, Option<Vec<u8>>) {
    let mut reader = DataReader::default();
    let mut body = Body::new(1 << 20);
    let mut at = 0;
    while at < input.len() {
        let piece = &input[at..input.len().min(at + size)];
        let fed = reader.feed(piece, &mut body);
        at += fed.consumed;
        if fed.ended {
            let words = reader.oddities().words().collect();
            return (body.take(), words, Some(input[at..].to_vec()));
        }
        assert_eq!(fed.consumed, piece.len(), "a piece without the end is read whole");
    }
    (body.take(), reader.oddities().words().collect(), None)
}

/// Reads in every piece size and expects the same each time.
fn read_any(input: &[u8]) -> (Vec<u8>, Vec<&'static str>, Option<Vec<u8>>) {
    let whole = read(input, input.len().max(1));
    for size in 1..input.len().min(9) {
        assert_eq!(read(input, size), whole, "pieces of {size}");
    }
    whole
}

#[test]
fn a_plain_message_ends_at_the_lone_dot() {
    let (message, odd, rest) = read_any(b"Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n");
    assert_eq!(message, b"Subject: x\r\n\r\nhello\r\n");
    assert!(odd.is_empty());
    assert_eq!(rest.unwrap(), b"QUIT\r\n");
}

#[test]
fn an_empty_message_ends_at_once() {
    assert_eq!(read_any(b".\r\n"), (vec![], vec![], Some(vec![])));
}

#[test]
fn stuffed_dots_are_taken_out() {
    let (message, odd, _) = read_any(b"..\r\n...a\r\n.b\r\na.\r\n.\r\n");
    assert_eq!(message, b".\r\n..a\r\nb\r\na.\r\n");
    assert!(odd.is_empty());
}

#[test]
fn smuggled_ends_stay_in_the_message_and_are_noted() {
    let forms: &[&[u8]] = &[
        b"a\n.\nb",
        b"a\n.\r\nb",
        b"a\r\n.\nb",
        b"a\r\n.\rb",
        b"a\r.\rb",
        b"a\r.\r\nb",
        b"a\r.\nb",
        b"a\n.\rb",
        b"a\r\n.\r\r\nb",
        b"a\r\r\n.\n\r\nb",
    ];
    for form in forms {
        let input = [form, &b"\r\nMAIL FROM:<x@y.example>\r\n.\r\n"[..]].concat();
        let (message, odd, rest) = read_any(&input);
        assert_eq!(
            message,
            [form, &b"\r\nMAIL FROM:<x@y.example>\r\n"[..]].concat(),
            "{:?}",
            form.escape_ascii().to_string()
        );
        assert!(
            odd.contains(&"false-end"),
            "{:?} {odd:?}",
            form.escape_ascii().to_string()
        );
        assert_eq!(rest.unwrap(), b"");
    }
}

#[test]
fn bare_line_ends_and_zero_bytes_are_noted_and_kept() {
    let cases: &[(&[u8], &[&str])] = &[
        (b"a\nb\r\n", &["bare-lf"]),
        (b"\nb\r\n", &["bare-lf"]),
        (b"a\rb\r\n", &["bare-cr"]),
        (b"a\r\r\n", &["bare-cr"]),
        (b"a\0b\r\n", &["nul"]),
        (b"a\n\rb\r\n", &["bare-lf", "bare-cr"]),
    ];
    for (text, expected) in cases {
        let (message, odd, _) = read_any(&[text, &b".\r\n"[..]].concat());
        assert_eq!((message.as_slice(), odd.as_slice()), (*text, *expected));
    }
}

#[test]
fn a_lone_dot_after_crcrlf_is_the_end() {
    // CR CR LF holds a true CRLF, so the line after it is a true line.
    let (message, odd, rest) = read_any(b"a\r\r\n.\r\n");
    assert_eq!(
        (message.as_slice(), odd.as_slice()),
        (&b"a\r\r\n"[..], &["bare-cr"][..])
    );
    assert!(rest.is_some());
}

#[test]
fn a_text_without_an_end_goes_on() {
    for text in [&b"a\r\n."[..], b"a\r\n.\r", b"a\n.\n", b"a.\r\n"] {
        assert_eq!(read_any(text).2, None);
    }
}

#[test]
fn chunks_have_their_odd_bytes_noted() {
    let words = |text: &[u8]| oddities_of_chunks(text).words().collect::<Vec<_>>();
    assert_eq!(words(b"a\r\nb\r\n.\r\n"), Vec::<&str>::new());
    assert_eq!(words(b"\na\rb\0"), ["bare-lf", "bare-cr", "nul"]);
    assert_eq!(words(b"a\r"), ["bare-cr"]);
}

/// Stuffs and ends a message as a correct client does.
fn stuff(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut start = true;
    for (at, byte) in message.iter().enumerate() {
        if start && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        start = *byte == b'\n' && at > 0 && message[at - 1] == b'\r';
    }
    out.extend_from_slice(b".\r\n");
    out
}

proptest! {
    #[test]
    fn what_a_client_stuffs_comes_out_the_same(
        lines in prop::collection::vec("[.\r\n a-c]{0,6}", 0..8), size in 1_usize..9,
    ) {
        // The last line must be ended by CRLF, or the end would not stand on a line of its own.
        let message = lines.join("\r\n") + "\r\n";
        let (read_back, _, rest) = read(&stuff(message.as_bytes()), size);
        prop_assert_eq!(read_back, message.as_bytes());
        prop_assert_eq!(rest, Some(vec![]));
    }

    #[test]
    fn any_bytes_read_the_same_in_any_pieces(input in prop::collection::vec(prop::sample::select(b".\r\na\0".as_slice()), 0..40)) {
        read_any(&input);
    }
}

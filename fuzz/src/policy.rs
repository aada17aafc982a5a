//! Target `policy`: questions of a Postfix.

use atalaya_formats::policy::{Answer, MAX_LINE, NoRequest, Reader, Request};

use crate::text::{assert_presentable, choice};

/// Reads the same bytes whole and in pieces, and answers with what was asked.
pub fn policy(data: &[u8]) {
    let (piece, bytes) = choice(data);
    let whole = requests(bytes, bytes.len().max(1));
    assert_eq!(
        whole,
        requests(bytes, usize::from(piece).max(1)),
        "in pieces of {piece}"
    );
    for request in &whole.0 {
        for text in [
            &request.sender,
            &request.recipient,
            &request.helo_name,
            &request.instance,
        ] {
            assert_presentable(text, MAX_LINE);
        }
        let answer = Answer::Reject(request.sender.clone()).to_string();
        assert!(
            answer.starts_with("action=REJECT") && answer.ends_with("\n\n"),
            "{answer:?}"
        );
        assert_eq!(answer.matches('\n').count(), 2, "{answer:?}");
    }
}

/// The requests, and why they ended.
fn requests(bytes: &[u8], piece: usize) -> (Vec<Request>, Option<NoRequest>) {
    let (mut reader, mut found) = (Reader::default(), Vec::new());
    for mut part in bytes.chunks(piece) {
        while !part.is_empty() {
            match reader.read(&mut part) {
                Ok(request) => found.extend(request),
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

//! What a server says in the clear, one line a read, made readable for the SMTP client.
//!
//! The client would keep what it read ahead, and take it for said in TLS once that has begun: whoever sits in the middle could so put answers
//! into a protected connection. Here the rest stays outside of the client: the TLS handshake gets it, and fails.
//!
//! Readable: a code without text has one, a bare LF ends a line too (RFC 5321 section 4.2 lets a server be that short; some are that old), and
//! whatever is not ASCII is a question mark. The client would end the connection for each of these.

use std::collections::VecDeque;

use tokio::io::ReadBuf;

/// How many digits a code has.
const CODE: usize = 3;
/// The text of a code that came without.
const NO_TEXT: &[u8] = b" (no text)";

/// What a server says.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// As it came, and not looked at.
    raw: VecDeque<u8>,
    /// At most one line, or a piece of one.
    readable: VecDeque<u8>,
    /// Bytes of the present line that were looked at.
    column: usize,
    last: u8,
}

impl Answers {
    pub(super) fn is_empty(&self) -> bool {
        self.raw.is_empty() && self.readable.is_empty()
    }

    /// Adds what came.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
    }

    /// Hands out no more than the present line.
    pub(super) fn give_line(&mut self, buffer: &mut ReadBuf<'_>) {
        if self.readable.is_empty() {
            self.read_line();
        }
        give(&mut self.readable, buffer);
    }

    /// Hands out what is left, as it came.
    pub(super) fn give_rest(&mut self, buffer: &mut ReadBuf<'_>) {
        give(&mut self.readable, buffer);
        give(&mut self.raw, buffer);
    }

    /// Makes the next line readable, as far as it has come.
    fn read_line(&mut self) {
        while let Some(byte) = self.raw.pop_front() {
            self.translate(byte);
            if byte == b'\n' {
                return;
            }
        }
    }

    fn translate(&mut self, byte: u8) {
        if self.column == CODE && matches!(byte, b'\r' | b'\n') {
            self.readable.extend(NO_TEXT);
        }
        if byte == b'\n' && self.last != b'\r' {
            self.readable.push_back(b'\r');
        }
        self.readable.push_back(if byte.is_ascii() { byte } else { b'?' });
        self.last = byte;
        self.column = match byte {
            b'\n' => 0,
            _ => self.column.saturating_add(1),
        };
    }
}

fn give(from: &mut VecDeque<u8>, buffer: &mut ReadBuf<'_>) {
    let count = from.len().min(buffer.remaining());
    for byte in from.drain(..count) {
        buffer.put_slice(&[byte]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each read of what came in these pieces.
    fn reads(pieces: &[&[u8]]) -> Vec<String> {
        let mut answers = Answers::default();
        let mut reads = Vec::new();
        for piece in pieces {
            answers.add(piece);
            while !answers.is_empty() {
                let mut room = [0; 64];
                let mut buffer = ReadBuf::new(&mut room);
                answers.give_line(&mut buffer);
                reads.push(String::from_utf8(buffer.filled().to_vec()).unwrap());
            }
        }
        reads
    }

    #[test]
    fn no_read_gives_more_than_one_line() {
        let lines = reads(&[b"250-a\r\n250 b\r\n22", b"0 go\r\n250 injected\r\n"]);
        assert_eq!(
            lines,
            ["250-a\r\n", "250 b\r\n", "22", "0 go\r\n", "250 injected\r\n"]
        );
    }

    #[test]
    fn what_the_client_does_not_understand_is_made_readable() {
        assert_eq!(reads(&[b"250\r\n"]).concat(), "250 (no text)\r\n");
        assert_eq!(reads(&[b"25", b"0", b"\r", b"\n"]).concat(), "250 (no text)\r\n");
        assert_eq!(
            reads(&[b"250-x\n250\n354 \n"]).concat(),
            "250-x\r\n250 (no text)\r\n354 \r\n"
        );
        assert_eq!(reads(&[b"550 no\xe9\xff\r\n"]).concat(), "550 no??\r\n");
    }

    #[test]
    fn what_is_left_is_given_as_it_came() {
        let mut answers = Answers::default();
        answers.add(b"220 go\r\n\xff\n");
        let mut room = [0; 64];
        answers.give_line(&mut ReadBuf::new(&mut room));
        let mut buffer = ReadBuf::new(&mut room);
        answers.give_rest(&mut buffer);
        assert_eq!(buffer.filled(), b"\xff\n");
        assert!(answers.is_empty());
    }
}

//! A message to a trap as it comes in: put together from its header fields and the pieces of its body, up to a size and as far as there is memory.

use atalaya_formats::milter::Header;
use atalaya_net::Share;

/// The bytes of a message.
#[derive(Debug)]
pub(super) struct Message {
    bytes: Vec<u8>,
    /// The memory that they take.
    share: Share,
    most: usize,
    is_cut: bool,
    is_in_body: bool,
}

impl Message {
    /// A message of which at most so many bytes are kept.
    pub(super) const fn new(share: Share, most: usize) -> Self {
        Self {
            bytes: Vec::new(),
            share,
            most,
            is_cut: false,
            is_in_body: false,
        }
    }

    /// Takes a field of the header, with `gap` between its colon and its value. One that comes behind the header belongs to no message.
    pub(super) fn push_header(&mut self, header: &Header, gap: &[u8]) {
        if self.is_in_body {
            return;
        }
        self.push(&header.name);
        self.push(b":");
        self.push(gap);
        let mut lines = header.value.split(|byte| *byte == b'\n');
        if let Some(first) = lines.next() {
            self.push(first.strip_suffix(b"\r").unwrap_or(first));
        }
        for line in lines {
            self.push(b"\r\n");
            self.push(line.strip_suffix(b"\r").unwrap_or(line));
        }
        self.push(b"\r\n");
    }

    /// Ends the header, if it has not ended.
    pub(super) fn end_header(&mut self) {
        if !std::mem::replace(&mut self.is_in_body, true) {
            self.push(b"\r\n");
        }
    }

    /// Takes a piece of the body.
    pub(super) fn push_body(&mut self, piece: &[u8]) {
        self.end_header();
        self.push(piece);
    }

    /// Whether nothing more is taken.
    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What there is, and the memory that it takes.
    pub(super) fn finish(self) -> (Vec<u8>, Share) {
        (self.bytes, self.share)
    }

    fn push(&mut self, part: &[u8]) {
        let room = self.most.saturating_sub(self.bytes.len());
        let taken = part.get(..room.min(part.len())).unwrap_or_default();
        if self.is_cut || !self.share.take(taken.len()) {
            self.is_cut = true;
            return;
        }
        self.bytes.extend_from_slice(taken);
        self.is_cut = taken.len() < part.len();
    }
}

#[cfg(test)]
mod tests {
    use atalaya_net::Budget;

    use super::*;

    fn message(most: usize, memory: usize) -> Message {
        let address = std::net::IpAddr::from([192, 0, 2, 1]);
        Message::new(Budget::new(memory, memory).share(address), most)
    }

    fn header(name: &str, value: &str) -> Header {
        Header {
            name: name.into(),
            value: value.into(),
        }
    }

    #[test]
    fn it_is_put_together_as_it_came() {
        let mut message = message(1_000, 1_000);
        message.push_header(&header("Subject", " a\n\tb\r\n c"), b"");
        message.push_header(&header("To", "a@b.example"), b" ");
        message.end_header();
        message.push_body(b"one\r\n");
        message.push_header(&header("Late", "x"), b" ");
        message.end_header();
        message.push_body(b"two\r\n");
        assert!(!message.is_cut());
        assert_eq!(
            message.finish().0,
            b"Subject: a\r\n\tb\r\n c\r\nTo: a@b.example\r\n\r\none\r\ntwo\r\n"
        );
    }

    #[test]
    fn it_ends_at_its_size_and_where_there_is_no_memory() {
        for (most, memory) in [(10, 1_000), (1_000, 10)] {
            let mut message = message(most, memory);
            message.push_body(b"123456");
            message.push_body(b"789");
            message.push_body(b"abc");
            assert!(message.is_cut());
            let kept = message.finish().0;
            assert!(
                b"\r\n123456789abc".starts_with(&kept) && (8..=10).contains(&kept.len()),
                "{kept:?}"
            );
        }
    }

    #[test]
    fn its_memory_is_given_back() {
        let budget = Budget::new(100, 100);
        let mut message = Message::new(budget.share([192, 0, 2, 1].into()), 50);
        message.push_body(&[b'x'; 80]);
        assert_eq!(budget.left(), 50);
        let (bytes, share) = message.finish();
        assert_eq!((bytes.len(), budget.left()), (50, 50));
        drop(share);
        assert_eq!(budget.left(), 100);
    }
}

//! Reads the whole of what one client sent, as a server does that agrees to everything.
//!
//! For fuzzing and tests: any bytes, in pieces of any size, must be read without a panic, and the size of the pieces must not matter.

use super::{Body, Command, Event, Oddities, Parsed, Reader};

/// One thing that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A command line.
    Line(Parsed),
    /// A line that was too long.
    LongLine,
    /// A text behind DATA, empty if it was too big.
    Message(Vec<u8>, Oddities),
    /// A chunk behind BDAT, empty if it was too big.
    Chunk(Vec<u8>),
}

/// Longest command line that is read here.
const MAX_LINE: usize = 512;
/// Largest message that is kept here.
const MAX_MESSAGE: usize = 64 * 1024;

/// Reads `sent` in pieces of `piece` bytes (at least one), and takes every DATA and BDAT as if it had been in order.
#[must_use]
pub fn walk(sent: &[u8], piece: usize) -> Vec<Heard> {
    let mut reader = Reader::new(MAX_LINE);
    let mut body = Body::new(MAX_MESSAGE);
    let mut heard = Vec::new();
    let (mut from, mut to) = (0_usize, 0_usize);
    loop {
        let input = sent.get(from..to).unwrap_or_default();
        let step = reader.step(input, &mut body);
        let line = match step.event {
            Event::Line { length, .. } => input.get(..length),
            _ => None,
        };
        from = from.saturating_add(step.consumed);
        match step.event {
            Event::More if to >= sent.len() => return heard,
            Event::More => to = to.saturating_add(piece.max(1)).min(sent.len()),
            Event::LongLine => heard.push(Heard::LongLine),
            Event::DataEnd { oddities } => heard.push(Heard::Message(body.take(), oddities)),
            Event::ChunkEnd => heard.push(Heard::Chunk(body.take())),
            Event::Line { oddities, .. } => {
                let mut parsed = Command::parse(line.unwrap_or_default());
                parsed.oddities = parsed.oddities.with(oddities);
                body = Body::new(MAX_MESSAGE);
                match parsed.command {
                    Ok(Command::Data) => reader.begin_data(),
                    Ok(Command::Bdat { size, .. }) => reader.begin_chunk(size),
                    _ => {}
                }
                heard.push(Heard::Line(parsed));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_conversation_is_cut_into_its_parts() {
        let heard = walk(b"EHLO x\r\nDATA\r\na\r\n.\r\nBDAT 4 LAST\r\nQUITQUIT\r\n", 3);
        assert_eq!(heard.len(), 6);
        assert_eq!(heard[2], Heard::Message(b"a\r\n".to_vec(), Oddities::NONE));
        assert_eq!(heard[4], Heard::Chunk(b"QUIT".to_vec()));
    }

    /// Pieces of conversations, right and wrong, from which the property below puts its input together.
    fn scrap() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::sample::select(vec![
                &b"EHLO x\r\n"[..],
                b"MAIL FROM:<a@b>\r\n",
                b"RCPT TO:<a@b>\n",
                b"DATA\r\n",
                b"\r\n.\r\n",
                b"\n.\n",
                b"BDAT 9\r\n",
                b"BDAT 99999999999 LAST\r\n",
                b"\0",
                b"\r",
                b".",
                b"\xff\xfe",
                b"QUIT\r\n",
            ])
            .prop_map(<[u8]>::to_vec),
            prop::collection::vec(any::<u8>(), 0..12),
            (400_usize..700).prop_map(|length| vec![b'x'; length]),
        ]
    }

    proptest! {
        #[test]
        fn the_size_of_the_pieces_does_not_matter(scraps in prop::collection::vec(scrap(), 0..12), piece in 1_usize..20) {
            let sent = scraps.concat();
            prop_assert_eq!(walk(&sent, piece), walk(&sent, sent.len()));
        }
    }
}

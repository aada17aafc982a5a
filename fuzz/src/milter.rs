//! Target `milter`: what a mail server tells a filter.
//!
//! Input: one byte for the size of the pieces in which the rest arrives, then the bytes of a connection.

use atalaya_formats::milter::{Command, MAX_PACKET, MAX_TEXT, NoCommand, Reader, Reply, actions, steps};

use crate::text::{assert_presentable, choice};

/// Reads the same bytes whole and in pieces, and answers with what was said.
pub fn milter(data: &[u8]) {
    let (piece, bytes) = choice(data);
    let whole = commands(bytes, bytes.len().max(1));
    let piece = usize::from(piece).max(1);
    assert_eq!(whole, commands(bytes, piece), "in pieces of {piece}");
    for command in &whole.0 {
        match command {
            Command::Helo(text) | Command::Mail(text) | Command::Recipient(text) => {
                assert_presentable(text, MAX_PACKET);
                assert_one_packet(text);
            }
            Command::Options(offer) => {
                let taken = offer.take(actions::ADD_HEADERS, steps::SKIP);
                assert_eq!(taken.is_err(), offer.version < 2);
                let is_offered = taken.is_ok_and(|taken| {
                    offer.may(taken.actions) && offer.has(taken.steps) && taken.version <= offer.version
                });
                assert!(is_offered || taken.is_err(), "{taken:?} of {offer:?}");
            }
            _ => {}
        }
    }
}

/// The commands, and why they ended.
fn commands(bytes: &[u8], piece: usize) -> (Vec<Command>, Option<NoCommand>) {
    let (mut reader, mut found) = (Reader::default(), Vec::new());
    for mut part in bytes.chunks(piece) {
        while !part.is_empty() {
            match reader.read(&mut part) {
                Ok(command) => found.extend(command),
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

/// Whatever a text says, an answer with it is one packet with one text.
fn assert_one_packet(text: &str) {
    for reply in [Reply::Refuse(text), Reply::Defer(text)] {
        let mut out = Vec::new();
        reply.write(&mut out);
        let (length, packet) = out.split_first_chunk().unwrap();
        assert_eq!(
            usize::try_from(u32::from_be_bytes(*length)).unwrap(),
            packet.len()
        );
        let ends = packet.iter().filter(|byte| **byte == 0).count();
        assert!(ends == 1 && packet.ends_with(b"\0"), "{packet:?}");
        assert!(packet.len() <= 2 * MAX_TEXT + 20, "{} bytes", packet.len());
    }
}

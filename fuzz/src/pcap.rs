//! Target `pcap`: a capture of packets, pcap or pcapng.
//!
//! Input: one byte for how the file arrives, then the file.

use std::io::{BufReader, Cursor};

use atalaya_formats::capture::{Capture, Packet};

use crate::text::choice;

/// Reads a capture in pieces and in one.
pub fn pcap(data: &[u8]) {
    let (choices, file) = choice(data);
    let read = packets(file, file.len().max(1));
    assert_eq!(
        read,
        packets(file, usize::from(choices % 16) + 1),
        "the pieces matter"
    );
    let (packets, _) = read;
    let taken: usize = packets.iter().map(|packet| packet.bytes.len()).sum();
    assert!(taken <= file.len(), "{taken} bytes out of {}", file.len());
    for packet in packets {
        assert!(packet.ip().is_none_or(|ip| packet.bytes.ends_with(ip)));
    }
}

/// The packets of a file that arrives in pieces of this size, and why no more could be read.
fn packets(file: &[u8], piece: usize) -> (Vec<Packet>, Option<String>) {
    let mut packets = Vec::new();
    let capture = match Capture::new(BufReader::with_capacity(piece, Cursor::new(file))) {
        Ok(capture) => capture,
        Err(error) => return (packets, Some(error.to_string())),
    };
    for packet in capture {
        match packet {
            Ok(packet) => packets.push(packet),
            Err(error) => return (packets, Some(error.to_string())),
        }
    }
    (packets, None)
}

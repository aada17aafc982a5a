//! Target `received`: which way a mail came, and above all from whom.
//!
//! Input: one byte for a mail server, then what its client said in HELO. The same bytes are also read as the fields of a mail.

use std::net::{IpAddr, Ipv4Addr};

use atalaya_formats::message::Head;
use atalaya_formats::received::{Hop, MAX_HOPS, Unsourced, hops, source};
use atalaya_model::Prefix;

use crate::text::{assert_presentable, choice};

/// The address from which the client really came.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 99));

/// What the client brought along below, to lead away from itself.
const FORGED: &str = "Received: from mx.trap.example (mx.trap.example [203.0.113.66])\r\n\
    \tby mx.trap.example with ESMTP id 1; Mon, 23 Nov 2026 10:00:00 +0000\r\n";

/// Longest name that is kept of a field.
const LONGEST_NAME: usize = 300;

/// Longest HELO that servers take: one command line (RFC 5321 section 4.5.3.1.4).
const LONGEST_HELO: usize = 512;

/// Reads fields, and tries to make a server's own field lie.
pub fn received(data: &[u8]) {
    let (server, said) = choice(data);
    let read = hops(&Head::read(said));
    assert!(read.len() <= MAX_HOPS);
    read.iter().for_each(hop_is_sound);
    nobody_below_is_believed(&read);
    helo_names_nobody_else(server, said);
}

/// Names are text of strangers: one line, bounded.
fn hop_is_sound(hop: &Hop) {
    for name in [&hop.helo, &hop.name, &hop.by, &hop.protocol]
        .into_iter()
        .flatten()
    {
        assert_presentable(name, LONGEST_NAME);
    }
}

/// The source is a client that is not trusted, and stays the same whatever stands below it.
fn nobody_below_is_believed(read: &[Hop]) {
    let trusted: Vec<Prefix> = ["10.0.0.0/8", "127.0.0.0/8", "2001:db8::/32"]
        .map(|text| text.parse().unwrap())
        .into();
    let Ok(found) = source(read, &trusted) else { return };
    assert!(
        !trusted.iter().any(|prefix| prefix.contains(found.address)),
        "{} is trusted",
        found.address
    );
    assert_eq!(read.get(found.depth).and_then(Hop::address), Some(found.address));
    let lie = Hop::read(b"from a (b [203.0.113.66]) by mx.trap.example with ESMTP");
    let lies: Vec<Hop> = read.iter().take(found.depth + 1).cloned().chain([lie]).collect();
    let again = source(&lies, &trusted).map(|source| (source.address, source.depth));
    assert_eq!(
        again,
        Ok((found.address, found.depth)),
        "a field below the source was believed"
    );
}

/// A client can say in HELO what it likes; it can make its mail unreadable, but nobody else its source.
fn helo_names_nobody_else(server: u8, said: &[u8]) {
    let said = String::from_utf8_lossy(said);
    let helo: String = said
        .chars()
        .filter(|letter| !letter.is_control())
        .take(LONGEST_HELO)
        .collect();
    let mail = format!("{}{FORGED}Subject: x\r\n\r\n", field(server, &helo));
    match source(&hops(&Head::read(mail.as_bytes())), &[]) {
        Ok(found) => assert_eq!(found.address, CLIENT, "HELO moved the blame:\n{mail}"),
        Err(why) => assert_eq!(
            why,
            Unsourced::Unclear,
            "HELO was taken for something else:\n{mail}"
        ),
    }
}

/// The field that a server writes about a client that said this.
fn field(server: u8, helo: &str) -> String {
    let from = match server % 5 {
        0 => format!("{helo} (unknown [{CLIENT}])"),
        1 => format!("{helo} (client.example [{CLIENT}] (may be forged))"),
        // Exim refuses other letters in HELO, qmail writes a question mark for them.
        2 => format!("client.example ([{CLIENT}] helo={})", only(helo, ".-_:[]")),
        3 => format!("[{CLIENT}] (helo={})", only(helo, ".-_:[]")),
        _ => format!("unknown (HELO {}) ({CLIENT})", only(helo, ".-/+@%:=")),
    };
    let by = match server % 5 {
        0 => "(Postfix) with ESMTP id 4XyZ",
        1 => "(8.17.1/8.17.1) with ESMTP id 5AN",
        2 | 3 => "with esmtp (Exim 4.96)\r\n\tid 1r-2",
        _ => "with SMTP",
    };
    format!("Received: from {from}\r\n\tby mx.trap.example {by}; Mon, 23 Nov 2026 10:00:01 +0000\r\n")
}

/// The text with a question mark for everything but letters, digits and these.
fn only(text: &str, also: &str) -> String {
    let keep = |letter: &char| letter.is_ascii_alphanumeric() || also.contains(*letter);
    text.chars()
        .map(|letter| if keep(&letter) { letter } else { '?' })
        .collect()
}

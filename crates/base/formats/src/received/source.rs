//! The source of a mail: who handed it to the first server that we trust.
//!
//! The walk begins at the top. The first Received field was written by the mailbox's own server, which is trusted. At each field that a
//! trusted server wrote:
//!
//! 1. The mail was fetched from a mailbox (IMAP, POP3, fetchmail): that is the user's own mailbox, so the server that keeps it is trusted
//!    and wrote the field below. Go on.
//! 2. The client has an address inside the trusted prefixes: it is a relay of ours and wrote the field below. Go on.
//! 3. The client has another address: that is the source. Stop; what stands below was brought along by the source.
//! 4. The server passed the mail to itself ([`Arrival::Passed`]): it wrote the field below too. Go on.
//! 5. A user or program of the server handed the mail in ([`Arrival::HandedIn`]): a filter that puts mail back does so, and so does a
//!    sender who sits there. Go on only if the field below names the same server in `by`.
//! 6. Nothing is beyond doubt: stop, there is no source.
//!
//! Whoever stands below a field is never consulted about it, and the walk never goes past a field of rule 3 or 6.

use std::net::IpAddr;

use atalaya_model::{Prefix, reserved};

use super::{Arrival, Hop, MAX_HOPS};

/// Who sent a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// Its address.
    pub address: IpAddr,
    /// The field that says so, written by a server that we trust.
    pub hop: &'a Hop,
    /// How many fields stand above that one.
    pub depth: usize,
}

/// Why the source of a mail cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, thiserror::Error)]
pub enum Unsourced {
    /// There is no Received field.
    #[error("no Received field")]
    NoHops,
    /// Every server on the way is trusted.
    #[error("no hop outside the trusted relays")]
    OnlyTrusted,
    /// A field that a trusted server wrote does not tell the client's address beyond doubt.
    #[error("a Received field does not tell the address beyond doubt")]
    Unclear,
    /// A user or program of a trusted server handed the mail in.
    #[error("handed in on a trusted server itself")]
    HandedIn,
    /// More servers than are followed.
    #[error("more Received fields than are followed")]
    TooManyHops,
    /// The source has an address that names no machine of the Internet.
    #[error("the source has a reserved address")]
    Reserved,
}

/// Finds the source of a mail in its hops, from the top. See the rules above.
///
/// # Errors
///
/// Says why no source can be told. The mail is then no evidence against anybody.
pub fn source<'a>(hops: &'a [Hop], trusted: &[Prefix]) -> Result<Source<'a>, Unsourced> {
    for (depth, hop) in hops.iter().enumerate() {
        let below = hops.get(depth.saturating_add(1));
        match hop.arrival {
            _ if hop.is_fetched => {}
            Arrival::Address(address) if is_trusted(address, trusted) => {}
            Arrival::Address(address) if reserved(&Prefix::single(address)).is_some() => {
                return Err(Unsourced::Reserved);
            }
            Arrival::Address(address) => return Ok(Source { address, hop, depth }),
            Arrival::Passed => {}
            Arrival::HandedIn if below.is_some_and(|below| is_same_server(hop, below)) => {}
            Arrival::HandedIn => return Err(Unsourced::HandedIn),
            Arrival::Unclear => return Err(Unsourced::Unclear),
        }
    }
    Err(match hops.len() {
        0 => Unsourced::NoHops,
        MAX_HOPS.. => Unsourced::TooManyHops,
        _ => Unsourced::OnlyTrusted,
    })
}

fn is_trusted(address: IpAddr, trusted: &[Prefix]) -> bool {
    trusted.iter().any(|prefix| prefix.contains(address))
}

/// Whether both fields name the same server in `by`.
fn is_same_server(one: &Hop, other: &Hop) -> bool {
    match (&one.by, &other.by) {
        (Some(one), Some(other)) => one.eq_ignore_ascii_case(other),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Head;
    use crate::received::hops;

    /// Walks over fields, written from the top, with 10.0.0.0/8 and loopback trusted.
    fn walk(fields: &[&str]) -> Result<String, Unsourced> {
        let mail: String = fields
            .iter()
            .map(|field| format!("Received: {field}\r\n"))
            .collect();
        let trusted = ["10.0.0.0/8", "127.0.0.0/8"].map(|prefix| prefix.parse().unwrap());
        let hops = hops(&Head::read(mail.as_bytes()));
        source(&hops, &trusted).map(|source| source.address.to_string())
    }

    const SOURCE: &str = "from h (n.example [192.0.2.1]) by relay.example with ESMTP";
    const RELAY: &str = "from relay.example (relay.example [10.0.0.7]) by mx.example with ESMTP";
    const FORGED: &str = "from bank.example (bank.example [203.0.113.66]) by h with ESMTP";

    #[test]
    fn the_walk_stops_at_the_first_client_that_is_not_trusted() {
        let local = "from localhost (localhost [127.0.0.1]) by mx.example with LMTP";
        assert_eq!(walk(&[SOURCE, FORGED]), Ok("192.0.2.1".into()));
        assert_eq!(walk(&[RELAY, SOURCE, FORGED]), Ok("192.0.2.1".into()));
        assert_eq!(walk(&[local, RELAY, SOURCE, FORGED]), Ok("192.0.2.1".into()));
    }

    #[test]
    fn a_fetched_mail_is_followed_to_its_mailbox() {
        let fetched =
            "from pop.example [198.51.100.9] by localhost with POP3 (fetchmail-6.4.0) for u@localhost";
        assert_eq!(walk(&[fetched, SOURCE]), Ok("192.0.2.1".into()));
    }

    #[test]
    fn what_a_server_passes_to_itself_is_followed() {
        assert_eq!(
            walk(&["by mx.example with SMTP id 1", SOURCE]),
            Ok("192.0.2.1".into())
        );
        assert_eq!(
            walk(&["(qmail 1 invoked from network); 1 Jan 2026", SOURCE]),
            Ok("192.0.2.1".into())
        );
    }

    #[test]
    fn what_was_handed_in_is_followed_on_the_same_server_only() {
        assert_eq!(
            walk(&["by relay.example (Postfix, from userid 9) id 1", SOURCE]),
            Ok("192.0.2.1".into())
        );
        assert_eq!(
            walk(&["by www.example (Postfix, from userid 9) id 1", SOURCE]),
            Err(Unsourced::HandedIn)
        );
        assert_eq!(
            walk(&["(qmail 1 invoked by uid 9)", SOURCE]),
            Err(Unsourced::HandedIn)
        );
        assert_eq!(
            walk(&["by relay.example (Postfix, from userid 9) id 1"]),
            Err(Unsourced::HandedIn)
        );
    }

    #[test]
    fn each_way_to_fail_is_told() {
        assert_eq!(walk(&[]), Err(Unsourced::NoHops));
        assert_eq!(walk(&[RELAY, RELAY]), Err(Unsourced::OnlyTrusted));
        assert_eq!(
            walk(&["from h by mx.example with SMTP", SOURCE]),
            Err(Unsourced::Unclear)
        );
        let private = "from h (h [192.168.1.1]) by mx.example with SMTP";
        assert_eq!(walk(&[private, SOURCE]), Err(Unsourced::Reserved));
        assert_eq!(walk(&[RELAY; 101]), Err(Unsourced::TooManyHops));
    }
}

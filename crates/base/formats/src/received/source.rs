//! The source of a mail: who handed it to the first server that we trust.
//!
//! The walk begins at the top. The first Received field was written by the mailbox's own server, which is trusted. At each field that a
//! trusted server wrote:
//!
//! 1. The mail was fetched from a mailbox (IMAP, POP3, fetchmail): that is the user's own mailbox, so the server that keeps it is trusted
//!    and wrote the field below. Go on.
//! 2. The client has an address outside the trusted prefixes: that is the source. Stop; what stands below was brought along by it.
//! 3. The client has a trusted address and was a user who logged in ([`Hop::is_submitted`]): stop, there is no source. A hacked account
//!    or PC sends what it likes, also fields of its invention.
//! 4. The client has a trusted address: it is a relay of ours and wrote the field below. Go on.
//! 5. The server passed the mail to itself ([`Arrival::Passed`]): it wrote the field below too. Go on.
//! 6. A user or program of the server handed the mail in ([`Arrival::HandedIn`]): stop, there is no source. A filter that puts mail back
//!    does so, and so does a stranger's program on a web server, which names that server in the fields that it invents.
//! 7. Nothing is beyond doubt: stop, there is no source.
//!
//! Whoever stands below a field is never consulted about it, and the walk goes on past fields of rules 1, 4 and 5 only.

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
    #[error("handed in by a user or program of a trusted server")]
    HandedIn,
    /// More servers than are followed.
    #[error("more Received fields than are followed")]
    TooManyHops,
    /// The source has an address that names no machine of the Internet: a machine of one's own network that is no trusted relay.
    #[error("reserved address, not among replay.trusted_relays")]
    Reserved,
}

/// Finds the source of a mail in its hops, from the top. See the rules above.
///
/// # Errors
///
/// Says why no source can be told. The mail is then no evidence against anybody.
pub fn source<'a>(hops: &'a [Hop], trusted: &[Prefix]) -> Result<Source<'a>, Unsourced> {
    for (depth, hop) in hops.iter().enumerate() {
        match hop.arrival {
            _ if hop.is_fetched => {}
            Arrival::Address(address) if is_trusted(address, trusted) => {
                if hop.is_submitted {
                    return Err(Unsourced::HandedIn);
                }
            }
            Arrival::Address(address) if reserved(&Prefix::single(address)).is_some() => {
                return Err(Unsourced::Reserved);
            }
            Arrival::Address(address) => return Ok(Source { address, hop, depth }),
            Arrival::Passed => {}
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
    fn below_what_was_handed_in_nothing_is_believed() {
        for handed_in in [
            "by relay.example (Postfix, from userid 33) id 1",
            "by www.example (Postfix, from userid 33) id 1",
            "from www-data by relay.example with local (Exim 4.98) id 1",
            "(from www@localhost) by relay.example (8.17.1/8.17.1/Submit) id 1",
            "(qmail 1 invoked by uid 9)",
        ] {
            assert_eq!(
                walk(&[handed_in, SOURCE]),
                Err(Unsourced::HandedIn),
                "{handed_in}"
            );
            assert_eq!(walk(&[handed_in]), Err(Unsourced::HandedIn), "{handed_in}");
        }
    }

    #[test]
    fn below_a_user_of_a_trusted_client_nothing_is_believed() {
        for submitted in [
            "from pc (pc.example [10.0.0.9]) by mx.example (Postfix) with ESMTPSA id 1",
            "from pc (pc.example [10.0.0.9]) by mx.example (8.17.1/8.17.1) with UTF8SMTPA id 1",
            "from [10.0.0.9] (helo=pc) by mx.example with asmtp (Exim 3.36) id 1",
        ] {
            assert_eq!(
                walk(&[submitted, FORGED]),
                Err(Unsourced::HandedIn),
                "{submitted}"
            );
        }
        let stranger = "from pc (pc.example [192.0.2.1]) by mx.example (Postfix) with ESMTPSA id 1";
        assert_eq!(walk(&[stranger, FORGED]), Ok("192.0.2.1".into()));
    }

    #[test]
    fn what_exchange_moves_over_https_is_followed() {
        let moved =
            "from a.prod.example (127.0.0.1) by b.prod.example with HTTPS; Mon, 2 Nov 2026 10:00:00 +0000";
        assert_eq!(walk(&[moved, SOURCE, FORGED]), Ok("192.0.2.1".into()));
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

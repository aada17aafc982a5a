//! Who asks: the address of the client, also behind reverse proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use atalaya_model::Prefix;
use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;

/// The header that reverse proxies add their client's address to, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// The headers by which proxies show themselves (RFC 7239, RFC 9110 section 7.6.3, and what came before them or beside them).
const FORWARDING: [&str; 10] = [
    FORWARDED_FOR,
    "forwarded",
    "via",
    "x-real-ip",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-server",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
];
/// Most hops that are looked at.
const MAX_HOPS: usize = 16;

/// The address of the client: the peer's, or where the peer is a trusted proxy, the nearest hop that is not.
///
/// What the client itself writes into the header stands left of what our proxies add, and is never reached.
pub(crate) fn address(extensions: &Extensions, headers: &HeaderMap, trusted: &[Prefix]) -> IpAddr {
    walk(extensions, headers, trusted).0
}

/// Whether somebody stands behind the proxies whom they do not name: a request says of itself that it was passed on, and comes from a proxy that
/// nobody trusts, or from a trusted one that names nobody, or names him by nonsense. Such a request has the address of a proxy, which is often this
/// very machine.
pub(crate) fn is_veiled(extensions: &Extensions, headers: &HeaderMap, trusted: &[Prefix]) -> bool {
    is_forwarded(headers) && !walk(extensions, headers, trusted).1
}

/// The address of the client, and whether a trusted proxy named it.
fn walk(extensions: &Extensions, headers: &HeaderMap, trusted: &[Prefix]) -> (IpAddr, bool) {
    // Without a socket (a call inside the program) everybody is the same client: limits then hold for all together.
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |info| {
            info.0.ip().to_canonical()
        });
    let is_trusted = |address: IpAddr| trusted.iter().any(|prefix| prefix.contains(address));
    let (mut client, mut is_named) = (peer, false);
    // Cut as bytes: what the client wrote in front may be no text at all, and what our proxy added behind it still counts.
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops.take(MAX_HOPS) {
        if !is_trusted(client) {
            break;
        }
        // A proxy that writes nonsense is asked no further.
        let Some(next) = hop_address(hop) else {
            return (client, false);
        };
        (client, is_named) = (next, true);
    }
    (client, is_named)
}

/// Whether a request says of itself that a proxy passed it on, whoever that proxy was.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    FORWARDING.iter().any(|name| headers.contains_key(*name))
}

/// Reads one hop: an address, some proxies add a port.
fn hop_address(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?.trim();
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let lines: Vec<&[u8]> = forwarded.iter().map(|line| line.as_bytes()).collect();
        client_of_bytes(peer, &lines, trusted)
    }

    fn client_of_bytes(peer: &str, forwarded: &[&[u8]], trusted: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4_000)));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).unwrap());
        }
        let trusted: Vec<Prefix> = trusted.iter().map(|prefix| prefix.parse().unwrap()).collect();
        address(&extensions, &headers, &trusted).to_string()
    }

    #[test]
    fn strangers_cannot_claim_another_address() {
        assert_eq!(client("192.0.2.1", &["203.0.113.5"], &[]), "192.0.2.1");
        assert_eq!(
            client("192.0.2.1", &["203.0.113.5"], &["10.0.0.0/8"]),
            "192.0.2.1"
        );
    }

    #[test]
    fn the_nearest_hop_that_is_no_proxy_of_ours_is_the_client() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(client("10.0.0.1", &["203.0.113.5"], &proxies), "203.0.113.5");
        assert_eq!(
            client("10.0.0.1", &["198.51.100.9, 203.0.113.5, 10.0.0.2"], &proxies),
            "203.0.113.5"
        );
        assert_eq!(
            client("10.0.0.1", &["198.51.100.9", "203.0.113.5"], &proxies),
            "203.0.113.5"
        );
        assert_eq!(
            client("::ffff:10.0.0.1", &["[2001:db8::1]:4711"], &proxies),
            "2001:db8::1"
        );
    }

    #[test]
    fn nonsense_in_the_header_ends_at_the_proxy() {
        assert_eq!(
            client("10.0.0.1", &["203.0.113.5, unknown"], &["10.0.0.0/8"]),
            "10.0.0.1"
        );
        assert_eq!(client("10.0.0.1", &[], &["10.0.0.0/8"]), "10.0.0.1");
    }

    #[test]
    fn whoever_is_passed_on_and_not_named_is_veiled() {
        let proxies: [Prefix; 1] = ["10.0.0.0/8".parse().unwrap()];
        let veiled = |peer: &str, lines: &[(&'static str, &str)]| {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4_000)));
            let lines = lines.iter().map(|(name, value)| {
                let name = axum::http::HeaderName::from_static(name);
                (name, HeaderValue::from_str(value).unwrap())
            });
            is_veiled(&extensions, &lines.collect(), &proxies)
        };
        // Who says nothing of a proxy comes himself, as through a tunnel to this machine.
        assert!(!veiled("10.0.0.1", &[]) && !veiled("192.0.2.1", &[]));
        assert!(!veiled("10.0.0.1", &[("x-forwarded-for", "203.0.113.5")]));
        assert!(!veiled(
            "10.0.0.1",
            &[("x-forwarded-for", "203.0.113.5, 10.0.0.2")]
        ));
        assert!(!veiled("10.0.0.1", &[("x-forwarded-for", "10.0.0.1")]));
        for (peer, name, value) in [
            ("192.0.2.1", "x-forwarded-for", "203.0.113.5"),
            ("10.0.0.1", "x-forwarded-for", "203.0.113.5, unix:"),
            ("10.0.0.1", "x-forwarded-for", "unknown, 10.0.0.2"),
            ("10.0.0.1", "x-real-ip", "203.0.113.5"),
            ("10.0.0.1", "forwarded", "for=203.0.113.5"),
        ] {
            assert!(veiled(peer, &[(name, value)]), "{peer} {name}: {value}");
        }
    }

    #[test]
    fn what_the_client_wrote_in_front_hides_no_hop() {
        for line in [
            &b"\xff\xfe, 203.0.113.5"[..],
            b"caf\xe9,203.0.113.5",
            b"\t,, 203.0.113.5",
        ] {
            assert_eq!(
                client_of_bytes("10.0.0.1", &[line], &["10.0.0.0/8"]),
                "203.0.113.5"
            );
        }
    }
}

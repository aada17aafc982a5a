//! Who asks: the address of the client, also behind reverse proxies.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use atalaya_model::Prefix;
use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;

/// The header that reverse proxies add their client's address to, the nearest last.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// Most hops that are looked at.
const MAX_HOPS: usize = 16;

/// The address of the client: the peer's, or where the peer is a trusted proxy, the nearest hop that is not.
///
/// What the client itself writes into the header stands left of what our proxies add, and is never reached.
pub(crate) fn address(extensions: &Extensions, headers: &HeaderMap, trusted: &[Prefix]) -> IpAddr {
    // Without a socket (a call inside the program) everybody is the same client: limits then hold for all together.
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), |info| {
            info.0.ip().to_canonical()
        });
    let is_trusted = |address: IpAddr| trusted.iter().any(|prefix| prefix.contains(address));
    let mut client = peer;
    let hops = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .rev()
        .filter_map(|value| value.to_str().ok());
    for hop in hops.flat_map(|line| line.rsplit(',')).take(MAX_HOPS) {
        if !is_trusted(client) {
            break;
        }
        // A proxy that writes nonsense is asked no further.
        let Some(next) = hop_address(hop.trim()) else {
            break;
        };
        client = next;
    }
    client
}

/// Reads one hop: an address, some proxies add a port.
fn hop_address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    let address = bare
        .parse::<IpAddr>()
        .or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4_000)));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
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
}

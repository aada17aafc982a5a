//! The class of a name behind HELO or EHLO.

use std::net::IpAddr;

use super::Parties;

/// The class of a name behind HELO or EHLO where nothing else of the conversation is known, as the dialect has it in `hello`. Our own name and
/// those of recipients are like any other here.
#[must_use]
pub fn hello_class(name: &str, client: IpAddr) -> String {
    class(name, Parties { client, server: "" }, &[])
}

/// What a client calls itself: the kind of its name, never the name.
pub(super) fn class(name: &str, parties: Parties<'_>, recipients: &[&str]) -> String {
    if let Some(inner) = name.strip_prefix('[') {
        let inner = inner.strip_suffix(']').unwrap_or(inner);
        let tag = inner.get(..5).filter(|tag| tag.eq_ignore_ascii_case("IPv6:"));
        let (tag, address) = match tag {
            Some(tag) => (tag, inner.get(5..).unwrap_or_default()),
            None => ("", inner),
        };
        let closed = if name.ends_with(']') { "]" } else { "" };
        let kind = address
            .parse()
            .map_or("?", |address| kind(address, parties.client));
        return format!("[{tag}{kind}{closed}");
    }
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let class = match name.parse() {
        Ok(address) => kind(address, parties.client),
        Err(_) if name.is_empty() => "",
        Err(_) if name.contains([' ', '\t']) => "?",
        Err(_) if is("localhost") || is("localhost.localdomain") => "localhost",
        Err(_) if is(parties.server) || recipients.iter().any(|domain| is(domain)) => "server",
        Err(_) if name.contains('.') => "name",
        Err(_) => "word",
    };
    class.to_owned()
}

/// The kind of an address that a client calls its own.
fn kind(address: IpAddr, client: IpAddr) -> &'static str {
    let address = address.to_canonical();
    let is_private = match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    };
    if address == client.to_canonical() {
        "own"
    } else if is_private {
        "private"
    } else {
        "other"
    }
}

//! The address of the client in its brackets, and the name that the mail server looked up for it.

use std::net::{IpAddr, Ipv6Addr};

/// A client: its address, and its port if told.
pub(super) type Client = (IpAddr, Option<u16>);

/// Reads `[192.0.2.1]` or `[192.0.2.1]:4321` at the beginning; gives the rest.
pub(super) fn bracketed(text: &str) -> Option<(Client, &str)> {
    let (inside, rest) = text.strip_prefix('[')?.split_once(']')?;
    let address = address(inside)?;
    let Some(after) = rest.strip_prefix(':') else {
        return Some(((address, None), rest));
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let (port, after) = after.split_at_checked(digits)?;
    match port.parse() {
        Ok(port) => Some(((address, Some(port)), after)),
        // A colon that ends the clause, as in `from unknown[192.0.2.1]: 550`.
        Err(_not_a_port) => Some(((address, None), rest)),
    }
}

/// Reads a looked-up name, which may be missing, and then the address in brackets.
pub(super) fn named(text: &str) -> Option<(Client, &str)> {
    let name = text.bytes().take_while(|byte| is_name(*byte)).count();
    bracketed(text.get(name..)?)
}

/// Reads `name [192.0.2.1]`, or the address alone.
pub(super) fn spaced(text: &str) -> Option<(Client, &str)> {
    let name = text.bytes().take_while(|byte| is_name(*byte)).count();
    let rest = text.get(name..)?;
    bracketed(if name == 0 { rest } else { rest.strip_prefix(' ')? })
}

/// An address as mail servers write it: Sendmail puts `IPv6:` before the longer ones.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    match text.strip_prefix("IPv6:") {
        Some(long) => long.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        None => text.parse().ok(),
    }
}

/// Whether the byte can stand in the name of a host.
pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

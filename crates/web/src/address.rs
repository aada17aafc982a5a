//! Reading what somebody typed, an address, a prefix or a domain, and saying what is wrong with it.

use std::net::IpAddr;

use atalaya_model::{Prefix, domain_name};

/// Most characters of a wrong text that are repeated.
const MAX_REPEATED: usize = 60;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sought {
    /// One address.
    Address(IpAddr),
    /// All addresses of a prefix.
    Prefix(Prefix),
    /// Those of the hosts of a domain.
    Domain(String),
}

/// Reads whatever the search takes. Of a mail address the domain is meant.
pub(crate) fn seek(text: &str) -> Result<Sought, BadAddress> {
    match read(text) {
        Ok(address) => Ok(Sought::Address(address)),
        Err(BadAddress::Prefix(text)) => read_prefix(&text).map(Sought::Prefix),
        Err(bad @ (BadAddress::Name(_) | BadAddress::Other(_))) => {
            let text = text.trim();
            let name = text.rsplit_once('@').map_or(text, |(_, domain)| domain);
            domain_name(name).map(Sought::Domain).ok_or(bad)
        }
        Err(bad @ (BadAddress::Empty | BadAddress::Interface(_))) => Err(bad),
    }
}

/// Reads a prefix. Bits behind its length are taken for what they are: somebody named an address of the network that he means.
pub(crate) fn read_prefix(text: &str) -> Result<Prefix, BadAddress> {
    let read = || {
        let (address, length) = text.split_once('/')?;
        let address: IpAddr = address.trim().parse().ok()?;
        let length: u8 = length.trim().parse().ok()?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        (length <= longest).then(|| Prefix::new(address, length))
    };
    read().ok_or_else(|| BadAddress::Other(text.chars().take(MAX_REPEATED).collect()))
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BadAddress {
    /// Nothing was given.
    Empty,
    /// A prefix, not one address.
    Prefix(String),
    /// A host name.
    Name(String),
    /// An IPv6 address with an interface behind `%` (RFC 4007 section 11).
    Interface(String),
    /// Anything else.
    Other(String),
}

impl BadAddress {
    /// A text that is a name where an address was meant, or where no names are looked up.
    pub(crate) fn name(text: &str) -> Self {
        Self::Name(text.trim().chars().take(MAX_REPEATED).collect())
    }

    /// What was typed, to be mended instead of typed again.
    pub(crate) fn typed(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Prefix(text) | Self::Name(text) | Self::Interface(text) | Self::Other(text) => text,
        }
    }
}

/// Reads an address. Space around it, and brackets around an IPv6 address, are taken for what they are.
pub(crate) fn read(text: &str) -> Result<IpAddr, BadAddress> {
    let text = text.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse::<IpAddr>()
        .map(|address| address.to_canonical())
        .map_err(|_bad| why_bad(text))
}

fn why_bad(text: &str) -> BadAddress {
    let repeated = || text.chars().take(MAX_REPEATED).collect::<String>();
    if text.is_empty() {
        return BadAddress::Empty;
    }
    if text
        .split_once('/')
        .is_some_and(|(start, _)| start.parse::<IpAddr>().is_ok())
    {
        return BadAddress::Prefix(repeated());
    }
    if text
        .split_once('%')
        .is_some_and(|(start, _)| start.parse::<IpAddr>().is_ok())
    {
        return BadAddress::Interface(repeated());
    }
    let is_name = text.contains('.')
        && text.chars().any(char::is_alphabetic)
        && text.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '-');
    if is_name {
        BadAddress::Name(repeated())
    } else {
        BadAddress::Other(repeated())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, address) in [
            (" 192.0.2.7 ", "192.0.2.7"),
            ("2001:DB8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), address);
        }
    }

    #[test]
    fn prefixes_and_domains_are_sought_too() {
        let prefix = |text: &str| Ok(Sought::Prefix(text.parse().unwrap()));
        let domain = |text: &str| Ok(Sought::Domain(text.to_owned()));
        for (text, sought) in [
            (" 192.0.2.7/24 ", prefix("192.0.2.0/24")),
            ("2001:db8::1/56", prefix("2001:db8::/56")),
            ("Mail.Example.ORG.", domain("mail.example.org")),
            ("marta@example.org", domain("example.org")),
            ("xn--bcher-kva.example", domain("xn--bcher-kva.example")),
        ] {
            assert_eq!(seek(text), sought, "{text}");
        }
        for text in [
            "192.0.2.0/33",
            "192.0.2.0/-1",
            "192.0.2.0/24/8",
            "192.0.2.256",
            "localhost",
            "b\u{fc}cher.example",
            "a..example",
            "<b>.example",
            &format!("{}.example", "a".repeat(64)),
            &format!("{}example", "a.".repeat(130)),
        ] {
            assert!(seek(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_apart() {
        assert_eq!(read("  "), Err(BadAddress::Empty));
        assert_eq!(
            read("192.0.2.0/24"),
            Err(BadAddress::Prefix("192.0.2.0/24".to_owned()))
        );
        assert_eq!(
            read("mail.example.org"),
            Err(BadAddress::Name("mail.example.org".to_owned()))
        );
        assert_eq!(
            read("fe80::1%eth0"),
            Err(BadAddress::Interface("fe80::1%eth0".to_owned()))
        );
        for text in [
            "192.0.2",
            "192.0.2.256",
            "192.0.02.1",
            "1.2.3.4:25",
            "<b>",
            "%00",
            "\u{202e}1.2.3.4",
        ] {
            assert!(matches!(read(text), Err(BadAddress::Other(_))), "{text:?}");
        }
        let Err(BadAddress::Other(long)) = read(&"9".repeat(5_000)) else {
            panic!("too long an address was read")
        };
        assert_eq!(long.len(), MAX_REPEATED);
    }
}

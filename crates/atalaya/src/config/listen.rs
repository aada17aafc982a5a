//! Where to listen.

use std::fmt;
use std::net::SocketAddr;

use atalaya_model::settings;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

settings! {
    /// The sockets.
    pub struct ListenConfig {
        /// The DNS server, UDP and TCP; several addresses as a list, such as `["192.0.2.53:53", "[2001:db8::53]:53"]`.
        dns: DnsAddresses = DnsAddresses::one(SocketAddr::from(([127, 0, 0, 1], 5300))),
        /// The trap.
        smtp: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 2525)),
        /// Pages and API.
        http: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// The policy service for Postfix. Off without it.
        policy: Option<SocketAddr> = None => "\"127.0.0.1:10031\"",
        /// The milter for Postfix and Sendmail. Off without it.
        milter: Option<SocketAddr> = None => "\"127.0.0.1:8893\"",
    }
}

/// The addresses of the DNS server; at least one. Written as one address or as a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DnsAddresses(Vec<SocketAddr>);

impl DnsAddresses {
    /// One address.
    pub(crate) fn one(address: SocketAddr) -> Self {
        Self(vec![address])
    }

    /// These addresses; none where there are none.
    pub(crate) fn several(addresses: Vec<SocketAddr>) -> Option<Self> {
        (!addresses.is_empty()).then_some(Self(addresses))
    }

    /// The same with each address changed.
    pub(crate) fn map(&self, change: impl FnMut(SocketAddr) -> SocketAddr) -> Self {
        Self(self.iter().map(change).collect())
    }

    /// All of them, in the order in which they were written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = SocketAddr> + '_ {
        self.0.iter().copied()
    }
}

impl Serialize for DnsAddresses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for DnsAddresses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

/// Reads an address or a list of them.
struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = DnsAddresses;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ADDRESS:PORT, or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<DnsAddresses, E> {
        text.parse()
            .map(DnsAddresses::one)
            .map_err(|_bad| E::custom(format_args!("`{text}` is not ADDRESS:PORT")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DnsAddresses, A::Error> {
        let mut addresses = Vec::new();
        while let Some(address) = list.next_element()? {
            addresses.push(address);
        }
        DnsAddresses::several(addresses).ok_or_else(|| A::Error::custom("name at least one address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ListenConfig, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn one_address_and_several_are_read_and_written() {
        for text in [
            "dns = \"127.0.0.1:5300\"\n",
            "dns = [\"192.0.2.53:53\", \"[2001:db8::53]:53\"]\n",
        ] {
            let config = read(text).unwrap();
            assert!(toml::to_string(&config).unwrap().starts_with(text), "{config:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_form_of_one() {
        for (text, complaint) in [
            ("dns = \"localhost\"", "`localhost` is not ADDRESS:PORT"),
            ("dns = 53", "expected ADDRESS:PORT, or a list of them"),
            ("dns = []", "name at least one address"),
            ("dns = [\"127.0.0.1\"]", "invalid socket address"),
        ] {
            let told = read(text).unwrap_err();
            assert!(told.contains(complaint), "{text}: {told}");
        }
    }
}

//! Which servers may be asked when strangers say where to look.
//!
//! RDAP answers redirect and WHOIS answers refer us on. Whoever controls such an answer could send us to a service inside our own
//! network, or to a port that is no registry's. So what strangers name must be on a usual port of a public address. The operator may name
//! any server: that host is allowed on that port, and nothing around it.
//!
//! Names are checked when they are resolved, not before: a name that resolves to a public address when it is checked could resolve to
//! another when it is used.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use atalaya_model::{Prefix, reserved};

/// What may be asked. The default: public addresses on usual ports.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Servers that the configuration names, as host in lower case and port.
    servers: BTreeSet<(String, u16)>,
}

/// A server that may not be asked, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} port {port} is not asked: {why}; name it in the configuration if it is yours")]
pub struct OutOfReach {
    /// The name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// What is wrong with it.
    pub why: String,
}

impl Reach {
    /// Allows a server that the configuration names.
    pub fn allow(&mut self, host: &str, port: u16) {
        self.servers.insert((bare(host), port));
    }

    /// Whether the configuration names this server.
    #[must_use]
    pub fn has(&self, host: &str, port: u16) -> bool {
        self.servers.contains(&(bare(host), port))
    }

    /// Checks a server that is about to be asked, as far as that goes without resolving its name.
    ///
    /// # Errors
    /// If it may not be asked.
    pub fn check(&self, host: &str, port: u16, usual_ports: &[u16]) -> Result<(), OutOfReach> {
        let refused = |why: String| {
            Err(OutOfReach {
                host: host.to_owned(),
                port,
                why,
            })
        };
        if self.has(host, port) {
            return Ok(());
        }
        match address_of(host).and_then(range_of) {
            Some(range) => refused(format!("its address is reserved for {range}")),
            None if !usual_ports.contains(&port) => refused("its port is not a usual one".to_owned()),
            None => Ok(()),
        }
    }

    /// Finds the addresses of a server that may be used: all of one that the configuration names, else the public ones.
    ///
    /// # Errors
    /// If the name cannot be resolved, or to none that may be used.
    pub async fn resolve(&self, host: &str, port: u16) -> std::io::Result<Vec<SocketAddr>> {
        let host = bare(host);
        let is_named = self.has(&host, port);
        let found = tokio::net::lookup_host((host.as_str(), port)).await?;
        let usable: Vec<_> = found
            .filter(|found| is_named || range_of(found.ip()).is_none())
            .collect();
        if usable.is_empty() {
            let why = format!("{host} has no address that may be used: none, or only reserved ones");
            return Err(std::io::Error::new(std::io::ErrorKind::PermissionDenied, why));
        }
        Ok(usable)
    }
}

/// A host in lower case, an IPv6 address without the brackets that it has in a URL.
fn bare(host: &str) -> String {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .to_ascii_lowercase()
}

/// The address that a host is, where it is not a name.
fn address_of(host: &str) -> Option<IpAddr> {
    bare(host).parse().ok()
}

/// What an address is reserved for, if it is not public.
fn range_of(address: IpAddr) -> Option<&'static str> {
    reserved(&Prefix::single(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_may_name_public_servers_on_usual_ports_only() {
        let reach = Reach::default();
        assert_eq!(reach.check("rdap.example.net", 443, &[80, 443]), Ok(()));
        assert_eq!(reach.check("192.0.2.1", 43, &[43]), Ok(()));
        for (host, port) in [
            ("rdap.example.net", 8080),
            ("127.0.0.1", 443),
            ("[::1]", 443),
            ("169.254.169.254", 80),
            ("::ffff:10.0.0.1", 80),
        ] {
            assert!(reach.check(host, port, &[80, 443]).is_err(), "{host} {port}");
        }
    }

    #[test]
    fn a_configured_server_opens_its_own_port_and_no_other() {
        let mut reach = Reach::default();
        reach.allow("127.0.0.1", 8083);
        reach.allow("RDAP.example.net", 8443);
        assert_eq!(reach.check("127.0.0.1", 8083, &[443]), Ok(()));
        assert_eq!(reach.check("rdap.example.net", 8443, &[443]), Ok(()));
        for (host, port) in [
            ("127.0.0.1", 443),
            ("127.0.0.1", 8084),
            ("127.0.0.2", 8083),
            ("10.0.0.1", 8083),
            ("169.254.169.254", 80),
            ("rdap.example.net", 8444),
            ("other.example.net", 8443),
        ] {
            assert!(reach.check(host, port, &[443]).is_err(), "{host} {port}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_reserved_address_is_refused_unless_it_was_configured() {
        let mut reach = Reach::default();
        assert!(reach.resolve("127.0.0.1", 80).await.is_err());
        assert!(reach.resolve("192.0.2.1", 80).await.is_ok());
        assert!(reach.resolve("localhost", 43).await.is_err(), "by name, too");
        reach.allow("LOCALHOST", 80);
        assert!(reach.resolve("localhost", 80).await.is_ok());
        assert!(reach.resolve("localhost", 43).await.is_err(), "on its port only");
    }
}

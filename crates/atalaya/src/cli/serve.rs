//! What `serve` is told: its place, and where it listens.

use std::net::SocketAddr;

use clap::Args;

use super::Place;
use crate::config::{DnsAddresses, ListenConfig};

/// `serve`.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Listen elsewhere: dns=, smtp=, http=, policy= or milter= with ADDRESS:PORT; port 0 takes a free one. May be repeated, dns= for several addresses
    #[arg(long, value_name = "NAME=ADDRESS:PORT", value_parser = listen)]
    pub(crate) listen: Vec<(Listener, SocketAddr)>,
    /// The base zone of the list
    #[arg(long, value_name = "NAME")]
    pub(crate) zone: Option<String>,
}

/// The sockets that can be moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listener {
    /// The DNS server, UDP and TCP.
    Dns,
    /// The trap.
    Smtp,
    /// Pages and API.
    Http,
    /// The policy service.
    Policy,
    /// The milter.
    Milter,
}

/// One of the sockets that there is once was named twice: wrong use.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("--listen {0}= can be given once only; dns= may be repeated")]
pub(crate) struct NamedTwice(&'static str);

impl Serve {
    /// Puts the addresses that were given in the place of those of the configuration.
    ///
    /// # Errors
    /// One that there is once was given two addresses.
    pub(crate) fn move_sockets(&self, config: &mut ListenConfig) -> Result<(), NamedTwice> {
        let given = |wanted: Listener| {
            let listen = self.listen.iter();
            let found = listen.filter(move |(listener, _)| *listener == wanted);
            found.map(|(_, address)| *address).collect::<Vec<_>>()
        };
        if let Some(dns) = DnsAddresses::several(given(Listener::Dns)) {
            config.dns = dns;
        }
        for (listener, name, place) in [
            (Listener::Smtp, "smtp", &mut config.smtp),
            (Listener::Http, "http", &mut config.http),
        ] {
            match given(listener).as_slice() {
                [] => {}
                [address] => *place = *address,
                _ => return Err(NamedTwice(name)),
            }
        }
        for (listener, name, place) in [
            (Listener::Policy, "policy", &mut config.policy),
            (Listener::Milter, "milter", &mut config.milter),
        ] {
            match given(listener).as_slice() {
                [] => {}
                [address] => *place = Some(*address),
                _ => return Err(NamedTwice(name)),
            }
        }
        Ok(())
    }
}

/// Reads `NAME=ADDRESS:PORT`.
fn listen(text: &str) -> Result<(Listener, SocketAddr), String> {
    let (name, address) = text
        .split_once('=')
        .ok_or("write NAME=ADDRESS:PORT, such as dns=127.0.0.1:5300")?;
    let listener = match name {
        "dns" => Listener::Dns,
        "smtp" => Listener::Smtp,
        "http" => Listener::Http,
        "policy" => Listener::Policy,
        "milter" => Listener::Milter,
        other => {
            return Err(format!(
                "`{other}` is no listener: use dns, smtp, http, policy or milter"
            ));
        }
    };
    let address = address
        .parse()
        .map_err(|_bad| format!("`{address}` is not ADDRESS:PORT"))?;
    Ok((listener, address))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};

    #[test]
    fn listeners_are_read_by_name() {
        assert_eq!(
            listen("dns=127.0.0.1:0"),
            Ok((Listener::Dns, "127.0.0.1:0".parse().unwrap()))
        );
        assert!(
            listen("imap=127.0.0.1:0")
                .unwrap_err()
                .contains("use dns, smtp, http, policy or milter")
        );
        assert!(listen("dns=localhost").is_err());
    }

    #[test]
    fn dns_listens_at_all_addresses_that_are_given_and_the_others_at_one() {
        let serve = |given: &[&str]| {
            let command = ["atalaya", "serve"].into_iter();
            let listen = given.iter().flat_map(|one| ["--listen", one]);
            match Cli::parse_from(command.chain(listen)).command {
                Command::Serve(serve) => serve,
                other => panic!("{other:?}"),
            }
        };
        let mut config = ListenConfig::default();
        serve(&["smtp=127.0.0.1:25"]).move_sockets(&mut config).unwrap();
        assert_eq!(config.dns, ListenConfig::default().dns);
        assert_eq!(config.smtp.port(), 25);
        serve(&["dns=127.0.0.1:53", "http=127.0.0.1:80", "dns=[::1]:53"])
            .move_sockets(&mut config)
            .unwrap();
        let dns: Vec<String> = config.dns.iter().map(|address| address.to_string()).collect();
        assert_eq!(dns, ["127.0.0.1:53", "[::1]:53"]);
        for name in ["http", "policy", "milter"] {
            let (one, other) = (format!("{name}=127.0.0.1:80"), format!("{name}=127.0.0.1:81"));
            assert_eq!(
                serve(&[&one, &other]).move_sockets(&mut config),
                Err(NamedTwice(name))
            );
        }
        serve(&["policy=127.0.0.1:0", "milter=127.0.0.1:1"])
            .move_sockets(&mut config)
            .unwrap();
        assert_eq!(config.policy, Some("127.0.0.1:0".parse().unwrap()));
        assert_eq!(config.milter, Some("127.0.0.1:1".parse().unwrap()));
    }
}

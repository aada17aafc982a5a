//! The section `[milter]` of the configuration.

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use atalaya_formats::milter::MAX_PACKET;
use atalaya_model::{ByteSize, Period, Prefix};
use atalaya_store::MAX_MESSAGE;

atalaya_model::settings! {
    /// The milter that a Postfix or Sendmail asks, at `listen.milter` and at `socket`; off without either. What it does stands in `[advice]`.
    pub struct MilterConfig {
        /// A unix socket to answer at, for everybody whom its folder lets pass: the folder must exist, and be open to the mail server and nobody
        /// else (`install -d -m 0750 -o atalaya -g postfix /var/spool/postfix/atalaya`); one that others may enter is refused.
        socket: Option<PathBuf> = None => "\"/var/spool/postfix/atalaya/milter\"",
        /// What stands as the source in the observations made here.
        name: String = "milter".to_owned(),
        /// Who may ask over TCP. Whoever may can say that somebody wrote to a trap, and is believed: name mail servers of your own only. Every
        /// process of a machine named here is believed, so prefer `socket` where others have accounts.
        clients: Vec<Prefix> = loopback(),
        /// The longest part of a message to a trap that is kept, in bytes; the rest is let go.
        max_message_size: ByteSize = ByteSize::mib(2),
        /// Memory that messages to traps may take together, in bytes: those that are coming in and those that wait to be kept. One address (IPv6: one
        /// /64) may have a quarter of it, or what the longest message takes. A message that finds no more is kept as far as it came.
        max_memory: ByteSize = ByteSize::mib(64),
        /// Connections open at once. A mail server has one for each client that it is talking to; beyond it they are closed, and the mail server does
        /// what it was told for that case (`milter_default_action` of Postfix).
        max_connections: usize = 1_000,
        /// How long a connection may be silent. A mail server is, for as long as it waits for its own client.
        idle_timeout: Period = Period::hours(2),
        /// How long a packet may take to come in, and an answer to be taken.
        packet_timeout: Period = Period::seconds(30),
        /// Observations that may wait to be kept, while the answers go on. Those beyond are lost, and counted.
        queue: usize = 1_024,
    }
}

/// This machine.
fn loopback() -> Vec<Prefix> {
    let four = IpAddr::from([127, 0, 0, 0]);
    vec![Prefix::new(four, 8), Prefix::new(Ipv6Addr::LOCALHOST.into(), 128)]
}

impl MilterConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(is_plain) {
            return Err(
                "milter.name must be 1 to 64 letters, digits, dots, hyphens and underscores".to_owned(),
            );
        }
        if let Some(all) = self.clients.iter().find(|prefix| prefix.length() == 0) {
            return Err(format!(
                "milter.clients: {all} is everybody, and whoever asks is believed"
            ));
        }
        self.check_sizes()?;
        let periods = [
            ("idle_timeout", self.idle_timeout),
            ("packet_timeout", self.packet_timeout),
        ];
        let is_bad = |period: Period| period.duration().is_zero() || period > Period::days(1);
        match periods.iter().find(|(_, period)| is_bad(*period)) {
            Some((key, _)) => Err(format!("milter.{key} must be longer than 0s, and at most 1d")),
            None => Ok(()),
        }
    }

    fn check_sizes(&self) -> Result<(), String> {
        if self.max_connections == 0 {
            return Err("milter.max_connections must be at least 1".to_owned());
        }
        if !(1..=1_000_000).contains(&self.queue) {
            return Err("milter.queue must be between 1 and 1000000".to_owned());
        }
        let (least, most) = (MAX_PACKET, MAX_MESSAGE);
        if !(least..=most).contains(&self.max_message_size.bytes()) {
            return Err(format!(
                "milter.max_message_size must be between {least} and {most} bytes"
            ));
        }
        if self.max_memory < self.max_message_size {
            return Err("milter.max_memory must not be less than milter.max_message_size".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_what_is_not_is_named() {
        assert_eq!(MilterConfig::default().check(), Ok(()));
        let refused = |key: &str, spoil: fn(&mut MilterConfig)| {
            let mut config = MilterConfig::default();
            spoil(&mut config);
            let told = config.check().unwrap_err();
            assert!(told.contains(key), "{key}: {told}");
        };
        refused("milter.clients", |config| {
            config.clients = vec!["0.0.0.0/0".parse().unwrap()];
        });
        refused("milter.name", |config| config.name = "a b".to_owned());
        refused("milter.queue", |config| config.queue = 0);
        refused("milter.max_connections", |config| config.max_connections = 0);
        refused("milter.max_message_size", |config| {
            config.max_message_size = ByteSize::kib(1);
        });
        refused("milter.max_memory", |config| config.max_memory = ByteSize::mib(1));
        refused("milter.idle_timeout", |config| {
            config.idle_timeout = Period::seconds(0);
        });
    }
}

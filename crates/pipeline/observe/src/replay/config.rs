//! The section `[replay]` of the configuration.

use atalaya_model::{ByteSize, Prefix};

atalaya_model::settings! {
    /// Replaying kept mails: each is taken as if it had just hit a trap.
    pub struct ReplayConfig {
        /// Addresses and prefixes of your own servers that mail passes on its way to the mailbox: MX hosts, filters, forwarders. The
        /// source of a mail is the first client outside of them, as the Received fields tell from the top. Name every server that is
        /// yours and no other: a stranger in this list can have anybody listed by writing invented Received fields, and a server of
        /// yours that is missing is taken for the sender. Mail fetched by fetchmail or over IMAP or POP3 is followed by itself.
        /// The default holds what only your own machines can have: loopback, private and link-local addresses.
        trusted_relays: Vec<Prefix> = own_networks(),
        /// Largest mail that is taken, in bytes. Larger ones are skipped and told.
        max_message_size: ByteSize = ByteSize::mib(25),
    }
}

/// Loopback, RFC 1918, unique local (RFC 4193) and link-local addresses.
fn own_networks() -> Vec<Prefix> {
    const OWN: [&str; 8] = [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1",
        "fc00::/7",
        "fe80::/10",
    ];
    OWN.iter().filter_map(|prefix| prefix.parse().ok()).collect()
}

impl ReplayConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        if let Some(all) = self.trusted_relays.iter().find(|prefix| prefix.length() == 0) {
            return Err(format!(
                "replay.trusted_relays: {all} trusts everybody, so that no mail would have a source"
            ));
        }
        if !(ByteSize::kib(64)..=ByteSize(1 << 30)).contains(&self.max_message_size) {
            return Err("replay.max_message_size must be between 64KiB and 1GiB".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_all_there() {
        let config = ReplayConfig::default();
        assert_eq!(config.check(), Ok(()));
        assert_eq!(config.trusted_relays.len(), 8);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let mut config = ReplayConfig::default();
        config.trusted_relays.push("::/0".parse().unwrap());
        assert!(config.check().unwrap_err().contains("replay.trusted_relays"));
        let config = ReplayConfig {
            max_message_size: ByteSize(1),
            ..ReplayConfig::default()
        };
        assert!(config.check().unwrap_err().contains("replay.max_message_size"));
    }
}
